"""An erased customer is in no item of the table, and the books are what they were."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from loyalty.domain.books.closing import LEFT_ALONE, closes_at
from loyalty.domain.customers.cards import CardStatus
from loyalty.domain.ledger.idempotency import cause_of_request
from loyalty.domain.ledger.kinds import Kind
from loyalty.domain.ledger.movement import AccountId
from loyalty.domain.ledger.transaction import Sender
from loyalty.domain.orders.redemption import RedemptionRequest
from loyalty.domain.points.adjustment import Adjustment
from loyalty.domain.points.issue import Issue
from loyalty.domain.values.refusal import Refused
from loyalty.ports.faults import BeingErased, Unavailable
from loyalty.usecases.books.close_days import close_days
from loyalty.usecases.books.liability import view_liability
from loyalty.usecases.books.verify import verify_program
from loyalty.usecases.commands.command import Outcome
from loyalty.usecases.customers.account import view_statement
from loyalty.usecases.customers.change_card import assign_card, replace_card
from loyalty.usecases.customers.create_cards import create_cards
from loyalty.usecases.customers.erase import CustomerErased, erase_customer
from loyalty.usecases.customers.view_cards import view_card, view_cards
from loyalty.usecases.orders.cancel import cancel_order
from loyalty.usecases.orders.complete import complete_order
from loyalty.usecases.orders.redeem import redeem_points
from loyalty.usecases.orders.view import view_order
from loyalty.usecases.points.adjust import adjust_points
from loyalty.usecases.points.issue import issue_points
from loyalty.usecases.points.sign_up import sign_customer_up
from tests.support.builders import DAY, NOW, member, order, program
from tests.support.worlds import Clock, World, purge, world_in_dynamodb

PERSON = "ann@example.com"
ANN, BOB, CLEO = member(PERSON), member("bob"), member("cleo")
SECRET = "her mother called"
ADMIN, BOSS = Sender("admin", "API", address="203.0.113.7"), Sender("admin", "API")
STORE = Sender("store", "API")
TODAY = date(2026, 1, 31)
SETTINGS: dict[str, Any] = {
    "earn": {"on_redeemed_order": "full", "min_order_total": "5.00"},
    "ways_to_earn": {"sign_up": {"points": 11}, "referral": {"points": 50, "referee_points": 20}},
    "tiers": [{"name": "gold", "min_orders": 2, "multiplier": "2"}],
}


@dataclass
class Shop:
    """A world, and its table as whoever has access to it sees it."""

    world: World
    clock: Clock
    client: Any
    table: str

    def items(self) -> list[dict[str, Any]]:
        pages = self.client.get_paginator("scan").paginate(TableName=self.table, ConsistentRead=True)
        return [item for page in pages for item in page["Items"]]

    def holds(self, text: str) -> list[str]:
        """The items in which a text stands, bytes included."""
        written = [json.dumps(item, default=lambda raw: bytes(raw).decode("latin-1")) for item in self.items()]
        return [item for item in written if text in item]

    def differences(self) -> list[str]:
        return [f"{one.where}: {one.what}" for one in verify_program(self.world, "shop").found]

    def outstanding(self, account_id: AccountId) -> int:
        return self.world.ledger.account(account_id, consistent=True).outstanding

    def erase(self, account_id: AccountId = ANN) -> CustomerErased:
        return erase_customer(self.world, account_id, ADMIN)

    def closed_days(self) -> list[dict[str, Any]]:
        return [item for item in self.items() if item["pk"]["S"] == "shop#closed"]


@pytest.fixture
def shop(dynamodb: Any, ledger_table: Callable[[], str]) -> Shop:
    """Ann did everything that a customer can do and have done; bob referred her, she referred cleo. Days are closed."""
    table, clock = ledger_table(), Clock()
    world = replace(world_in_dynamodb(dynamodb, table, program(**SETTINGS), clock=clock), sleep=lambda seconds: None)
    sign_customer_up(world, ANN, STORE)
    complete_order(world, "shop", order("#1", PERSON, referrer_id="bob"), STORE)
    complete_order(world, "shop", order("#2", "cleo", referrer_id=PERSON), STORE)
    complete_order(world, "shop", order("#3", PERSON, amount="4.00"), STORE)
    redeem_points(world, "shop", "#4", use(30), STORE)
    cancel_order(world, "shop", "#5", PERSON, SECRET, STORE)
    complete_order(world, "shop", order("#6", PERSON), STORE)
    cancel_order(world, "shop", "#6", PERSON, SECRET, STORE)
    gift = Issue(account_id=ANN, points=7, expires_at=NOW + timedelta(hours=1), reason=SECRET)
    issue_points(world, "shop", f"gift-{PERSON}-1", gift, BOSS)
    fix = Adjustment(account_id=ANN, points=-3, reason=SECRET, order_id="#1")
    adjust_points(world, "shop", f"fix-{PERSON}", fix, BOSS)
    adjust_points(world, "shop", "key-of-no-one", replace(fix, points=1, order_id=None), BOSS)
    [lost, card] = create_cards(world, cause_of_request("shop", "cards"), 2, ADMIN).numbers
    assign_card(world, "shop", "their card", lost, PERSON, ADMIN)
    replace_card(world, "shop", f"{PERSON} lost it", lost, card, SECRET, ADMIN)
    complete_order(world, "shop", order("#7", PERSON, guest=True), STORE)
    clock.let_pass(timedelta(hours=2))
    assert purge(world, "shop").points == 4
    clock.now = closes_at(TODAY + 2 * DAY)
    [closed] = close_days(world, "shop")
    assert closed.behind == 0
    assert world.ledger.account(ANN, consistent=True).standing.tier == "gold"
    return Shop(world, clock, dynamodb, table)


def test_what_was_renamed_is_found_when_the_movements_of_a_day_are_paged(shop: Shop) -> None:
    for number in range(12):
        gift = Issue(account_id=ANN, points=1 + number, expires_at=None, reason="gift")
        issue_points(shop.world, "shop", f"another-{PERSON}-{number}", gift, BOSS)
    today = shop.clock().date()

    def paged(limit: int) -> list[int]:
        found, place = shop.world.books.movements_of("shop", today, Kind.ISSUE, limit, None)
        while place:
            page, place = shop.world.books.movements_of("shop", today, Kind.ISSUE, limit, place)
            found += page
        return sorted(movement.points for movement in found)

    assert shop.erase().done
    assert [paged(limit) for limit in (1, 5, 100)] == [list(range(1, 13))] * 3


def use(points: int, account_id: AccountId = ANN) -> RedemptionRequest:
    return RedemptionRequest(account_id=account_id, order_total=Decimal(50), currency="EUR", points=points)


def without_traces(shop: Shop) -> None:
    """Nothing about ann is left, but for what she ordered as a guest."""
    guest = [item for item in shop.holds(PERSON) if "#guest#" in item]
    assert [item for item in shop.holds(PERSON) if item not in guest] == []
    assert shop.holds(SECRET) == []
    assert shop.differences() == []


def test_after_an_erasure_nothing_names_the_customer_and_everything_adds_up(shop: Shop) -> None:
    held = shop.outstanding(ANN)
    assert held > 0
    done = shop.erase()
    assert (done.done, done.forfeited) == (True, held)
    assert done.pseudonym
    assert done.pseudonym.is_erased
    without_traces(shop)
    assert shop.outstanding(done.pseudonym) == shop.outstanding(ANN) == 0
    account = shop.world.ledger.account(done.pseudonym, consistent=True)
    assert (account.standing.tier, account.purge_at, account.card) == (None, None, None)
    cards = [view_card(shop.world, "shop", number).card for number in view_cards(shop.world, "shop", 10, None)]
    assert {(card.status, card.holder) for card in cards} == {(CardStatus.BLOCKED, done.pseudonym)}
    assert len(view_statement(shop.world, done.pseudonym, 100, None)) == account.version
    assert view_statement(shop.world, ANN, 100, None) == []


def test_the_books_change_by_the_forfeiture_alone(shop: Shop) -> None:
    held, closed = shop.outstanding(ANN), shop.closed_days()
    before, today = shop.world.books, shop.clock().date()
    movements = [m for shard in range(4) for page in before.movements("shop", TODAY, shard) for m in page]
    liability = view_liability(shop.world, "shop", TODAY, today)
    shop.erase()
    assert closed
    assert shop.closed_days() == closed
    after = [m for shard in range(4) for page in before.movements("shop", TODAY, shard) for m in page]
    booked = [
        [(m.day, m.kind, m.points, m.allocation, m.recorded_at, m.basis) for m in one] for one in (movements, after)
    ]
    assert sorted(map(str, booked[0])) == sorted(map(str, booked[1]))
    [entry] = shop.world.ledger.journal("shop", today)
    assert (entry.kind, entry.points) == (Kind.ADJUST_DOWN, held)
    now = view_liability(shop.world, "shop", TODAY, today)
    assert liability.outstanding is not None
    assert now.outstanding == liability.outstanding - held


def test_other_customers_are_untouched(shop: Shop) -> None:
    others = (BOB, CLEO, AccountId("shop", PERSON, guest=True))
    before = [shop.world.ledger.account(other, consistent=True) for other in others]
    statements = [len(view_statement(shop.world, other, 100, None)) for other in others]
    shop.erase()
    assert [shop.world.ledger.account(other, consistent=True) for other in others] == before
    assert [len(view_statement(shop.world, other, 100, None)) for other in others] == statements


def test_a_guest_is_erased_apart_from_the_member_of_the_same_id(shop: Shop) -> None:
    held = shop.outstanding(ANN)
    assert shop.erase(AccountId("shop", PERSON, guest=True)).done
    assert shop.outstanding(ANN) == held
    assert not [item for item in shop.holds(PERSON) if "#guest#" in item]
    assert shop.differences() == []
    assert shop.erase().done
    assert shop.holds(PERSON) == []


def test_a_second_erasure_finds_nothing_and_writes_nothing(shop: Shop) -> None:
    shop.erase()
    before = len(shop.items())
    assert shop.erase() == CustomerErased(pseudonym=None, forfeited=None, rewritten=0, done=True)
    assert len(shop.items()) == before


def test_who_comes_back_under_the_same_id_starts_from_nothing(shop: Shop) -> None:
    shop.erase()
    again = sign_customer_up(shop.world, ANN, STORE)
    assert (again.points_earned, again.balance, again.outcome) == (11, 11, Outcome.RECORDED)
    came = complete_order(shop.world, "shop", order("#100", PERSON, referrer_id="bob"), STORE)
    assert came.points_earned == 120
    assert [m.sequence for m in view_statement(shop.world, ANN, 100, None)] == [2, 1]
    assert shop.differences() == []
    shop.erase()
    without_traces(shop)


def test_late_facts_about_old_orders_do_no_harm(shop: Shop) -> None:
    done = shop.erase()
    assert done.pseudonym
    with pytest.raises(Refused) as refused:
        complete_order(shop.world, "shop", order("#1", PERSON), STORE)
    assert refused.value.code == "order_customer_mismatch"
    again = Adjustment(account_id=ANN, points=1, reason=SECRET)
    with pytest.raises(Refused) as refused:
        adjust_points(shop.world, "shop", "key-of-no-one", again, BOSS)
    assert refused.value.code == "idempotency_key_reused"
    bob = shop.outstanding(BOB)
    cancelled = cancel_order(shop.world, "shop", "#1", None, None, STORE)
    assert cancelled.points_shortfall == 120
    assert shop.outstanding(done.pseudonym) == 0
    assert shop.outstanding(BOB) == bob - 50
    bob, cleo = shop.outstanding(BOB), shop.outstanding(CLEO)
    cancel_order(shop.world, "shop", "#2", "cleo", None, STORE)
    assert shop.outstanding(CLEO) == cleo - 120
    assert (shop.outstanding(done.pseudonym), shop.outstanding(ANN), shop.outstanding(BOB)) == (0, 0, bob)
    without_traces(shop)


def test_a_debt_is_let_go(shop: Shop) -> None:
    redeem_points(shop.world, "shop", "#8", use(90), STORE)
    cancel_order(shop.world, "shop", "#1", PERSON, None, STORE)
    owed = shop.outstanding(ANN)
    assert owed < 0
    done = shop.erase()
    assert done.forfeited == owed
    assert done.pseudonym
    assert shop.outstanding(done.pseudonym) == 0
    without_traces(shop)


def test_somebody_of_whom_only_records_are_held_is_erased_too(shop: Shop) -> None:
    complete_order(shop.world, "shop", order("#9", "dan@example.com", amount="1.00"), STORE)
    assert shop.erase(member("dan@example.com")).rewritten == 1
    assert shop.holds("dan@example.com") == []
    assert view_order(shop.world, "shop", "#9").history.account_id != member("dan@example.com")
    assert shop.differences() == []


class Killed(BaseException):
    """What a function does not survive."""


class Dying:
    """A client that is killed at its `step`-th call, before it or once it was carried out."""

    def __init__(self, client: Any, step: int, *, after: bool) -> None:
        self._client, self._left, self._after = client, step, after

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._client, name)
        if name in ("exceptions", "meta"):
            return real

        def call(**request: Any) -> Any:
            self._left -= 1
            if self._left == 0 and not self._after:
                raise Killed
            answer = real(**request)
            if self._left == 0:
                raise Killed
            return answer

        return call


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_at_any_step_it_goes_on_when_called_again(
    dynamodb: Any, ledger_table: Callable[[], str], after: bool
) -> None:
    killed = 0
    for step in count(1):
        table = ledger_table()
        world = replace(world_in_dynamodb(dynamodb, table, program(**SETTINGS)), sleep=lambda seconds: None)
        complete_order(world, "shop", order("#1", PERSON, referrer_id="bob"), STORE)
        complete_order(world, "shop", order("#2", "cleo", referrer_id=PERSON), STORE)
        complete_order(world, "shop", order("#3", PERSON, amount="4.00"), STORE)
        gift = Issue(account_id=ANN, points=7, expires_at=None, reason=SECRET)
        issue_points(world, "shop", f"gift-{PERSON}-1", gift, BOSS)
        shop = Shop(world, Clock(), dynamodb, table)
        dying = world_in_dynamodb(Dying(dynamodb, step, after=after), table)
        dying = replace(dying, programs=world.programs, sleep=lambda seconds: None)
        try:
            erase_customer(dying, ANN, ADMIN)
        except Killed:
            killed += 1
        else:
            break
        again = shop.erase()
        assert again.done
        without_traces(shop)
        assert shop.outstanding(ANN) == 0
        assert [item for item in shop.items() if "pseudonym" in item] == []
    assert killed > 8


def test_while_it_is_under_way_commands_are_told_to_try_again_and_verify_names_it(shop: Shop) -> None:
    stopped = erase_customer(shop.world, ANN, ADMIN, out_of_time=lambda: True)
    assert not stopped.done
    assert shop.world.ledger.accounts([ANN, BOB]) == [shop.world.ledger.account(BOB, consistent=True)]
    for command in (
        lambda: complete_order(shop.world, "shop", order("#10", PERSON), STORE),
        lambda: cancel_order(shop.world, "shop", "#1", None, None, STORE),
        lambda: redeem_points(shop.world, "shop", "#11", use(1), STORE),
    ):
        with pytest.raises(BeingErased):
            command()
    assert any("is being erased" in line for line in shop.differences())
    purge(shop.world, "shop")
    done = shop.erase()
    assert (done.done, done.pseudonym) == (True, stopped.pseudonym)
    without_traces(shop)


def test_nothing_is_locked_while_a_day_is_closed_that_the_customer_has_a_name_in(shop: Shop) -> None:
    """A name is an item's key: under another one it is another entry of the day's index."""
    shop.clock.let_pass(timedelta(hours=1))
    gift = Issue(account_id=BOB, points=7, expires_at=None, reason=SECRET)
    issue_points(shop.world, "shop", "gift-bob", gift, BOSS)
    day = shop.clock().date()
    shop.clock.now = closes_at(day) - LEFT_ALONE
    before = shop.items()
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            shop.erase(BOB)
        assert refused.value.code == "day_being_closed"
        shop.clock.now = closes_at(day)
    assert shop.items() == before
    assert shop.erase().done
    close_days(shop.world, "shop")
    assert shop.erase(BOB).done
    assert shop.holds("gift-bob") == []
    assert shop.differences() == []


def test_who_is_locked_when_a_day_comes_close_stays_so_until_it_is_closed(shop: Shop) -> None:
    shop.clock.let_pass(timedelta(hours=1))
    gift = Issue(account_id=BOB, points=7, expires_at=None, reason=SECRET)
    issue_points(shop.world, "shop", "gift-bob", gift, BOSS)
    stopped = erase_customer(shop.world, BOB, ADMIN, out_of_time=lambda: True)
    assert not stopped.done
    day = shop.clock().date()
    shop.clock.now = closes_at(day) - LEFT_ALONE
    with pytest.raises(Refused) as refused:
        shop.erase(BOB)
    assert refused.value.code == "day_being_closed"
    assert shop.holds("gift-bob")
    shop.clock.now = closes_at(day)
    close_days(shop.world, "shop")
    done = shop.erase(BOB)
    assert (done.done, done.pseudonym) == (True, stopped.pseudonym)
    assert shop.holds("gift-bob") == []
    assert shop.differences() == []


def test_a_second_call_does_not_touch_what_a_customer_does_who_came_back(shop: Shop) -> None:
    """The request was sent twice at once: one call ends the erasure, the customer returns, and the other goes on."""
    calls = count()

    def out_of_time() -> bool:
        if next(calls) == 0:
            assert shop.erase().done
            sign_customer_up(shop.world, ANN, STORE)
        return False

    assert erase_customer(shop.world, ANN, ADMIN, out_of_time).done
    assert [m.points for m in view_statement(shop.world, ANN, 10, None)] == [11]
    assert shop.outstanding(ANN) == 11
    assert shop.differences() == []


def test_who_is_erased_under_their_pseudonym_meanwhile_is_erased_all_the_same(shop: Shop) -> None:
    pseudonym = erase_customer(shop.world, ANN, ADMIN, out_of_time=lambda: True).pseudonym
    assert pseudonym
    assert not shop.erase(pseudonym).done
    assert not shop.erase(ANN).done
    assert shop.erase(pseudonym).done
    assert shop.erase(ANN).done
    without_traces(shop)


def test_orders_that_arrive_meanwhile_are_counted_before_or_after_it(shop: Shop) -> None:
    """From eight threads: each order is told to come again, and then is the returned customer's."""

    def complete(number: int) -> int:
        while True:
            try:
                return complete_order(shop.world, "shop", order(f"#r{number}", PERSON), STORE).points_earned
            except Unavailable:
                continue

    def erase() -> CustomerErased:
        while True:
            try:
                if (done := shop.erase()).done:
                    return done
            except Unavailable:
                continue

    with ThreadPoolExecutor(8) as threads:
        earning = threads.map(complete, range(40))
        done = erase()
        earned = list(earning)
    assert len(earned) == 40
    assert all(earned)
    assert done.pseudonym
    histories = [view_order(shop.world, "shop", f"#r{number}").history for number in range(40)]
    assert {history.account_id for history in histories} <= {ANN, done.pseudonym}
    mine = [m for history in histories for m in history if m.account == ANN]
    assert shop.outstanding(ANN) == sum(m.points for m in mine)
    assert shop.outstanding(done.pseudonym) == 0
    assert shop.differences() == []
    shop.erase()
    without_traces(shop)
