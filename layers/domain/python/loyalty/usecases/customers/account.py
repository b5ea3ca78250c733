"""The view of a customer's account and its statement. Nothing here writes."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.movement import AccountId, Movement
from loyalty.domain.program.settings import Program
from loyalty.domain.values.money import exact
from loyalty.ports.world import HasClock, HasLedger, HasPrograms


class AccountPorts(HasLedger, HasPrograms, HasClock, Protocol):
    """What the view of an account is read from."""


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account as it is at `at`, under the settings of `program`."""

    account: Account
    program: Program
    at: datetime

    @property
    def balance(self) -> int:
        """Points spendable at `at`, less the debt."""
        return self.account.balance(self.at)

    @property
    def value(self) -> Decimal:
        """The balance in money, unrounded."""
        return exact(self.program.value_of(self.balance), self.program.currency)


def view_account(ports: AccountPorts, account_id: AccountId) -> AccountView:
    """A customer's account. An unknown customer has an empty one."""
    program = ports.programs.get(account_id.program_id)
    account = ports.ledger.account(account_id, consistent=False)
    return AccountView(account, program, ports.clock())


def view_statement(ports: AccountPorts, account_id: AccountId, limit: int, before: int | None) -> list[Movement]:
    """Up to `limit` movements of an account, newest first, older than the one numbered `before`."""
    ports.programs.get(account_id.program_id)
    return ports.ledger.statement(account_id, limit, before)
