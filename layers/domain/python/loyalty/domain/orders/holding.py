"""What an order holds: a fold over its facts, in order of arrival.

`kept` is what the goods earn that are left. `holds` is what the order has of it: less what a cap cut off, what was
taken by hand, more what an administrator let go. Every operation adds one fact and moves the difference; to undo a fact
is the same fold without it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from loyalty.domain.orders.accrual import Accrual, Customer, accrue, choose
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
from loyalty.domain.orders.statement import OrderWarning, Statement, read
from loyalty.domain.orders.steps import Programs

NOBODY = Customer()
NOTHING = Accrual()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a fact did: what the order keeps and holds after it, and used points that it gave back.

    `suggested` and `restore_suggested` are what a refund would do where nobody decides, `let_go` what decisions let go
    up to then.
    """

    fact: Fact
    kept: int
    holds: int
    moved: int
    restored: int = 0
    suggested: int = 0
    restore_suggested: int = 0
    let_go: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """An order, as its facts make it.

    Before the completion there are no goods in it. `balance` is what the order would hold if it were not cancelled;
    below 0 it is what was taken beside it, which counts once the order comes to hold more. `given_back` is how many of
    the used points came back. `undecided` are refunds that do not count yet. `cut` warns of what refunds name and the
    order does not have.
    """

    facts: tuple[Fact, ...]
    completed: bool = False
    customer: Customer = NOBODY
    basket: Basket
    rest: Rest
    accrual: Accrual = NOTHING
    kept: int = 0
    balance: int = 0
    let_go: int = 0
    given_back: int = 0
    cancelled: bool = False
    undecided: tuple[Refund, ...] = ()
    entries: tuple[Entry, ...] = ()
    cut: tuple[OrderWarning, ...] = ()

    @property
    def revision(self) -> int:
        """The latest revision that is on record; the completion is the first."""
        return max((_revision_of(fact) for fact in self.facts), default=0)

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

        It stays one where points that rested on it were let go.
        """
        return self.completed and not self.cancelled and (self.accrual.counts or self.let_go > 0)

    @property
    def warnings(self) -> tuple[OrderWarning, ...]:
        """What the store should look at."""
        return (*self.basket.statement.warnings, *self.cut)


@dataclass(frozen=True, slots=True)
class Change:
    """What an operation moves: `points` that the order earns or, below 0, loses; and used points that it gives back.

    Below 0 `restored` are used points that it takes.
    """

    points: int
    restored: int


def hold(facts: Iterable[Fact], programs: Programs) -> Holding:
    """What the order of `facts` holds. `programs` are the versions of the settings under which its goods came in."""
    facts = tuple(facts)
    nothing = Basket(statement=Statement(currency=""))
    holding = Holding(facts=facts, basket=nothing, rest=nothing.rest(), undecided=tuple(_undecided(facts)))
    for fact in _in_effect(facts):
        holding = _after(holding, fact, programs)
    return holding


def change(before: Holding, after: Holding) -> Change:
    """What moves between two states of an order."""
    return Change(after.holds - before.holds, before.used - after.used)


def suggested(holding: Holding, refund_id: str, programs: Programs) -> Change:
    """What a refund that is on record undecided would move by itself, if it counted now."""
    counted = [
        replace(fact, counts=True) if isinstance(fact, Refund) and fact.refund_id == refund_id else fact
        for fact in holding.facts
    ]
    # It counts from now on, and not from where it stands: behind all that counted before it.
    counted.sort(key=lambda fact: isinstance(fact, Refund) and fact.refund_id == refund_id)
    return change(holding, hold(counted, programs))


def recorded(facts: Iterable[Fact], fact: Fact, programs: Programs, room: int | None = None) -> Fact:
    """`fact` as it is to be recorded behind `facts`: with the promotions under which its goods come in, and with what
    a cap cuts off that leaves the customer `room` points.

    `room` is None where there is no cap, and for points of an earlier period that come back.
    """
    before = hold(facts, programs)
    fact = _chosen(before, fact, programs)
    after = hold((*before.facts, fact), programs)
    match fact:
        case Completion():
            earned = after.entries[0].kept
        case Edit() | Undoing() | Reopening():
            earned = change(before, after).points
        case _:
            return fact
    over = 0 if room is None or after.cancelled else max(earned - room, 0)
    return replace(fact, cut=over if earned > 0 else 0)


def _chosen(before: Holding, fact: Fact, programs: Programs) -> Fact:
    """`fact` with the promotions under which the goods come in that it brings."""
    match fact:
        case Completion():
            completion = next(_in_effect((*before.facts, fact)))
            assert isinstance(completion, Completion)
            basket, customer = _basket_of(completion), _customer(before.facts, fact)
        case Edit() if before.completed:
            basket, customer = _edited(before.basket, fact, before.given_back), before.customer
            if len(basket.layers) == len(before.basket.layers):
                return fact
        case _:
            return fact
    return replace(fact, chosen=choose(basket.rest(), customer, programs))


def _undecided(facts: tuple[Fact, ...]) -> Iterator[Refund]:
    """Refunds that stand and do not count yet."""
    decided = {fact.refund_id for fact in facts if isinstance(fact, Decision)}
    undone = {fact.refund_id for fact in facts if isinstance(fact, Undoing)}
    for fact in facts:
        if isinstance(fact, Refund) and not fact.counts and fact.refund_id not in decided | undone:
            yield fact


def _in_effect(facts: tuple[Fact, ...]) -> Iterator[Fact]:
    """The facts that count, in the order in which they do.

    First the completion, then what was noted before it, then what followed. An order is completed by the highest
    revision that was noted; what was taken by hand before it is not the order's. What is undone does not count, nor
    does a cancellation before a reopening. A refund counts when it is decided, where somebody decides.
    """
    start = next((number for number, fact in enumerate(facts) if isinstance(fact, Completion)), None)
    if start is None:
        return
    completion = facts[start]
    assert isinstance(completion, Completion)
    noted = [fact for fact in facts[:start] if isinstance(fact, Edit)]
    latest = max(noted, key=lambda edit: edit.revision, default=None)
    yield replace(completion, stated=latest.stated) if latest else completion
    undone = {fact.refund_id for fact in facts if isinstance(fact, Undoing)}
    undone_by_hand = {fact.adjustment for fact in facts if isinstance(fact, Undoing)}
    decided = {fact.refund_id for fact in facts if isinstance(fact, Decision)}
    reopened = max((number for number, fact in enumerate(facts) if isinstance(fact, Reopening)), default=-1)
    refunds = {fact.refund_id: fact for fact in facts if isinstance(fact, Refund)}
    for number, fact in enumerate(facts):
        match fact:
            case Edit() if number > start:
                yield fact
            case Adjustment() if number > start and fact.name not in undone_by_hand:
                yield fact
            case Refund() if fact.counts and fact.refund_id not in undone | decided:
                yield fact
            case Decision() if fact.refund_id in refunds and fact.refund_id not in undone:
                yield replace(refunds[fact.refund_id], points=fact.points, restore=fact.restore)
            case Cancellation() if number > reopened:
                yield fact
            case Undoing() | Reopening() if fact.cut:
                yield fact


def _customer(facts: tuple[Fact, ...], completion: Completion) -> Customer:
    """The customer as the completion found them, without what another order holds by now."""
    yielded = [fact for fact in facts if isinstance(fact, Yielding)]
    customer = completion.customer
    return replace(
        customer,
        first_order=customer.first_order and not any(fact.first_order for fact in yielded),
        referee_points=0 if any(fact.referral for fact in yielded) else customer.referee_points,
    )


def _after(before: Holding, fact: Fact, programs: Programs) -> Holding:
    """The order once `fact` counts."""
    suggestion = Change(0, 0)
    match fact:
        case Completion():
            after = replace(before, completed=True, customer=_customer(before.facts, fact))
            after = _with_goods(after, _basket_of(fact), programs)
            after = replace(after, balance=after.kept - fact.cut)
        case Edit():
            after = _with_goods(before, _edited(before.basket, fact, before.given_back), programs)
            rise = after.kept - before.kept
            balance = before.balance + rise - fact.cut if rise > 0 else _at_most_kept(after) if rise else before.balance
            after = replace(after, balance=balance)
        case Refund():
            after, suggestion = _refunded(before, fact, programs)
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


def _refunded(before: Holding, refund: Refund, programs: Programs) -> tuple[Holding, Change]:
    """The order after a refund, and what the refund would do where nobody decides."""
    back = came_back(refund, before.basket, before.rest)
    after = _with_goods(before, before.basket.less(back.returned, back.money), programs)
    taken = before.balance - _at_most_kept(after)
    restored = after.basket.restorable(after.rest) - before.basket.restorable(before.rest)
    suggestion = Change(-taken, restored)
    if refund.points is None:
        after = replace(after, balance=before.balance - taken)
    else:
        number = min(refund.points, max(before.balance, 0))
        after = replace(after, balance=before.balance - number, let_go=max(before.let_go + taken - number, 0))
    if refund.restore is not None:
        restored = refund.restore
    elif not refund.restores:
        restored = 0
    given_back = min(before.given_back + restored, before.basket.used)
    return replace(after, given_back=given_back, cut=(*after.cut, *back.warnings)), suggestion


def _at_most_kept(after: Holding) -> int:
    """What an order holds at most after its goods became less: what it keeps, and what decisions let go."""
    return min(after.balance, after.kept + after.let_go)


def _with_goods(holding: Holding, basket: Basket, programs: Programs) -> Holding:
    """The order with other goods; what it holds is still to be said."""
    rest = basket.rest()
    accrual = accrue(rest, holding.customer, programs)
    return replace(holding, basket=basket, rest=rest, accrual=accrual, kept=accrual.points)


def _revision_of(fact: Fact) -> int:
    return fact.revision if isinstance(fact, Edit) else FIRST_REVISION if isinstance(fact, Completion) else 0


def _basket_of(completion: Completion) -> Basket:
    statement = read(completion.stated, completion.used.discount)
    return _under(Basket.of(statement, completion.moment, completion.used.points), 0, completion.chosen)


def _edited(basket: Basket, edit: Edit, given_back: int) -> Basket:
    statement = read(edit.stated, edit.used.discount, basket.statement)
    return _under(
        basket.restated(statement, edit.moment, edit.used.points, given_back), len(basket.layers), edit.chosen
    )


def _under(basket: Basket, layer: int, chosen: tuple[str, ...]) -> Basket:
    """`basket`, of which `layer`, if there is one, came in under the promotions that were `chosen`."""
    layers = (*basket.layers[:layer], *(replace(one, chosen=chosen) for one in basket.layers[layer:]))
    return replace(basket, layers=layers)
