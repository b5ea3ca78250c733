"""Movements: the immutable records that an account is the sum of."""

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from loyalty.domain.ledger.facts import Facts, Reversed
from loyalty.domain.ledger.kinds import CauseKind, Event, Kind
from loyalty.domain.ledger.lots import Lot
from loyalty.domain.ledger.standing import Counted

MAX_POINTS = 1_000_000_000
"""The most points that an order earns or somebody issues at once."""


@dataclass(frozen=True, slots=True)
class AccountId:
    """Whose points: one customer in one program.

    A guest is a person without a store account. Its account is apart from a member's, even where
    the store uses the same id for both, so nobody reaches a member's points by claiming to be a
    guest.
    """

    program_id: str
    customer_id: str
    guest: bool = False

    @property
    def is_erased(self) -> bool:
        """Whether this is the pseudonym of a customer who was erased."""
        return _PSEUDONYM.fullmatch(self.customer_id) is not None

    def pseudonym(self, token: str) -> "AccountId":
        """What stands for the customer once they are erased; `token` is 32 random hexadecimal digits."""
        return AccountId(self.program_id, f"erased-{token}", self.guest)


_PSEUDONYM = re.compile("erased-[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Cause:
    """Why points move: an order, a request, an expiry. `reference` is the store's id of it.

    All movements of a cause form its history, numbered from 1. A number is written once, ever.
    """

    program_id: str
    kind: CauseKind
    reference: str

    @property
    def order_id(self) -> str | None:
        """The order's id, where the cause is an order."""
        return self.reference if self.kind is CauseKind.ORDER else None

    def movement_id(self, position: int) -> str:
        """Names the movement at `position` of this cause's history, within its program."""
        return f"{self.kind}/{self.reference}/{position}"


@dataclass(frozen=True, slots=True)
class CardHeld:
    """The card that a customer has from a movement on: its number, or None where they have none."""

    number: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """One record of the ledger: what moved, why, from which cause, and the balance after.

    `points` is never negative; `kind` says which way it goes. `allocation` says which lots it
    touched (signed), `debt` by how much it changed the debt (signed), so that
    `kind.sign * points == sum(allocation) - debt`; `counted` what it changed about the customer's
    standing, `card` which card they have from now on, where that changed. A record that changes nothing (an
    order that earns nothing, say) has no `sequence` and leaves the account alone. What only moves points from
    lot to lot has 0 `points`, and an allocation.

    `point_value` is money per point under `program_version`. `occurred_at` is when the store says
    it happened, `recorded_at` when the ledger wrote it. `facts` are what the kind of event records, to be answered
    again, years later, exactly as the first time.

    `seal` is a hash over all of this and over the seal of the account's movement before it, so that a
    movement cannot be altered, removed or slipped in unnoticed. `redacted` is what stands in it for the personal part
    once that was erased.

    `address` is the network address that an administrator called from: who has one is in the audit.
    """

    cause: Cause
    position: int
    event: Event
    kind: Kind
    account: AccountId | None
    points: int
    allocation: tuple[Lot, ...] = ()
    debt: int = 0
    expires_at: datetime | None = None
    sequence: int | None = None
    balance_after: int
    debt_after: int
    program_version: int
    point_value: Decimal
    currency: str
    occurred_at: datetime
    recorded_at: datetime
    source: str
    actor: str
    reason: str | None = None
    facts: Facts | None = None
    counted: Counted | None = None
    card: CardHeld | None = None
    seal: bytes = b""
    address: str | None = None
    redacted: bytes = b""

    @property
    def movement_id(self) -> str:
        """Names the movement within its program: its cause and its place in that history."""
        return self.cause.movement_id(self.position)

    def facts_as[F: Facts](self, kind: type[F]) -> F:
        """Its facts, which are of `kind`. Raises TypeError where it recorded none of them."""
        if not isinstance(self.facts, kind):
            raise TypeError(f"{self.movement_id} records no {kind.__name__}")
        return self.facts

    @property
    def shortfall(self) -> int:
        """Points that it should have taken, that were spent, and that were let go."""
        return self.facts.shortfall if isinstance(self.facts, Reversed) else 0

    @property
    def is_of_account(self) -> bool:
        """Whether it changes anything about the account, and so is numbered in its sequence."""
        return self.is_booked or self.counted is not None or self.card is not None

    @property
    def is_booked(self) -> bool:
        """Whether it changes what is in lots or owed: then it is in the books of its day."""
        return bool(self.points or self.allocation)

    @property
    def value(self) -> Decimal:
        """The points in money at the point value of that moment, unrounded."""
        return self.points * self.point_value
