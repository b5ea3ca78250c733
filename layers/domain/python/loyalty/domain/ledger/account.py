"""An account: one customer's points in one program, as its movements add up."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from loyalty.domain.ledger.kinds import Kind, Total
from loyalty.domain.ledger.lots import Lot, Lots
from loyalty.domain.ledger.movement import AccountId, Movement
from loyalty.domain.ledger.standing import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Lots, debt and totals to date. `version` is the sequence of its latest movement.

    `outstanding == earned_total - redeemed_total - expired_total`, always: the totals are net of
    what was reversed and restored. `seal` is that of the latest movement, `salt` a secret (16 random bytes) under the
    seals of all of them, which is forgotten when the customer is erased. `card` is the number of the customer's card.

    `purge_at` is when the purge must look at the account next: at its next expiry, or at `review_at`, when its
    tier may drop. It may be early, never late: what comes in moves it forward only if it is due sooner, and
    only the purge moves it back.
    """

    account_id: AccountId
    lots: Lots = field(default_factory=Lots)
    debt: int = 0
    earned_total: int = 0
    redeemed_total: int = 0
    expired_total: int = 0
    version: int = 0
    standing: Standing = field(default_factory=Standing)
    card: str | None = None
    seal: bytes = b""
    salt: bytes = field(default=b"", repr=False, compare=False)
    review_at: datetime | None = None
    purge_at: datetime | None = None

    @property
    def is_erased(self) -> bool:
        """Whether it was the account of a customer who is erased."""
        return self.account_id.is_erased

    @property
    def outstanding(self) -> int:
        """What the books owe: all lots, also expired ones until they are written off, less debt."""
        return self.lots.total - self.debt

    def available(self, at: datetime) -> int:
        """Points spendable at `at`."""
        return self.lots.spendable(at).total

    def balance(self, at: datetime) -> int:
        """Points spendable at `at` less debt; negative while in debt."""
        return self.available(at) - self.debt

    def credit(self, lots: Lots) -> tuple[tuple[Lot, ...], int]:
        """Where `lots` of new points go: (allocation, change of debt). Debt is repaid first."""
        repaid = min(self.debt, lots.total)
        return tuple(lots.minus(lots.soonest(repaid))), -repaid

    def apply(self, movement: Movement) -> "Account":
        """The account after `movement`, which must be the next in its sequence."""
        if movement.sequence != self.version + 1:
            raise ValueError(f"movement {movement.sequence} does not follow {self.version}")
        lots = self.lots.plus(movement.allocation)
        change = movement.kind.sign * movement.points
        total = movement.kind.effect.total if movement.kind.effect else None
        return replace(
            self,
            lots=lots,
            debt=self.debt + movement.debt,
            earned_total=self.earned_total + (change if total is Total.EARNED else 0),
            redeemed_total=self.redeemed_total - (change if total is Total.REDEEMED else 0),
            expired_total=self.expired_total - (change if total is Total.EXPIRED else 0),
            version=movement.sequence,
            standing=self.standing.plus(movement.counted) if movement.counted else self.standing,
            card=movement.card.number if movement.card else self.card,
            seal=movement.seal,
            purge_at=_soonest(None if movement.kind is Kind.EXPIRE else self.purge_at, lots.next_expiry),
        )

    def reviewed_at(self, at: datetime | None) -> "Account":
        """The account, whose tier is to be looked at next at `at`."""
        return replace(self, review_at=at, purge_at=_soonest(self.purge_at, at))

    def purged(self) -> "Account":
        """The account, at which the purge has looked."""
        return replace(self, purge_at=_soonest(self.lots.next_expiry, self.review_at))


def _soonest(*instants: datetime | None) -> datetime | None:
    return min((at for at in instants if at), default=None)
