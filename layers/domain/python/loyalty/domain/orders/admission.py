"""Which facts an order admits: what repeats another, what contradicts it, what the order cannot be.

Each function answers the fact to record, or None where there is none: a repeat, or what another fact overtook. A
refusal has moved nothing. Codes are listed in the order in which they are checked.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from math import ceil

from loyalty.domain.orders.accrual import earns_alike
from loyalty.domain.orders.facts import (
    FIRST_REVISION,
    MAX_REFUNDS,
    MAX_REVISIONS,
    UNUSED,
    Cancellation,
    Decision,
    Edit,
    Fact,
    Refund,
    Reopening,
    Undoing,
)
from loyalty.domain.orders.goods import NO_PART, Back, Lines, Part, added, lines_of
from loyalty.domain.orders.holding import Holding, hold
from loyalty.domain.orders.returns import OrderLines, worths
from loyalty.domain.orders.statement import Statement, read, rounded_up
from loyalty.domain.orders.uses import used_after_edit
from loyalty.domain.program.settings import Program, RefundPolicy
from loyalty.domain.values.money import exact
from loyalty.domain.values.refusal import Refused


def refund_by_amount(total: Decimal, currency: str) -> Refund:
    """A refund of which only the `total` is known that came back in all. Its id is that total."""
    return Refund(refund_id=f"total-{exact(total, currency)}", total=total)


def admitted_refund(holding: Holding, asked: Refund, program: Program) -> Refund | Decision | None:
    """The fact that `asked` adds to an order: the refund, or a decision on it where it is on record.

    By the settings of today, `program`, it counts at once or waits to be decided.

    Raises Refused: `refund_id_reused`, `refund_decided`, `too_many_facts`, `refund_form_mixed`,
    `refund_form_needs_lines`, `unknown_line`, `exceeds_pieces`, `exceeds_amount`, `line_needed`, `exceeds_earned`,
    `exceeds_used`.
    """
    on_record = next((fact for fact in _refunds(holding) if fact.refund_id == asked.refund_id), None)
    if on_record:
        return _decision(holding, on_record, asked)
    at_once = asked.points is not None or program.refund.policy is RefundPolicy.PROPORTIONAL
    asked = replace(asked, counts=at_once, restores=program.refund.restores)
    standing = list(_standing(holding))
    if asked.total is not None:
        asked = replace(asked, money=asked.total - sum((fact.money for fact in standing), Decimal(0)))
        if asked.money <= 0:
            return None
    _refuse_too_many(len(_refund_ids(holding) | {asked.refund_id}), MAX_REFUNDS, "refunds")
    if any(fact.by_amount != asked.by_amount for fact in standing):
        raise Refused("refund_form_mixed", "All refunds of an order name lines, or none does.")
    if not holding.completed:
        return asked
    counted = _all_counted(holding)
    if asked.by_amount and counted.basket.statement.paid <= 0:
        raise Refused("refund_form_needs_lines", "The order was not paid in money: name the lines that came back.")
    _refuse_what_is_not_there(counted, asked, standing)
    _refuse_lines_that_differ(holding, asked)
    _refuse_numbers(holding, asked.points, asked.restore)
    return asked


def admitted_edit(holding: Holding, asked: Edit, point_value: Decimal) -> Edit | None:
    """The edit that `asked` adds to an order, with all points that the order uses after it.

    None for a repeat, and for a revision that a later one overtook. Points that are used in addition are worth
    `point_value`. Raises Refused: `revision_reused`, `too_many_facts`, `edit_below_refunds`, `exceeds_order_limit`.
    """
    for fact in holding.facts:
        if isinstance(fact, Edit) and fact.revision == asked.revision:
            _refuse_reused((fact.stated, fact.asked) == (asked.stated, asked.asked))
            return None
    if asked.revision < holding.revision:
        return None
    if asked.revision == FIRST_REVISION and holding.completed:
        _refuse_reused((holding.latest.stated, None) == (asked.stated, asked.asked))
        return None
    _refuse_too_many(1 + sum(isinstance(fact, Edit) for fact in holding.facts), MAX_REVISIONS, "revisions")
    if not holding.completed:
        return replace(asked, used=UNUSED)
    used = used_after_edit(holding, asked, point_value)
    statement = read(asked.stated, used.discount, holding.basket.statement)
    _refuse_below_refunds(_all_counted(holding), list(_standing(holding)), statement)
    return replace(asked, used=used)


def admitted_undoing(holding: Holding, refund_id: str) -> Undoing | None:
    """The undoing of a refund; one that is not on record yet takes nothing once it comes.

    Raises Refused: `too_many_facts`.
    """
    if any(isinstance(fact, Undoing) and fact.refund_id == refund_id for fact in holding.facts):
        return None
    _refuse_too_many(len(_refund_ids(holding) | {refund_id}), MAX_REFUNDS, "refunds")
    return Undoing(refund_id)


def admitted_cancellation(holding: Holding, cancelled_at: datetime) -> Cancellation | None:
    """The cancellation of an order that is not cancelled."""
    return None if holding.cancelled else Cancellation(cancelled_at)


def admitted_reopening(holding: Holding, completed_at: datetime, program: Program) -> Reopening | None:
    """The reopening of a cancelled order, by a completion after the cancellation, where `program` reopens orders."""
    cancelled = [fact.cancelled_at for fact in holding.facts if isinstance(fact, Cancellation)]
    if holding.cancelled and program.cancel.reopens and completed_at > cancelled[-1]:
        return Reopening()
    return None


def _refunds(holding: Holding) -> Iterator[Refund]:
    return (fact for fact in holding.facts if isinstance(fact, Refund))


def _undone(holding: Holding) -> set[str | None]:
    return {fact.refund_id for fact in holding.facts if isinstance(fact, Undoing)}


def _standing(holding: Holding) -> Iterator[Refund]:
    """The refunds that are not undone, whether or not they count."""
    undone = _undone(holding)
    return (fact for fact in _refunds(holding) if fact.refund_id not in undone)


def _refund_ids(holding: Holding) -> set[str | None]:
    return {fact.refund_id for fact in _refunds(holding)} | (_undone(holding) - {None})


def _all_counted(holding: Holding) -> Holding:
    """The order as it is if also those refunds count on which nobody decided: what came back came back."""
    if not holding.undecided:
        return holding
    return _again(holding, (replace(fact, counts=True) if isinstance(fact, Refund) else fact for fact in holding.facts))


def _again(holding: Holding, facts: Iterable[Fact]) -> Holding:
    return hold(facts, holding.rules.programs)


def _decision(holding: Holding, on_record: Refund, asked: Refund) -> Decision | None:
    if on_record.came_back != asked.came_back:
        raise Refused("refund_id_reused", f"The refund {asked.refund_id} is on record with other facts.")
    if asked.points is None or on_record.refund_id in _undone(holding):
        return None
    taken = [fact for fact in holding.facts if isinstance(fact, Decision) and fact.refund_id == asked.refund_id]
    before = taken[0].points if taken else on_record.points
    if before is not None:
        if before != asked.points:
            raise Refused(
                "refund_decided",
                f"It was decided that this refund takes {before} points.",
                pointer="/points",
                facts={"points": before},
            )
        return None
    without = (replace(fact, counts=False) if fact is on_record else fact for fact in holding.facts)
    _refuse_numbers(_again(holding, without), asked.points, asked.restore)
    return Decision(asked.refund_id, asked.points, asked.restore)


def _refuse_numbers(holding: Holding, points: int | None, restore: int | None) -> None:
    if points is not None and holding.completed and points > holding.holds:
        raise Refused(
            "exceeds_earned",
            f"The order has {holding.holds} points that can be taken back.",
            pointer="/points",
            facts={"points_reversible": holding.holds},
        )
    if restore is not None and holding.completed and restore > holding.used:
        raise Refused(
            "exceeds_used",
            f"The order uses {holding.used} points that can be given back.",
            pointer="/restore",
            facts={"points_restorable": holding.used},
        )


def _refuse_what_is_not_there(counted: Holding, asked: Refund, standing: Iterable[Refund]) -> None:
    """Refuse lines that the order does not have, and more than it had; what came back before counts."""
    basket, statement = counted.basket, counted.basket.statement
    lines_of_order, named = OrderLines(basket), dict(basket.named)
    for number, (item, back) in enumerate(worths(asked)):
        lines = lines_of_order.named(item)
        if not lines:
            field, name = ("line", item.line) if item.line is not None else ("sku", item.sku)
            raise Refused("unknown_line", f"The order has no {field} {name}.", pointer=f"/items/{number}/{field}")
        named = added(named, {lines: back})
        for among in (lines, lines_of_order.of_skus(lines)):
            _refuse_more_of_lines(statement, among, _named_within(named, among), f"/items/{number}")
    stated = counted.latest.stated
    for field, money, limit in (
        ("shipping", sum((fact.shipping for fact in standing), asked.shipping), stated.shipping),
        ("tax", sum((fact.tax or 0 for fact in standing), asked.tax or Decimal(0)), stated.tax),
        ("other", asked.other, rounded_up(basket.paid_left, statement.currency)),
    ):
        if money > limit:
            raise Refused("exceeds_amount", f"No more than {limit} of it can come back.", pointer=f"/{field}")


def _refuse_more_of_lines(statement: Statement, lines: Lines, back: Back, pointer: str) -> None:
    whole = sum((statement.content.get(line, NO_PART) for line in lines), NO_PART)
    if back.pieces > whole.pieces:
        detail = f"The order has {whole.pieces} pieces, and {back.pieces} came back."
        raise Refused("exceeds_pieces", detail, pointer=f"{pointer}/quantity")
    limit = sum((_most_of(statement.content.get(line, NO_PART), statement.currency) for line in lines), Decimal(0))
    if back.money > limit:
        raise Refused("exceeds_amount", f"No more than {limit} of it can come back.", pointer=f"{pointer}/amount")


def _most_of(part: Part, currency: str) -> Decimal:
    """The most money that can come back of a line: its worth, or that of its pieces, each rounded up to a coin."""
    whole = rounded_up(part.money, currency)
    if not part.pieces:
        return whole
    return max(whole, ceil(part.pieces) * rounded_up(Fraction(part.money, part.pieces), currency))


def _named_within(named: Mapping[Lines, Back], lines: Lines) -> Back:
    return sum((back for some, back in named.items() if some <= lines), Back())


def _refuse_lines_that_differ(holding: Holding, asked: Refund) -> None:
    lines_of_order = OrderLines(holding.basket)
    for number, (item, back) in enumerate(worths(asked)):
        lines = lines_of_order.named(item) if item.line is None and back.money else frozenset()
        if not earns_alike(holding.rest, holding.customer, holding.rules, lines):
            detail = f"The order has lines of {item.sku} that earn differently: name the line."
            raise Refused("line_needed", detail, pointer=f"/items/{number}/line")


def _refuse_reused(same: bool) -> None:
    if not same:
        raise Refused("revision_reused", "This revision is on record with other facts.", pointer="/revision")


def _refuse_too_many(number: int, most: int, what: str) -> None:
    if number > most:
        raise Refused("too_many_facts", f"An order has at most {most} {what}.")


def _refuse_below_refunds(counted: Holding, standing: Iterable[Refund], statement: Statement) -> None:
    """Refuse a statement in which a line is less than what came back of it."""
    basket = counted.basket
    if any(fact.by_amount for fact in standing):
        left = counted.rest.content
        back = {line: part - left.get(line, NO_PART) for line, part in lines_of(basket.statement.content)}
        named = {frozenset([line]): Back(part.money, part.pieces) for line, part in back.items()}
    else:
        named = dict(basket.named)
    lines_of_order = OrderLines(basket)
    for lines in [*named, *map(lines_of_order.of_skus, named)]:
        came_back = _named_within(named, lines)
        whole = sum((statement.content.get(line, NO_PART) for line in lines), NO_PART)
        limit = sum((_most_of(statement.content.get(line, NO_PART), statement.currency) for line in lines), Decimal(0))
        if came_back.pieces > whole.pieces or came_back.money > limit:
            names = ", ".join(sorted(line.name for line in lines))
            raise Refused("edit_below_refunds", f"More came back of {names} than the order has now.", pointer="/items")
