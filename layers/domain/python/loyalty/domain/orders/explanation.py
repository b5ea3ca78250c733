"""Why an order holds what it holds, in words and numbers: line by line, and fact by fact."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from loyalty.domain.orders.accrual import Earner, earning_money, paid_share, per_unit
from loyalty.domain.orders.facts import (
    Adjustment,
    Cancellation,
    Completion,
    Edit,
    Fact,
    Refund,
    Reopening,
    ReturnedItem,
    Undoing,
)
from loyalty.domain.orders.goods import NO_PART, NONE, Layer, Line, Part, lines_of, total
from loyalty.domain.orders.holding import Entry, Holding
from loyalty.domain.orders.steps import Step, decimal, money, plain, words
from loyalty.domain.program.settings import Program
from loyalty.domain.values.calendar import business_day


@dataclass(frozen=True, slots=True, kw_only=True)
class LineEarns:
    """What a line was worth, what is left of it, and what that earns before the order is rounded.

    `points` has at most six decimals; bonuses, which are the whole order's, are not in it.
    """

    line: Line
    worth: str
    left: str
    pieces: Decimal
    points: Decimal
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FactTold:
    """What a fact did to what the order holds, and why."""

    entry: Entry
    words: str


def lines_told(holding: Holding) -> list[LineEarns]:
    """Each line of the order, as it was stated last or is still there."""
    found = []
    statement, left = holding.basket.statement, holding.rest.content
    for line in dict.fromkeys(line for content in (statement.content, left) for line, _ in lines_of(content)):
        shares = list(_shares(holding, line))
        now = left.get(line, NO_PART)
        found.append(
            LineEarns(
                line=line,
                worth=money(statement.content.get(line, NO_PART).money, statement.currency),
                left=money(now.money, statement.currency),
                pieces=decimal(now.pieces),
                points=decimal(total(points for points, _ in shares)),
                words=tuple(told for _, told in shares),
            )
        )
    return found


def facts_told(holding: Holding) -> list[FactTold]:
    """Each fact that counts, in the order in which it does."""
    currency = holding.basket.statement.currency
    return [FactTold(entry, f"{_what(entry.fact, currency)} {_effect(entry)}") for entry in holding.entries]


def steps_told(holding: Holding) -> list[tuple[Step, str]]:
    """The steps in which the goods earn that are left."""
    return [(step, words(step, holding.rules.version(step.version))) for step in holding.accrual.steps]


def _shares(holding: Holding, line: Line) -> Iterator[tuple[Fraction, str]]:
    """What each layer's part of `line` earns, and how."""
    for number, layer in enumerate(holding.rest.layers):
        part = layer.parts.get(line, NO_PART)
        if part.money or part.pieces:
            kind = holding.rules.kind(layer.moment.version, line)
            earners = (one for one in holding.accrual.earners if one.layer == number and one.pot is None)
            earner = next((one for one in earners if one.kind == kind), None)
            if earner is not None:
                program = holding.rules.program(layer)
                points = _points(holding, program, earner, line, part)
                tier = next((one for one in program.tiers if one.name == holding.accrual.tier), None)
                times = [(earner.factor, "promotions")] if earner.factor != 1 else []
                times += [(Fraction(tier.multiplier), tier.name)] if tier and tier.multiplier != 1 else []
                for factor, _ in times:
                    points *= factor
                yield points, _how(holding, layer, earner, part, times)


def _points(holding: Holding, program: Program, earner: Earner, line: Line, part: Part) -> Fraction:
    """The share of `part` in what its earner earns: by pieces, or by money."""
    statement = holding.basket.statement
    rate = program.earn.rates[earner.kind.rate] if earner.kind.rate is not None else None
    if rate and rate.points_per_item is not None:
        return part.pieces * rate.points_per_item * paid_share(statement, program, holding.rest.content[line])
    return earner.points * Fraction(earning_money(statement, program, part), earner.money) if earner.money else NONE


def _how(holding: Holding, layer: Layer, earner: Earner, part: Part, times: list[tuple[Fraction, str]]) -> str:
    program = holding.rules.program(layer)
    day = business_day(layer.moment.at, program.timezone)
    since = f"came in {day} under version {layer.moment.version}"
    amount = money(part.money, program.currency)
    if earner.kind.excluded:
        return f"{amount} earns nothing; {since}"
    rate = program.earn.rates[earner.kind.rate] if earner.kind.rate is not None else None
    factors = "".join(f" x {plain(decimal(factor))} ({name})" for factor, name in times)
    if rate and rate.points_per_item is not None:
        return f"{plain(decimal(part.pieces))} pieces x {rate.points_per_item}{factors}; {since}"
    earns = earning_money(holding.basket.statement, program, part)
    counted = "" if earns == part.money else f", {money(earns, program.currency)} of it counted,"
    per = "" if program.earn.per is None else f" per whole {money(Fraction(program.earn.per), program.currency)}"
    return f"{amount}{counted} x {plain(per_unit(program, rate))}{per}{factors}; {since}"


def _what(fact: Fact, currency: str) -> str:
    """What happened, as a sentence."""
    match fact:
        case Completion():
            return f"Completed under version {fact.moment.version}.{_cut(fact.cut)}"
        case Edit():
            return f"Edited, revision {fact.revision}.{_cut(fact.cut)}"
        case Refund():
            parts = ", ".join(_parts(fact, currency)) or "nothing"
            decided = "" if fact.points is None else f" It was decided to take {fact.points}."
            return f"Refund {fact.refund_id}: {parts} back.{decided}{_cut(fact.cut)}"
        case Adjustment():
            return f"{fact.points} taken by hand."
        case Cancellation():
            return "Cancelled."
        case Reopening():
            return f"Completed again.{_cut(fact.cut)}"
        case Undoing():
            return f"{fact.refund_id or fact.adjustment} undone.{_cut(fact.cut)}"
        case _:
            return ""


def _parts(refund: Refund, currency: str) -> Iterator[str]:
    if refund.by_amount:
        yield money(Fraction(refund.money), currency)
    for item in refund.items:
        yield f"{_item(item)} {money(Fraction(item.amount), currency)}"
    for name, amount in (("shipping", refund.shipping), ("tax", refund.tax), ("other money", refund.other)):
        if amount:
            yield f"{name} {money(Fraction(amount), currency)}"


def _item(item: ReturnedItem) -> str:
    name = f"line {item.line}" if item.line is not None else str(item.sku)
    return name if item.quantity is None else f"{item.quantity} of {name}"


def _cut(points: int) -> str:
    return f" A cap on the customer cut off {points}." if points else ""


def _effect(entry: Entry) -> str:
    """What it did, as a sentence."""
    if entry.moved > 0:
        did = f"{entry.moved} more are held"
    elif entry.moved < 0:
        did = f"{-entry.moved} are taken"
    else:
        did = "No points move"
    restored = f", {entry.restored} used points come back" if entry.restored > 0 else ""
    let_go = f", {entry.let_go} were let go" if entry.let_go else ""
    return f"{did}{restored}: the goods that are left earn {entry.kept}{let_go}, the order holds {entry.holds}."
