"""A history: everything a cause has moved, in order. An order's history decides what may still happen."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from loyalty.domain.ledger.facts import Completed, Refunded, RefundNoted
from loyalty.domain.ledger.kinds import Event, Flow, Kind
from loyalty.domain.ledger.lots import Lots
from loyalty.domain.ledger.movement import AccountId, Cause, Movement
from loyalty.domain.values.refusal import Refused


@dataclass(frozen=True, slots=True)
class History:
    """The movements of one cause, in the order in which they were written."""

    cause: Cause
    movements: tuple[Movement, ...] = ()

    def __iter__(self) -> Iterator[Movement]:
        return iter(self.movements)

    @property
    def next_position(self) -> int:
        """The number that the next movement of this cause takes."""
        return len(self.movements) + 1

    @property
    def account_id(self) -> AccountId | None:
        """Whose order or request it is; None while nobody is known."""
        return next((m.account for m in self.movements if m.account), None)

    def refuse_other_customer(self, account_id: AccountId | None) -> None:
        """Raises Refused unless the order can belong to `account_id`: it belongs to the first customer it names."""
        if account_id and self.account_id and not self._may_belong_to(account_id):
            raise _other_customer()

    def refuse_other_customer_id(self, customer_id: str | None) -> None:
        """Raises Refused unless the order can belong to `customer_id`, a guest or not."""
        if customer_id is not None and self.account_id and self.account_id.customer_id != customer_id:
            raise _other_customer()

    def _may_belong_to(self, account_id: AccountId) -> bool:
        """A cancellation names a customer, and does not say whether it is a guest."""
        owner = self.account_id
        if owner and self.first in self.cancellation:
            return owner.customer_id == account_id.customer_id
        return owner == account_id

    @property
    def first(self) -> Movement | None:
        """The movement that started it."""
        return self.movements[0] if self.movements else None

    @property
    def completion(self) -> Movement | None:
        """The order's first and only completion: by the store, or as a past action that was rewarded."""
        return self._award(Event.ORDER_COMPLETED, Event.PAST_ORDER_REWARDED)

    @property
    def completed_for_good(self) -> bool:
        """Whether the order has a completion that nothing can undo, as it can what a job did."""
        return self._first(Event.ORDER_COMPLETED) is not None

    @property
    def sign_up(self) -> Movement | None:
        """The customer's sign-up: when it happened, or as a past action that was rewarded."""
        return self._award(Event.SIGNED_UP, Event.PAST_SIGN_UP_REWARDED)

    @property
    def cancellation(self) -> tuple[Movement, ...]:
        """What the order's cancellation wrote; empty while it is not cancelled."""
        return tuple(m for m in self.movements if m.event is Event.ORDER_CANCELLED)

    @property
    def shows_all_of_cancellation(self) -> bool:
        """Whether the order is cancelled, and everything that its cancellation wrote is here.

        A look that is not consistent may show half of what was written at once. Then a position is missing, or an
        order that earned or counts has given points back and nothing says yet what was taken.
        """
        if not self.cancellation or self.movements[-1].position != len(self.movements):
            return False
        completion = self.completion
        taken = self.cancellation[-1].kind is Kind.REVERSE
        return taken or completion is None or not (completion.points or completion.counted)

    @property
    def closed(self) -> bool:
        """Completed or cancelled: what the order uses can no longer change."""
        return self.completion is not None or bool(self.cancellation)

    @property
    def live_redemption(self) -> Movement | None:
        """The redemption that the order uses now: set, and not given back since."""
        for movement in reversed(self.movements):
            if movement.kind is Kind.REDEEM:
                return movement
            if movement.kind is Kind.RESTORE:
                return None
        return None

    @property
    def voided_redemption(self) -> Movement | None:
        """What gave back the points that the order used last, on request; None where it uses points, or never did."""
        moved = next((m for m in reversed(self.movements) if m.kind in (Kind.REDEEM, Kind.RESTORE)), None)
        return moved if moved and moved.event is Event.REDEMPTION_VOIDED else None

    @property
    def earned(self) -> int:
        """Points that the order's completion earned, or a referral, a sign-up, a row of a job."""
        return sum(m.points for m in self.movements if m.kind.flow is Flow.ISSUED)

    @property
    def reversed(self) -> int:
        """Points of those taken back so far."""
        return self._sum(Kind.REVERSE)

    @property
    def reversible(self) -> int:
        """Points earned that were neither taken back nor let go because they were spent."""
        return self.earned - sum(reversed_or_waived(m) for m in self.movements if m.kind is Kind.REVERSE)

    @property
    def earned_lots(self) -> Lots:
        """The lots in which its points were earned, whatever became of them."""
        award = self._award(*_AWARDS)
        if award is None:
            return Lots()
        if isinstance(award.facts, Completed) and award.facts.lots:
            return Lots(award.facts.lots)
        return Lots.single(award.expires_at, award.points)

    def reversible_lots(self, at: datetime) -> Lots:
        """Of the lots in which it earned, what can be taken back at `at`: not expired, nor taken back before.

        What was taken back came out of those that expired soonest and had not yet.
        """
        lots = self.earned_lots
        award = self._award(*_AWARDS)
        for movement in self.movements[award.position :] if award else ():
            if movement.kind is Kind.REVERSE:
                lots = lots.minus(lots.spendable(movement.recorded_at).soonest(reversed_or_waived(movement)))
        return lots.spendable(at)

    @property
    def refund_noted(self) -> Decimal:
        """How much of the order was refunded before it was completed, in money."""
        noted = (m.facts.refunded_total for m in self.movements if isinstance(m.facts, RefundNoted))
        return max(noted, default=Decimal(0))

    def refund_of(self, refunded_total: Decimal) -> Movement | None:
        """What was recorded when the order's cumulative refund was `refunded_total`."""
        refunds = (m for m in self.movements if isinstance(m.facts, Refunded))
        return next((m for m in refunds if m.facts_as(Refunded).refunded_total == refunded_total), None)

    def _award(self, *events: Event) -> Movement | None:
        """The latest movement of one of `events`, unless it was undone."""
        for movement in reversed(self.movements):
            if movement.event is Event.JOB_UNDONE:
                return None
            if movement.event in events:
                return movement
        return None

    def _first(self, event: Event) -> Movement | None:
        return next((m for m in self.movements if m.event is event), None)

    def _sum(self, kind: Kind) -> int:
        return sum(m.points for m in self.movements if m.kind is kind)


_AWARDS = tuple(event for event in Event if event.awards)


def reversed_or_waived(reversal: Movement) -> int:
    """How many points a reversal was for: those taken back, and those let go because they were spent."""
    return reversal.points + reversal.shortfall


def _other_customer() -> Refused:
    return Refused("order_customer_mismatch", "This order belongs to another customer.", pointer="/customer_id")
