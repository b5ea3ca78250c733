"""What every ledger promises the use cases."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from loyalty.domain.books.journal import JournalEntry, journal_entry, sum_up
from loyalty.domain.customers.balances import as_listed
from loyalty.domain.customers.cards import assign, block, cause_of_card, create, draw
from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.facts import Adjusted, AdjustmentAsked, Completed, Reversed, Step
from loyalty.domain.ledger.history import History
from loyalty.domain.ledger.kinds import CauseKind, Event, Kind
from loyalty.domain.ledger.lots import Lot, Lots
from loyalty.domain.ledger.movement import AccountId, CardHeld, Cause, Movement
from loyalty.domain.ledger.seal import NO_SEAL, is_sealed
from loyalty.domain.ledger.transaction import Origin, Sender, Transaction
from loyalty.domain.orders.order import cause_of_order
from loyalty.domain.points.expiry import expire, expiry_history
from loyalty.domain.program.settings import Program
from loyalty.ports.faults import LostRace
from loyalty.ports.ledger import MAX_ITEMS, Ledger, RecordPlace, WriteOff
from tests.contract.conftest import Store
from tests.support.builders import DAY, NOW, again, begin, issuing, member, order_history, program
from tests.support.worlds import digits

ODD_IDS = ["#1001", "gid://shop/Order/1", "ø-7", "a b", "a/b", "a#b", "%2F", "x" * 128]
TODAY = date(2026, 1, 31)
RUN = "2026-02-01T00:05:00.000000Z"


def redeeming(transaction: Transaction, points: int) -> Transaction:
    """With `points` used on the order."""
    taken = transaction.holder.lots.spendable(transaction.now).soonest(points)
    return transaction.debit(Kind.REDEEM, Event.REDEMPTION_SET, taken)


def earning(account: Account, points: int, order_id: str = "#1001", using: Program | None = None) -> Transaction:
    """An order that earns `points` which never expire."""
    using = using or program(account.account_id.program_id)
    begun = begin(using, account, history=order_history(order_id, program=using))
    return begun.credit(Kind.EARN, Event.ORDER_COMPLETED, Lots([Lot(None, points)]))


def issue(ledger: Ledger, account_id: AccountId, *lots: Lot) -> Account:
    """The account once it was issued `lots`."""
    transaction = issuing(ledger.account(account_id, consistent=True), *lots)
    ledger.write([transaction])
    return transaction.holder


def due(ledger: Ledger, as_of: datetime, program_id: str = "shop") -> list[AccountId]:
    """Everything due, of all shards."""
    shards = range(ledger.shards)
    return [found.account_id for shard in shards for page in ledger.due(program_id, shard, as_of, 3) for found in page]


def write_off(account: Account, at: datetime) -> tuple[Transaction, JournalEntry]:
    """What a purge of the account writes."""
    using = program(account.account_id.program_id)
    begun = Transaction.begin(using, Origin(Sender("purge", "PURGE"), at), expiry_history(account), account)
    transaction = expire(begun, at)
    return transaction, journal_entry(transaction.movements[0], using.timezone)


def by_customer(account_ids: Iterable[AccountId]) -> list[str]:
    return sorted(account_id.customer_id for account_id in account_ids)


def test_an_unknown_account_is_empty(ledger: Ledger) -> None:
    assert ledger.account(member(), consistent=False) == Account(account_id=member())
    assert ledger.accounts([member()]) == []
    assert ledger.statement(member(), 10, None) == []


def test_an_account_has_a_salt_from_the_first_that_it_keeps(store: Store) -> None:
    ledger = store.ledger
    before = ledger.account(member(), consistent=True)
    others = [ledger.account(member(name), consistent=True).salt for name in ("bob", "cleo")]
    assert {len(salt) for salt in (before.salt, *others)} == {16}
    assert len({before.salt, *others}) == 3
    written = earning(before, 10)
    ledger.write([written])
    for reader in (ledger, store.other_ledger):
        assert reader.account(member(), consistent=True).salt == before.salt
        assert reader.read(written.history.cause, member(), consistent=False)[1] == written.account
    assert is_sealed(written.movements[0], NO_SEAL, before.salt)
    assert not is_sealed(written.movements[0], NO_SEAL, others[0])


def test_what_moved_nothing_is_found_beside_the_statement(ledger: Ledger) -> None:
    guest = AccountId("shop", "ann", guest=True)
    assert ledger.unbooked_records(member(), 10, None) == []
    records: list[Movement] = []
    for number in range(5):
        for account_id in (member(), guest, member("ann-aside")):
            nothing = earning(ledger.account(account_id, consistent=True), 0, f"#{number} {account_id}")
            ledger.write([nothing])
            records += nothing.movements if account_id == member() else ()
    issue(ledger, member(), Lot(None, 5))
    found: list[Movement] = []
    place = None
    while page := ledger.unbooked_records(member(), 2, place):
        found += page
        place = RecordPlace(page[-1].recorded_at, page[-1].cause, page[-1].position)
    assert len(found) == len(records)
    assert {movement.movement_id for movement in found} == {movement.movement_id for movement in records}
    assert {movement.sequence for movement in found} == {None}
    assert {movement.account for movement in found} == {member()}
    assert [m.sequence for m in ledger.statement(member(), 10, None)] == [1]


def test_a_history_is_whole_until_something_stands_behind_it(ledger: Ledger) -> None:
    transaction = earning(ledger.account(member(), consistent=True), 5)
    assert ledger.is_whole(transaction.history)
    ledger.write([transaction])
    assert not ledger.is_whole(History(transaction.history.cause))
    assert ledger.is_whole(ledger.read(transaction.history.cause, None, consistent=True)[0])


def test_an_unknown_cause_has_no_history_and_nobody_no_account(ledger: Ledger) -> None:
    cause = cause_of_order("shop", "#1001")
    assert ledger.read(cause, None, consistent=False) == (History(cause), None)
    assert ledger.read(cause, member(), consistent=True) == (History(cause), Account(account_id=member()))


def test_what_is_written_is_read_back_equal(store: Store) -> None:
    ledger = store.ledger
    using = program(redeem={"point_value": "0.0100"}, timezone="Asia/Tokyo")
    lots = Lots(
        [
            Lot(NOW + timedelta(microseconds=1), 1),
            Lot(NOW + timedelta(hours=3), 1_000_000_000),
            Lot(datetime(2999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC), 2),
            Lot(None, 3),
        ]
    )
    sender = Origin(Sender("ø", "API", NOW - timedelta(microseconds=7)), NOW)
    begun = Transaction.begin(using, sender, order_history(program=using), Account(account_id=member("ø #1")))
    earned = begun.credit(
        Kind.EARN,
        Event.ORDER_COMPLETED,
        lots,
        expires_at=NOW + timedelta(hours=3),
        reason="no_points",
        facts=Completed(
            basis=Decimal("100.00"), steps=(Step("base", 100, "100.00 EUR"), Step("cap", -1, "")), referrer="ø"
        ),
    )
    ledger.write([earned])
    indebted = again(earned).debit(
        Kind.REVERSE, Event.ORDER_CANCELLED, Lots([Lot(None, 3)]), debt=5, facts=Reversed(shortfall=2)
    )
    ledger.write([indebted])

    for reader in (ledger, store.other_ledger):
        history, account = reader.read(begun.history.cause, member("ø #1"), consistent=True)
        assert history == indebted.history
        assert account == indebted.account
        assert reader.account(member("ø #1"), consistent=True) == indebted.account
        assert reader.accounts([member("ø #1")]) == [indebted.account]
        assert reader.statement(member("ø #1"), 10, None) == [*indebted.movements, *earned.movements]
    assert str(history.movements[0].point_value) == "0.0100"


def test_what_only_moves_from_lot_to_lot_is_kept_booked_and_told_again(store: Store) -> None:
    ledger = store.ledger
    account = issue(ledger, member(), Lot(NOW + DAY, 5), Lot(NOW + 3 * DAY, 6), Lot(None, 7))
    to = Lots([Lot(NOW + 2 * DAY, 18)])
    begun = begin(program(), account)
    facts = Adjusted(asked=AdjustmentAsked(points=0, expires_at=NOW + 2 * DAY))
    moved = begun.shift(Event.EXPIRY_MOVED, account.lots, to, expires_at=NOW + 2 * DAY, reason="x", facts=facts)
    ledger.write([moved])
    history, stored = store.other_ledger.read(begun.history.cause, member(), consistent=True)
    assert (history, stored) == (moved.history, moved.account)
    assert stored
    assert stored.lots == to
    booked = [
        one
        for shard in range(store.books.shards)
        for page in store.books.movements("shop", TODAY, shard)
        for one in page
    ]
    assert [one.allocation for one in booked if not one.points] == [moved.movements[0].allocation]


def test_a_movement_of_nobody_and_of_nothing_is_told_but_moves_nothing(ledger: Ledger) -> None:
    transaction = begin(program(), None).debit(Kind.REVERSE, Event.ORDER_CANCELLED, Lots(), reason="unpaid")
    ledger.write([transaction])
    history, account = ledger.read(transaction.history.cause, None, consistent=True)
    assert (history, account) == (transaction.history, None)
    assert list(ledger.journal("shop", TODAY)) == []


def test_a_movement_of_nothing_leaves_the_account_as_it_is(ledger: Ledger) -> None:
    account = issue(ledger, member(), Lot(None, 5))
    nothing = earning(account, 0)
    ledger.write([nothing])
    assert ledger.account(member(), consistent=True) == account
    assert [m.sequence for m in ledger.statement(member(), 10, None)] == [1]
    assert ledger.read(nothing.history.cause, None, consistent=True)[0] == nothing.history


def test_no_two_ids_share_anything(ledger: Ledger) -> None:
    accounts = [
        AccountId(program_id, customer_id, guest)
        for program_id in ("shop", "shop-2")
        for customer_id in ODD_IDS
        for guest in (True, False)
    ]
    for number, account_id in enumerate(accounts, start=1):
        issue(ledger, account_id, Lot(None, number))
    for number, account_id in enumerate(accounts, start=1):
        assert ledger.account(account_id, consistent=True).outstanding == number
        assert [m.points for m in ledger.statement(account_id, 10, None)] == [number]

    causes = [Cause("shop", kind, reference) for kind in CauseKind for reference in ODD_IDS]
    for number, cause in enumerate(causes, start=1):
        begun = begin(program(), Account(account_id=member(f"of {number}")), history=History(cause))
        ledger.write([begun.credit(Kind.ISSUE, Event.POINTS_ISSUED, Lots([Lot(None, number)]))])
    for number, cause in enumerate(causes, start=1):
        history, _ = ledger.read(cause, None, consistent=True)
        assert [m.points for m in history] == [number]


def test_a_position_is_written_once_and_the_loser_writes_nothing(ledger: Ledger) -> None:
    first, second = (earning(Account(account_id=member(name)), 10) for name in ("ann", "bob"))
    ledger.write([first])
    with pytest.raises(LostRace) as race:
        ledger.write([second])
    assert race.value.lost == (0,)
    assert ledger.read(first.history.cause, None, consistent=True)[0] == first.history
    assert ledger.account(member("bob"), consistent=True) == Account(account_id=member("bob"))
    assert ledger.statement(member("bob"), 10, None) == []
    assert len(list(ledger.journal("shop", TODAY))) == 1


def test_an_account_is_written_only_over_what_was_read(ledger: Ledger) -> None:
    account = issue(ledger, member(), Lot(None, 10))
    stale = redeeming(begin(program(), account), 10)
    overtaking = earning(account, 1, "#1002")
    ledger.write([overtaking])
    with pytest.raises(LostRace) as race:
        ledger.write([stale])
    assert race.value.lost == (0,)
    assert ledger.account(member(), consistent=True) == overtaking.account
    assert ledger.read(stale.history.cause, None, consistent=True)[0].movements == ()
    assert [m.sequence for m in ledger.statement(member(), 10, None)] == [2, 1]


def test_an_account_is_created_once(ledger: Ledger) -> None:
    nobody = Account(account_id=member())
    ledger.write([earning(nobody, 1, "#1")])
    with pytest.raises(LostRace):
        ledger.write([earning(nobody, 2, "#2")])
    assert ledger.account(member(), consistent=True).outstanding == 1


def test_many_transactions_are_one_write(ledger: Ledger) -> None:
    names = [f"c{number}" for number in range((MAX_ITEMS - 1) // 2)]
    accounts = [issue(ledger, member(name), Lot(NOW + DAY, 3)) for name in names]
    pairs = [write_off(account, NOW + DAY) for account in accounts]
    [entry] = sum_up(entry for _, entry in pairs)
    ledger.write([transaction for transaction, _ in pairs], WriteOff(entry, RUN))
    for account in accounts:
        assert ledger.account(account.account_id, consistent=True).expired_total == 3
    assert list(ledger.write_offs("shop", TODAY + DAY)) == [entry]
    assert entry.points == 3 * len(names)


def test_one_conflict_of_many_is_named_and_none_is_written(ledger: Ledger) -> None:
    names = [f"c{number}" for number in range(20)]
    accounts = [issue(ledger, member(name), Lot(NOW + DAY, 3)) for name in names]
    pairs = [write_off(account, NOW + DAY) for account in accounts]
    [entry] = sum_up(entry for _, entry in pairs)
    moved = [issue(ledger, member(names[number]), Lot(None, 1)) for number in (7, 12)]
    with pytest.raises(LostRace) as race:
        ledger.write([transaction for transaction, _ in pairs], WriteOff(entry, RUN))
    assert race.value.lost == (7, 12)
    expected = {account.account_id: account for account in (*accounts, *moved)}
    assert {a.account_id: a for a in ledger.accounts([*expected])} == expected
    assert list(ledger.write_offs("shop", TODAY + DAY)) == []
    assert all(not ledger.read(t.history.cause, None, consistent=True)[0].movements for t, _ in pairs)


def test_many_accounts_are_read_at_once(ledger: Ledger) -> None:
    accounts = [issue(ledger, member(f"c{number}"), Lot(None, number)) for number in range(1, 106)]
    wanted = [account.account_id for account in accounts]
    found = ledger.accounts([*wanted, member("nobody")])
    assert sorted(found, key=lambda a: a.outstanding) == accounts
    assert ledger.accounts([]) == []


def test_a_statement_is_newest_first_and_pages_without_gaps(ledger: Ledger) -> None:
    for points in range(1, 8):
        issue(ledger, member(), Lot(None, points))
    issue(ledger, member("bob"), Lot(None, 1))
    assert [m.sequence for m in ledger.statement(member(), 100, None)] == [7, 6, 5, 4, 3, 2, 1]
    assert [m.sequence for m in ledger.statement(member(), 3, None)] == [7, 6, 5]
    assert [m.sequence for m in ledger.statement(member(), 3, 5)] == [4, 3, 2]
    assert [m.sequence for m in ledger.statement(member(), 3, 2)] == [1]
    assert ledger.statement(member(), 3, 1) == []
    assert ledger.statement(member(), 3, 0) == []


def test_pages_of_movements_and_records_are_full_however_large_they_are(ledger: Ledger) -> None:
    """DynamoDB answers a megabyte at a time."""
    facts = Completed(basis=Decimal(0), steps=(Step("base", 0, "x" * 150_000),))
    for number in range(9):
        begun = begin(
            program(), ledger.account(member(), consistent=True), history=order_history(f"#{number}", program=program())
        )
        ledger.write([begun.credit(Kind.EARN, Event.ORDER_COMPLETED, Lots([Lot(None, 1)]), facts=facts)])
        begun = begin(
            program(),
            ledger.account(member(), consistent=True),
            history=order_history(f"#none {number}", program=program()),
        )
        ledger.write([begun.note(Event.ORDER_COMPLETED, facts=facts)])
    assert [m.sequence for m in ledger.statement(member(), 8, None)] == list(range(9, 1, -1))
    assert len(ledger.statement(member(), 100, None)) == 9
    [*first, last] = ledger.unbooked_records(member(), 8, None)
    assert len(first) == 7
    assert len(ledger.unbooked_records(member(), 8, RecordPlace(last.recorded_at, last.cause, last.position))) == 1


def test_due_is_what_expires_by_the_instant_and_nothing_else(ledger: Ledger) -> None:
    issue(ledger, member("before"), Lot(NOW + DAY - timedelta(microseconds=1), 1))
    issue(ledger, member("at"), Lot(NOW + DAY, 1), Lot(None, 5))
    issue(ledger, member("after"), Lot(NOW + DAY + timedelta(microseconds=1), 1))
    issue(ledger, member("never"), Lot(None, 1))
    issue(ledger, AccountId("shop", "at", guest=True), Lot(NOW + DAY, 1))
    issue(ledger, member("elsewhere", "shop-2"), Lot(NOW + DAY, 1))
    assert by_customer(due(ledger, NOW + DAY)) == ["at", "at", "before"]
    assert due(ledger, NOW) == []
    assert by_customer(due(ledger, NOW + DAY, "shop-2")) == ["elsewhere"]


def test_due_misses_nothing_after_any_write(ledger: Ledger) -> None:
    sooner, later = NOW + DAY, NOW + 9 * DAY
    issue(ledger, member(), Lot(later, 1))
    assert due(ledger, sooner) == []
    issue(ledger, member(), Lot(sooner, 1))
    assert due(ledger, sooner) == [member()]
    account = issue(ledger, member(), Lot(later, 1))
    assert due(ledger, sooner) == [member()]
    transaction, entry = write_off(account, sooner)
    ledger.write([transaction], WriteOff(entry, RUN))
    assert due(ledger, sooner) == []
    assert due(ledger, later) == [member()]
    transaction, entry = write_off(transaction.holder, later)
    ledger.write([transaction], WriteOff(entry, RUN))
    assert due(ledger, later) == []


def test_due_pages_through_every_account_once(ledger: Ledger) -> None:
    names = sorted(f"c{number}" for number in range(40))
    for name in names:
        issue(ledger, member(name), Lot(NOW + DAY, 1))
    assert by_customer(due(ledger, NOW + DAY)) == names


def test_due_goes_on_behind_where_it_stopped(ledger: Ledger) -> None:
    for number in range(60):
        issue(ledger, member(f"c{number}"), Lot(NOW + DAY, 1))
    for shard in range(ledger.shards):
        everything = [found for page in ledger.due("shop", shard, NOW + DAY, 100) for found in page]
        for stop, last in enumerate(everything):
            rest = [found for page in ledger.due("shop", shard, NOW + DAY, 2, last) for found in page]
            assert rest == everything[stop + 1 :]


def test_an_account_is_put_off_without_a_movement(ledger: Ledger) -> None:
    account = issue(ledger, member(), Lot(NOW + DAY, 1), Lot(NOW + 9 * DAY, 1))
    spent = redeeming(begin(program(), account), 1)
    ledger.write([spent])
    assert due(ledger, NOW + DAY) == [member()]
    begun = Transaction.begin(
        program(), Origin(Sender("purge", "PURGE"), NOW + DAY), expiry_history(spent.holder), spent.account
    )
    put_off = expire(begun, NOW + DAY)
    assert not put_off.movements
    ledger.write([put_off])
    assert due(ledger, NOW + DAY) == []
    assert due(ledger, NOW + 9 * DAY) == [member()]
    assert ledger.account(member(), consistent=True) == put_off.account


def test_a_write_off_is_in_the_journal_exactly_if_its_write_went_through(ledger: Ledger) -> None:
    account = issue(ledger, member(), Lot(NOW + DAY, 4))
    transaction, entry = write_off(account, NOW + DAY)
    ledger.write([transaction], WriteOff(entry, RUN))
    with pytest.raises(LostRace):
        ledger.write([transaction], WriteOff(entry, RUN))
    assert list(ledger.write_offs("shop", TODAY + DAY)) == [entry]
    assert list(ledger.write_offs("shop", TODAY)) == []
    assert list(ledger.write_offs("shop-2", TODAY + DAY)) == []


def test_write_offs_of_one_instant_are_kept_apart(ledger: Ledger) -> None:
    for name in ("ann", "bob"):
        account = issue(ledger, member(name), Lot(NOW + DAY, 4))
        transaction, entry = write_off(account, NOW + DAY)
        ledger.write([transaction], WriteOff(entry, RUN))
    assert [entry.points for entry in ledger.write_offs("shop", TODAY + DAY)] == [4, 4]


def test_the_journal_has_each_movement_on_the_business_day_of_its_program(ledger: Ledger) -> None:
    tokyo = program(timezone="Asia/Tokyo", redeem={"point_value": "0.005"})
    late = datetime(2026, 1, 31, 15, 0, tzinfo=UTC)  # midnight there
    nobody = Account(account_id=member())
    first = issuing(nobody, Lot(None, 10), at=late - timedelta(microseconds=1), using=tokyo)
    ledger.write([first])
    second = issuing(first.holder, Lot(None, 20), at=late, using=tokyo)
    ledger.write([second])
    spent = redeeming(begin(tokyo, second.account, at=late), 5)
    ledger.write([spent])

    def postings(day: date) -> list[tuple[Kind, int, Decimal, str, int]]:
        entries = sorted(ledger.journal("shop", day), key=lambda entry: entry.kind)
        return [(e.kind, e.points, e.amount, e.currency, e.movements) for e in entries]

    assert postings(TODAY) == [(Kind.ISSUE, 10, Decimal("0.050"), "EUR", 1)]
    assert postings(TODAY + DAY) == [
        (Kind.ISSUE, 20, Decimal("0.100"), "EUR", 1),
        (Kind.REDEEM, 5, Decimal("0.025"), "EUR", 1),
    ]
    assert postings(TODAY + 2 * DAY) == []
    assert list(ledger.journal("shop-2", TODAY)) == []


def test_the_journal_of_a_day_is_the_sum_of_its_movements(ledger: Ledger) -> None:
    for number in range(1, 31):
        issue(ledger, member(f"c{number}"), Lot(None, number))
    [total] = sum_up(ledger.journal("shop", TODAY))
    assert (total.movements, total.points, total.amount) == (30, 465, Decimal("4.65"))


def test_all_accounts_of_a_program_are_found_once_whatever_they_hold(ledger: Ledger) -> None:
    for number in range(30):
        issue(ledger, member(f"c{number}"), Lot(None if number % 2 else NOW + DAY, 1))
    issue(ledger, AccountId("shop", "c1", guest=True), Lot(None, 1))
    issue(ledger, member("elsewhere", "shop-2"), Lot(None, 1))
    shards = range(ledger.shards)
    found = [account for shard in shards for page in ledger.accounts_of("shop", shard) for account in page]
    wanted = [*(member(f"c{number}") for number in range(30)), AccountId("shop", "c1", guest=True)]
    assert sorted(found, key=str) == sorted(wanted, key=str)


def test_accounts_of_a_shard_are_in_an_order_that_stays_and_go_on_behind_any_account(ledger: Ledger) -> None:
    ids = ["", "a", "B", "b", "a/b", "b!", "#", "~", "ø", "😀", "\uffee", "10", "9", *(f"c{n}" for n in range(20))]
    for customer_id in ids[1:]:
        for guest in (False, True):
            issue(ledger, AccountId("shop", customer_id, guest), Lot(None, 1))
    everywhere: list[AccountId] = []
    for shard in range(ledger.shards):
        everything = [one for page in ledger.accounts_of("shop", shard) for one in page]
        assert everything == sorted(everything, key=as_listed)
        everywhere += everything
        for guest in (False, True):
            for customer_id in ids:  # also such that are not of this shard, or nobody's
                after = AccountId("shop", customer_id, guest)
                rest = [one for one in everything if as_listed(one) > as_listed(after)]
                pages = list(ledger.accounts_of("shop", shard, 2, after))
                assert [one for page in pages for one in page] == rest
                assert all(len(page) == 2 for page in pages[:-1])
    assert len(everywhere) == len(set(everywhere)) == 2 * len(ids) - 2


def test_the_journal_can_be_read_up_to_an_instant(ledger: Ledger) -> None:
    for number in range(3):
        at = NOW + number * timedelta(microseconds=1)
        ledger.write([issuing(ledger.account(member(), consistent=True), Lot(NOW + DAY, 1), at=at)])
        account = issue(ledger, member(f"c{number}"), Lot(NOW + DAY, 5))
        transaction, entry = write_off(account, NOW + DAY + number * timedelta(microseconds=1))
        ledger.write([transaction], WriteOff(entry, RUN))
    for number in range(3):
        until = NOW + number * timedelta(microseconds=1)
        issues = [entry for entry in ledger.journal("shop", TODAY, until) if entry.points == 1]
        assert len(issues) == number + 1
        assert len(list(ledger.write_offs("shop", TODAY + DAY, until + DAY))) == number + 1
        assert len(list(ledger.journal("shop", TODAY + DAY, until + DAY))) == number + 1
    assert list(ledger.write_offs("shop", TODAY + DAY, NOW)) == []


def creating(number: str, program_id: str = "shop") -> Transaction:
    using = program(program_id)
    return create(begin(using, None, history=History(cause_of_card(program_id, number))))


def test_what_becomes_of_a_card_is_read_back_equal(ledger: Ledger) -> None:
    created = creating("9900000000000002")
    account = issue(ledger, member(), Lot(None, 5))
    [given] = assign(created.of(created.history, account), None)
    ledger.write([created, given])
    [lost] = block(given.of(given.history, given.account), "ø")
    ledger.write([lost])
    history, stored = ledger.read(created.history.cause, member(), consistent=True)
    assert (history, stored) == (lost.history, lost.account)
    assert [m.card for m in history] == [None, CardHeld("9900000000000002"), CardHeld(None)]
    assert ledger.statement(member(), 2, None) == list(history.movements[:0:-1])
    assert given.holder.card == "9900000000000002"
    assert sum(entry.movements for entry in ledger.journal("shop", TODAY)) == 1


def test_a_card_is_created_once(ledger: Ledger) -> None:
    ledger.write([creating("9900000000000002")])
    with pytest.raises(LostRace):
        ledger.write([creating("9900000000000010"), creating("9900000000000002")])
    assert ledger.cards_of("shop", 10) == ["9900000000000002"]
    ledger.write([creating("9900000000000002", "shop-2")])


@pytest.mark.parametrize("limit", [1, 4, 7, 100])
def test_all_cards_of_a_program_are_listed_once_and_no_account_among_them(ledger: Ledger, limit: int) -> None:
    numbers = [draw(digits) for _ in range(23)]
    ledger.write([creating(number) for number in numbers])
    ledger.write([creating(draw(digits), "shop-2")])
    issue(ledger, member(), Lot(None, 5))
    found: list[str] = []
    while page := ledger.cards_of("shop", limit, found[-1] if found else None):
        assert len(page) <= limit
        found += page
        if len(page) < limit:
            break
    assert sorted(found) == sorted(numbers)
    accounts = [
        account for shard in range(ledger.shards) for page in ledger.accounts_of("shop", shard) for account in page
    ]
    assert accounts == [member()]
