"""Outstanding balances: what a list of customers says about each, whom it names, and in which order."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.lots import FOREVER, Lot
from loyalty.domain.ledger.movement import AccountId
from loyalty.domain.ledger.tiers import tier_of
from loyalty.domain.program.settings import Program
from loyalty.domain.values.calendar import start_of_day
from loyalty.domain.values.money import exact


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """One customer of the list, at one moment.

    `value` is the balance in money, unrounded. `next_expiry` is the lot that expires next of those that can be
    spent; None when none of them ever does. `tier` is None outside the program's tiers.
    """

    account_id: AccountId
    card: str | None
    balance: int
    outstanding: int
    debt: int
    value: Decimal
    next_expiry: Lot | None
    tier: str | None

    @classmethod
    def of(cls, program: Program, account: Account, at: datetime) -> "Balance":
        """What the list says about `account` at `at`."""
        lots = account.lots.spendable(at)
        balance = lots.total - account.debt
        first = next(iter(lots), None)
        tier = tier_of(program, account.standing)
        return cls(
            account_id=account.account_id,
            card=account.card,
            balance=balance,
            outstanding=account.outstanding,
            debt=account.debt,
            value=exact(program.value_of(balance), program.currency),
            next_expiry=first if first and first.expires_at else None,
            tier=tier.name if tier else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Whom the list names.

    Without `min_balance`, whoever the books owe something or who owes them: all that is outstanding. With it, whoever
    has so many points or more. `expiring_before` (a date is the program's midnight at which it starts): whoever has
    points that can be spent now and cannot any more by then.
    """

    min_balance: int | None = None
    tier: str | None = None
    expiring_before: date | datetime | None = None

    def gone_by(self, program: Program) -> datetime | None:
        """The instant that `expiring_before` means."""
        before = self.expiring_before
        if before is None or isinstance(before, datetime):
            return before
        return start_of_day(before, program.timezone)

    def names(self, one: Balance, gone_by: datetime | None) -> bool:
        """Whether the list has this customer; `gone_by` is what `expiring_before` means."""
        enough = one.outstanding != 0 if self.min_balance is None else one.balance >= self.min_balance
        in_tier = self.tier is None or one.tier == self.tier
        soon = gone_by is None or bool(one.next_expiry and one.next_expiry.expired(gone_by))
        return enough and in_tier and soon


def as_listed(account_id: AccountId) -> tuple[bool, str]:
    """The order of accounts that never changes: guests, then members, each by the code points of their ids."""
    return (not account_id.guest, account_id.customer_id)


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a list, behind which its next page starts: an account, and what it was sorted by there.

    `rank` is its balance, or the instant of its next expiry (None: never); None in a list by customer.
    """

    account_id: AccountId
    rank: int | datetime | None = None


class Sort(StrEnum):
    """In which order the list is. Accounts that are alike are in the order of their customers."""

    CUSTOMER = "customer_id"
    LOWEST = "balance"
    HIGHEST = "-balance"
    NEXT_EXPIRY = "next_expiry"
    """Soonest first; last of all whoever has nothing that expires."""

    def place(self, one: Balance) -> Place:
        """Where a customer stands in this order."""
        match self:
            case Sort.CUSTOMER:
                return Place(one.account_id)
            case Sort.NEXT_EXPIRY:
                return Place(one.account_id, one.next_expiry.expires_at if one.next_expiry else None)
            case _:
                return Place(one.account_id, one.balance)

    def key(self, place: Place) -> tuple[int | datetime, bool, str]:
        """Sorts places as this order does."""
        rank: int | datetime = FOREVER if self is Sort.NEXT_EXPIRY else 0
        if isinstance(place.rank, datetime):
            rank = place.rank
        elif place.rank is not None:
            rank = -place.rank if self is Sort.HIGHEST else place.rank
        return (rank, *as_listed(place.account_id))
