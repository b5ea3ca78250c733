"""Kinds of movements, events and causes: everything that follows from a kind stands in its row here.

A new kind of movement is one more row. The account, the books, the replay and the answers read the row; the test
`tests/unit/ledger/test_kinds.py` walks all of them, and the table in docs/concepts/domain.md.
"""

from dataclasses import dataclass
from enum import Enum, StrEnum

from loyalty.domain.ledger.facts import (
    Adjusted,
    AdjustmentNoted,
    CardRequested,
    CardsRequested,
    Completed,
    Facts,
    Issued,
    Redeemed,
    Referred,
    Refunded,
    RefundNoted,
    Reversed,
    Stored,
    TierReviewed,
    form_of,
)
from loyalty.domain.program.settings import AccountNames


class BookAccount(StrEnum):
    """The accounts of the books."""

    LIABILITY = "points_liability"
    DISTRIBUTED_EXPENSE = "points_distributed_expense"
    REDEEMED = "points_redeemed"

    def named(self, names: AccountNames) -> str:
        """What the store calls it."""
        match self:
            case BookAccount.LIABILITY:
                return names.liability
            case BookAccount.DISTRIBUTED_EXPENSE:
                return names.expense
            case BookAccount.REDEEMED:
                return names.redeemed


class Flow(StrEnum):
    """A line of the liability's roll-forward."""

    ISSUED = "issued"
    REVERSED = "reversed"
    REDEEMED = "redeemed"
    RESTORED = "restored"
    EXPIRED = "expired"

    @property
    def sign(self) -> int:
        """+1 for what adds to the liability, -1 for what takes from it."""
        return 1 if self in (Flow.ISSUED, Flow.RESTORED) else -1


class Total(StrEnum):
    """A total to date of an account."""

    EARNED = "earned"
    REDEEMED = "redeemed"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Effect:
    """What points of a kind do to an account and to the books.

    `total` is the total to date that they count in, `flow` the line of the liability. `may_owe` says that more points
    may be taken than there are, where the program's policy lets it. `priced` says that the points belong to what
    customers paid, and so to deferred revenue.
    """

    total: Total
    debit: BookAccount
    credit: BookAccount
    flow: Flow
    may_owe: bool = False
    priced: bool = False


_EARNED, _REDEEMED, _EXPIRED = Total
_LIABILITY, _EXPENSE, _REVENUE = BookAccount


class Kind(StrEnum):
    """What a movement does, as the books see it: its name, what a till or a dashboard calls it, its effect."""

    EARN = "earn", "EARNING", Effect(_EARNED, _EXPENSE, _LIABILITY, Flow.ISSUED, priced=True)
    ISSUE = "issue", "RELOAD", Effect(_EARNED, _EXPENSE, _LIABILITY, Flow.ISSUED)
    SIGN_UP = "sign_up", "SIGN_UP", Effect(_EARNED, _EXPENSE, _LIABILITY, Flow.ISSUED)
    REFERRAL = "referral", "REFERRAL", Effect(_EARNED, _EXPENSE, _LIABILITY, Flow.ISSUED)
    REVERSE = "reverse", "REVERSAL", Effect(_EARNED, _LIABILITY, _EXPENSE, Flow.REVERSED, may_owe=True, priced=True)
    REDEEM = "redeem", "REDEMPTION", Effect(_REDEEMED, _LIABILITY, _REVENUE, Flow.REDEEMED)
    RESTORE = "restore", "RESTORATION", Effect(_REDEEMED, _REVENUE, _LIABILITY, Flow.RESTORED)
    EXPIRE = "expire", "EXPIRATION", Effect(_EXPIRED, _LIABILITY, _EXPENSE, Flow.EXPIRED)
    NOTE = "note", "NOTE"
    """Moves no points: something else about the account changed."""
    ADJUST_UP = "adjust_up", "ADJUSTMENT", Effect(_EARNED, _EXPENSE, _LIABILITY, Flow.ISSUED)
    ADJUST_DOWN = "adjust_down", "ADJUSTMENT", Effect(_EARNED, _LIABILITY, _EXPENSE, Flow.REVERSED, may_owe=True)
    BACKFILL = "backfill", "PAST_ACTION", Effect(_EARNED, _EXPENSE, _LIABILITY, Flow.ISSUED)
    """For what was done before the program was there."""

    _value_: str
    label: str
    effect: Effect | None
    sign: int
    """+1 when it adds to what the account is owed, -1 when it takes from it, 0 when it moves no points."""

    def __new__(cls, value: str, label: str = "", effect: Effect | None = None) -> "Kind":
        kind = str.__new__(cls, value)
        kind._value_, kind.label, kind.effect = value, label, effect
        kind.sign = effect.flow.sign if effect else 0
        return kind

    @classmethod
    def of_points(cls) -> tuple["Kind", ...]:
        """The kinds that move points, and so are booked."""
        return tuple(kind for kind in cls if kind.effect)

    @property
    def booked(self) -> Effect:
        """Its effect. Raises ValueError for a kind that moves no points."""
        if self.effect is None:
            raise ValueError(f"{self} moves no points")
        return self.effect

    @property
    def flow(self) -> Flow | None:
        """The line of the liability that it counts in; None when it moves no points."""
        return self.effect.flow if self.effect else None


class Naming(Enum):
    """Whether the name of a cause may say who a customer is."""

    PERSONAL = "personal"
    """The customer's id, or a text that somebody made up: sealed as a digest, so that it can be erased."""
    LASTING = "lasting"
    """An order is in the books of the store, and others are ours: the name stays when a customer is erased."""


class CauseKind(StrEnum):
    """What kind of thing makes points move."""

    SIGN_UP = "sign_up", Naming.PERSONAL
    """A customer signs up."""
    REFERRAL = "referral", Naming.PERSONAL
    """A customer was referred by another one; named by the customer."""
    ORDER = "order", Naming.LASTING
    """Something that happens to an order."""
    JOB = "job", Naming.LASTING
    """A row of a job; named by the job and the row's number."""
    REQUEST = "request", Naming.PERSONAL
    """A request with an idempotency key."""
    EXPIRY = "expiry", Naming.LASTING
    """The passing of an account's time."""
    CARD = "card", Naming.PERSONAL
    """A loyalty card; named by its number."""
    ERASURE = "erasure", Naming.LASTING
    """A customer asks to be erased; named by the pseudonym."""
    EXPORT = "export", Naming.PERSONAL
    """An administrator asks for all that is held about a customer."""

    _value_: str
    naming: Naming

    def __new__(cls, value: str, naming: Naming = Naming.PERSONAL) -> "CauseKind":
        kind = str.__new__(cls, value)
        kind._value_, kind.naming = value, naming
        return kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What an event means besides its name.

    `awards` says that it gives points which may be taken back later: as its cause's history says. `label` is what a
    till or a dashboard calls it, where the event says more than the kind of movement. `facts` is what its movements
    record, where they record anything.
    """

    awards: bool = False
    label: str | None = None
    facts: type[Facts] | None = None


_PLAIN, _AWARD = Meaning(), Meaning(awards=True)


class Event(StrEnum):
    """What happened that the movement records."""

    ORDER_COMPLETED = "order_completed", Meaning(awards=True, facts=Completed)
    ORDER_CANCELLED = "order_cancelled", Meaning(facts=Reversed)
    ORDER_REFUNDED = "order_refunded", Meaning(facts=Refunded)
    REDEMPTION_SET = "redemption_set", Meaning(facts=Redeemed)
    REDEMPTION_VOIDED = "redemption_voided"
    ORDER_RECOUNTED = "order_recounted"
    """What counts of an order towards tiers changed, although no points were taken back for it."""
    REFUND_NOTED = "refund_noted", Meaning(facts=RefundNoted)
    """An order was refunded before it was completed: its completion takes back what that calls for."""
    TIER_REVIEWED = "tier_reviewed", Meaning(facts=TierReviewed)
    SIGNED_UP = "signed_up", _AWARD
    CUSTOMER_REFERRED = "customer_referred", Meaning(awards=True, facts=Referred)
    REFERRAL_CANCELLED = "referral_cancelled", Meaning(facts=Reversed)
    POINTS_ISSUED = "points_issued", Meaning(facts=Issued)
    POINTS_EXPIRED = "points_expired", Meaning(facts=TierReviewed)
    POINTS_ADJUSTED = "points_adjusted", Meaning(awards=True, facts=Adjusted)
    EXPIRY_MOVED = "expiry_moved", Meaning(facts=Adjusted)
    PAST_ORDER_REWARDED = "past_order_rewarded", Meaning(awards=True, facts=Completed)
    PAST_SIGN_UP_REWARDED = "past_sign_up_rewarded", _AWARD
    JOB_UNDONE = "job_undone", Meaning(facts=Reversed)
    """What a row of a job did is taken back."""
    ORDER_ADJUSTED = "order_adjusted", Meaning(facts=AdjustmentNoted)
    """Points were adjusted on account of an order, whose history this is noted in."""
    CARDS_CREATED = "cards_created", Meaning(facts=CardsRequested)
    """Somebody asked for cards; each has a history of its own."""
    CARD_CREATED = "card_created", Meaning(label="CREATION")
    CARD_ASSIGNED = "card_assigned", Meaning(label="ASSIGN", facts=CardRequested)
    CARD_RELEASED = "card_released", Meaning(label="RELEASE")
    CARD_BLOCKED = "card_blocked", Meaning(label="BLOCK", facts=CardRequested)
    CARD_REPLACED = "card_replaced", Meaning(label="REPLACE", facts=CardRequested)
    """It is blocked, and its customer has another card for it."""
    POINTS_FORFEITED = "points_forfeited"
    """What a customer had, or owed, is let go, since they are erased."""
    CUSTOMER_ERASED = "customer_erased"
    CUSTOMER_EXPORTED = "customer_exported"

    _value_: str
    awards: bool
    label: str | None
    records: type[Facts] | None

    def __new__(cls, value: str, meaning: Meaning = _PLAIN) -> "Event":
        event = str.__new__(cls, value)
        event._value_ = value
        event.awards, event.label, event.records = meaning.awards, meaning.label, meaning.facts
        return event

    def facts_from(self, stored: Stored) -> Facts | None:
        """The facts that were stored of it; None where none were. Raises ValueError for what it does not record."""
        if not stored:
            return None
        try:
            facts = self.records.of(stored) if self.records else None
        except (ArithmeticError, KeyError, TypeError, ValueError) as error:
            raise ValueError(f"no facts of {self}: {error!r}") from error
        if form_of(facts) != stored:
            raise ValueError(f"no facts of {self}: more than it records")
        return facts
