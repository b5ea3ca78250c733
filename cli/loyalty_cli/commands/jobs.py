"""`loyalty jobs`: what was asked for in bulk, how far it is, what became of it; and undoing it."""

import shlex
import sys
import time
from pathlib import Path

import click
import urllib3

from loyalty_cli import links
from loyalty_cli.client import ApiError, Json, Program
from loyalty_cli.commands.family import family, of_program
from loyalty_cli.connection import Connection, connected
from loyalty_cli.failures import ExitCode, Failure, failure_of
from loyalty_cli.output import Output, Rows, beside, destination, field, instant, number, written
from loyalty_cli.progress import following, progress

FIRST_WAIT, LONGEST_WAIT = 0.2, 2.0
"""Seconds between two looks at a job."""
DOING = {"queued": "checking rows", "running": "rows", "undoing": "rows undone"}
"""What is being done with a job that is under way."""

JOBS = (
    field("job_id"),
    beside(instant("created_at")),
    beside(field("created_by")),
    field("kind"),
    field("dry_run"),
    field("status"),
    number("total"),
    number("processed"),
    number("failed"),
    number("passed_over"),
    number("points"),
    beside(number("undone")),
    beside(number("points_undone")),
    number("short"),
    beside(instant("finished_at")),
)
JOB = (
    field("job_id"),
    field("kind"),
    field("dry_run"),
    field("status"),
    number("total"),
    number("processed"),
    number("failed"),
    number("passed_over"),
    number("points"),
    number("undone"),
    number("points_undone"),
    number("short"),
    instant("created_at"),
    field("created_by"),
    instant("finished_at"),
)
FAULTS = (number("row"), number("line"), field("column"), field("code"), field("message"))

jobs = family("jobs", "list", "Bulk jobs: list, show, download, undo.")


@jobs.command("list")
@of_program
@click.option("--limit", type=click.IntRange(1, 100), default=20, show_default=True, help="How many.")
@written()
@connected
def latest(program_id: str, limit: int, output: Output, connection: Connection) -> None:
    """The latest jobs, newest first; as `loyalty jobs`, too."""
    with progress(output, f"jobs of {program_id}"):
        found = connection.program("admin", program_id).call("GET", "jobs", query={"limit": str(limit)}).body["jobs"]
    output.stream_rows(Rows(JOBS, found))


@jobs.command()
@click.argument("job_id", metavar="JOB")
@of_program
@click.option("--wait", is_flag=True, help="Until it is over; ends with 1 if rows were bad or failed.")
@written()
@connected
def show(job_id: str, program_id: str, wait: bool, output: Output, connection: Connection) -> None:
    """A job, how far it is, and the first of its bad rows."""
    program = connection.program("admin", program_id)
    with progress(output, job_id):
        job = program.call("GET", "jobs", job_id).body
    if wait:
        job = followed(program, job, output)
    show_job(output, job)
    if wait:
        end_with(program, job)


@jobs.command()
@click.argument("job_id", metavar="JOB")
@of_program
@click.option("--yes", is_flag=True, help="Do not ask.")
@written()
@connected
def undo(job_id: str, program_id: str, yes: bool, output: Output, connection: Connection) -> None:
    """Take back what a job did.

    Points that were spent since stay so, and are reported as `short`.
    """
    program = connection.program("admin", program_id)
    if not yes and asking():
        job = program.call("GET", "jobs", job_id).body
        confirm(f"Undo {job['kind']} {job_id} of {program_id}: {job['processed']:,} rows, {job['points']:,} points?")
    with progress(output, job_id):
        job = program.call("POST", "jobs", job_id, "undo").body
    job = followed(program, job, output)
    show_job(output, job)
    if job["short"]:
        where = f"loyalty jobs results {job_id} --undone --program {shlex.quote(program_id)}"
        print(f"{job['short']:,} points were spent and stay so; whose: {where}", file=sys.stderr)


@jobs.command()
@click.argument("job_id", metavar="JOB")
@of_program
@click.option("--undone", is_flag=True, help="What became of each row when the job was undone.")
@click.option("-o", "--output", "path", type=click.Path(path_type=Path), help="A file instead of stdout.")
@connected
def results(job_id: str, program_id: str, undone: bool, path: Path | None, connection: Connection) -> None:
    """What became of each row, as CSV."""
    what = "undo_results" if undone else "results"
    _save_or_fail(connection.program("admin", program_id), job_id, what, path)


@jobs.command()
@click.argument("job_id", metavar="JOB")
@of_program
@click.option("-o", "--output", "path", type=click.Path(path_type=Path), help="A file instead of stdout.")
@connected
def report(job_id: str, program_id: str, path: Path | None, connection: Connection) -> None:
    """All bad rows of a job that failed, as CSV."""
    _save_or_fail(connection.program("admin", program_id), job_id, "report", path)


def followed(program: Program, job: Json, output: Output) -> Json:
    """The job once it is over; until then, how far it is. Raises Failure, also when interrupted: the job goes on."""
    job_id = job["job_id"]
    goes_on = f"job {job_id} goes on, see: {look_at(program, job_id)} --wait"
    wait = FIRST_WAIT
    try:
        with following(output) as follow:
            while job["status"] in DOING:
                done = job["undone"] if job["status"] == "undoing" else job["processed"]
                follow(done, job["total"] or None, DOING[job["status"]])
                time.sleep(wait)
                wait = min(wait * 1.5, LONGEST_WAIT)
                job = program.call("GET", "jobs", job_id).body
    except KeyboardInterrupt:
        raise Failure(f"interrupted; {goes_on}", ExitCode.INTERRUPTED) from None
    except (ApiError, urllib3.exceptions.HTTPError) as error:
        failure = failure_of(error)
        raise Failure(f"{failure.message}; {goes_on}", failure.code) from None
    return job


def show_job(output: Output, job: Json) -> None:
    """Shows a job, and the first of its bad rows."""
    bad = [Rows(FAULTS, job["errors"], title="bad rows")] if job["errors"] else []
    notes = ["A dry run: nothing was done."] if job["dry_run"] else []
    output.show(job, Rows(JOB, [job], upright=output.form == "table"), *bad, notes=notes)


def end_with(program: Program, job: Json, results: Path | None = None, report: Path | None = None) -> None:
    """Raises Failure unless all rows of a job were carried out, and still are. Says where the files were saved."""
    failed = job["failed"]
    of = f"{job['job_id']} --program {shlex.quote(program.program_id)}"
    match job["status"]:
        case "completed" if failed:
            said = f"{failed:,} of {job['total']:,} rows failed; which: {results or f'loyalty jobs results {of}'}"
        case "failed":
            bad = f"{failed:,} bad row{'s' if failed != 1 else ''}"
            said = f"{bad}, so nothing was done; all: {report or f'loyalty jobs report {of}'}"
        case "undone":
            said = "the job was undone"
        case _:
            return
    raise Failure(said, ExitCode.DIFFERENCES)


def save(program: Program, job_id: str, what: str, path: Path | None) -> bool:
    """Writes a file of a job to `path` or stdout; False if there is none. Raises Failure, ApiError, HTTPError."""
    link = program.call("GET", "jobs", job_id, "files").body[what]
    if link is None:
        return False
    with (
        destination("csv", path, forms=("csv",)) as saved,
        following(saved, in_bytes=True) as follow,
    ):
        links.fetch(link["url"], saved.write, lambda read: follow(read, None, what.replace("_", " ")))
    return True


def look_at(program: Program, job_id: str) -> str:
    """The command that shows a job."""
    return f"loyalty jobs show {job_id} --program {shlex.quote(program.program_id)}"


def asking() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def confirm(question: str) -> None:
    """Asks. Raises Failure if the answer is no."""
    if not click.confirm(question, err=True):
        raise Failure("nothing was done", ExitCode.INTERRUPTED)


def _save_or_fail(program: Program, job_id: str, what: str, path: Path | None) -> None:
    if not save(program, job_id, what, path):
        raise Failure(f"job {job_id} has no {what.replace('_', ' ')}", ExitCode.REFUSED)
