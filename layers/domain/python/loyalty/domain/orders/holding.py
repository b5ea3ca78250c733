"""What an order holds: a fold over its facts, in order of arrival.

`kept` is what the goods earn that are left. `holds` is what the order has of it: less what a cap cut off, less what was
taken by hand, more what administrators let go. Every operation adds one fact and moves the difference; to undo a fact
is the same fold without it. Nothing else decides what an order earned, keeps, lost or gets back.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from loyalty.domain.orders.accrual import NOTHING, Accrual, Customer, accrue, choose
from loyalty.domain.orders.basket import Basket, Rest
from loyalty.domain.orders.facts import (
    FIRST_REVISION,
    Adjustment,
    Cancellation,
    Completion,
    Decision,
    Edit,
    Fact,
    Refund,
    Reopening,
    Undoing,
    Yielding,
)
from loyalty.domain.orders.returns import came_back
from loyalty.domain.orders.rulebook import Programs, Rulebook
from loyalty.domain.orders.statement import OrderWarning, Statement, read

NOBODY = Customer()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a fact did once it counted: what the order keeps and holds after it, and what moved.

    `moved` are points that the order came to hold or, below 0, lost; `restored` used points that it gave back. Of a
    refund `suggested` and `restore_suggested` are what it would do where nobody decides. `let_go` is what decisions let
    go up to then.
    """

    fact: Fact
    kept: int
    holds: int
    moved: int
    restored: int
    suggested: int
    restore_suggested: int
    let_go: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """An order, as its facts make it.

    Before the completion there are no goods in it. `balance` is what the order would hold if it were not cancelled;
    below 0 it is what was taken beside it, which counts once the order comes to hold more. `given_back` is how many of
    the used points came back. `cut` warns of what refunds name and the order does not have. `entries` say what each
    fact did that counts.
    """

    facts: tuple[Fact, ...]
    rules: Rulebook = field(compare=False)
    customer: Customer = NOBODY
    basket: Basket
    rest: Rest
    accrual: Accrual = NOTHING
    completed: bool = False
    cancelled: bool = False
    balance: int = 0
    let_go: int = 0
    given_back: int = 0
    entries: tuple[Entry, ...] = ()
    cut: tuple[OrderWarning, ...] = ()

    @property
    def kept(self) -> int:
        """What the goods earn that are left."""
        return self.accrual.points

    @property
    def holds(self) -> int:
        """The points that the order holds."""
        return 0 if self.cancelled else max(self.balance, 0)

    @property
    def used(self) -> int:
        """The points that the order uses, less those that came back."""
        return 0 if self.cancelled else self.basket.used - self.given_back

    @property
    def counts(self) -> bool:
        """Whether it is an order for which somebody is rewarded: a first order, one that a referral pays for.

        It stays one where points that may have rested on it were let go.
        """
        return self.completed and not self.cancelled and (self.accrual.counts or self.let_go > 0)

    @property
    def revision(self) -> int:
        """The latest revision that is on record; the completion is the first, 0 is none."""
        return max((_revision(fact) for fact in self.facts), default=0)

    @property
    def latest(self) -> Completion | Edit:
        """The fact by which an order that is completed was stated last."""
        return [entry.fact for entry in self.entries if isinstance(entry.fact, Completion | Edit)][-1]

    @property
    def undecided(self) -> tuple[Refund, ...]:
        """Refunds that stand, and do not count before somebody decides."""
        decided = {fact.refund_id for fact in self.facts if isinstance(fact, Decision)}
        settled = decided | {fact.refund_id for fact in self.facts if isinstance(fact, Undoing)}
        refunds = (fact for fact in self.facts if isinstance(fact, Refund))
        return tuple(fact for fact in refunds if not fact.counts and fact.refund_id not in settled)

    @property
    def warnings(self) -> tuple[OrderWarning, ...]:
        """What the store should look at."""
        return (*self.basket.statement.warnings, *self.cut)


@dataclass(frozen=True, slots=True)
class Change:
    """What an operation moves: `points` that the order comes to hold or, below 0, loses; and used points that it gives
    back or, below 0, takes.
    """

    points: int
    restored: int


def hold(facts: Iterable[Fact], programs: Programs) -> Holding:
    """What the order of `facts` holds. `programs` are the versions under which its goods came in, or are to come in."""
    return _fold(tuple(facts), Rulebook(programs))


def change(before: Holding, after: Holding, held: int | None = None) -> Change:
    """What moves between two states of an order.

    `held` is what the order holds by its records, where rules that were mended since say something else: only the
    difference moves, never more than is held, and all of that where nothing is left.
    """
    held = before.holds if held is None else held
    points = after.holds - before.holds if after.holds else -held
    return Change(max(points, -held), before.used - after.used)


def suggested(holding: Holding, refund_id: str) -> Change:
    """What a refund that is on record undecided would move by itself, if it counted now."""
    others = [fact for fact in holding.facts if not (isinstance(fact, Refund) and fact.refund_id == refund_id)]
    refunds = [replace(fact, counts=True) for fact in holding.undecided if fact.refund_id == refund_id]
    return change(holding, _fold((*others, *refunds), holding.rules))


def recorded(holding: Holding, fact: Fact, room: int | None = None) -> Holding:
    """The order once `fact` is recorded. The last of its facts is `fact` as it is to be recorded.

    It then has the promotions under which its goods come in, and what a cap cuts off that leaves the customer `room`
    points; None is no cap, as for points of an earlier period that come back.
    """
    fact = _chosen(holding, fact)
    after = _with(holding, fact)
    match fact:
        case Completion():
            earned = after.entries[0].kept
        case Edit() | Decision() | Undoing() | Reopening():
            earned = change(holding, after).points
        case _:
            return after
    if room is None or after.cancelled or earned <= max(room, 0):
        return after
    return _with(holding, replace(fact, cut=earned - max(room, 0)))


def _with(holding: Holding, fact: Fact) -> Holding:
    """The order with one fact more: a step of the fold, where nothing before it is touched."""
    facts = (*holding.facts, fact)
    if holding.completed and isinstance(fact, Edit | Adjustment | Cancellation | Refund):
        effect = [one for one in _in_effect(facts) if one is fact]
        after = replace(holding, facts=facts)
        return _after(after, fact) if effect else after
    return _fold(facts, holding.rules)


def _fold(facts: tuple[Fact, ...], rules: Rulebook) -> Holding:
    nothing = Basket(statement=Statement(currency=""))
    holding = Holding(facts=facts, rules=rules, basket=nothing, rest=nothing.rest())
    for fact in _in_effect(facts):
        holding = _after(holding, fact)
    return holding


def _chosen(holding: Holding, fact: Fact) -> Fact:
    """`fact` with the promotions under which the goods come in that it brings."""
    match fact:
        case Completion():
            basket, customer = _basket_of(_as_noted(fact, holding.facts)), _customer(fact, holding.facts)
        case Edit() if holding.completed:
            basket, customer = _edited(holding, fact), holding.customer
            if len(basket.layers) == len(holding.basket.layers):
                return fact
        case _:
            return fact
    return replace(fact, chosen=choose(basket.rest(), customer, holding.rules))


def _in_effect(facts: tuple[Fact, ...]) -> Iterator[Fact]:
    """The facts that count, in the order in which they do.

    First the completion, then what was noted before it, then what followed. What was taken by hand before the
    completion is not the order's. What is undone does not count, nor does a cancellation before a reopening. A refund
    counts when it comes or, where somebody decides, when they do.
    """
    start = next((number for number, fact in enumerate(facts) if isinstance(fact, Completion)), len(facts))
    for fact in facts[start : start + 1]:
        assert isinstance(fact, Completion)
        yield _as_noted(fact, facts[:start])
    undone = {fact.refund_id for fact in facts if isinstance(fact, Undoing)}
    undone_by_hand = {fact.adjustment for fact in facts if isinstance(fact, Undoing)}
    decided = {fact.refund_id for fact in facts if isinstance(fact, Decision)}
    refunds = {fact.refund_id: fact for fact in facts if isinstance(fact, Refund)} if start < len(facts) else {}
    reopened = max((number for number, fact in enumerate(facts) if isinstance(fact, Reopening)), default=-1)
    for number, fact in enumerate(facts):
        match fact:
            case Refund() if fact.refund_id in refunds and fact.counts and fact.refund_id not in undone | decided:
                yield fact
            case Decision() if fact.refund_id in refunds and fact.refund_id not in undone:
                yield replace(refunds[fact.refund_id], points=fact.points, restore=fact.restore, cut=fact.cut)
            case Edit() if number > start:
                yield fact
            case Adjustment() if number > start and fact.name not in undone_by_hand:
                yield fact
            case Cancellation() if number > reopened:
                yield fact
            case Undoing() | Reopening() if fact.cut:
                yield fact


def _as_noted(completion: Completion, before: Iterable[Fact]) -> Completion:
    """The completion by the highest revision that was noted before it."""
    noted = [fact for fact in before if isinstance(fact, Edit)]
    latest = max(noted, key=lambda edit: edit.revision, default=None)
    return replace(completion, stated=latest.stated) if latest else completion


def _customer(completion: Completion, facts: Iterable[Fact]) -> Customer:
    """The customer as the completion found them, without what another order holds by now."""
    yielded = [fact for fact in facts if isinstance(fact, Yielding)]
    found = completion.customer
    return replace(
        found,
        first_order=found.first_order and not any(fact.first_order for fact in yielded),
        referee_points=0 if any(fact.referral for fact in yielded) else found.referee_points,
    )


def _after(before: Holding, fact: Fact) -> Holding:
    """The order once `fact` counts."""
    suggestion = Change(0, 0)
    match fact:
        case Completion():
            found = replace(before, completed=True, customer=_customer(fact, before.facts))
            after = _with_goods(found, _basket_of(fact))
            after = replace(after, balance=after.kept - fact.cut)
        case Edit():
            after = _with_goods(before, _edited(before, fact))
            rise = after.kept - before.kept
            after = replace(after, balance=before.balance + rise - fact.cut if rise > 0 else _at_most_kept(after))
        case Refund():
            after, suggestion = _refunded(before, fact)
        case Adjustment():
            after = replace(before, balance=before.balance - fact.points)
        case Cancellation():
            after = replace(before, cancelled=True)
        case Undoing() | Reopening():
            after = replace(before, balance=before.balance - fact.cut)
        case _:
            return before
    moved = change(before, after)
    entry = Entry(
        fact=fact,
        kept=after.kept,
        holds=after.holds,
        moved=moved.points,
        restored=moved.restored if before.completed else 0,
        suggested=-suggestion.points,
        restore_suggested=suggestion.restored,
        let_go=after.let_go,
    )
    return replace(after, entries=(*before.entries, entry))


def _refunded(before: Holding, refund: Refund) -> tuple[Holding, Change]:
    """The order after a refund, and what the refund would move where nobody decides."""
    back = came_back(refund, before.basket, before.rest)
    after = _with_goods(before, before.basket.less(back.returned, back.money))
    taken = before.balance - _at_most_kept(after)
    restored = after.basket.restorable(after.rest) - before.basket.restorable(before.rest)
    suggestion = Change(-taken, restored)
    if refund.points is None:
        after = replace(after, balance=before.balance - taken)
    else:
        number = min(refund.points, max(before.balance, 0))
        after = replace(
            after, balance=before.balance - number - refund.cut, let_go=max(before.let_go + taken - number, 0)
        )
    if refund.restore is not None:
        restored = refund.restore
    elif not refund.restores:
        restored = 0
    given_back = min(before.given_back + restored, before.basket.used)
    return replace(after, given_back=given_back, cut=(*after.cut, *back.warnings)), suggestion


def _at_most_kept(after: Holding) -> int:
    """What an order holds once its goods did not become more: at most what it keeps, and what decisions let go."""
    return min(after.balance, after.kept + after.let_go)


def _with_goods(holding: Holding, basket: Basket) -> Holding:
    """The order with other goods; what it holds is still to be said."""
    rest = basket.rest()
    return replace(holding, basket=basket, rest=rest, accrual=accrue(rest, holding.customer, holding.rules))


def _basket_of(completion: Completion) -> Basket:
    statement = read(completion.stated, completion.used.discount)
    return _under(Basket.of(statement, completion.moment, completion.used.points), 0, completion.chosen)


def _edited(holding: Holding, edit: Edit) -> Basket:
    before = holding.basket
    statement = read(edit.stated, edit.used.discount, before.statement)
    basket = before.restated(holding.rest, statement, edit.moment, edit.used.points, holding.given_back)
    return _under(basket, len(before.layers), edit.chosen)


def _under(basket: Basket, layer: int, chosen: tuple[int, ...]) -> Basket:
    """`basket`, of which `layer`, if there is one, came in under the promotions that were `chosen`."""
    return replace(
        basket, layers=(*basket.layers[:layer], *(replace(one, chosen=chosen) for one in basket.layers[layer:]))
    )


def _revision(fact: Fact) -> int:
    return fact.revision if isinstance(fact, Edit) else FIRST_REVISION if isinstance(fact, Completion) else 0
