"""Jobs are started, looked at and undone; files are uploaded for them."""

from collections.abc import Mapping, Sequence
from uuid import uuid4

from loyalty.domain.jobs.job import JobKind
from loyalty.entry.contracts.jobs import (
    JobAnswer,
    JobFilesAnswer,
    JobsAnswer,
    JobsQuery,
    StartJob,
    StartUpload,
    UploadAnswer,
)
from loyalty.entry.http.problems import Problem
from loyalty.entry.http.routes import Route
from loyalty.entry.http.serve import Request, Response, serve
from loyalty.entry.observing import count
from loyalty.entry.rows.codec import checked_lines
from loyalty.entry.wiring import world
from loyalty.usecases.commands.command import Outcome
from loyalty.usecases.jobs.start import (
    JobRequest,
    UnknownJob,
    files_of,
    latest_jobs,
    new_upload,
    start_job,
    undo_job,
    view_job,
    when_made,
)


def post(request: Request) -> Response:
    key, body = request.idempotency_key, request.body(StartJob)
    body.check()
    asked = _job_request(request.program_id, key, body)
    done = start_job(world(), request.program_id, key, asked, request.audited_sender())
    if done.outcome is Outcome.RECORDED:
        count("JobsStarted")
    return Response(JobAnswer.new(done.job), 202, replayed=done.outcome is Outcome.REPEATED)


def get_all(request: Request) -> Response:
    query = request.parameters(JobsQuery)
    jobs = latest_jobs(world(), request.program_id, query.limit)
    return Response(JobsAnswer(jobs=[JobAnswer.of(view) for view in jobs]))


def get(request: Request) -> Response:
    try:
        return Response(JobAnswer.of(view_job(world(), request.program_id, request.path["job_id"])))
    except UnknownJob:
        raise _unknown() from None


def get_files(request: Request) -> Response:
    try:
        return Response(JobFilesAnswer.of(files_of(world(), request.program_id, request.path["job_id"])))
    except UnknownJob:
        raise _unknown() from None


def undo(request: Request) -> Response:
    try:
        return Response(
            JobAnswer.of(undo_job(world(), request.program_id, request.path["job_id"], request.audited_sender())),
            202,
        )
    except UnknownJob:
        raise _unknown() from None


def post_upload(request: Request) -> Response:
    request.body(StartUpload, may_be_empty=True)
    upload_id = uuid4().hex
    link = new_upload(world(), request.program_id, upload_id)
    return Response(UploadAnswer(upload_id=upload_id, method="PUT", url=link.url, expires_at=link.expires_at), 201)


def _job_request(program_id: str, key: str, body: StartJob) -> JobRequest:
    kind = JobKind(body.kind)
    content = body.content.encode() if body.content is not None else None
    rows = [{"count": body.count}] if body.count is not None else body.rows
    if rows is not None:
        content = _lines(program_id, key, kind, rows)
    return JobRequest(
        kind=kind,
        dry_run=body.dry_run,
        form=body.format or "jsonl",
        content=content,
        upload_id=body.upload_id,
    )


def _lines(program_id: str, key: str, kind: JobKind, rows: Sequence[Mapping[str, object]]) -> bytes:
    try:
        return checked_lines(kind, rows, world().clock())
    except Problem:
        # In a repeat, an instant may be past by now that was still to come when the job was made.
        made_at = when_made(world(), program_id, key)
        if made_at is None:
            raise
        return checked_lines(kind, rows, made_at)


def _unknown() -> Problem:
    return Problem("unknown_job", "The program has no job of this id.")


handler = serve(
    {
        Route.START_JOB: post,
        Route.GET_JOBS: get_all,
        Route.GET_JOB: get,
        Route.GET_JOB_FILES: get_files,
        Route.UNDO_JOB: undo,
        Route.START_UPLOAD: post_upload,
    }
)
