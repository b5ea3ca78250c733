"""Jobs: each row moves points once, whatever happens; all of it can be undone."""

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.domain.customers.cards import CardStatus
from loyalty.domain.jobs.job import JobKind, JobStatus
from loyalty.domain.ledger.lots import Lot, Lots
from loyalty.domain.ledger.movement import AccountId, Cause
from loyalty.domain.ledger.transaction import Sender
from loyalty.domain.orders.redemption import RedemptionRequest
from loyalty.domain.values.refusal import Refused
from loyalty.entry.rows.codec import row_codec
from loyalty.ports.faults import Unavailable, UnknownJob
from loyalty.ports.jobs import JobTask
from loyalty.usecases.books.verify import verify_program
from loyalty.usecases.commands.command import Outcome
from loyalty.usecases.customers.change_card import assign_card
from loyalty.usecases.customers.erase import erase_customer
from loyalty.usecases.customers.view_cards import view_card, view_cards
from loyalty.usecases.jobs import work as work_on_jobs
from loyalty.usecases.jobs.start import JobRequest, JobStarted, JobView, start_job, undo_job, view_job
from loyalty.usecases.jobs.work import work_on
from loyalty.usecases.orders.complete import complete_order
from loyalty.usecases.orders.redeem import redeem_points
from tests.support.builders import DAY, NOW, SENDER, member, order, program
from tests.support.fakes.jobs import MemoryFiles, MemoryJobs
from tests.support.replay import audit
from tests.support.worlds import World, work, world_in_memory

type Row = Mapping[str, Any]
BOSS = Sender("boss", "API")


def adjustment(customer_id: str = "ann", points: object = 50, **facts: Any) -> Row:
    return {"customer_id": customer_id, "points": points, "reason": "ported", **facts}


def request(*rows: Row, dry_run: bool = False, kind: JobKind = JobKind.ADJUSTMENTS) -> JobRequest:
    content = "\n".join(json.dumps(row) for row in rows).encode()
    return JobRequest(kind=kind, dry_run=dry_run, form="jsonl", content=content)


def begin(world: World, asked: JobRequest, key: str = "key") -> JobStarted:
    return start_job(world, "shop", key, lambda _: asked, BOSS)


def start(world: World, *rows: Row, key: str = "key", **how: Any) -> str:
    return begin(world, request(*rows, **how), key).job.job_id


def run(world: World, *rows: Row, key: str = "key", **how: Any) -> JobView:
    job_id = start(world, *rows, key=key, **how)
    work(world)
    return view_job(world, "shop", job_id)


def undo(world: World, job: JobView) -> JobView:
    undo_job(world, "shop", job.job.job_id, BOSS)
    work(world)
    return view_job(world, "shop", job.job.job_id)


def sheet(world: World, name: str) -> list[dict[str, str]]:
    """A CSV file of the job that was run last, as a person gets it."""
    assert isinstance(world.files, MemoryFiles)
    [kept] = [data for path, data in world.files.kept.items() if path.endswith(f"/{name}")]
    return list(csv.DictReader(io.StringIO(kept.decode(), newline="")))


def balance(world: World, customer_id: str = "ann") -> int:
    return audit(world.ledger, member(customer_id)).balance(world.clock())


def books_agree(world: World) -> bool:
    return verify_program(world, "shop").found == []


@pytest.fixture
def world() -> World:
    return world_in_memory(program())


def test_rows_are_carried_out_and_each_is_accounted_for(world: World) -> None:
    until = (NOW + DAY).isoformat()
    view = run(world, adjustment(expires_at=until), adjustment("bob", -20), adjustment("bob", 70), adjustment("cy"))
    assert (view.job.status, view.job.total, view.done.processed, view.done.failed) == (JobStatus.COMPLETED, 4, 4, 0)
    assert view.done.points == 150
    assert [balance(world, who) for who in ("ann", "bob", "cy")] == [50, 50, 50]
    assert world.ledger.account(member(), consistent=True).lots == Lots([Lot(NOW + DAY, 50)])
    rows = sheet(world, "results.csv")
    assert [(row["row"], row["status"], row["customer_id"], row["points"]) for row in rows] == [
        ("1", "done", "ann", "50"),
        ("2", "done", "bob", "-20"),
        ("3", "done", "bob", "70"),
        ("4", "done", "cy", "50"),
    ]
    assert books_agree(world)


def test_the_statement_names_the_job_and_who_started_it(world: World) -> None:
    view = run(world, adjustment())
    [movement] = world.ledger.statement(member(), 9, None)
    assert (movement.source, movement.actor) == (f"JOB/{view.job.job_id}", "boss")


def test_new_accounts_have_secrets_of_their_own(world: World) -> None:
    run(world, *(adjustment(f"c{n}") for n in range(3)))
    salts = {world.ledger.account(member(f"c{n}"), consistent=True).salt for n in range(3)}
    assert len(salts) == 3
    assert {len(salt) for salt in salts} == {16}


def test_a_dry_run_says_what_would_be_and_moves_nothing(world: World) -> None:
    view = run(world, adjustment(), adjustment("bob", -20), dry_run=True)
    assert (view.job.status, view.done.processed, view.done.points) == (JobStatus.COMPLETED, 2, 30)
    assert [row["points"] for row in sheet(world, "results.csv")] == ["50", "-20"]
    assert world.ledger.statement(member(), 9, None) == []
    with pytest.raises(Refused, match="job_not_undoable"):
        undo_job(world, "shop", view.job.job_id, BOSS)


def test_a_dry_run_foretells_what_becomes_of_each_row() -> None:
    world = world_in_memory(program(cancel={"on_shortfall": "clamp"}))
    run(world, adjustment("ann", 100), key="before")
    complete_order(world, "shop", order("#1", "bob"), SENDER)
    rows = [
        adjustment("ann", -60, reason="1"),
        adjustment("ann", -60, reason="2"),
        adjustment("ann", 5, reason="3", order_id="#1"),
        adjustment("ann", 0, reason="4", expires_at=(NOW + DAY).isoformat()),
        adjustment("bob", 5, order_id="#1"),
    ]
    told = run(world, *rows, key="dry", dry_run=True)
    assert (told.done.points, told.done.short, told.done.failed, balance(world)) == (-95, 20, 1, 100)
    foretold = sheet(world, f"{told.job.job_id}/results.csv")
    assert [row["code"] for row in foretold] == ["", "", "order_customer_mismatch", "", ""]
    real = run(world, *rows)
    assert real.done == told.done
    assert [row["balance"] for row in foretold] == ["40", "0", "", "0", "105"]
    assert [row["balance"] for row in sheet(world, f"{real.job.job_id}/results.csv")] == ["40", "0", "", "0", "105"]


def test_a_broken_account_holds_up_no_other_row_of_a_dry_run(world: World) -> None:
    class Broken:
        def read(self, cause: Cause, account_id: AccountId | None, *, consistent: bool) -> Any:
            if account_id == member("ann"):
                raise ValueError("a lot without a number of points")
            return world.ledger.read(cause, account_id, consistent=consistent)

    job_id = start(world, adjustment("ann"), adjustment("bob"), dry_run=True)
    work(replace(world, ledger=Broken()))  # type: ignore[arg-type]
    view = view_job(world, "shop", job_id)
    assert (view.job.status, view.done.failed, view.done.points) == (JobStatus.COMPLETED, 1, 50)
    assert [row["code"] for row in sheet(world, "results.csv")] == ["internal_error", ""]


def test_one_bad_row_and_nothing_is_done(world: World) -> None:
    view = run(world, adjustment(), adjustment(points="5"), adjustment("bob", colour="red"))
    assert (view.job.status, view.job.total, view.job.bad) == (JobStatus.FAILED, 3, 2)
    assert [(fault.row, fault.column, fault.code) for fault in view.job.faults] == [
        (2, "points", "wrong_type"),
        (3, "colour", "unknown_field"),
    ]
    assert [row["column"] for row in sheet(world, "report.csv")] == ["points", "colour"]
    assert world.ledger.statement(member(), 9, None) == []


def test_a_row_that_the_rules_refuse_fails_alone(world: World) -> None:
    run(world, adjustment("bob", order_id="#1"), key="first")
    taken = run(world, adjustment("ann"), adjustment("ann", 7, order_id="#1", reason="another"), key="second")
    assert (taken.done.processed, taken.done.failed) == (2, 0)
    assert balance(world) == 57


def test_the_same_request_again_is_the_same_job(world: World) -> None:
    first, again = (begin(world, request(adjustment())) for _ in range(2))
    work(world)
    assert (first.outcome, again.outcome) == (Outcome.RECORDED, Outcome.REPEATED)
    assert first.job.job_id == again.job.job_id
    assert balance(world) == 50
    with pytest.raises(Refused, match="idempotency_key_reused") as refused:
        start(world, adjustment(points=51))
    assert refused.value.facts == {"job_id": first.job.job_id}


def test_a_program_does_not_know_the_jobs_of_another() -> None:
    world = world_in_memory(program(), program("other"))
    job_id = start(world, adjustment())
    with pytest.raises(UnknownJob):
        view_job(world, "other", job_id)
    with pytest.raises(UnknownJob):
        undo_job(world, "other", job_id, BOSS)


@pytest.mark.parametrize("parts", [1, 3])
def test_progress_counts_the_parts_that_are_done(world: World, parts: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work_on_jobs, "ROWS_PER_PART", 2)
    job_id = start(world, *(adjustment(f"c{n}") for n in range(2 * parts)))
    assert isinstance(world.jobs, MemoryJobs)
    seen = []
    while task := world.jobs.take():
        work_on(world, task, row_codec(world))
        view = view_job(world, "shop", job_id)
        seen.append((view.job.status, view.done.processed))
    counts = [(JobStatus.RUNNING, 2 * done) for done in range(parts)]
    assert seen == [*counts, (JobStatus.COMPLETED, 2 * parts)]


class Killed(BaseException):
    """The function is gone in the middle of what it did."""


class Cut:
    """A port that kills its caller before or after a call, counted over all ports that share `calls`."""

    def __init__(self, port: Any, calls: list[str], at: int, after: bool) -> None:
        self._port, self._calls, self._at, self._after = port, calls, at, after

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if not callable(found):
            return found

        def call(*given: Any, **named: Any) -> Any:
            self._calls.append(name)
            if len(self._calls) == self._at and not self._after:
                raise Killed
            result = found(*given, **named)
            if len(self._calls) == self._at:
                raise Killed
            return result

        return call


def cut(world: World, at: int, after: bool) -> World:
    calls: list[str] = []
    ports: dict[str, Any] = {name: Cut(getattr(world, name), calls, at, after) for name in ("ledger", "jobs", "files")}
    return replace(world, **ports)


def work_although_killed(world: World, at: int, after: bool) -> bool:
    """Does all work; the first worker dies at call `at`, and its task is delivered again. False: none was as long."""
    jobs = world.jobs
    assert isinstance(jobs, MemoryJobs)
    dying: World | None = cut(world, at, after)
    while task := jobs.take():
        if dying is None:
            work_on(world, task, row_codec(world))
            continue
        try:
            work_on(dying, task, row_codec(dying))
        except Killed:
            dying = None
            jobs.hand_over([task])
    return dying is None


ROWS = [adjustment("ann"), adjustment("bob", -5), adjustment("ann", 3, reason="more"), adjustment("cy", order_id="#1")]


@pytest.mark.parametrize("after", [False, True])
def test_a_worker_may_die_at_any_call(after: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work_on_jobs, "ROWS_PER_PART", 2)
    at, went_on = 0, True
    while went_on:
        at += 1
        world = world_in_memory(program())
        job_id = start(world, *ROWS)
        went_on = work_although_killed(world, at, after)
        view = view_job(world, "shop", job_id)
        assert (view.job.status, view.done.processed, view.done.points) == (JobStatus.COMPLETED, 4, 98)
        assert [balance(world, who) for who in ("ann", "bob", "cy")] == [53, -5, 50]
        assert len(sheet(world, "results.csv")) == 4
        undo_job(world, "shop", job_id, BOSS)
        work_although_killed(world, at, after)
        view = view_job(world, "shop", job_id)
        assert (view.job.status, view.undone.points, view.undone.short) == (JobStatus.UNDONE, -98, 0)
        assert [balance(world, who) for who in ("ann", "bob", "cy")] == [0, 0, 0]
        assert books_agree(world)
    assert at > 20, "it was killed at each of the calls that the work makes"


def test_each_task_may_be_delivered_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work_on_jobs, "ROWS_PER_PART", 2)
    world = world_in_memory(program())
    job_id = start(world, *ROWS)
    assert isinstance(world.jobs, MemoryJobs)
    delivered: list[JobTask] = []
    while task := world.jobs.take():
        work_on(world, task, row_codec(world))
        if task not in delivered:
            delivered.append(task)
            world.jobs.hand_over([task])
    assert view_job(world, "shop", job_id).done.points == 98
    assert balance(world) == 53


def test_a_store_that_is_not_there_has_the_part_done_again() -> None:
    world = world_in_memory(program())
    start(world, *ROWS)

    class Away:
        def __getattr__(self, name: str) -> Any:
            raise Unavailable(name)

    assert isinstance(world.jobs, MemoryJobs)
    check = world.jobs.take()
    assert check
    work_on(world, check, row_codec(world))
    part = world.jobs.take()
    assert part
    with pytest.raises(Unavailable):
        work_on(replace(world, ledger=Away()), part, row_codec(world))
    work_on(world, part, row_codec(world))
    assert balance(world) == 53


def test_what_a_job_did_cannot_be_undone_once_its_files_have_expired(world: World) -> None:
    view = run(world, adjustment())
    assert isinstance(world.files, MemoryFiles)
    world.files.kept.clear()
    with pytest.raises(Refused, match="job_not_undoable"):
        undo_job(world, "shop", view.job.job_id, BOSS)
    assert view_job(world, "shop", view.job.job_id).job.status is JobStatus.COMPLETED


def test_what_was_done_for_somebody_who_is_erased_is_told_again_as_it_was_done() -> None:
    """Killed before its part was recorded; until it is done again, a customer is erased."""
    world = replace(world_in_memory(program()), sleep=lambda seconds: None)
    goods = [{"sku": "A", "quantity": 1, "amount": "20.00"}]
    past = {"currency": "EUR", "completed_at": NOW.isoformat(), "items": goods, "total": "20.00"}
    rows = [{"action": "order", "order_id": f"#{who}", "customer_id": who, **past} for who in ("ann", "bob")]
    for kind, given_rows in ((JobKind.ADJUSTMENTS, ROWS), (JobKind.REWARD_PAST_ACTIONS, rows)):
        job_id = start(world, *given_rows, kind=kind, key=kind)
        assert isinstance(world.jobs, MemoryJobs)
        check, dying = world.jobs.take(), replace(world, jobs=Forgetful(world.jobs))
        assert check
        work_on(world, check, row_codec(world))
        part = world.jobs.take()
        assert part
        with pytest.raises(Unavailable):
            work_on(dying, part, row_codec(world))
        assert erase_customer(world, member("bob"), Sender("admin", "API")).done
        work_on(world, part, row_codec(world))
        view = view_job(world, "shop", job_id)
        assert (view.done.failed, view.done.passed_over) == (0, 0)
        assert view.done.points == (98 if kind is JobKind.ADJUSTMENTS else 40)
        assert balance(world, "bob") == 0
        assert undo(world, view).undone.processed == len(given_rows)
    assert books_agree(world)


class Forgetful:
    """Jobs of which no part is ever recorded."""

    def __init__(self, jobs: MemoryJobs) -> None:
        self._jobs = jobs

    def __getattr__(self, name: str) -> Any:
        if name == "finish":
            raise Unavailable(name)
        return getattr(self._jobs, name)


def test_undoing_takes_back_what_is_there_and_reports_what_was_spent(world: World) -> None:
    view = run(world, adjustment("ann", 100), adjustment("bob", 100))
    spend = RedemptionRequest(account_id=member(), order_total=Decimal("0.30"), currency="EUR", points=30)
    redeem_points(world, "shop", "#1", spend, SENDER)
    undone = undo(world, view)
    assert (undone.job.status, undone.undone.points, undone.undone.short) == (JobStatus.UNDONE, -170, 30)
    assert [balance(world, who) for who in ("ann", "bob")] == [0, 0]
    assert [row["short"] for row in sheet(world, "undo-results.csv")] == ["30", "0"]
    assert undo(world, view).undone == undone.undone
    assert books_agree(world)


def test_undoing_gives_back_what_was_taken_and_moves_expiries_back(world: World) -> None:
    given_ = run(world, adjustment("ann", 40, expires_at=(NOW + DAY).isoformat()), adjustment("ann", 60), key="given")
    assert given_.done.points == 100
    moved = run(world, adjustment("ann", 0, expires_at=(NOW + 9 * DAY).isoformat()), key="moved")
    taken = run(world, adjustment("ann", -30), adjustment("bob", -7), key="taken")
    assert balance(world, "bob") == -7
    assert (undo(world, taken).undone.points, balance(world), balance(world, "bob")) == (37, 100, 0)
    undo(world, moved)
    assert world.ledger.account(member(), consistent=True).lots == Lots([Lot(NOW + DAY, 40), Lot(None, 60)])
    assert books_agree(world)


def test_a_part_that_is_delivered_again_while_its_job_is_undone_waits_for_its_turn(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message from when the job was carried out: what was given must not go before what was taken is back."""
    monkeypatch.setattr(work_on_jobs, "ROWS_PER_PART", 1)
    view = run(world, adjustment(points=100), adjustment(points=-30))
    undo_job(world, "shop", view.job.job_id, BOSS)
    work_on(world, JobTask("shop", view.job.job_id, 0), row_codec(world))
    work(world)
    view = view_job(world, "shop", view.job.job_id)
    assert (view.job.status, view.undone.short) == (JobStatus.UNDONE, 0)
    assert balance(world) == 0


OPPOSED = [
    pytest.param([("ann", 100), ("ann", -30)], id="taken of what was given"),
    pytest.param([("ann", -30), ("ann", 100)], id="a debt that was repaid"),
    pytest.param([("ann", 100), ("bob", 5), ("ann", None), ("ann", -30)], id="moved in between"),
    pytest.param([("ann", -30), ("ann", 100), ("bob", -5), ("ann", -70), ("bob", 5)], id="to and fro"),
]


@pytest.mark.parametrize("size", [1, 2, 9])
@pytest.mark.parametrize("rows", OPPOSED)
def test_undoing_rows_of_one_customer_leaves_what_was_there(
    rows: list[tuple[str, int | None]], size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was taken comes back before what was given goes: else that would be short, and what comes back a present."""
    monkeypatch.setattr(work_on_jobs, "ROWS_PER_PART", size)
    world = world_in_memory(program())
    until = {"expires_at": (NOW + 9 * DAY).isoformat()}
    view = run(
        world,
        *(
            adjustment(who, 0, **until) if points is None else adjustment(who, points, reason=str(number))
            for number, (who, points) in enumerate(rows)
        ),
    )
    undone = undo(world, view)
    assert (undone.job.status, undone.undone.processed, undone.undone.short) == (JobStatus.UNDONE, len(rows), 0)
    assert undone.undone.points == -view.done.points
    assert [balance(world, who) for who in ("ann", "bob")] == [0, 0]
    assert [row["row"] for row in sheet(world, "undo-results.csv")] == [str(n + 1) for n in range(len(rows))]
    assert books_agree(world)


@given(
    before=st.integers(0, 100),
    rows=st.lists(st.integers(-90, 90), min_size=1, max_size=8),
    policy=st.sampled_from(["clamp", "allow_negative"]),
)
def test_undoing_at_once_leaves_each_balance_as_it_was(before: int, rows: list[int], policy: str) -> None:
    world = world_in_memory(program(cancel={"on_shortfall": policy}))
    if before:
        run(world, adjustment("ann", before, expires_at=(NOW + 5 * DAY).isoformat()), key="before")
    until = {"expires_at": (NOW + 9 * DAY).isoformat()}
    view = run(
        world,
        *(
            adjustment("ann", points, reason=str(number), **({} if points else until))
            for number, points in enumerate(rows)
        ),
    )
    undone = undo(world, view).undone
    assert (balance(world), undone.points, undone.short) == (before, -view.done.points, 0)
    assert books_agree(world)


@given(
    given_points=st.lists(st.tuples(st.integers(1, 300), st.none() | st.integers(1, 20)), min_size=1, max_size=5),
    taken=st.integers(0, 800),
    days=st.integers(0, 25),
)
def test_undoing_never_makes_a_balance_negative_and_accounts_for_each_point(
    given_points: list[tuple[int, int | None]], taken: int, days: int
) -> None:
    world = world_in_memory(program(cancel={"on_shortfall": "clamp"}))
    rows = []
    for number, (points, life) in enumerate(given_points):
        until = {"expires_at": (NOW + life * DAY).isoformat()} if life else {}
        rows.append(adjustment("ann", points, reason=str(number), **until))
    view = run(world, *rows)
    if taken:
        run(world, adjustment("ann", -taken), key="taken")
    world.clock.let_pass(days * DAY)  # type: ignore[attr-defined]
    undone = undo(world, view).undone
    after = audit(world.ledger, member())
    assert after.balance(world.clock()) >= 0
    lasting = sum(points for points, life in given_points if life is None or life > days)
    assert -undone.points + undone.short == lasting
    assert books_agree(world)


def test_a_job_that_is_not_completed_has_nothing_to_undo(world: World) -> None:
    job_id = start(world, adjustment())
    with pytest.raises(Refused, match="job_not_undoable"):
        undo_job(world, "shop", job_id, BOSS)
    failed = run(world, adjustment(points="x"), key="bad")
    with pytest.raises(Refused, match="job_not_undoable"):
        undo_job(world, "shop", failed.job.job_id, BOSS)


def test_a_file_that_is_uploaded_is_read_where_it_is(world: World) -> None:
    assert isinstance(world.files, MemoryFiles)
    world.files.write("shop/uploads/u1", b"customer_id;points;reason\r\nann;5;a gift\r\n")
    upload = JobRequest(kind=JobKind.ADJUSTMENTS, dry_run=False, form="csv", upload_id="u1")
    begin(world, upload)
    work(world)
    assert balance(world) == 5
    for unknown in (replace(upload, upload_id="u2"), replace(upload, upload_id="../jobs")):
        with pytest.raises(Refused, match="unknown_upload"):
            begin(world, unknown, key="another")


def test_what_is_carried_out_is_what_was_checked(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work_on_jobs, "ROWS_PER_PART", 1)
    assert isinstance(world.files, MemoryFiles)
    assert isinstance(world.jobs, MemoryJobs)
    world.files.write("shop/uploads/u1", b"customer_id,points,reason\nann,5,a gift\nbob,6,a gift\n")
    upload = JobRequest(kind=JobKind.ADJUSTMENTS, dry_run=False, form="csv", upload_id="u1")
    begin(world, upload)
    check = world.jobs.take()
    assert check
    work_on(world, check, row_codec(world))
    world.files.write("shop/uploads/u1", b"customer_id,points,reason\nann,5000,a gift\nbob,6000,a gift\n")
    work(world)
    assert [balance(world, who) for who in ("ann", "bob")] == [5, 6]


def list_cards(world: World) -> list[str]:
    return view_cards(world, "shop", 1_000, None)


def cards_of(world: World) -> list[str]:
    return [row["subject"] for row in sheet(world, "results.csv")]


def test_cards_are_made_each_once_and_taken_back_unless_somebody_has_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work_on_jobs, "ROWS_PER_PART", 120)
    view = run(world, {"count": 150}, {"count": 100}, kind=JobKind.CARDS)
    assert (view.job.status, view.job.total, view.done.processed) == (JobStatus.COMPLETED, 250, 250)
    numbers = cards_of(world)
    assert len(set(numbers)) == 250
    assert sorted(list_cards(world)) == sorted(numbers)
    assign_card(world, "shop", "k", numbers[7], "ann", Sender("test", "API"))
    undone = undo(world, view).undone
    assert (undone.processed, undone.passed_over) == (250, 1)
    assert [row["row"] for row in sheet(world, "undo-results.csv") if row["code"] == "card_assigned"] == ["8"]
    assert view_card(world, "shop", numbers[7]).card.status is CardStatus.ACTIVE
    assert view_card(world, "shop", numbers[8]).card.status is CardStatus.BLOCKED
    assert books_agree(world)


@pytest.mark.parametrize("after", [False, True])
def test_a_worker_that_makes_cards_may_die_at_any_call(after: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work_on_jobs, "ROWS_PER_PART", 120)
    at, went_on = 0, True
    while went_on:
        at += 1
        world = world_in_memory(program())
        start(world, {"count": 130}, kind=JobKind.CARDS)
        went_on = work_although_killed(world, at, after)
        assert sorted(list_cards(world)) == sorted(cards_of(world))
        assert len(cards_of(world)) == 130
    assert at > 10


def test_a_dry_run_makes_no_cards(world: World) -> None:
    assert run(world, {"count": 10}, kind=JobKind.CARDS, dry_run=True).done.processed == 10
    assert list_cards(world) == []
