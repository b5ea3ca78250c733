"""Facts: what an event records besides the points, so that it is answered years later exactly as the first time.

Each event that has facts has a class of them here, with the one form in which they are stored, sealed and shown:
texts, whole numbers, and lists and mappings of them. Money and instants are texts. The form is under the seal of the
movement, so it never changes; a new fact is left out of the form where it is not there.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, Self

from loyalty.domain.ledger.lots import Lot

type Form = dict[str, object]
"""Facts as they are stored."""
type Stored = Mapping[str, Any]
"""What was stored, whoever wrote it."""


class Facts(ABC):
    """The facts of one event."""

    @abstractmethod
    def form(self) -> Form:
        """As they are stored."""

    @classmethod
    @abstractmethod
    def of(cls, stored: Stored) -> "Facts":
        """The facts that were stored. Raises KeyError, TypeError or ValueError for what are none of this event."""


class Asked(ABC):
    """What a request asked for, so that the request is known again by its idempotency key."""

    @abstractmethod
    def form(self) -> Form:
        """As it is stored."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a breakdown: the rule, what it added or took, and why in words."""

    rule: str
    points: int
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed(Facts):
    """An order was completed: the money that it earned on, and how the points came about.

    `lots` are those in which it earned, where they are more than one. `referrer` is the id of the customer who
    referred this one; it is stored, and not under the seal.
    """

    basis: Decimal
    steps: tuple[Step, ...]
    lots: tuple[Lot, ...] = ()
    referrer: str | None = None

    def form(self) -> Form:
        form: Form = {
            "basis": str(self.basis),
            "breakdown": [[step.rule, step.points, step.detail] for step in self.steps],
        }
        if self.lots:
            form["lots"] = [[_text(lot.expires_at), lot.points] for lot in self.lots]
        if self.referrer is not None:
            form["referrer"] = self.referrer
        return form

    @classmethod
    def of(cls, stored: Stored) -> Self:
        return cls(
            basis=Decimal(stored["basis"]),
            steps=tuple(Step(*step) for step in stored["breakdown"]),
            lots=tuple(Lot(_instant(at), points) for at, points in stored.get("lots", ())),
            referrer=stored.get("referrer"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Redeemed(Facts):
    """Points were set on an order: how many were asked for, what the order was worth, what they take off; money."""

    requested: int | Literal["max"]
    order_total: Decimal
    discount: Decimal

    def form(self) -> Form:
        return {
            "requested": self.requested,
            "order_total": str(self.order_total),
            "discount": str(self.discount),
        }

    @classmethod
    def of(cls, stored: Stored) -> Self:
        return cls(
            requested=stored["requested"],
            order_total=Decimal(stored["order_total"]),
            discount=Decimal(stored["discount"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversed(Facts):
    """Points were taken back. `shortfall` are those that were spent already, and were let go."""

    shortfall: int

    def form(self) -> Form:
        return {"shortfall": self.shortfall} if self.shortfall else {}

    @classmethod
    def of(cls, stored: Stored) -> Self:
        return cls(shortfall=stored["shortfall"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Refunded(Reversed):
    """An order was refunded, by now for `refunded_total` money. `suggested` is its share of the points.

    `requested` is the number that an administrator took back; None where the program decided.
    """

    shortfall: int = 0
    refunded_total: Decimal
    requested: int | None
    suggested: int

    def form(self) -> Form:
        return {
            "refunded_total": str(self.refunded_total),
            "asked": self.requested,
            "suggested": self.suggested,
            **Reversed.form(self),
        }

    @classmethod
    def of(cls, stored: Stored) -> Self:
        return cls(
            refunded_total=Decimal(stored["refunded_total"]),
            requested=stored["asked"],
            suggested=stored["suggested"],
            shortfall=stored.get("shortfall", 0),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundNoted(Facts):
    """An order was refunded, by now for `refunded_total` money, before it was completed."""

    refunded_total: Decimal

    def form(self) -> Form:
        return {"refunded_total": str(self.refunded_total)}

    @classmethod
    def of(cls, stored: Stored) -> Self:
        return cls(refunded_total=Decimal(stored["refunded_total"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Referred(Facts):
    """A customer was referred: their first order, for which the referrer is paid."""

    order_id: str

    def form(self) -> Form:
        return {"order_id": self.order_id}

    @classmethod
    def of(cls, stored: Stored) -> Self:
        return cls(order_id=stored["order_id"])


@dataclass(frozen=True, slots=True, kw_only=True)
class TierReviewed(Facts):
    """The tier that a customer is in from now on; None is none."""

    tier: str | None

    def form(self) -> Form:
        return {"tier": self.tier or ""}

    @classmethod
    def of(cls, stored: Stored) -> Self:
        return cls(tier=stored["tier"] or None)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueAsked(Asked):
    """Points to give, until `expires_at` or as long as the program says."""

    points: int
    expires_at: datetime | None

    def form(self) -> Form:
        return {"points": self.points, "expires_at": _text(self.expires_at)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued(Facts):
    """Points were given by hand."""

    asked: IssueAsked

    def form(self) -> Form:
        return {"asked": self.asked.form()}

    @classmethod
    def of(cls, stored: Stored) -> Self:
        asked = stored["asked"]
        return cls(asked=IssueAsked(points=asked["points"], expires_at=_instant(asked["expires_at"])))


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustmentAsked(Asked):
    """Points (signed) to give or take, until when, and on account of which order."""

    points: int
    expires_at: datetime | None = None
    order_id: str | None = None

    def form(self) -> Form:
        form: Form = {"points": self.points}
        if self.expires_at:
            form["expires_at"] = _text(self.expires_at)
        if self.order_id is not None:
            form["order_id"] = self.order_id
        return form


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjusted(Reversed):
    """Points were adjusted by hand, or their expiry was. `shortfall` should have been taken and was not there."""

    shortfall: int = 0
    asked: AdjustmentAsked

    def form(self) -> Form:
        return {"asked": self.asked.form(), **Reversed.form(self)}

    @classmethod
    def of(cls, stored: Stored) -> Self:
        asked = stored["asked"]
        return cls(
            asked=AdjustmentAsked(
                points=asked["points"],
                expires_at=_instant(asked.get("expires_at")),
                order_id=asked.get("order_id"),
            ),
            shortfall=stored.get("shortfall", 0),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustmentNoted(Facts):
    """What an order's history says of an adjustment on account of it: which one, its points (signed), its reason.

    An erased customer's has no `reason`.
    """

    movement_id: str
    points: int
    reason: str | None

    def form(self) -> Form:
        return {"movement_id": self.movement_id, "points": self.points, "reason": self.reason}

    @classmethod
    def of(cls, stored: Stored) -> Self:
        return cls(movement_id=stored["movement_id"], points=stored["points"], reason=stored["reason"])


@dataclass(frozen=True, slots=True, kw_only=True)
class CardsAsked(Asked):
    """How many cards to create."""

    count: int

    def form(self) -> Form:
        return {"count": self.count}


@dataclass(frozen=True, slots=True, kw_only=True)
class CardsRequested(Facts):
    """The numbers of the cards that a request created, in their order."""

    asked: CardsAsked
    cards: tuple[str, ...]

    def form(self) -> Form:
        return {"asked": self.asked.form(), "cards": list(self.cards)}

    @classmethod
    def of(cls, stored: Stored) -> Self:
        return cls(asked=CardsAsked(count=stored["asked"]["count"]), cards=tuple(stored["cards"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class CardAsked(Asked):
    """The number of the card that something is to happen to."""

    number: str

    def form(self) -> Form:
        return {"number": self.number}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplacementAsked(CardAsked):
    """The number of the card to replace, and of the one to replace it by; None is a new one."""

    by: str | None

    def form(self) -> Form:
        return {"number": self.number, "by": self.by}


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRequested(Facts):
    """What a request did to a card, or to two: `card` is the number of the one in its answer."""

    asked: CardAsked
    card: str

    def form(self) -> Form:
        return {"asked": self.asked.form(), "card": self.card}

    @classmethod
    def of(cls, stored: Stored) -> "CardRequested | CardReplaced":
        """Also of the card's own history, where a card that was replaced names the other."""
        if "replaced_by" in stored:
            return CardReplaced.of(stored)
        asked = stored["asked"]
        number = asked["number"]
        return cls(
            asked=ReplacementAsked(number=number, by=asked["by"]) if "by" in asked else CardAsked(number=number),
            card=stored["card"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CardReplaced(Facts):
    """In the history of a card: the number of the one that its customer has instead."""

    replaced_by: str

    def form(self) -> Form:
        return {"replaced_by": self.replaced_by}

    @classmethod
    def of(cls, stored: Stored) -> Self:
        return cls(replaced_by=stored["replaced_by"])


Requested = Issued | Adjusted | CardsRequested | CardRequested
"""Facts of a request that its idempotency key names: they have what was `asked`."""


def form_of(facts: Facts | None) -> Form:
    """The form in which facts are stored, sealed and shown; an empty one where there are none."""
    return facts.form() if facts else {}


def _text(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
