"""What every implementation of the ports of jobs promises."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.request import Request, urlopen
from uuid import uuid4

import boto3
import pytest
from moto import mock_aws

from loyalty.adapters.s3 import CONFIG, S3Files
from loyalty.domain.jobs.job import Job, JobKind, JobStatus, RowFault, Tally
from loyalty.ports.faults import LostRace
from loyalty.ports.files import Files
from loyalty.ports.jobs import Jobs, JobTask, RunTaken
from tests.support.builders import NOW
from tests.support.fakes.jobs import MemoryFiles, MemoryJobs
from tests.support.table import create_table, dynamodb_client
from tests.support.worlds import KeptJobs
from tools.emulator import ACCOUNT, REGION

type Kept = MemoryJobs | KeptJobs


@pytest.fixture(params=["memory", "moto", "emulator"])
def jobs(request: pytest.FixtureRequest) -> Iterator[Kept]:
    match request.param:
        case "memory":
            yield MemoryJobs()
        case "moto":
            with mock_aws():
                dynamodb = dynamodb_client(None)
                yield KeptJobs(dynamodb, create_table(dynamodb))
                dynamodb.close()
        case _:
            dynamodb = request.getfixturevalue("dynamodb")
            yield KeptJobs(dynamodb, create_table(dynamodb))


@pytest.fixture(params=["memory", "moto", "emulator"])
def files(request: pytest.FixtureRequest) -> Iterator[Files]:
    match request.param:
        case "memory":
            yield MemoryFiles(lambda: NOW)
        case "moto":
            with mock_aws():
                yield bucket(boto3.client("s3", region_name="eu-central-1", config=CONFIG))
        case _:
            yield bucket(emulated(request.getfixturevalue("emulator")))


def emulated(endpoint_url: str) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=endpoint_url,
        region_name=REGION,
        aws_access_key_id=ACCOUNT,
        aws_secret_access_key="test",  # the emulator looks at it where a link is signed
        config=CONFIG,
    )


def bucket(s3: Any) -> S3Files:
    name = f"files-{uuid4().hex}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name})
    return S3Files(lambda: s3, name, lambda: NOW)


JOB = Job(
    program_id="shop",
    job_id="20260131T093000Z-1",
    kind=JobKind.ADJUSTMENTS,
    dry_run=False,
    file="shop/jobs/1/input",
    form="csv",
    actor="ø",
    created_at=NOW,
)
PAST = replace(JOB, job_id="20260131T093000Z-2", kind=JobKind.REWARD_PAST_ACTIONS)


def test_a_job_is_told_as_it_was_recorded(jobs: Jobs) -> None:
    jobs.create(JOB, "key #1", "digest")
    assert jobs.get("shop", JOB.job_id) == JOB
    assert jobs.made_with("shop", "key #1") == (JOB.job_id, "digest")
    changed = JOB.changed(
        status=JobStatus.COMPLETED,
        total=7,
        bad=2,
        faults=(RowFault(1, 2, "points", "wrong_type", "must be ø"),),
        rows="shop/jobs/1/rows",
        parts=3,
        done=Tally(processed=7, failed=1, passed_over=2, points=-3, short=4),
        undone=Tally(processed=1),
        finished_at=NOW + timedelta(microseconds=1),
    )
    jobs.change(changed)
    assert jobs.get("shop", JOB.job_id) == changed
    assert jobs.latest("shop", 5) == [changed]


def test_nothing_is_known_of_what_is_not_there(jobs: Jobs) -> None:
    jobs.create(JOB, "key", "digest")
    assert jobs.get("other", JOB.job_id) is None
    assert jobs.get("shop", "another") is None
    assert jobs.made_with("other", "key") is None
    assert jobs.latest("other", 5) == []


def test_a_key_makes_one_job(jobs: Jobs) -> None:
    jobs.create(JOB, "key", "digest")
    with pytest.raises(LostRace):
        jobs.create(replace(JOB, job_id="20260131T093000Z-9"), "key", "digest")
    assert jobs.latest("shop", 5) == [JOB]


def test_a_change_follows_the_latest_version(jobs: Jobs) -> None:
    jobs.create(JOB, "key", "digest")
    running = JOB.changed(status=JobStatus.RUNNING)
    jobs.change(running)
    with pytest.raises(LostRace):
        jobs.change(JOB.changed(status=JobStatus.FAILED))
    assert jobs.get("shop", JOB.job_id) == running


def test_the_latest_jobs_come_first(jobs: Jobs) -> None:
    made = [replace(JOB, job_id=f"2026013{n}T093000Z-1") for n in range(3)]
    for n in (1, 0, 2):
        jobs.create(made[n], f"key {n}", "digest")
    assert jobs.latest("shop", 2) == [made[2], made[1]]


def test_a_program_has_one_run_until_it_is_given_back(jobs: Jobs) -> None:
    jobs.create(PAST, "key", "digest")
    another = replace(PAST, job_id="20260131T093000Z-3")
    for _ in range(2):
        with pytest.raises(RunTaken) as taken:
            jobs.create(another, "another", "digest")
        assert taken.value.job_id == PAST.job_id
    assert jobs.made_with("shop", "another") is None
    jobs.create(replace(another, program_id="other"), "key", "digest")
    jobs.create(replace(another, job_id="20260131T093000Z-4", dry_run=True), "dry", "digest")
    jobs.change(PAST.changed(status=JobStatus.FAILED))
    jobs.create(another, "another", "digest")


def test_a_part_is_finished_once_and_undone_once(jobs: Jobs) -> None:
    jobs.create(JOB, "key", "digest")
    assert jobs.finished(JOB) == {}
    jobs.finish(JOB, 0, Tally(processed=1))
    jobs.finish(JOB, 0, Tally(processed=9))
    jobs.finish(JOB, 12, Tally(processed=2))
    assert jobs.finished(JOB) == {0: Tally(processed=1), 12: Tally(processed=2)}
    undoing = JOB.changed(status=JobStatus.UNDOING)
    assert jobs.finished(undoing) == {}
    jobs.finish(undoing, 0, Tally(short=3))
    assert jobs.finished(undoing) == {0: Tally(short=3)}
    assert jobs.finished(replace(JOB, job_id=f"{JOB.job_id}0")) == {}


def test_tasks_are_handed_over(jobs: Kept) -> None:
    tasks = [JobTask("shop", "1"), JobTask("shop", "1", 0), JobTask("shop", "1", 17)]
    jobs.hand_over(tasks)
    assert [jobs.take() for _ in range(4)] == [*tasks, None]


def test_a_file_is_read_as_it_was_written(files: Files) -> None:
    assert files.size("a/b") is None
    files.write("a/b", b"one\n\xff")
    files.write("a/c", b"")
    assert (files.size("a/b"), files.size("a/c")) == (5, 0)
    with files.open("a/b") as file:
        assert [file.read(2), file.read()] == [b"on", b"e\n\xff"]
    files.write("a/b", b"two")
    files.join(["a/b", "a/c", "a/b"], "a/d")
    assert io.BytesIO(files.open("a/d").read()).getvalue() == b"twotwo"


def test_links_are_good_for_a_while(files: Files) -> None:
    assert files.upload("a").expires_at == files.download("a").expires_at == NOW + timedelta(minutes=15)
    assert files.upload("a").url != files.download("a").url


def test_whoever_has_a_link_needs_no_token(emulator: str) -> None:
    files = bucket(emulated(emulator))
    with urlopen(Request(files.upload("a b/ø").url, data=b"rows", method="PUT")) as answer:
        assert answer.status == 200
    with urlopen(files.download("a b/ø").url) as answer:
        assert answer.read() == b"rows"
