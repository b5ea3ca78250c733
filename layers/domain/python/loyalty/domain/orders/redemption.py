"""Spending points on an order: set, set anew, given back, until the order is closed."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from loyalty.domain.ledger.facts import Redeemed
from loyalty.domain.ledger.kinds import Event, Kind
from loyalty.domain.ledger.lots import Lot, Lots
from loyalty.domain.ledger.movement import AccountId, Movement
from loyalty.domain.ledger.transaction import Transaction
from loyalty.domain.program.settings import Overspend, Program
from loyalty.domain.values.calendar import end_of_day_after
from loyalty.domain.values.money import exact, round_down_to_minor
from loyalty.domain.values.refusal import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class RedemptionRequest:
    """Use `points`, or as many as may be used, on an order that is worth `order_total`."""

    account_id: AccountId
    order_total: Decimal
    currency: str
    points: int | Literal["max"]


def usable(program: Program, available: int, order_total: Decimal) -> int:
    """The most points that an order of `order_total` may use of `available` ones.

    Whole blocks, no more than the order's share is worth; nothing if that is under the minimum, or takes nothing off.
    """
    rules = program.redeem
    worth = order_total * rules.max_order_share // rules.point_value
    most = min(available, int(worth))
    most -= most % rules.block_size
    return most if most >= rules.min_points and discount(program, most) else 0


def usable_on(transaction: Transaction, order_total: Decimal) -> int:
    """The most points that the order, whose history this is, can use: those that it uses now are included.

    0 for a closed order, for one without a customer, and while the program is switched off.
    """
    if transaction.account is None or transaction.history.closed or not transaction.program.enabled:
        return 0
    available = void(transaction).holder.available(transaction.now)
    return usable(transaction.program, available, order_total)


def discount(program: Program, points: int) -> Decimal:
    """The money that `points` take off an order, in whole minor units, rounded down."""
    return round_down_to_minor(program.value_of(points), program.currency)


def redeem(transaction: Transaction, request: RedemptionRequest) -> Transaction:
    """Make the order use the requested points; the same request again changes nothing."""
    history, program = transaction.history, transaction.program
    history.refuse_other_customer(request.account_id)
    program.refuse_other_currency(request.currency)
    order_total = exact(request.order_total, request.currency)
    live = history.live_redemption
    if live and _asked_for(live.facts_as(Redeemed), request.points, order_total):
        return transaction
    if history.closed:
        raise Refused("order_closed", "The order is completed or cancelled already.")
    if not program.enabled:
        raise Refused("program_disabled", "The program is switched off.")
    if live:
        transaction = restore(transaction, live, Event.REDEMPTION_VOIDED, "replaced")
    available = transaction.holder.lots.spendable(transaction.now)
    points = _points(program, available.total, request)
    if not points:
        return transaction
    return transaction.debit(
        Kind.REDEEM,
        Event.REDEMPTION_SET,
        available.soonest(points),
        facts=Redeemed(requested=request.points, order_total=order_total, discount=discount(program, points)),
    )


def void(transaction: Transaction) -> Transaction:
    """Give back what the order uses; nothing, if it uses nothing."""
    if transaction.history.closed:
        raise Refused("order_closed", "The order is completed or cancelled already.")
    live = transaction.history.live_redemption
    return restore(transaction, live, Event.REDEMPTION_VOIDED) if live else transaction


def restore(transaction: Transaction, redemption: Movement, event: Event, reason: str | None = None) -> Transaction:
    """Give the points of `redemption` back into the lots they came from.

    Those that would have expired since get `restore_grace_days`.
    """
    taken = Lots.taken_by(redemption.allocation)
    return transaction.credit(Kind.RESTORE, event, given_back(transaction, taken), reason=reason)


def given_back(transaction: Transaction, lots: Lots) -> Lots:
    """`lots` as they come back: those that have expired meanwhile get `restore_grace_days`."""
    program, now = transaction.program, transaction.now
    grace = end_of_day_after(now, program.cancel.restore_grace_days, program.timezone)
    return Lots(Lot(grace if lot.expired(now) else lot.expires_at, lot.points) for lot in lots)


def _asked_for(redeemed: Redeemed, points: int | Literal["max"], order_total: Decimal) -> bool:
    return redeemed.requested == points and redeemed.order_total == order_total


def _points(program: Program, available: int, request: RedemptionRequest) -> int:
    """How many points to take: what was asked for, if the rules allow it."""
    rules = program.redeem
    most = usable(program, available, request.order_total)
    if request.points == "max":
        return most
    asked = request.points
    facts = {"points_usable": most, "points_available": available}
    if rules.overspend is Overspend.CLAMP:
        asked = min(asked - asked % rules.block_size, most)
        if asked < max(rules.min_points, 1):
            raise Refused(
                "below_min_points",
                f"No fewer than {max(rules.min_points, rules.block_size)} points can be used.",
                pointer="/points",
                facts=facts,
            )
        _refuse_for_nothing(program, asked, facts)
        return asked
    if asked > available:
        raise Refused(
            "insufficient_points",
            f"{asked} points were asked for, {available} are available, {most} can be used.",
            pointer="/points",
            facts=facts,
        )
    if asked < rules.min_points:
        raise Refused(
            "below_min_points",
            f"No fewer than {rules.min_points} points can be used.",
            pointer="/points",
            facts=facts,
        )
    if asked % rules.block_size:
        raise Refused(
            "not_whole_blocks",
            f"Points are used in blocks of {rules.block_size}.",
            pointer="/points",
            facts=facts,
        )
    _refuse_for_nothing(program, asked, facts)
    if asked > most:
        raise Refused(
            "exceeds_order_limit",
            f"This order can use {most} points at the most.",
            pointer="/points",
            facts=facts,
        )
    return asked


def _refuse_for_nothing(program: Program, points: int, facts: Mapping[str, int]) -> None:
    """Nobody loses points that take not even the smallest coin off an order."""
    if not discount(program, points):
        raise Refused(
            "below_min_points",
            f"{points} points are worth less than the smallest amount of {program.currency}.",
            pointer="/points",
            facts=facts,
        )
