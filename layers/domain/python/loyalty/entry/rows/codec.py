"""How the rows of jobs, and what became of them, are written down."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import count, islice
from typing import Any, Protocol, cast

from pydantic import BaseModel

from loyalty.domain.jobs.job import Job, JobKind, RowFault, RowResult
from loyalty.domain.jobs.past_actions import PastSignUp
from loyalty.domain.ledger.movement import AccountId
from loyalty.domain.points.adjustment import Adjustment
from loyalty.entry.http.problems import Fault, Problem
from loyalty.entry.rows.contract import AdjustmentRow, CardRow, PastOrderRow, PastSignUpRow
from loyalty.entry.rows.kinds import ADJUSTMENTS, CARDS, PAST_ACTIONS, JobRow, RowKind
from loyalty.entry.rows.read import BadRow, Row, check_rows, read_rows
from loyalty.entry.texts.csv import csv_lines
from loyalty.ports.world import HasClock, HasFiles
from loyalty.usecases.jobs.rows import Action
from loyalty.usecases.jobs.work import CheckedRow, RowCodec

ROW_KINDS: Mapping[JobKind, RowKind[Any]] = {
    JobKind.ADJUSTMENTS: ADJUSTMENTS,
    JobKind.CARDS: CARDS,
    JobKind.REWARD_PAST_ACTIONS: PAST_ACTIONS,
}
FAULT_COLUMNS = ("row", "line", "column", "code", "message")
OUTCOME_COLUMNS = (
    "row",
    "status",
    "code",
    "customer_id",
    "subject",
    "points",
    "short",
    "balance",
    "movement_id",
)


class RowCodecPorts(HasFiles, HasClock, Protocol):
    """What the rows of a job are read from."""


def row_codec(ports: RowCodecPorts) -> RowCodec:
    """How the rows of jobs are read and written; `ports` has their files."""

    def check(job: Job) -> Iterator[CheckedRow | RowFault]:
        cards = count(1)
        with ports.files.open(job.file) as file:
            for found in read_rows(file, "csv" if job.form == "csv" else "jsonl", ROW_KINDS[job.kind], ports.clock()):
                yield from [_fault(found)] if isinstance(found, BadRow) else _checked(found, cards)

    return RowCodec(
        check=check,
        rows=lambda job, data: _actions(job, data, ports.clock()),
        faults=_faults,
        outcomes=_outcomes,
    )


def checked_lines(kind: JobKind, rows: Sequence[Mapping[str, object]], now: datetime) -> bytes:
    """The rows of a request as JSON lines. Raises Problem that names every fault of them."""
    found = list(check_rows(rows, ROW_KINDS[kind], now))
    bad = [row for row in found if isinstance(row, BadRow)]
    if bad:
        raise Problem.of([Fault(_pointer(row), row.code, row.message) for row in bad])
    return b"\n".join(row.value.model_dump_json(exclude_unset=True).encode() for row in found if isinstance(row, Row))


def _pointer(row: BadRow) -> str:
    place = f"/rows/{row.number - 1}" if row.number else "/rows"
    return f"{place}/{row.column}" if row.column else place


def _checked(row: Row[JobRow], cards: Iterator[int]) -> Iterator[CheckedRow]:
    """A row and its number, on a line; for a row of cards one for each, numbered by `cards` over all rows."""
    if isinstance(row.value, CardRow):
        for number in islice(cards, row.value.count):
            yield CheckedRow(number, str(number).encode())
    else:
        document = cast(BaseModel, row.value).model_dump_json(exclude_unset=True)
        yield CheckedRow(row.number, f"{row.number} {document}".encode())


def _actions(job: Job, data: bytes, now: datetime) -> Iterator[tuple[int, Action | None]]:
    kind = ROW_KINDS[job.kind]
    for line in data.splitlines():
        number, _, document = line.partition(b" ")
        yield int(number), _action(job, kind.read(json.loads(document)), now) if document else None


def _action(job: Job, row: JobRow, now: datetime) -> Action:
    match row:
        case AdjustmentRow():
            return Adjustment(
                account_id=AccountId(job.program_id, row.customer_id, row.guest),
                points=row.points,
                expires_at=row.expires_at,
                reason=row.reason,
                order_id=row.order_id,
            )
        case PastOrderRow():
            return row.order(row.order_id, now)
        case PastSignUpRow():
            account_id = AccountId(job.program_id, row.customer_id)
            return PastSignUp(account_id=account_id, signed_up_at=row.completed_at)
        case _:
            raise TypeError(f"{type(row).__name__} is no row of a job")


def _fault(row: BadRow) -> RowFault:
    return RowFault(row.number, row.line, row.column, row.code, row.message)


def _faults(faults: Sequence[RowFault]) -> bytes:
    rows = ((fault.row, fault.line, fault.column, fault.code, fault.message) for fault in faults)
    return "".join(csv_lines([FAULT_COLUMNS, *rows])).encode()


def _outcomes(part: int, outcomes: Sequence[RowResult]) -> bytes:
    rows = (
        (
            outcome.number,
            outcome.ending.value,
            outcome.code,
            outcome.customer_id,
            outcome.subject,
            outcome.points,
            outcome.short,
            outcome.balance,
            outcome.movement_id,
        )
        for outcome in outcomes
    )
    return "".join(csv_lines([*([] if part else [OUTCOME_COLUMNS]), *rows])).encode()
