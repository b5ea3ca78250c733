"""What every keeper of the books promises the use cases."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from loyalty.domain.books.sums import DEBT, NEVER, Booked, KindSum, ShardSums, Worth, booked
from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.facts import Completed
from loyalty.domain.ledger.kinds import Event, Kind
from loyalty.domain.ledger.lots import Lot, Lots
from loyalty.domain.ledger.transaction import Transaction
from loyalty.domain.program.settings import AccountNames
from loyalty.ports.books import Books, DayPlace
from loyalty.ports.faults import LostRace
from tests.contract.conftest import Store
from tests.support.builders import DAY, NOW, again, begin, issuing, member, order_history, program

TODAY = date(2026, 1, 31)
NAMES = AccountNames(liability="Liabilities:Points", expense="4711 ø", redeemed="=x")


def sums(day: date = TODAY, shard: int = 0, points: int = 7) -> ShardSums:
    """A shard of a day with all that there can be in one."""
    earned = KindSum(
        kind=Kind.EARN,
        currency="EUR",
        movements=3,
        basis=Decimal("12.50"),
        by_expiry={
            "2026-12": Worth(points, Decimal("0.0700")),
            NEVER: Worth(1, Decimal(1)),
            DEBT: Worth(2, Decimal(2)),
        },
    )
    return ShardSums(program_id="shop", day=day, shard=shard, accounts=NAMES, sums=(earned,))


def moved(store: Store, *transactions: Transaction) -> list[Booked]:
    """What the books should know of `transactions`, which are written."""
    for transaction in transactions:
        store.ledger.write([transaction])
    return [booked(m, t.program.timezone) for t in transactions for m in t.movements]


def movements(books: Books, day: date, program_id: str = "shop") -> list[Booked]:
    """All movements of a day."""
    return [m for shard in range(books.shards) for page in books.movements(program_id, day, shard) for m in page]


def by_id(movements: list[Booked]) -> list[Booked]:
    return sorted(movements, key=lambda movement: movement.movement_id)


def test_a_day_has_all_that_was_recorded_on_it_and_nothing_else(store: Store) -> None:
    tokyo = program(timezone="Asia/Tokyo", redeem={"point_value": "0.0050"})
    midnight = datetime(2026, 1, 31, 15, 0, tzinfo=UTC)
    lots = [Lot(NOW + DAY, 1), Lot(datetime(2999, 1, 1, 0, 0, 0, 7, tzinfo=UTC), 2), Lot(None, 3)]
    first = issuing(Account(account_id=member("ø #1")), *lots, at=midnight - timedelta(microseconds=1), using=tokyo)
    history = order_history("#1/2", program=tokyo)
    earned = begin(tokyo, first.account, at=midnight, history=history).credit(
        Kind.EARN, Event.ORDER_COMPLETED, Lots([Lot(None, 4)]), facts=Completed(basis=Decimal("12.50"), steps=())
    )
    indebted = again(earned).debit(Kind.REVERSE, Event.ORDER_CANCELLED, Lots([Lot(None, 3)]), debt=5)
    nothing = begin(tokyo, None, at=midnight, history=order_history("#2", program=tokyo)).debit(
        Kind.REVERSE, Event.ORDER_CANCELLED, Lots()
    )
    before = moved(store, first)
    after = moved(store, earned, indebted)
    store.ledger.write([nothing])
    for books in (store.books, store.other_books):
        assert movements(books, TODAY) == before
        assert by_id(movements(books, TODAY + DAY)) == by_id(after)
        assert movements(books, TODAY + 2 * DAY) == []
        assert movements(books, TODAY, "shop-2") == []
    assert [m.basis for m in by_id(after)] == [Decimal("12.50"), Decimal(0)]
    assert str(after[0].point_value) == "0.0050"


def test_the_movements_of_a_kind_are_paged_without_gaps_or_repeats(store: Store) -> None:
    expected = []
    for number in range(17):
        given = issuing(Account(account_id=member(f"c{number}")), Lot(None, 5))
        spent = begin(program(), given.account, history=order_history(f"#{number}", program=program())).debit(
            Kind.REDEEM, Event.REDEMPTION_SET, Lots([Lot(None, 2)])
        )
        moved(store, given)
        expected += moved(store, spent)
    for limit in (1, 4, 17, 100):
        found: list[Booked] = []
        place: DayPlace | None = None
        while True:
            page, place = store.books.movements_of("shop", TODAY, Kind.REDEEM, limit, place)
            assert len(page) <= limit
            found += page
            if place is None:
                break
        assert by_id(found) == by_id(expected)
    assert store.books.movements_of("shop", TODAY, Kind.EXPIRE, 10, None) == ([], None)
    assert store.books.movements_of("shop", TODAY + DAY, Kind.REDEEM, 10, None) == ([], None)
    assert store.books.movements_of("shop-2", TODAY, Kind.REDEEM, 10, None) == ([], None)


def test_what_is_closed_is_read_back_equal(store: Store) -> None:
    empty = ShardSums(program_id="shop", day=TODAY, shard=1, accounts=AccountNames(), sums=())
    store.books.close(sums(), NOW)
    store.books.close(empty, NOW)
    for books in (store.books, store.other_books):
        assert list(books.closed("shop", TODAY, TODAY)) == [sums(), empty]
    [kept, _] = store.books.closed("shop", TODAY, TODAY)
    assert str(kept.sums[0].by_expiry["2026-12"].amount) == "0.0700"


def test_a_shard_is_closed_once(store: Store) -> None:
    store.books.close(sums(points=7), NOW)
    for books in (store.books, store.other_books):
        with pytest.raises(LostRace):
            books.close(sums(points=8), NOW + DAY)
    assert list(store.books.closed("shop", TODAY, TODAY)) == [sums(points=7)]


def test_closed_days_come_in_order_and_only_those_asked_for(store: Store) -> None:
    days = [date(2025, 12, 30) + n * DAY for n in range(40)]
    for day in days:
        for shard in range(store.books.shards):
            store.books.close(sums(day, shard), NOW)
    wanted = list(store.books.closed("shop", days[3], days[35]))
    assert [(one.day, one.shard) for one in wanted] == [
        (day, shard) for day in days[3:36] for shard in range(store.books.shards)
    ]
    assert list(store.books.closed("shop", days[5], days[4])) == []
    assert list(store.books.closed("shop-2", days[0], days[-1])) == []


def test_the_latest_closed_is_the_latest(store: Store) -> None:
    assert store.books.latest_closed("shop") is None
    store.books.close(sums(TODAY, 0), NOW)
    store.books.close(sums(TODAY, 1), NOW)
    assert store.books.latest_closed("shop") == (TODAY, 1)
    store.books.close(sums(TODAY + DAY, 0), NOW)
    assert store.other_books.latest_closed("shop") == (TODAY + DAY, 0)
    assert store.books.latest_closed("shop-2") is None
