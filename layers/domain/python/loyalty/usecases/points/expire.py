"""Expiring: points whose time has passed are written off, and the journal says so.

Each write holds as many accounts as fit a transaction, and the journal entry of the points that they lose. An account
that another command is writing to is left out, and tried again by itself. An account that cannot be written at all is
named in the result, so that it does not hold up the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from loyalty.domain.books.journal import journal_entry, sum_up
from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.movement import AccountId, Movement
from loyalty.domain.ledger.transaction import Origin, Sender, Transaction
from loyalty.domain.points.expiry import expire, expiry_history
from loyalty.domain.program.settings import Program
from loyalty.ports.faults import LostRace, Unavailable
from loyalty.ports.ledger import WriteOff
from loyalty.ports.world import CanWait, HasClock, HasLedger
from loyalty.usecases.commands.retry import retry
from loyalty.usecases.commands.write_together import fitting, write_together

SENDER = Sender("purge", "PURGE")


class ExpiryPorts(HasLedger, HasClock, CanWait, Protocol):
    """What writing off points reaches."""


@dataclass(frozen=True, slots=True)
class Expired:
    """What was written off: accounts, points and money. The accounts in `left` could not be written."""

    accounts: int = 0
    points: int = 0
    amount: Decimal = Decimal(0)
    left: tuple[AccountId, ...] = ()

    def plus(self, other: "Expired") -> "Expired":
        return Expired(
            self.accounts + other.accounts,
            self.points + other.points,
            self.amount + other.amount,
            self.left + other.left,
        )


def expire_accounts(
    ports: ExpiryPorts, program: Program, run_id: str, as_of: datetime, account_ids: Sequence[AccountId]
) -> Expired:
    """Write off the points of these accounts that are expired at `as_of`, in as few writes as possible."""
    done = Expired()
    try:
        for batch in fitting(ports.ledger.accounts(account_ids)):
            done = done.plus(_write(ports, program, run_id, as_of, batch))
    except Unavailable:
        raise
    except Exception:  # noqa: BLE001 - whichever account is broken, the others must not wait for it
        return replace(done, left=()).plus(_one_by_one(ports, program, run_id, as_of, account_ids))
    contended, done = done.left, replace(done, left=())
    return done.plus(_one_by_one(ports, program, run_id, as_of, contended))


def expire_account(
    ports: ExpiryPorts, program: Program, run_id: str, as_of: datetime, account_id: AccountId
) -> Expired:
    """Write off the points of this account that are expired at `as_of`. Raises Unavailable if others keep writing."""

    def attempt(_: int) -> Expired:
        done = _write(ports, program, run_id, as_of, [ports.ledger.account(account_id, consistent=True)])
        if done.left:
            raise LostRace
        return done

    return retry(ports, "an account", attempt)


def _one_by_one(
    ports: ExpiryPorts, program: Program, run_id: str, as_of: datetime, account_ids: Sequence[AccountId]
) -> Expired:
    done = Expired()
    for account_id in account_ids:
        try:
            done = done.plus(expire_account(ports, program, run_id, as_of, account_id))
        except Exception:  # noqa: BLE001 - it is named, and handed over by whoever asked
            done = done.plus(Expired(left=(account_id,)))
    return done


def _write(ports: ExpiryPorts, program: Program, run_id: str, as_of: datetime, accounts: Sequence[Account]) -> Expired:
    """Expire `accounts` in one write. Accounts that lose a race are taken out until the others are written."""
    origin = Origin(SENDER, ports.clock())
    begun = [Transaction.begin(program, origin, expiry_history(account), account) for account in accounts]
    decided = [done for transaction in begun if (done := expire(transaction, as_of)).decided]

    def write_off(transactions: Sequence[Transaction]) -> WriteOff | None:
        entries = sum_up(journal_entry(movement, program.timezone) for movement in _expiring(transactions))
        return WriteOff(entries[0], run_id) if entries else None

    written, left = write_together(ports.ledger, decided, write_off)
    movements = _expiring(written)
    return Expired(
        accounts=len(movements),
        points=sum(movement.points for movement in movements),
        amount=sum((movement.value for movement in movements), Decimal(0)),
        left=tuple(transaction.holder.account_id for transaction in left),
    )


def _expiring(transactions: Sequence[Transaction]) -> list[Movement]:
    return [m for transaction in transactions for m in transaction.movements if m.points]
