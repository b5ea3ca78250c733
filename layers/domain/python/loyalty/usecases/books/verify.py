"""Verification: what is stored is checked against all movements. Differences are named, not corrected."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from loyalty.domain.books.journal import JournalEntry, journal_entry, sum_up
from loyalty.domain.books.sums import DaySums
from loyalty.domain.customers.cards import CardStatus, card_of, cause_of_card
from loyalty.domain.ledger.account import Account
from loyalty.domain.ledger.kinds import Kind
from loyalty.domain.ledger.movement import AccountId, Movement
from loyalty.domain.ledger.replay import differences
from loyalty.ports.faults import BeingErased, Unavailable
from loyalty.ports.ledger import Ledger
from loyalty.ports.world import CanWait, HasLedger
from loyalty.usecases.books.close_days import BooksPorts
from loyalty.usecases.books.days import closed_days
from loyalty.usecases.commands.retry import pause
from loyalty.usecases.commands.time_limit import NEVER_OUT_OF_TIME, TimeLimit
from loyalty.usecases.programs.view import timezones

PAGE = 500
LOOKS = 5
"""How often movements are looked for, because an index may not show the latest yet."""


class VerifyPorts(BooksPorts, HasLedger, CanWait, Protocol):
    """What verification is read from."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that does not agree: where (an account, a business day) and what."""

    where: str
    what: str


@dataclass(slots=True, kw_only=True)
class Verification:
    """What was compared, and every difference.

    `outstanding` is the sum of the accounts, `liability` the sum of the postings of their movements. Both are equal
    unless there are differences. `complete` is False when time ran out: then the journal was not compared.
    """

    program_id: str
    accounts: int = 0
    movements: int = 0
    outstanding: int = 0
    liability: int = 0
    complete: bool = True
    found: list[Difference] = field(default_factory=list)


def verify_account(ports: VerifyPorts, account_id: AccountId) -> Verification:
    """Compare one account with its movements."""
    ports.programs.get(account_id.program_id)
    result = Verification(program_id=account_id.program_id)
    _verify(ports, account_id, result)
    return result


def verify_program(ports: VerifyPorts, program_id: str, out_of_time: TimeLimit = NEVER_OUT_OF_TIME) -> Verification:
    """Compare all accounts of a program with their movements, and the journal with those.

    A movement that is being written while this starts may be missed by one side of the journal and
    not by the other: a difference of today is worth a second run before anybody is called.
    """
    ports.programs.get(program_id)
    started = ports.clock()
    timezone = timezones(ports, program_id)

    def verify_shard(shard: int) -> tuple[Verification, list[JournalEntry]]:
        part = Verification(program_id=program_id)
        booked: list[JournalEntry] = []
        for page in ports.ledger.accounts_of(program_id, shard):
            for account_id in page:
                if out_of_time():
                    part.complete = False
                    return part, booked
                movements = _verify(ports, account_id, part)
                booked = sum_up([*booked, *_entries(movements, timezone, started)])
        return part, booked

    # Nearly all of the time is waiting for the ledger, so the shards wait side by side.
    with ThreadPoolExecutor(ports.ledger.shards) as shards:
        parts = list(shards.map(verify_shard, range(ports.ledger.shards)))
    result = _together(program_id, [part for part, _ in parts])
    if result.complete:
        booked = sum_up(entry for _, entries in parts for entry in entries)
        _compare_journal(ports, program_id, booked, started, result)
    return result


def _together(program_id: str, parts: Iterable[Verification]) -> Verification:
    result = Verification(program_id=program_id)
    for part in parts:
        result.accounts += part.accounts
        result.movements += part.movements
        result.outstanding += part.outstanding
        result.liability += part.liability
        result.complete = result.complete and part.complete
        result.found += part.found
    return result


def _verify(ports: VerifyPorts, account_id: AccountId, result: Verification) -> list[Movement]:
    who = f"{'guest' if account_id.guest else 'customer'} {account_id.customer_id}"
    try:
        account = _read(result, who, "", lambda: ports.ledger.account(account_id, consistent=True))
    except BeingErased:
        result.found.append(Difference(who, "is being erased: ask for it again, until it is done"))
        return []
    latest = (lambda: _movements(ports, account)) if account else (lambda: whole_statement(ports.ledger, account_id))
    movements = _read(result, who, "movements ", latest)
    if account:
        result.outstanding += account.outstanding
    if account and movements is not None:
        result.found += [Difference(who, what) for what in differences(account, movements)]
        result.found += [Difference(who, what) for what in _differences_of_card(ports, account)]
    movements = movements or []
    result.accounts += 1
    result.movements += len(movements)
    result.liability += sum(movement.kind.sign * movement.points for movement in movements)
    return movements


def _read[Stored](result: Verification, where: str, what: str, read: Callable[[], Stored]) -> Stored | None:
    """What `read` returns. If that cannot be read at all: None, and a difference is added to `result`."""
    try:
        return read()
    except Unavailable:
        raise
    except Exception as error:  # noqa: BLE001 - what cannot even be read is what we are looking for
        result.found.append(Difference(where, f"{what}cannot be read: {type(error).__name__}"))
        return None


def _differences_of_card(ports: VerifyPorts, account: Account) -> Iterator[str]:
    """Whether the card that an account names is its customer's, by the card's own history."""
    if account.card is None:
        return
    history, _ = ports.ledger.read(cause_of_card(account.account_id.program_id, account.card), None, consistent=True)
    card = card_of(history)
    if card and card.status is CardStatus.ACTIVE and card.holder == account.account_id:
        return
    # It may have been blocked or given to somebody else since the account was read.
    if ports.ledger.account(account.account_id, consistent=True).version == account.version:
        yield f"card {account.card} is stored as theirs, its own history says that it is not"


def _movements(ports: VerifyPorts, account: Account) -> list[Movement]:
    """The movements that made `account`, oldest first, as far as they can be found."""
    movements: list[Movement] = []
    for look in range(LOOKS):
        movements = whole_statement(ports.ledger, account.account_id, account.version + 1)
        if len(movements) >= account.version:
            break
        pause(ports, look)
    return movements


def whole_statement(ledger: Ledger, account_id: AccountId, before: int | None = None) -> list[Movement]:
    """All movements of an account, oldest first, up to the one numbered `before`."""
    newest_first: list[Movement] = []
    while before != 1 and (page := ledger.statement(account_id, PAGE, before)):
        newest_first += page
        before = page[-1].sequence
    return newest_first[::-1]


def _entries(movements: Iterable[Movement], timezone: Callable[[int], str], until: datetime) -> Iterator[JournalEntry]:
    for movement in movements:
        if movement.is_booked and movement.recorded_at <= until:
            yield journal_entry(movement, timezone(movement.program_version))


def _compare_journal(
    ports: VerifyPorts, program_id: str, booked: list[JournalEntry], until: datetime, result: Verification
) -> None:
    """The journal of each day, closed or not, and the write-offs of the purges, against the movements."""
    by_key = {(entry.day, entry.kind): entry for entry in booked}
    days = sorted({entry.day for entry in booked})
    if not days:
        return
    listed = _read(result, "closed days", "", lambda: list(closed_days(ports, program_id, days[0], days[-1])))
    closed = {day.day: day for day in listed or []}
    for day in days:
        _compare_day(ports, program_id, day, until, by_key, closed.get(day), result)


def _compare_day(
    ports: VerifyPorts,
    program_id: str,
    day: date,
    until: datetime,
    by_key: Mapping[tuple[date, Kind], JournalEntry],
    closed: DaySums | None,
    result: Verification,
) -> None:
    where = f"journal of {day}"
    journal = _read(result, where, "", lambda: sum_up(ports.ledger.journal(program_id, day, until)))
    for name, entries in ((where, journal), (f"closed {where}", closed.entries if closed else None)):
        if entries is not None:
            found = {entry.kind: entry for entry in entries}
            for kind in Kind:
                _compare(result, f"{name}, {kind}", by_key.get((day, kind)), found.get(kind))
    where = f"write-offs of {day}"
    written_off = _read(result, where, "", lambda: sum_up(ports.ledger.write_offs(program_id, day, until)))
    if written_off is not None:
        _compare(result, where, by_key.get((day, Kind.EXPIRE)), written_off[0] if written_off else None)


def _compare(result: Verification, where: str, expected: JournalEntry | None, stored: JournalEntry | None) -> None:
    if expected != stored:
        result.found.append(Difference(where, f"holds {_sum(stored)}, movements say {_sum(expected)}"))


def _sum(entry: JournalEntry | None) -> str:
    if entry is None:
        return "nothing"
    return f"{entry.points} points, {entry.amount} {entry.currency} in {entry.movements} movements"
