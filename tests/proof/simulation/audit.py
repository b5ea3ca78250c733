"""What has to be true of a ledger whatever happened to it: the invariants of docs/concepts/invariants.md, by number."""

from collections.abc import Iterable
from typing import Any

from loyalty.adapters.dynamodb import items, keys
from loyalty.domain.ledger.kinds import CauseKind, Event, Kind
from loyalty.domain.ledger.movement import AccountId, Movement
from loyalty.usecases.books.verify import verify_program
from tests.proof.simulation.cloud import Cloud, clear
from tests.proof.simulation.dynamodb import Item, Key, key_of
from tests.proof.simulation.functions import HERE
from tests.support import replay
from tests.support.worlds import World

MOVED = ("event", "kind", "points", "lots", "debt", "sequence", "balance", "recorded", "day", "seal")
"""What of a movement nobody ever changes."""
KINDS = frozenset(kind.value for kind in CauseKind)


class Altered(AssertionError):
    """Something was written over that stays for ever."""


def stays(old: Item | None, new: Item | None) -> None:
    """Of all items only accounts, current settings and jobs are ever written over, by a version that is not older.

    An erasure takes a person out of movements, and what they were called; what moved stays.
    """
    if old is None or old == new:
        return
    pk, sk = key_of(old)
    if new is None:
        if not items.is_lock(dict(old)) and "event" not in old:
            raise Altered(f"{pk} {sk} was deleted")
    elif "event" in old and "redacted" in new:
        altered = [name for name in MOVED if old.get(name) != new.get(name)]
        if altered:
            raise Altered(f"{pk} {sk} was written over in {altered}")
    elif "event" in old:
        altered = [name for name in {*old, *new} if old.get(name) != new.get(name)]
        if altered != ["detail"]:  # Where it names who referred the customer, or says why points were adjusted.
            raise Altered(f"{pk} {sk} was written over in {altered}")
    elif not (sk == keys.ACCOUNT_SK or pk == keys.PROGRAMS_PK or pk.endswith(("#jobs", "#past-actions"))):
        raise Altered(f"{pk} {sk} was written over")
    elif {"version"} <= set(old) & set(new) and int(new["version"]["N"]) < int(old["version"]["N"]):
        raise Altered(f"{pk} {sk} was written over by an older version")


def movements_of(stored: Iterable[Item]) -> list[Movement]:
    return [items.movement_from(dict(item)) for item in stored if _is_movement(item)]


def _is_movement(item: Item) -> bool:
    return "event" in item and item["pk"]["S"].split("#")[1] in KINDS


def check(cloud: Cloud) -> None:
    """Fails unless all is as it must be. Looks at what is stored, with the adapters only where they are meant."""
    quiet = cloud.copy()
    quiet.wire, quiet.late, quiet.table.behind = clear, lambda: False, lambda: 0.0
    quiet.sleep = lambda seconds: None
    process = quiet.process()
    HERE.set(process)
    stored = quiet.table.items()
    programs = [sk for pk, sk in stored if pk == keys.PROGRAMS_PK]
    for program_id in programs:
        check_program(process.world, program_id, stored)


def check_program(world: World, program_id: str, stored: dict[Key, Item]) -> None:
    mine = {key: item for key, item in stored.items() if key[0].startswith(f"{program_id}#")}
    movements = movements_of(mine.values())
    accounts = [
        items.account_from(dict(item))
        for (_, sk), item in mine.items()
        if sk == keys.ACCOUNT_SK and not items.is_lock(dict(item))
    ]

    # 1, 2, 8, 9: accounts are what their movements say, replayed; the index of expiries is not late.
    by_account: dict[AccountId, list[Movement]] = {account.account_id: [] for account in accounts}
    for movement in movements:
        if movement.sequence is not None:
            assert movement.account is not None
            by_account[movement.account].append(movement)
    for account in accounts:
        ordered = sorted(by_account[account.account_id], key=lambda m: m.sequence or 0)
        replay.compare(account, ordered)
        for movement in ordered:
            _check_movement(movement)

    # 3: an order earns once, and what histories tell has no holes.
    completed: dict[Any, int] = {}
    positions: dict[Any, list[int]] = {}
    for movement in movements:
        positions.setdefault(movement.cause, []).append(movement.position)
        if movement.event == "order_completed":
            completed[movement.cause] = completed.get(movement.cause, 0) + 1
    assert all(times == 1 for times in completed.values()), f"completed more than once: {completed}"
    for cause, found in positions.items():
        assert sorted(found) == list(range(1, len(found) + 1)), f"{cause} has the positions {sorted(found)}"

    # 6, 7 and the rest: what the ledger's own check says, and that it saw everything.
    checked = verify_program(world, program_id)
    assert checked.complete
    assert not checked.found, "\n".join(f"{one.where}: {one.what}" for one in checked.found)
    assert checked.accounts == len(accounts), "an account is in no shard"
    outstanding = sum(account.outstanding for account in accounts)
    assert checked.outstanding == checked.liability == outstanding

    # Settings: every version is kept, and the latest is the current one.
    versions = sorted(int(sk) for pk, sk in mine if pk == keys.settings_pk(program_id))
    current = int(stored[keys.PROGRAMS_PK, program_id]["version"]["N"])
    assert versions == list(range(1, current + 1))
    _check_closed(mine, program_id)


def _check_movement(movement: Movement) -> None:
    """2 and 5: no point is spent after its time, none is written off before it; who takes back may make a debt."""
    assert movement.debt <= 0 or movement.kind in (Kind.REVERSE, Kind.ADJUST_DOWN)
    if movement.event is Event.POINTS_FORFEITED:  # Of an erased customer nothing is kept, also not what is gone.
        return
    for lot in movement.allocation:
        gone = lot.expires_at is not None and lot.expires_at <= movement.recorded_at
        if movement.kind is Kind.EXPIRE:
            assert gone, f"{movement.movement_id} expires points before {lot.expires_at}"
        elif lot.points < 0:
            assert not gone, f"{movement.movement_id} takes points that were gone at {lot.expires_at}"


def _check_closed(mine: dict[Key, Item], program_id: str) -> None:
    """Days are closed in their order: behind one that is not, none is."""
    closed = sorted(sk.split("#") for pk, sk in mine if pk == keys.closed_pk(program_id))
    shards = sorted({shard for _, shard in closed})
    days = sorted({day for day, _ in closed})
    expected = [[day, shard] for day in days for shard in shards]
    assert closed == expected[: len(closed)], f"closed with holes: {closed}"
