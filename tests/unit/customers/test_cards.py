"""Cards: their numbers, and what becomes of them and of their customers' accounts."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.domain.customers.cards import (
    LENGTH,
    PREFIX,
    RANDOM_DIGITS,
    CardStatus,
    block,
    card_of,
    cause_of_card,
    check_digit,
    create,
    draw,
    is_number,
)
from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.history import History
from loyalty.domain.ledger.idempotency import cause_of_request
from loyalty.domain.ledger.kinds import CauseKind, Event
from loyalty.domain.ledger.lots import Lot
from loyalty.domain.ledger.movement import AccountId, Cause
from loyalty.domain.ledger.transaction import Sender, Transaction
from loyalty.domain.points.issue import Issue
from loyalty.domain.values.refusal import Refused
from loyalty.ports.faults import LostRace, Unavailable
from loyalty.ports.ledger import WriteOff
from loyalty.usecases.books.verify import verify_program
from loyalty.usecases.commands.command import Outcome
from loyalty.usecases.commands.retry import ATTEMPTS
from loyalty.usecases.customers.account import view_account
from loyalty.usecases.customers.change_card import CardChanged, assign_card, block_card, replace_card
from loyalty.usecases.customers.create_cards import CARDS_PER_WRITE, CardsWithdrawn, create_cards, withdraw_cards
from loyalty.usecases.customers.view_cards import LATEST, view_card
from loyalty.usecases.points.issue import issue_points
from tests.support.builders import begin, issuing, member, program
from tests.support.fakes.memory import MemoryLedger
from tests.support.replay import audit
from tests.support.worlds import Clock, World, digits, world_in_memory
from tests.unit.commands.test_command import StaleLedger

SENDER = Sender("test", "POS")

bodies = st.text("0123456789", min_size=LENGTH - 1, max_size=LENGTH - 1)


class Ticking(Clock):
    """Goes on by a second whenever somebody looks."""

    def __call__(self) -> datetime:
        self.let_pass(timedelta(seconds=1))
        return self.now


def world(ledger: MemoryLedger | None = None) -> World:
    made = world_in_memory(program(), program("other"), ledger=ledger, clock=Ticking())
    return replace(made, sleep=lambda seconds: None)


def new(shop: World, count: int = 1, key: str = "new", program_id: str = "shop") -> tuple[str, ...]:
    return create_cards(shop, cause_of_request(program_id, key), count, SENDER).numbers


def assign(shop: World, number: str, customer_id: str = "ann", key: str | None = None) -> CardChanged:
    return assign_card(shop, "shop", key or f"assign {number} {customer_id}", number, customer_id, SENDER)


def blocked(shop: World, number: str, key: str | None = None, reason: str | None = "lost") -> CardChanged:
    return block_card(shop, "shop", key or f"block {number}", number, reason, SENDER)


def replaced(shop: World, number: str, by: str | None = None, key: str | None = None) -> CardChanged:
    return replace_card(shop, "shop", key or f"replace {number} {by}", number, by, None, SENDER)


def give(shop: World, points: int, customer_id: str = "ann") -> None:
    shop.ledger.write(
        [issuing(shop.ledger.account(member(customer_id), consistent=True), Lot(None, points), at=shop.clock())]
    )


def held(shop: World, customer_id: str = "ann") -> tuple[str | None, int]:
    """The customer's card and points, as audited."""
    account = audit(shop.ledger, member(customer_id))
    return account.card, account.outstanding


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(Refused) as refused:
        call()
    return refused.value.code


def types(shop: World, number: str) -> list[str]:
    return [movement.event.value for movement in view_card(shop, "shop", number).movements]


# ---- numbers ----


@pytest.mark.parametrize("number", ["4539578763621486", "6011000990139424", "0000000000000000", "9900000000000002"])
def test_numbers_that_others_publish_are_numbers(number: str) -> None:
    assert is_number(number)


@given(bodies)
def test_every_number_with_its_check_digit_is_one_and_with_no_other(body: str) -> None:
    assert [digit for digit in "0123456789" if is_number(body + digit)] == [check_digit(body)]


@given(bodies, st.integers(0, LENGTH - 1), st.integers(1, 9))
def test_any_single_wrong_digit_is_seen(body: str, place: int, change: int) -> None:
    number = body + check_digit(body)
    wrong = str((int(number[place]) + change) % 10)
    assert not is_number(number[:place] + wrong + number[place + 1 :])


@given(bodies, st.integers(0, LENGTH - 2))
def test_swapped_neighbours_are_seen_but_for_09_and_90(body: str, place: int) -> None:
    number = body + check_digit(body)
    pair = number[place : place + 2]
    swapped = number[:place] + pair[::-1] + number[place + 2 :]
    assert is_number(swapped) == (pair[0] == pair[1] or set(pair) == {"0", "9"})


@pytest.mark.parametrize(
    "text", ["", "0", "990000000000000", "99000000000000020", "٩٩00000000000002", "99 0000000000002"]
)
def test_what_is_no_number(text: str) -> None:
    assert not is_number(text)


@given(st.integers(0, 10**RANDOM_DIGITS - 1))
def test_what_is_drawn_is_a_number_of_ours_and_holds_all_that_was_random(chance: int) -> None:
    number = draw(lambda count: f"{chance:0{count}}")
    assert is_number(number)
    assert number.startswith(PREFIX)
    assert int(number[len(PREFIX) : -1]) == chance


# ---- histories ----


def test_a_card_is_what_its_history_says() -> None:
    number = draw(digits)
    history = History(cause_of_card("shop", number))
    assert card_of(history) is None
    created = create(begin(program(), None, history=history))
    card = card_of(created.history)
    assert card is not None
    assert (card.number, card.status, card.holder, card.replaced_by) == (number, CardStatus.UNASSIGNED, None, None)
    [lost] = block(created.of(created.history, None), "lost")
    assert card_of(lost.history) == replace(card, status=CardStatus.BLOCKED)
    assert block(lost.of(lost.history, None), "again") == ()


def test_cards_are_created_once_for_a_key() -> None:
    shop = world()
    first = create_cards(shop, cause_of_request("shop", "key"), 3, SENDER)
    again = create_cards(shop, cause_of_request("shop", "key"), 3, SENDER)
    assert first.numbers == again.numbers
    assert (first.outcome, again.outcome) == (Outcome.RECORDED, Outcome.REPEATED)
    assert len(set(first.numbers)) == 3
    assert sorted(shop.ledger.cards_of("shop", 100)) == sorted(first.numbers)
    assert refusal(lambda: new(shop, 4, "key")) == "idempotency_key_reused"


def test_a_number_that_is_taken_is_drawn_anew() -> None:
    drawn = iter("010234")
    shop = replace(world(), digits=lambda count: next(drawn) * count)
    first, second = new(shop, 2), new(shop, 2, "other")
    assert len({*first, *second}) == 4
    assert len(shop.ledger.cards_of("shop", 100)) == 4


def test_chance_that_repeats_itself_in_a_batch_makes_no_card_twice() -> None:
    drawn = iter("777778")
    assert len(set(new(replace(world(), digits=lambda count: next(drawn) * count), 2))) == 2


def test_chance_that_only_repeats_itself_is_given_up() -> None:
    shop = replace(world(), digits=lambda count: "7" * count)
    new(shop)
    tried = 0

    def worn_out(count: int) -> str:
        nonlocal tried
        tried += 1
        return "7" * count

    with pytest.raises(Unavailable):
        new(replace(shop, digits=worn_out), 1, "other")
    assert tried == ATTEMPTS
    assert len(shop.ledger.cards_of("shop", 100)) == 1


def test_a_card_is_assigned_and_its_customer_keeps_their_points() -> None:
    shop = world()
    give(shop, 50)
    [number] = new(shop)
    done = assign(shop, number)
    assert (done.number, done.status, done.customer_id, done.replaces) == (number, CardStatus.ACTIVE, "ann", None)
    assert held(shop) == (number, 50)
    assert view_account(shop, member()).account.card == number
    assert types(shop, number) == ["card_assigned", "card_created", "points_issued"]


def test_a_repeat_is_answered_as_the_first_time_whatever_happened_since() -> None:
    shop = world()
    number, other = new(shop, 2)
    first = assign(shop, number, "ann", "key")
    gone = replaced(shop, number, None, "other")
    assert assign(shop, number, "ann", "key") == replace(first, outcome=Outcome.REPEATED)
    assert replaced(shop, number, None, "other") == replace(gone, outcome=Outcome.REPEATED)
    assert held(shop)[0] == gone.number
    for another in (
        lambda: assign(shop, number, "bob", "key"),
        lambda: assign(shop, other, "ann", "key"),
        lambda: blocked(shop, number, "key"),
        lambda: replaced(shop, number, other, "other"),
        lambda: new(shop, 1, "key"),
    ):
        assert refusal(another) == "idempotency_key_reused"


def test_assigned_again_to_its_customer_nothing_changes() -> None:
    shop = world()
    [number] = new(shop)
    assign(shop, number)
    before = audit(shop.ledger, member())
    again = assign(shop, number, "ann", "another key")
    assert (again.customer_id, again.outcome) == ("ann", Outcome.RECORDED)
    assert audit(shop.ledger, member()) == before
    assert types(shop, number) == ["card_assigned", "card_created"]


def test_a_card_assigned_to_another_customer_leaves_the_points_where_they_are() -> None:
    shop = world()
    give(shop, 50, "ann")
    give(shop, 7, "bob")
    [number] = new(shop)
    assign(shop, number, "ann")
    assign(shop, number, "bob")
    assert held(shop, "ann") == (None, 50)
    assert held(shop, "bob") == (number, 7)
    view = view_card(shop, "shop", number)
    assert view.account is not None
    assert (view.card.holder, view.account.balance) == (member("bob"), 7)
    own = [movement.event for movement in view.movements if movement.cause.kind == "card"]
    assert own == [Event.CARD_ASSIGNED, Event.CARD_RELEASED, Event.CARD_ASSIGNED, Event.CARD_CREATED]


def test_a_customer_has_one_card() -> None:
    shop = world()
    one, two, three = new(shop, 3)
    assign(shop, one, "ann")
    assign(shop, three, "bob")
    with pytest.raises(Refused) as refused:
        assign(shop, two, "ann")
    assert (refused.value.code, refused.value.facts) == ("customer_has_card", {"card_number": one})
    assert refusal(lambda: assign(shop, three, "ann")) == "customer_has_card"
    assert (held(shop, "ann")[0], held(shop, "bob")[0]) == (one, three)


def test_a_blocked_card_is_of_no_use_and_its_customer_keeps_the_points() -> None:
    shop = world()
    give(shop, 50)
    [number] = new(shop)
    assign(shop, number)
    done = blocked(shop, number)
    assert (done.status, done.customer_id, done.replaces) == (CardStatus.BLOCKED, "ann", None)
    assert held(shop) == (None, 50)
    view = view_card(shop, "shop", number)
    assert (view.card.status, view.card.holder, view.account) == (CardStatus.BLOCKED, member(), None)
    assert [movement.reason for movement in view.movements] == ["lost", None, None]
    assert refusal(lambda: assign(shop, number, "bob")) == "card_blocked"
    again = blocked(shop, number, "another key")
    assert (again.status, again.customer_id) == (CardStatus.BLOCKED, "ann")
    assert len(view_card(shop, "shop", number).movements) == 3


def test_a_card_is_replaced_by_a_new_one() -> None:
    shop = world()
    give(shop, 50)
    [number] = new(shop)
    assign(shop, number)
    done = replaced(shop, number)
    assert (done.status, done.customer_id, done.replaces) == (CardStatus.ACTIVE, "ann", number)
    assert held(shop) == (done.number, 50)
    old = view_card(shop, "shop", number)
    assert (old.card.status, old.card.replaced_by) == (CardStatus.BLOCKED, done.number)
    assert types(shop, done.number) == ["card_assigned", "card_created", "card_assigned", "points_issued"]
    assert sorted(shop.ledger.cards_of("shop", 100)) == sorted([number, done.number])


def test_a_card_that_was_blocked_first_is_replaced_later_by_one_that_is_named() -> None:
    shop = world()
    number, other, third = new(shop, 3)
    assign(shop, number)
    blocked(shop, number)
    assert replaced(shop, number, other).number == other
    assert held(shop)[0] == other
    assert view_card(shop, "shop", number).card.replaced_by == other
    # It has been replaced: its customer has a card.
    assert refusal(lambda: replaced(shop, number, third)) == "customer_has_card"


def test_what_cannot_replace_or_be_replaced() -> None:
    shop = world()
    number, free, taken, lost = new(shop, 4)
    assign(shop, number, "ann")
    assign(shop, taken, "bob")
    blocked(shop, lost)
    [stranger] = new(shop, program_id="other")
    assert refusal(lambda: replaced(shop, free)) == "card_unassigned"
    assert refusal(lambda: replaced(shop, lost)) == "card_unassigned"
    assert refusal(lambda: replaced(shop, number, taken)) == "card_assigned"
    assert refusal(lambda: replaced(shop, number, number)) == "card_assigned"
    assert refusal(lambda: replaced(shop, number, lost)) == "card_blocked"
    assert refusal(lambda: replaced(shop, number, stranger)) == "unknown_card"
    assert refusal(lambda: replaced(shop, stranger)) == "unknown_card"
    assert held(shop)[0] == number


def test_cards_of_one_program_are_unknown_in_another() -> None:
    shop = world()
    [number] = new(shop, program_id="other")
    assert refusal(lambda: assign(shop, number)) == "unknown_card"
    assert refusal(lambda: blocked(shop, number)) == "unknown_card"
    assert refusal(lambda: replaced(shop, number)) == "unknown_card"
    assert refusal(lambda: view_card(shop, "shop", number)) == "unknown_card"
    assert shop.ledger.cards_of("shop", 100) == []


def test_a_view_shows_the_latest_and_no_balance_of_whoever_had_the_card_before() -> None:
    shop = world()
    [number] = new(shop)
    assign(shop, number, "ann")
    for points in range(1, 2 * LATEST):
        give(shop, points)
    view = view_card(shop, "shop", number)
    assert [movement.points for movement in view.movements] == list(range(2 * LATEST - 1, LATEST - 1, -1))


class BetweenReads(MemoryLedger):
    """A write is lost, and at the next look `then` happens between the reads of a card's history and of the account."""

    then: Callable[[], object] | None = None
    lost = False

    def write(self, transactions: Sequence[Transaction], write_off: WriteOff | None = None) -> None:
        if self.then and not self.lost:
            self.lost = True
            raise LostRace
        super().write(transactions, write_off)

    def read(self, cause: Cause, account_id: AccountId | None, *, consistent: bool) -> tuple[History, Account | None]:
        history, account = super().read(cause, account_id, consistent=consistent)
        if cause.kind is CauseKind.CARD and self.then and self.lost:
            then, self.then = self.then, None
            then()
            account = self.account(account_id, consistent=True) if account_id else None
        return history, account


@pytest.mark.parametrize("what", ["assign", "replace"])
def test_the_same_request_twice_at_once_is_answered_twice_alike(what: str) -> None:
    ledger = BetweenReads()
    shop = world(ledger)
    number, other = new(shop, 2)
    calls: dict[str, Callable[[], CardChanged]] = {
        "assign": lambda: assign(shop, other, "bob", "key"),
        "replace": lambda: replaced(shop, number, other, "key"),
    }
    assign(shop, number, "ann")
    first: list[CardChanged] = []
    ledger.then = lambda: first.append(calls[what]())
    assert calls[what]() == replace(first[0], outcome=Outcome.REPEATED)
    assert first[0].outcome is Outcome.RECORDED
    assert held(shop, "bob" if what == "assign" else "ann")[0] == other


def test_who_got_the_card_while_it_was_read_is_not_told_that_they_have_another() -> None:
    ledger = BetweenReads()
    shop = world(ledger)
    [number] = new(shop)
    ledger.then = lambda: assign(shop, number, "ann", "first")
    assert assign(shop, number, "ann", "second").customer_id == "ann"
    assert held(shop)[0] == number
    assert [m.event for m in view_card(shop, "shop", number).movements] == [Event.CARD_ASSIGNED, Event.CARD_CREATED]


# ---- batches of a job ----


def test_what_nobody_has_of_a_batch_is_taken_back_however_often_it_is_tried() -> None:
    shop = world()
    numbers = new(shop, 5, "batch")
    assign(shop, numbers[1], "ann")
    assign(shop, numbers[3], "bob")
    blocked(shop, numbers[3])
    cause = cause_of_request("shop", "batch")
    expected = CardsWithdrawn((numbers[0], numbers[2], numbers[4]), (numbers[1], numbers[3]))
    for _ in range(2):
        assert withdraw_cards(shop, cause, "undone", SENDER) == expected
    assert [view_card(shop, "shop", number).card.status for number in numbers] == [
        CardStatus.BLOCKED,
        CardStatus.ACTIVE,
        CardStatus.BLOCKED,
        CardStatus.BLOCKED,
        CardStatus.BLOCKED,
    ]
    assert held(shop)[0] == numbers[1]
    assert [movement.reason for movement in view_card(shop, "shop", numbers[0]).movements] == ["undone", None]
    assert withdraw_cards(shop, cause_of_request("shop", "never"), "undone", SENDER) == CardsWithdrawn((), ())


class OvertakenOnce(MemoryLedger):
    """Somebody else writes first, once."""

    first: Callable[[], object] | None = None

    def write(self, transactions: Sequence[Transaction], write_off: WriteOff | None = None) -> None:
        first, self.first = self.first, None
        if first:
            first()
        super().write(transactions, write_off)


def test_a_card_assigned_while_its_batch_is_taken_back_stays_with_its_customer() -> None:
    ledger = OvertakenOnce()
    shop = world(ledger)
    numbers = new(shop, 3, "batch")
    ledger.first = lambda: assign(shop, numbers[0])
    done = withdraw_cards(shop, cause_of_request("shop", "batch"), "undone", SENDER)
    assert done == CardsWithdrawn(numbers[1:], numbers[:1])
    assert held(shop)[0] == numbers[0]


def test_a_batch_fits_a_write() -> None:
    shop = world()
    numbers = new(shop, CARDS_PER_WRITE)
    assert len(set(numbers)) == CARDS_PER_WRITE
    assert len(withdraw_cards(shop, cause_of_request("shop", "new"), "undone", SENDER).blocked) == CARDS_PER_WRITE


# ---- whatever happens ----

type Step = tuple[str, int, str, int]

steps = st.lists(
    st.tuples(
        st.sampled_from(["create", "assign", "assign", "block", "replace", "replace by", "issue", "withdraw"]),
        st.integers(0, 5),
        st.sampled_from(["ann", "bob", "eve"]),
        st.integers(0, 5),
    ),
    max_size=20,
)


def act(shop: World, numbers: list[str], step: Step, key: str) -> object:
    what, which, customer_id, other = step
    number, by = numbers[which % len(numbers)], numbers[other % len(numbers)]
    calls: dict[str, Callable[[], object]] = {
        "create": lambda: numbers.extend(new(shop, 2, key)),
        "assign": lambda: assign(shop, number, customer_id, key),
        "block": lambda: blocked(shop, number, key),
        "replace": lambda: numbers.append(replaced(shop, number, None, key).number),
        "replace by": lambda: replaced(shop, number, by, key),
        "withdraw": lambda: withdraw_cards(shop, cause_of_request("shop", "start"), "undone", SENDER),
        "issue": lambda: issue_points(shop, "shop", key, gift(customer_id, which + 1), SENDER),
    }
    try:
        return calls[what]()
    except Refused as refused:
        return refused.code


def gift(customer_id: str, points: int) -> Issue:
    return Issue(account_id=member(customer_id), points=points, expires_at=None, reason="a gift")


@given(steps)
def test_cards_and_accounts_always_name_each_other_and_no_point_moves(steps: list[Step]) -> None:
    shop = world()
    numbers = list(new(shop, 3, "start"))
    points = {"ann": 0, "bob": 0, "eve": 0}
    for count, step in enumerate(steps):
        act(shop, numbers, step, f"step {count}")
        if step[0] == "issue":
            points[step[2]] += step[1] + 1
        cards = {number: view_card(shop, "shop", number).card for number in numbers}
        active = {
            card.holder.customer_id: n for n, card in cards.items() if card.status is CardStatus.ACTIVE and card.holder
        }
        assert {name: held(shop, name) for name in points} == {
            name: (active.get(name), total) for name, total in points.items()
        }
        assert all(card.holder is None for card in cards.values() if card.status is CardStatus.UNASSIGNED)
        assert len(active) == sum(card.status is CardStatus.ACTIVE for card in cards.values())
    assert verify_program(shop, "shop").found == []


def deterministic(shop: World) -> World:
    chance = random.Random(1)
    return replace(shop, digits=lambda count: f"{chance.randrange(10**count):0{count}}")


@given(steps, st.integers(0, 99))
def test_old_reads_leave_every_card_and_account_as_fresh_ones_do(steps: list[Step], seed: int) -> None:
    ends = []
    for ledger in (MemoryLedger(), StaleLedger(random.Random(seed))):
        shop = deterministic(world(ledger))
        numbers = list(new(shop, 3, "start"))
        answers = [act(shop, numbers, step, f"{step[1]}") for step in steps]
        refused = [answer if isinstance(answer, str) else "" for answer in answers]
        cards = [view_card(shop, "shop", number).card.status for number in numbers]
        ends.append((refused, cards, [held(shop, name)[1] for name in ("ann", "bob", "eve")]))
    assert ends[0] == ends[1]
