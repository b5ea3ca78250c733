"""`loyalty import` and `reward-past-actions`: a file of rows is sent, and becomes a job that is watched to its end."""

import functools
import os
import shlex
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
import urllib3

from loyalty_cli import history, links
from loyalty_cli.client import ApiError, Json, Program
from loyalty_cli.commands.family import of_program
from loyalty_cli.commands.jobs import FAULTS, asking, confirm, end_with, followed, look_at, save, show_job
from loyalty_cli.connection import Connection, connected
from loyalty_cli.failures import ExitCode, Failure, failure_of
from loyalty_cli.output import Output, Rows, written
from loyalty_cli.progress import following

FORMATS = {".csv": "csv", ".tsv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
WHOLE_FILE = click.Path(path_type=Path)


@dataclass(frozen=True)
class ImportOptions:
    """How a file is to be worked on, and what of the outcome is kept."""

    dry_run: bool
    key: str | None
    again: bool
    yes: bool
    results: Path | None
    report: Path | None

    def __post_init__(self) -> None:
        if self.key is not None and self.again:
            raise click.UsageError("--again is for another job of the same file, --key for one of a name of its own")
        for path in (self.results, self.report):
            if path is not None and not os.access(path.parent, os.W_OK):
                raise Failure(f"{path} cannot be written", ExitCode.USAGE)


def in_bulk(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command what all have that send a file, as its argument `wanted`."""

    @click.option("--dry-run", is_flag=True, help="Only look at each row: what would it do now?")
    @click.option("--yes", is_flag=True, help="Do not ask.")
    @click.option("--again", is_flag=True, help="Do it also if the same file was sent before.")
    @click.option("--key", metavar="TEXT", help="The job's idempotency key.  [default: made of what is in the file]")
    @click.option("--results", type=WHOLE_FILE, metavar="FILE", help="Save what became of each row, as CSV.")
    @click.option("--report", type=WHOLE_FILE, metavar="FILE", help="Save all bad rows, as CSV.")
    @functools.wraps(command)
    def with_wish(
        *args: Any,
        dry_run: bool,
        yes: bool,
        again: bool,
        key: str | None,
        results: Path | None,
        report: Path | None,
        **options: Any,
    ) -> None:
        command(*args, wanted=ImportOptions(dry_run, key, again, yes, results, report), **options)

    return with_wish


of_file_format = click.option(
    "--file-format", type=click.Choice(["csv", "jsonl"]), help="[default: as the file's name ends]"
)


@click.command("import")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--kind", type=click.Choice(["adjustments"]), default="adjustments", show_default=True)
@of_file_format
@in_bulk
@of_program
@written()
@connected
def import_(
    file: Path,
    kind: str,
    file_format: str | None,
    wanted: ImportOptions,
    program_id: str,
    output: Output,
    connection: Connection,
) -> None:
    """Adjust balances in bulk, by a file.

    CSV with the columns customer_id, points, reason, and perhaps expires_at, guest, order_id; or JSON lines. One bad
    row, and nothing is done. The same file again is not imported again. Ends with 1 if rows were bad or failed.
    """
    program = connection.program("admin", program_id)
    form = _form_of(file, file_format)
    with _opened(file) as rows:
        _ask(wanted, f"Import {file.name} as {kind} of {program_id}?")
        _carry_out(program, kind, rows, form, wanted, output)


class _Columns(click.ParamType[tuple[str, ...]]):
    name = "columns"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        if isinstance(value, tuple):
            return value
        try:
            return history.columns_of(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.command("reward-past-actions")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@of_file_format
@click.option(
    "--columns",
    type=_Columns(),
    metavar="NAMES",
    help="FILE has no order ids: a line has customer,date,units,amount (or `cdnow`, which is the same), `-` for a cell"
    " to leave out. Cells are apart by commas or white space, a date is 19970131 or 1997-01-31.",
)
@click.option("--header", is_flag=True, help="With --columns: the first line is none of the orders.")
@click.option("--sign-ups", is_flag=True, help="With --columns: each customer signed up when they first ordered.")
@in_bulk
@of_program
@written()
@connected
def reward_past_actions(
    file: Path,
    file_format: str | None,
    columns: tuple[str, ...] | None,
    header: bool,
    sign_ups: bool,
    wanted: ImportOptions,
    program_id: str,
    output: Output,
    connection: Connection,
) -> None:
    """Reward past orders and sign-ups, once.

    Those from before the program. CSV with the columns action, customer_id, completed_at, order_id, currency, total and
    more, or JSON lines; or, with --columns, a history without order ids. Ends with 1 if rows were bad or failed.
    """
    if columns is None and (header or sign_ups):
        raise click.UsageError("--header and --sign-ups need --columns")
    if columns is not None and file_format is not None:
        raise click.UsageError("--columns is instead of --file-format")
    form = "jsonl" if columns else _form_of(file, file_format)
    program = connection.program("admin", program_id)
    with _opened(file) as source:
        _ask(wanted, f"Reward the past actions in {file.name} for {program_id}, at its settings of today?")
        if columns is None:
            _carry_out(program, "reward_past_actions", source, form, wanted, output)
            return
        with tempfile.TemporaryFile() as rows:
            _convert(program, source, rows, history.Layout(columns, header), sign_ups, output)
            _carry_out(program, "reward_past_actions", rows, form, wanted, output)


def _form_of(file: Path, told: str | None) -> str:
    form = told or FORMATS.get(file.suffix.lower())
    if form is None:
        raise Failure(f"is {file.name} CSV or JSON lines? Give --file-format", ExitCode.USAGE)
    return form


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise Failure(f"{path} cannot be read: {error.strerror}", ExitCode.USAGE) from None
    with file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise Failure(f"{path} is no file: it cannot be read twice, should that be needed", ExitCode.USAGE)
        yield file


def _ask(wanted: ImportOptions, question: str) -> None:
    if not wanted.dry_run and not wanted.yes and asking():
        confirm(question)


def _convert(
    program: Program, source: BinaryIO, rows: BinaryIO, layout: history.Layout, sign_ups: bool, output: Output
) -> None:
    """Makes rows of a history. Raises Failure, after showing what is wrong with it."""
    settings = program.call("GET").body
    try:
        facts = history.Facts(settings["currency"], ZoneInfo(settings["timezone"]))
    except ZoneInfoNotFoundError:
        raise Failure(f"this machine does not know the time zone {settings['timezone']}", ExitCode.USAGE) from None
    size = os.fstat(source.fileno()).st_size
    with following(output, in_bytes=True) as follow:
        done = history.convert(
            source, rows, layout, facts, sign_ups=sign_ups, watch=lambda read: follow(read, size, "reading")
        )
    if done.bad:
        output.stream_rows(Rows(FAULTS, done.faults))
        bad = f"{done.bad:,} bad line{'s' if done.bad > 1 else ''}"
        more = f" (the first {len(done.faults)} are shown)" if done.bad > len(done.faults) else ""
        raise Failure(f"{bad}{more}, so nothing was sent", ExitCode.DIFFERENCES)


def _carry_out(program: Program, kind: str, rows: BinaryIO, form: str, wanted: ImportOptions, output: Output) -> None:
    """Sends rows, has them carried out, and shows what came of it."""
    upload = program.call("POST", "uploads", body={}).body
    size = os.fstat(rows.fileno()).st_size
    with following(output, in_bytes=True) as follow:
        digest = links.send(upload["method"], upload["url"], rows, lambda sent: follow(sent, size, "sending"))
    body: Json = {"kind": kind, "dry_run": wanted.dry_run, "upload_id": upload["upload_id"], "format": form}
    job = followed(program, _started(program, body, digest, wanted), output)
    for what, path in (("results", wanted.results), ("report", wanted.report)):
        if path is not None and not save(program, job["job_id"], what, path):
            print(f"the job has no {what}, so {path} was not written", file=sys.stderr)
    show_job(output, job)
    end_with(program, job, wanted.results, wanted.report)


def _started(program: Program, body: Json, digest: str, wanted: ImportOptions) -> Json:
    """The job: a new one, or that of the same file. Raises Failure, ApiError, urllib3's HTTPError.

    The same content is one job, however often it is sent: its key is made of it. Each upload has an id of its own, so
    a job that there is already is refused as one of another request, and that is how it is found. A dry run does
    nothing, so it is always done: it says what would be done now.
    """
    own = wanted.dry_run or wanted.again
    key = wanted.key or (str(uuid4()) if own else f"{body['kind']}-{body['format']}-{digest}")
    try:
        return program.call("POST", "jobs", body=body, idempotency_key=key).body
    except ApiError as error:
        job_id = error.problem.get("job_id")
        if job_id is None:
            raise _not_started(program, error) from None
        if error.code != "idempotency_key_reused" or key == wanted.key:
            raise Failure(f"{failure_of(error).message} See: {look_at(program, job_id)}", ExitCode.REFUSED) from None
    except urllib3.exceptions.HTTPError as error:
        raise _not_started(program, error) from None
    print(f"this file was sent before: nothing is done now, this is job {job_id}; --again for another", file=sys.stderr)
    return program.call("GET", "jobs", job_id).body


def _not_started(program: Program, error: Exception) -> Failure:
    """A job was refused, or nobody knows whether it was started."""
    failure = failure_of(error)
    if failure.code is not ExitCode.UNREACHABLE:
        return failure
    see = f"loyalty jobs --program {shlex.quote(program.program_id)}"
    return Failure(f"{failure.message}; the job may be started or not, see: {see}", failure.code)
