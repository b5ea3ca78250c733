"""The work on jobs: rows are checked, carried out in parts, and undone. Any of it can be killed and done again.

First every row is checked; if one row is bad, no row of the job is carried out. Good rows are written to files of
parts, in the form in which they were checked, so that what is carried out is what was checked. Parts are done side by
side. Each part is recorded once when it is done; the worker that records the last part finishes the job. Undoing goes
over the parts in the same way.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from loyalty.domain.jobs.job import Job, JobKind, JobStatus, RowFault, RowResult, Tally
from loyalty.ports.faults import LostRace, Unavailable
from loyalty.ports.jobs import JobTask
from loyalty.ports.world import HasFiles, HasJobs
from loyalty.usecases.commands.batch import BatchPorts, carry_out_many, look_at_many
from loyalty.usecases.jobs.cards import make_cards, take_cards_back
from loyalty.usecases.jobs.rows import TURNS, Action, doing, undoing, undone_in_turn
from loyalty.usecases.jobs.start import job_folder, part_name, report_name, results_name, undo_results_name

ROWS_PER_PART = 1_000
"""Takes 1 to 2 seconds; some minutes if every row is contended."""
MOST_FAULTS = 20
"""How many faults the job itself names. Its report has all, up to `MOST_REPORTED`."""
MOST_REPORTED = 100_000


class WorkPorts(BatchPorts, HasJobs, HasFiles, Protocol):
    """What the work on jobs reaches."""


@dataclass(frozen=True, slots=True)
class CheckedRow:
    """A good row: its number, and the row as one line."""

    number: int
    line: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class RowCodec:
    """How the rows of jobs are read, and how rows and their results are written.

    `check` reads and checks the rows of a job's file. `rows` reads the rows of a part back: (number, action); the
    action of a card is None. `faults` and `outcomes` give CSV; the outcomes of part 0 begin with a header.
    """

    check: Callable[[Job], Iterator[CheckedRow | RowFault]]
    rows: Callable[[Job, bytes], Iterable[tuple[int, Action | None]]]
    faults: Callable[[Sequence[RowFault]], bytes]
    outcomes: Callable[[int, Sequence[RowResult]], bytes]


def work_on(ports: WorkPorts, task: JobTask, codec: RowCodec) -> Job | None:
    """Do the work that `task` names, as its job stands now. None if there is nothing to do. Raises Unavailable."""
    job = ports.jobs.get(task.program_id, task.job_id)
    match job:
        case Job(status=JobStatus.QUEUED):
            return _check(ports, job, codec)
        case Job(status=JobStatus.RUNNING | JobStatus.UNDOING) if task.part is None:
            _hand_over(ports, job)
            return job
        case Job(status=JobStatus.RUNNING | JobStatus.UNDOING):
            return _part(ports, job, task.part or 0, codec)
        case _:
            return job


def _check(ports: WorkPorts, job: Job, codec: RowCodec) -> Job | None:
    """Check every row. If two workers check at once, each writes its own files; the first to save the job wins."""
    rows = f"{job_folder(job)}/rows/{ports.clock():%Y%m%dT%H%M%S.%f}"
    faults: list[RowFault] = []
    part: list[CheckedRow] = []
    total = parts = bad = latest = 0
    for found in codec.check(job):
        if isinstance(found, RowFault):
            bad += found.row != latest or not bad
            latest = found.row
            faults.append(found)
            if len(faults) < MOST_REPORTED:
                continue
            faults.append(RowFault(found.row, found.line, "", "too_many", "Reading stopped: so much is wrong."))
            break
        total += 1
        part.append(found)
        if len(part) == ROWS_PER_PART and not faults:
            _write_part(ports, rows, parts, part)
            parts += 1
        if len(part) == ROWS_PER_PART:
            part = []
    if faults:
        ports.files.write(report_name(job), codec.faults(faults))
        return _change(
            ports,
            job.changed(
                status=JobStatus.FAILED,
                total=total + bad,
                bad=bad,
                faults=tuple(faults[:MOST_FAULTS]),
                finished_at=ports.clock(),
            ),
        )
    if part:
        _write_part(ports, rows, parts, part)
        parts += 1
    running = _change(ports, job.changed(status=JobStatus.RUNNING, total=total, rows=rows, parts=parts))
    if running is None:
        # Whoever was first may die before the parts are handed over, and this may be the last task that there is.
        raise Unavailable("somebody else has checked the job")
    _hand_over(ports, running)
    return running


def _write_part(ports: WorkPorts, rows: str, part: int, checked: Sequence[CheckedRow]) -> None:
    ports.files.write(part_name(rows, part), b"\n".join(row.line for row in checked))


def _hand_over(ports: WorkPorts, job: Job) -> None:
    """Queue every part that is ready and not finished; finish the job if all are finished."""
    finished = ports.jobs.finished(job)
    ports.jobs.hand_over([JobTask(job.program_id, job.job_id, n) for n in _left(job, finished)])
    if _is_over(job, finished):
        _finish(ports, job, finished)


def _left(job: Job, finished: Collection[int]) -> list[int]:
    """The numbers of the parts that are not finished and can be worked on now, side by side.

    Rows of one customer may be in several parts, and still have to be undone in their turns. So part n is gone over
    once for each turn, the highest turn first, as number turn * `parts` + n. The results of turn 0 cover all rows.
    """
    for turn in reversed(range(_turns(job))):
        numbers = range(turn * job.parts, (turn + 1) * job.parts)
        if left := [number for number in numbers if number not in finished]:
            return left
    return []


def _turns(job: Job) -> int:
    return TURNS if job.status is JobStatus.UNDOING and job.kind is JobKind.ADJUSTMENTS and job.parts > 1 else 1


def _is_over(job: Job, finished: Collection[int]) -> bool:
    return all(n in finished for n in range(job.parts))


def _part(ports: WorkPorts, job: Job, part: int, codec: RowCodec) -> Job | None:
    """Carry out, or undo, the rows of one part, unless the part is finished or has to wait for others."""
    finished = ports.jobs.finished(job)
    if part in _left(job, finished):
        turn, of = divmod(part, job.parts)
        with ports.files.open(part_name(job.rows, of)) as file:
            actions = [row for row in codec.rows(job, file.read()) if undone_in_turn(row[1]) >= turn]
        outcomes = sorted(_outcomes(ports, job, actions), key=lambda outcome: outcome.number)
        tally = Tally()
        if turn == 0:
            for outcome in outcomes:
                tally = tally.with_(outcome)
            ports.files.write(_outcomes_name(job, part), codec.outcomes(part, outcomes))
        ports.jobs.finish(job, part, tally)
        finished = ports.jobs.finished(job)
    if _is_over(job, finished):
        return _finish(ports, job, finished)
    if part >= job.parts and min(left := _left(job, finished)) < part - part % job.parts:
        ports.jobs.hand_over([JobTask(job.program_id, job.job_id, n) for n in left])
    return job


def _outcomes(ports: WorkPorts, job: Job, rows: Sequence[tuple[int, Action | None]]) -> Iterable[RowResult]:
    is_undoing = job.status is JobStatus.UNDOING
    if job.kind is JobKind.CARDS:
        work = take_cards_back if is_undoing else make_cards
        return work(ports, job, [number for number, _ in rows])
    if is_undoing:
        rows = sorted(rows, key=lambda row: (undone_in_turn(row[1]), row[0]), reverse=True)
    asked = undoing if is_undoing else doing
    asked_for = [asked(job, number, action) for number, action in rows if action is not None]
    if job.dry_run:
        return look_at_many(ports, job.program_id, asked_for)
    return carry_out_many(ports, job.program_id, asked_for)


def _finish(ports: WorkPorts, job: Job, finished: dict[int, Tally]) -> Job | None:
    """Finish a job whose parts are all finished: join the results of its rows, and save its status."""
    tally = Tally()
    for one in finished.values():
        tally = tally.plus(one)
    names = [_outcomes_name(job, part) for part in range(job.parts)]
    if job.status is JobStatus.UNDOING:
        ports.files.join(names, undo_results_name(job))
        return _change(ports, job.changed(status=JobStatus.UNDONE, undone=tally, finished_at=ports.clock()))
    ports.files.join(names, results_name(job))
    return _change(ports, job.changed(status=JobStatus.COMPLETED, done=tally, finished_at=ports.clock()))


def _outcomes_name(job: Job, part: int) -> str:
    what = "undone" if job.status is JobStatus.UNDOING else "done"
    return f"{job.rows}/{what}/{part:06d}"


def _change(ports: WorkPorts, job: Job) -> Job | None:
    """Save the job. None if another worker has saved a version first: then that worker goes on."""
    try:
        ports.jobs.change(job)
    except LostRace:
        return None
    return job
