"""Movements: the immutable records that an account is the sum of."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

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


class CauseKind(StrEnum):
    """What kind of thing makes points move."""

    SIGN_UP = "sign_up"
    """A customer signs up."""
    REFERRAL = "referral"
    """A customer was referred by another one; named by the customer."""
    ORDER = "order"
    """Something that happens to an order."""
    JOB = "job"
    """A row of a job; named by the job and the row's number."""
    REQUEST = "request"
    """A request with an idempotency key."""
    EXPIRY = "expiry"
    """The passing of an account's time."""
    CARD = "card"
    """A loyalty card; named by its number."""
    ERASURE = "erasure"
    """A customer asks to be erased; named by the pseudonym."""
    EXPORT = "export"
    """An administrator asks for all that is held about a customer."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why points move: an order, a request, an expiry. `reference` is the store's id of it.

    All movements of a cause form its history, numbered from 1. A number is written once, ever.
    """

    program_id: str
    kind: CauseKind
    reference: str

    def movement_id(self, position: int) -> str:
        """Names the movement at `position` of this cause's history, within its program."""
        return f"{self.kind}/{self.reference}/{position}"


class Kind(StrEnum):
    """What a movement does, as the books see it."""

    EARN = "earn"
    ISSUE = "issue"
    SIGN_UP = "sign_up"
    REFERRAL = "referral"
    REVERSE = "reverse"
    REDEEM = "redeem"
    RESTORE = "restore"
    EXPIRE = "expire"
    NOTE = "note"
    """Moves no points: something else about the account changed."""
    ADJUST_UP = "adjust_up"
    ADJUST_DOWN = "adjust_down"
    BACKFILL = "backfill"
    """For what was done before the program was there."""

    @property
    def sign(self) -> int:
        """+1 when it adds to what the account is owed, -1 when it takes from it."""
        return 1 if self in _CREDITS else -1


_CREDITS = frozenset({Kind.EARN, Kind.SIGN_UP, Kind.REFERRAL, Kind.ISSUE, Kind.RESTORE, Kind.ADJUST_UP, Kind.BACKFILL})


class Event(StrEnum):
    """What happened that the movement records."""

    ORDER_COMPLETED = "order_completed"
    ORDER_CANCELLED = "order_cancelled"
    ORDER_REFUNDED = "order_refunded"
    REDEMPTION_SET = "redemption_set"
    REDEMPTION_VOIDED = "redemption_voided"
    ORDER_RECOUNTED = "order_recounted"
    """What counts of an order towards tiers changed, although no points were taken back for it."""
    REFUND_NOTED = "refund_noted"
    """An order was refunded before it was completed: its completion takes back what that calls for."""
    TIER_REVIEWED = "tier_reviewed"
    SIGNED_UP = "signed_up"
    CUSTOMER_REFERRED = "customer_referred"
    REFERRAL_CANCELLED = "referral_cancelled"
    POINTS_ISSUED = "points_issued"
    POINTS_EXPIRED = "points_expired"
    POINTS_ADJUSTED = "points_adjusted"
    EXPIRY_MOVED = "expiry_moved"
    PAST_ORDER_REWARDED = "past_order_rewarded"
    PAST_SIGN_UP_REWARDED = "past_sign_up_rewarded"
    JOB_UNDONE = "job_undone"
    """What a row of a job did is taken back."""
    ORDER_ADJUSTED = "order_adjusted"
    """Points were adjusted on account of an order, whose history this is noted in."""
    CARDS_CREATED = "cards_created"
    """Somebody asked for cards; each has a history of its own."""
    CARD_CREATED = "card_created"
    CARD_ASSIGNED = "card_assigned"
    CARD_RELEASED = "card_released"
    CARD_BLOCKED = "card_blocked"
    CARD_REPLACED = "card_replaced"
    """It is blocked, and its customer has another card for it."""
    POINTS_FORFEITED = "points_forfeited"
    """What a customer had, or owed, is let go, since they are erased."""
    CUSTOMER_ERASED = "customer_erased"
    CUSTOMER_EXPORTED = "customer_exported"


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
    it happened, `recorded_at` when the ledger wrote it. `detail` holds what the kind of event needs
    to be answered again, years later, exactly as the first time.

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
    detail: Mapping[str, object] = field(default_factory=dict)
    counted: Counted | None = None
    card: CardHeld | None = None
    seal: bytes = b""
    address: str | None = None
    redacted: bytes = b""

    @property
    def movement_id(self) -> str:
        """Names the movement within its program: its cause and its place in that history."""
        return self.cause.movement_id(self.position)

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
