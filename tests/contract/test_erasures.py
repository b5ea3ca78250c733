"""What every store promises to an erasure."""

from dataclasses import replace

import pytest

from loyalty.domain.customers.erasure import erase, without_person
from loyalty.domain.ledger.lots import Lot
from loyalty.domain.ledger.movement import AccountId
from loyalty.domain.ledger.transaction import Transaction
from loyalty.ports.erasures import Erasure, Rewriting
from loyalty.ports.faults import BeingErased, LostRace
from tests.contract.conftest import Store
from tests.contract.test_ledger import TODAY, earning, issue, write_off
from tests.support.builders import DAY, NOW, member, origin, program

SALT = b"a salt of 16 B.."
PSEUDONYM, OTHER = (member().pseudonym(digit * 32) for digit in "02")


def erasing(store: Store, account_id: AccountId = PSEUDONYM) -> tuple[Transaction, ...]:
    account = store.ledger.account(member(), consistent=True)
    return erase(program(), origin(NOW), account, account_id, SALT)


def begin(store: Store) -> Erasure:
    salt = store.ledger.account(member(), consistent=True).salt
    store.erasures.begin(erasing(store), salt)
    found = store.other_erasures.under_way(member())
    assert found
    assert (found.salt, found.pseudonym) == (salt, PSEUDONYM)
    return found


def test_what_has_begun_is_under_way_until_it_ends_and_locks_the_account(store: Store) -> None:
    issue(store.ledger, member(), Lot(NOW + DAY, 5), Lot(None, 2))
    issue(store.ledger, member("bob"), Lot(None, 1))
    assert store.erasures.under_way(member()) is None
    erasure = begin(store)
    assert erasure.movements == 3
    for consistent in (True, False):
        with pytest.raises(BeingErased):
            store.other_ledger.account(member(), consistent=consistent)
    assert [one.account_id for one in store.ledger.accounts([member(), member("bob")])] == [member("bob")]
    shards = range(store.ledger.shards)
    listed = [one for shard in shards for page in store.ledger.accounts_of("shop", shard) for one in page]
    assert member() in listed
    assert PSEUDONYM in listed
    due = [one for shard in shards for page in store.ledger.due("shop", shard, NOW + 9 * DAY, 10) for one in page]
    assert due == []
    there = store.ledger.account(PSEUDONYM, consistent=True)
    assert (there.outstanding, there.version, there.salt) == (0, 3, SALT)
    store.erasures.end(erasure)
    assert store.erasures.under_way(member()) is None
    assert store.ledger.account(member(), consistent=True).version == 0
    with pytest.raises(LostRace):
        store.erasures.end(erasure)


def test_it_begins_only_over_what_was_read_and_once(store: Store) -> None:
    issue(store.ledger, member(), Lot(None, 2))
    overtaken = erasing(store)
    issue(store.ledger, member(), Lot(None, 2))
    with pytest.raises(LostRace):
        store.erasures.begin(overtaken, b"")
    stale = earning(store.ledger.account(member(), consistent=True), 10)
    begun = erasing(store)
    store.erasures.begin(begun, b"x")
    with pytest.raises(LostRace):
        store.erasures.begin(erasing_anew(begun), b"x")
    with pytest.raises((LostRace, BeingErased)):
        store.ledger.write([stale])
    assert store.ledger.read(stale.history.cause, None, consistent=True)[0].movements == ()


def erasing_anew(transactions: tuple[Transaction, ...]) -> tuple[Transaction, ...]:
    """What somebody else decided, who looked at the same moment."""
    read = transactions[0].read
    assert read
    return erase(program(), origin(NOW), read, member().pseudonym("1" * 32), SALT)


def test_records_are_found_and_rewritten_once_all_or_none(store: Store) -> None:
    issue(store.ledger, member(), Lot(None, 2))
    nothing = earning(store.ledger.account(member(), consistent=True), 0)
    store.ledger.write([nothing])
    erasure = begin(store)
    found = [movement for page in store.erasures.records(member()) for movement in page]
    assert {movement.sequence for movement in found} == {1, None}
    changes = [Rewriting(one, without_person(one, member(), PSEUDONYM, erasure.salt)) for one in found]
    wrong = replace(changes[0].before, account=member("bob"))
    with pytest.raises(LostRace):
        store.erasures.rewrite(erasure, [changes[1], Rewriting(wrong, replace(wrong, reason="another"))])
    assert [one for page in store.erasures.records(member()) for one in page] == found
    assert store.erasures.rewrite(erasure, changes) == 2
    assert store.erasures.rewrite(erasure, changes) == 0
    assert [one for page in store.erasures.records(member()) for one in page] == []
    assert store.erasures.count(PSEUDONYM) == erasure.movements
    assert len(store.ledger.unbooked_records(PSEUDONYM, 10, None)) == 1
    for change in changes:
        history, _ = store.ledger.read(change.after.cause, None, consistent=True)
        assert change.after in history.movements


def test_what_somebody_does_who_came_back_is_not_rewritten(store: Store) -> None:
    """The same erasure, carried out twice at once: one of them has ended it, and the other finds what came after."""
    issue(store.ledger, member(), Lot(None, 2))
    erasure = begin(store)
    found = [movement for page in store.erasures.records(member()) for movement in page]
    store.erasures.rewrite(erasure, [Rewriting(m, without_person(m, member(), PSEUDONYM, erasure.salt)) for m in found])
    store.erasures.end(erasure)
    issue(store.ledger, member(), Lot(None, 3))
    [mine] = [movement for page in store.erasures.records(member()) for movement in page]
    late = [Rewriting(mine, without_person(mine, member(), PSEUDONYM, erasure.salt))]
    with pytest.raises(LostRace):
        store.other_erasures.rewrite(erasure, late)
    assert [one for page in store.erasures.records(member()) for one in page] == [mine]
    store.erasures.begin(
        erase(program(), origin(NOW), store.ledger.account(member(), consistent=True), OTHER, SALT), b"x"
    )
    with pytest.raises(LostRace):
        store.other_erasures.rewrite(erasure, late)


def test_a_rewritten_movement_stays_booked_where_it_was(store: Store) -> None:
    account = issue(store.ledger, member(), Lot(NOW + DAY, 4))
    spent, _ = write_off(account, NOW + DAY)
    store.ledger.write([spent])
    before = [list(store.ledger.journal("shop", day)) for day in (TODAY, TODAY + DAY)]
    erasure = begin(store)
    found = [movement for page in store.erasures.records(member()) for movement in page]
    store.erasures.rewrite(
        erasure, [Rewriting(one, without_person(one, member(), PSEUDONYM, erasure.salt)) for one in found]
    )
    assert [list(store.ledger.journal("shop", day)) for day in (TODAY, TODAY + DAY)] == before
    accounts = {
        one.account
        for shard in range(store.books.shards)
        for page in store.books.movements("shop", TODAY, shard)
        for one in page
    }
    assert accounts == {PSEUDONYM}
