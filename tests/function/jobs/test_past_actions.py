"""Past actions are rewarded once: by one run, or by the order when it completes, never by both."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from loyalty.domain.jobs.job import Job, JobKind, JobStatus
from loyalty.domain.ledger.kinds import Kind
from loyalty.domain.ledger.movement import AccountId
from loyalty.domain.ledger.transaction import Sender
from loyalty.domain.orders.redemption import RedemptionRequest
from loyalty.domain.values.refusal import Refused
from loyalty.entry.rows.codec import row_codec
from loyalty.ports.jobs import JobTask
from loyalty.usecases.books.verify import verify_program
from loyalty.usecases.commands.command import Outcome
from loyalty.usecases.jobs.start import JobRequest, JobView, start_job, undo_job, view_job
from loyalty.usecases.jobs.work import work_on
from loyalty.usecases.orders.cancel import cancel_order
from loyalty.usecases.orders.complete import complete_order
from loyalty.usecases.orders.redeem import redeem_points
from loyalty.usecases.orders.view import view_order
from loyalty.usecases.points.sign_up import sign_customer_up
from loyalty.usecases.programs.change import change_program
from tests.support.builders import NOW, SENDER, member, order, program
from tests.support.replay import audit
from tests.support.worlds import World, save, work, world_in_memory

type Row = Mapping[str, Any]
SWITCHED_ON: dict[str, Any] = {"ways_to_earn": {"sign_up": {"enabled": True, "points": 25}}}
LONG_AGO = NOW - timedelta(days=800)
BOSS = Sender("boss", "API")


def past_order(order_id: str = "#1", customer_id: str = "ann", amount: str = "100.00", **facts: Any) -> Row:
    return {
        "action": "order",
        "order_id": order_id,
        "customer_id": customer_id,
        "currency": "EUR",
        "completed_at": LONG_AGO.isoformat(),
        "items": [{"sku": "A", "quantity": 1, "amount": amount}],
        "total": amount,
        **facts,
    }


def past_sign_up(customer_id: str = "ann") -> Row:
    return {"action": "sign_up", "customer_id": customer_id, "completed_at": LONG_AGO.isoformat()}


def start(world: World, *rows: Row, key: str = "past", dry_run: bool = False) -> str:
    content = "\n".join(json.dumps(row) for row in rows).encode()
    request = JobRequest(kind=JobKind.REWARD_PAST_ACTIONS, dry_run=dry_run, form="jsonl", content=content)
    return start_job(world, "shop", key, lambda _: request, BOSS).job.job_id


def run(world: World, *rows: Row, key: str = "past", dry_run: bool = False) -> JobView:
    job_id = start(world, *rows, key=key, dry_run=dry_run)
    work(world)
    return view_job(world, "shop", job_id)


def undo(world: World, job: JobView) -> JobView:
    undo_job(world, "shop", job.job.job_id, BOSS)
    work(world)
    return view_job(world, "shop", job.job.job_id)


def completed(world: World, order_id: str = "#1", customer_id: str = "ann", **facts: Any) -> tuple[str, int, bool]:
    done = complete_order(world, "shop", order(order_id, customer_id, **facts), SENDER)
    return done.status, done.points_earned, done.outcome is Outcome.REPEATED


def balance(world: World, account_id: AccountId) -> int:
    return audit(world.ledger, account_id).balance(world.clock())


@pytest.fixture
def world() -> World:
    return world_in_memory(program(**SWITCHED_ON))


def test_members_get_both_and_guests_orders(world: World) -> None:
    view = run(world, past_sign_up(), past_order(), past_order("#2", "gus", "50.00", guest=True))
    assert (view.job.status, view.done.points, view.done.passed_over) == (JobStatus.COMPLETED, 175, 0)
    assert balance(world, member()) == 125
    assert balance(world, AccountId("shop", "gus", guest=True)) == 50
    kinds = {movement.kind for movement in world.ledger.statement(member(), 9, None)}
    assert kinds == {Kind.BACKFILL}
    assert verify_program(world, "shop").found == []


def test_a_row_happened_when_it_happened_and_its_points_live_from_now_on() -> None:
    world = world_in_memory(program(expiry={"policy": "after_days", "days": 10}))
    run(world, past_order())
    [movement] = world.ledger.statement(member(), 9, None)
    assert movement.occurred_at == LONG_AGO
    assert movement.expires_at
    assert movement.expires_at > NOW + timedelta(days=10)


@pytest.mark.parametrize("enabled", [True, False])
def test_it_runs_whether_the_program_is_on_or_off(enabled: bool) -> None:
    world = world_in_memory(program(enabled=enabled, **SWITCHED_ON))
    assert run(world, past_sign_up(), past_order()).done.points == 125


def test_only_ways_to_earn_that_are_on_are_rewarded() -> None:
    world = world_in_memory(program(ways_to_earn={"order": {"enabled": False}}))
    view = run(world, past_sign_up(), past_order())
    assert (view.done.points, view.done.passed_over) == (0, 2)
    assert world.ledger.statement(member(), 9, None) == []


def test_an_order_that_is_rewarded_never_earns_again(world: World) -> None:
    run(world, past_order())
    assert completed(world, amount="700.00") == ("earned", 100, True)
    assert balance(world, member()) == 100


def test_an_order_or_sign_up_that_earned_is_passed_over(world: World) -> None:
    assert completed(world) == ("earned", 100, False)
    sign_customer_up(world, member(), SENDER)
    view = run(world, past_order(), past_sign_up(), past_order("#2"))
    assert (view.done.passed_over, view.done.points) == (2, 100)
    assert balance(world, member()) == 225


def test_a_customer_whose_sign_up_is_rewarded_signs_up_for_nothing(world: World) -> None:
    run(world, past_sign_up())
    again = sign_customer_up(world, member(), SENDER)
    assert (again.points_earned, again.outcome) == (25, Outcome.REPEATED)
    assert balance(world, member()) == 25


def test_a_cancelled_order_is_passed_over(world: World) -> None:
    cancel_order(world, "shop", "#1", None, None, SENDER)
    assert run(world, past_order()).done.passed_over == 1


def test_an_order_of_somebody_else_or_in_other_money_fails_alone(world: World) -> None:
    completed(world, "#1", "bob")
    view = run(world, past_order(), past_order("#2", currency="USD"), past_order("#3"))
    assert (view.done.failed, view.done.points) == (2, 100)


def test_a_dry_run_foretells_the_run_and_may_be_repeated(world: World) -> None:
    completed(world, "#2")
    rows = (past_sign_up(), past_order(), past_order("#2"), past_order("#3", "bob", currency="USD"))
    foretold = [run(world, *rows, key=f"dry {n}", dry_run=True) for n in range(2)]
    assert [balance(world, who) for who in (member(), member("bob"))] == [100, 0]
    real = run(world, *rows)
    assert foretold[0].done == foretold[1].done == real.done
    assert (real.done.points, real.done.passed_over, real.done.failed) == (125, 1, 1)


def test_a_program_has_one_run(world: World) -> None:
    first = run(world, past_order())
    with pytest.raises(Refused) as refused:
        start(world, past_order("#2"), key="another")
    assert (refused.value.code, refused.value.facts) == ("past_actions_rewarded", {"job_id": first.job.job_id})
    assert start(world, past_order()) == first.job.job_id, "the same request is the same job"


def test_a_run_that_failed_or_was_undone_can_be_made_anew(world: World) -> None:
    assert run(world, past_order(currency="euro")).job.status is JobStatus.FAILED
    second = run(world, past_order(amount="40.00"), key="second")
    assert undo(world, second).undone.points == -40
    assert run(world, past_order(), key="third").done.points == 100
    assert balance(world, member()) == 100
    assert undo(world, second).undone.points == -40, "what was undone stays so"
    assert balance(world, member()) == 100
    assert verify_program(world, "shop").found == []


class Stale:
    """Jobs as a worker has them in mind who has hung since it looked: `job` is running, nothing of it is done."""

    def __init__(self, jobs: Any, job: Job) -> None:
        self._jobs, self._job = jobs, job

    def get(self, program_id: str, job_id: str) -> Job:
        return self._job

    def finished(self, job: Job) -> dict[int, Any]:
        return {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._jobs, name)


def test_a_worker_that_hung_gives_nothing_again_that_was_undone_meanwhile(world: World) -> None:
    view = run(world, past_order(), past_sign_up())
    assert undo(world, view).undone.points == -125
    running = replace(view.job, status=JobStatus.RUNNING)
    work_on(replace(world, jobs=Stale(world.jobs, running)), JobTask("shop", view.job.job_id, 0), row_codec(world))
    assert balance(world, member()) == 0
    assert verify_program(world, "shop").found == []


def test_once_it_is_undone_the_order_earns_when_it_completes(world: World) -> None:
    undo(world, run(world, past_order(), past_sign_up()))
    assert completed(world) == ("earned", 100, False)
    assert sign_customer_up(world, member(), SENDER).outcome is Outcome.RECORDED
    assert cancel_order(world, "shop", "#1", None, None, SENDER).points_reversed == 100
    assert balance(world, member()) == 25


def test_undoing_reports_what_was_spent_and_leaves_no_debt(world: World) -> None:
    view = run(world, past_order())
    spend = RedemptionRequest(account_id=member(), order_total=Decimal("0.70"), currency="EUR", points=70)
    redeem_points(world, "shop", "#9", spend, SENDER)
    undone = undo(world, view).undone
    assert (undone.points, undone.short) == (-30, 70)
    assert balance(world, member()) == 0


def test_an_order_that_was_cancelled_since_has_nothing_left_to_undo(world: World) -> None:
    view = run(world, past_order())
    assert cancel_order(world, "shop", "#1", None, None, SENDER).points_reversed == 100
    undone = undo(world, view).undone
    assert (undone.points, undone.short, balance(world, member())) == (0, 0, 0)


def test_what_was_earned_is_reckoned_at_the_settings_of_today(world: World) -> None:
    change_program(world, "shop", lambda version: replace_rate(version), BOSS)
    assert run(world, past_order()).done.points == 300


def replace_rate(version: int) -> Any:
    return program(version=version, earn={"points_per_unit": "3"})


def test_history_is_nobodys_first_order_and_in_no_tier() -> None:
    promotion = {
        "id": "welcome",
        "starts_at": (LONG_AGO - timedelta(days=1)).isoformat(),
        "ends_at": NOW.isoformat(),
        "bonus_points": 500,
        "first_order": True,
    }
    tiers = [{"name": "gold", "min_orders": 1, "multiplier": "2"}]
    world = world_in_memory(program(promotions=[promotion], tiers=tiers))
    run(world, past_order(), past_order("#2"))
    assert balance(world, member()) == 200
    assert audit(world.ledger, member()).standing.orders == 0


def test_the_order_is_in_the_activity_and_its_view_says_what_it_earned(world: World) -> None:
    run(world, past_order())
    view = view_order(world, "shop", "#1")
    assert (view.status, view.history.earned) == ("completed", 100)
    assert view.history.completion
    assert view.history.completion.reason == "past_action"


def test_another_program_is_untouched() -> None:
    world = world_in_memory(program(**SWITCHED_ON))
    save(world.programs, replace(program("other", **SWITCHED_ON)))
    run(world, past_order())
    assert world.ledger.account(member(program_id="other"), consistent=True).version == 0
