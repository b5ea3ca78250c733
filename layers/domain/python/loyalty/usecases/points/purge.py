"""The purge: finds the accounts that are due in every shard of a program, and has their points written off.

A shard whose accounts fit a single write is written at once, so that the purge of a small store is over when it
answers. A night on which nothing is due costs one query a shard. Fuller shards are queued and done side by side. A
purge finds out from the accounts alone what is due: if it is killed anywhere, or started twice, no points stay and
none are written off twice.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from loyalty.domain.program.settings import Program
from loyalty.domain.values.calendar import sortable
from loyalty.ports.ledger import Due
from loyalty.ports.purges import PurgeRun, PurgeTask
from loyalty.ports.world import HasPrograms, HasPurges
from loyalty.usecases.commands.time_limit import NEVER_OUT_OF_TIME, TimeLimit
from loyalty.usecases.commands.write_together import ACCOUNTS_PER_WRITE
from loyalty.usecases.points.expire import Expired, ExpiryPorts, expire_account, expire_accounts


class PurgePorts(ExpiryPorts, HasPrograms, HasPurges, Protocol):
    """What a purge reaches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Purged:
    """What a purge did to a program before it answered. `parts` is how many parts of it were queued and go on."""

    program_id: str
    run_id: str
    as_of: datetime
    currency: str
    expired: Expired = field(default_factory=Expired)
    parts: int = 0

    @property
    def complete(self) -> bool:
        """Whether everything that was due is written off."""
        return not self.parts


def purge_program(
    ports: PurgePorts, program_id: str, as_of: datetime | None = None, out_of_time: TimeLimit = NEVER_OUT_OF_TIME
) -> Purged:
    """Write off the points of a program that are expired at `as_of`, but none that are not expired now."""
    program, now = ports.programs.get(program_id), ports.clock()
    as_of = min(as_of or now, now)
    run_id = sortable(now)
    purged = Purged(program_id=program_id, run_id=run_id, as_of=as_of, currency=program.currency)
    at_once: list[list[Due]] = []
    later: list[PurgeTask] = []
    for shard in range(ports.ledger.shards):
        due = next(ports.ledger.due(program_id, shard, as_of, ACCOUNTS_PER_WRITE), [])
        if len(due) == ACCOUNTS_PER_WRITE:
            later.append(PurgeTask(program_id=program_id, run_id=run_id, as_of=as_of, shard=shard))
        elif due:
            at_once.append(due)
    if not at_once and not later:
        return purged
    run = PurgeRun(program_id=program_id, run_id=run_id, as_of=as_of, started_at=now, parts=len(later) + 1)
    ports.purges.begin(run)
    ports.purges.hand_over(later)
    expired = Expired()
    for due in at_once:
        account_ids = [account.account_id for account in due]
        if out_of_time():
            expired = expired.plus(Expired(left=tuple(account_ids)))
        else:
            expired = expired.plus(expire_accounts(ports, program, run_id, as_of, account_ids))
    _finish(ports, run, "start", expired)
    return replace(purged, expired=expired, parts=len(later) + len(expired.left))


def carry_on(ports: PurgePorts, task: PurgeTask, out_of_time: TimeLimit = NEVER_OUT_OF_TIME) -> Expired:
    """Do a part of a purge that was queued."""
    program = ports.programs.get(task.program_id)
    task = replace(task, as_of=min(task.as_of, ports.clock()))
    if task.account_id:
        return expire_account(ports, program, task.run_id, task.as_of, task.account_id)
    return _purge_shard(ports, program, task, out_of_time)


def _purge_shard(ports: PurgePorts, program: Program, task: PurgeTask, out_of_time: TimeLimit) -> Expired:
    if task.shard is None:
        raise ValueError("a task is for a shard or for an account")
    expired = Expired()
    last = task.after
    for due in ports.ledger.due(task.program_id, task.shard, task.as_of, ACCOUNTS_PER_WRITE, task.after):
        if out_of_time():
            ports.purges.hand_over([replace(task, after=last, left=task.left + len(expired.left))])
            _hand_over(ports, task, expired)
            return expired
        account_ids = [account.account_id for account in due]
        expired = expired.plus(expire_accounts(ports, program, task.run_id, task.as_of, account_ids))
        last = due[-1] if due else last
    _finish(ports, task, f"shard {task.shard}", expired, task.left)
    return expired


def _finish(ports: PurgePorts, part_of: PurgeRun | PurgeTask, part: str, expired: Expired, left: int = 0) -> None:
    """Queue the accounts that are left, record that the part is done, and publish the run if it was the last part."""
    _hand_over(ports, part_of, expired)
    left += len(expired.left)
    if ports.purges.finish(part_of.program_id, part_of.run_id, part, ports.clock(), left):
        ports.purges.announce(part_of.program_id, part_of.run_id)


def _hand_over(ports: PurgePorts, part_of: PurgeRun | PurgeTask, expired: Expired) -> None:
    ports.purges.hand_over(
        [
            PurgeTask(
                program_id=part_of.program_id,
                run_id=part_of.run_id,
                as_of=part_of.as_of,
                account_id=account_id,
            )
            for account_id in expired.left
        ]
    )
