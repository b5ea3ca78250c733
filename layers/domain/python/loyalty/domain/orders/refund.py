"""Returns: what a partly or wholly refunded order gives back of what it earned."""

from dataclasses import dataclass
from decimal import Decimal

from loyalty.domain.ledger.facts import Completed, Refunded, RefundNoted
from loyalty.domain.ledger.history import History
from loyalty.domain.ledger.kinds import Event
from loyalty.domain.ledger.transaction import Transaction
from loyalty.domain.orders.cancellation import reverse
from loyalty.domain.orders.tier_progress import count_back
from loyalty.domain.program.settings import RefundPolicy
from loyalty.domain.values.money import decimals_of, exact, minor_digits
from loyalty.domain.values.refusal import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """`refunded_total` is all that was ever refunded on the order, also the times before.

    `points` is an administrator's number: what to take back this time, whatever the policy.
    """

    refunded_total: Decimal
    points: int | None = None


def suggested(history: History, refunded_total: Decimal) -> int:
    """What the order should give back once `refunded_total` of it is refunded, less what it did.

    Its share of the points, rounded down, so that two partial refunds take what one would; all of
    them once its whole earning basis is refunded.
    """
    completion = history.completion
    if completion is None or history.cancellation:
        return 0
    basis = completion.facts_as(Completed).basis
    if not refunded_total:
        return 0  # also of an order that earned on a basis of nothing
    due = history.earned if refunded_total >= basis else int(history.earned * refunded_total // basis)
    return max(0, due - (history.earned - history.reversible))


def take_back(transaction: Transaction, request: Return) -> Transaction:
    """Take back what the return calls for; the same cumulative amount again changes nothing.

    Of an order that is not completed there is nothing to take: that it was refunded is noted, where the policy would
    have taken something.
    """
    history, program = transaction.history, transaction.program
    if decimals_of(request.refunded_total) > minor_digits(program.currency):
        raise Refused(
            "too_many_decimals",
            f"An amount has at most {minor_digits(program.currency)} decimals in {program.currency}.",
            pointer="/refunded_total",
        )
    refunded_total = exact(request.refunded_total, program.currency)
    if recorded := history.refund_of(refunded_total):
        if request.points not in (None, recorded.facts_as(Refunded).requested):
            raise Refused(
                "refund_decided",
                "Points were taken back for this refund already.",
                pointer="/points",
                facts={"points_reversed": recorded.points},
            )
        return transaction
    share = suggested(history, request.refunded_total)
    points = request.points
    if points is None:
        proportional = program.refund.policy is RefundPolicy.PROPORTIONAL
        if proportional and not history.closed and request.refunded_total > history.refund_noted:
            return transaction.note(Event.REFUND_NOTED, facts=RefundNoted(refunded_total=refunded_total))
        points = share if proportional else 0
    if points > history.reversible:
        raise Refused(
            "exceeds_earned",
            f"The order has {history.reversible} points that can be taken back.",
            pointer="/points",
            facts={"points_reversible": history.reversible},
        )
    refunded = Refunded(refunded_total=refunded_total, requested=request.points, suggested=share)
    done = reverse(transaction, points, Event.ORDER_REFUNDED, None, refunded)
    if done.movements or history.cancellation:
        return done
    counted = count_back(transaction, 0, request.refunded_total)
    # Under an event of its own: what to take back for this refund is still to be decided.
    return transaction.note(Event.ORDER_RECOUNTED, counted) if counted else transaction


def take_back_noted(transaction: Transaction) -> Transaction:
    """Take back what was refunded of an order before `transaction` completes it; nothing if it does not."""
    refunded = transaction.history.refund_noted
    if not refunded or not any(m.event is Event.ORDER_COMPLETED for m in transaction.movements):
        return transaction
    return take_back(transaction, Return(refunded_total=refunded))
