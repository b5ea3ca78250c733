"""Jobs are started, looked at and undone; files are uploaded for them."""

from uuid import uuid4

from loyalty.entry.contracts.jobs import (
    JobAnswer,
    JobFilesAnswer,
    JobsAnswer,
    JobsQuery,
    StartJob,
    StartUpload,
    UploadAnswer,
)
from loyalty.entry.http.routes import Route
from loyalty.entry.http.serve import Request, Response, serve
from loyalty.entry.observing import count
from loyalty.entry.wiring import world
from loyalty.usecases.commands.command import Outcome
from loyalty.usecases.jobs.start import (
    files_of,
    latest_jobs,
    new_upload,
    start_job,
    undo_job,
    view_job,
)


def post(request: Request) -> Response:
    key, body = request.idempotency_key, request.body(StartJob)
    body.check()
    done = start_job(world(), request.program_id, key, body.request, request.audited_sender())
    if done.outcome is Outcome.RECORDED:
        count("JobsStarted")
    return Response(JobAnswer.new(done.job), 202, replayed=done.outcome is Outcome.REPEATED)


def get_all(request: Request) -> Response:
    query = request.parameters(JobsQuery)
    jobs = latest_jobs(world(), request.program_id, query.limit)
    return Response(JobsAnswer(jobs=[JobAnswer.of(view) for view in jobs]))


def get(request: Request) -> Response:
    return Response(JobAnswer.of(view_job(world(), request.program_id, request.path["job_id"])))


def get_files(request: Request) -> Response:
    return Response(JobFilesAnswer.of(files_of(world(), request.program_id, request.path["job_id"])))


def undo(request: Request) -> Response:
    view = undo_job(world(), request.program_id, request.path["job_id"], request.audited_sender())
    return Response(JobAnswer.of(view), 202)


def post_upload(request: Request) -> Response:
    request.body(StartUpload, may_be_empty=True)
    upload_id = uuid4().hex
    link = new_upload(world(), request.program_id, upload_id)
    return Response(UploadAnswer(upload_id=upload_id, method="PUT", url=link.url, expires_at=link.expires_at), 201)


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
