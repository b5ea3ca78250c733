"""What the rows of a job cost: what the same commands cost alone, in a hundredth of the calls."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from loyalty.domain.jobs.job import JobKind
from loyalty.domain.ledger.transaction import Sender
from loyalty.usecases.jobs.start import JobRequest, start_job, undo_job, view_job
from tests.cost.conftest import Budgets
from tests.support.builders import NOW, program
from tests.support.shop import Metered
from tests.support.worlds import work

ROWS = 980
"""Twenty writes full of them."""


def adjustment(number: int) -> dict[str, Any]:
    return {"customer_id": f"c{number}", "points": 5, "reason": "ported"}


def past_order(number: int) -> dict[str, Any]:
    return {
        "action": "order",
        "order_id": f"#{number}",
        "customer_id": f"c{number}",
        "currency": "EUR",
        "completed_at": NOW.isoformat(),
        "items": [{"sku": "A", "quantity": 1, "amount": "9.00"}],
        "total": "9.00",
    }


@pytest.mark.parametrize(
    ("kind", "row"),
    [(JobKind.ADJUSTMENTS, adjustment), (JobKind.REWARD_PAST_ACTIONS, past_order)],
    ids=["adjustments", "past orders"],
)
def test_a_row_of_a_job_costs_what_it_would_alone_and_hardly_a_call(
    metered: Callable[..., Metered], budgets: Budgets, kind: JobKind, row: Callable[[int], dict[str, Any]]
) -> None:
    shop = metered(program())
    content = "\n".join(json.dumps(row(number)) for number in range(ROWS)).encode()
    request = JobRequest(kind=kind, dry_run=False, form="jsonl", content=content)
    job_id = start_job(shop.world, "shop", "key", lambda _: request, Sender("boss", "API")).job.job_id
    with shop.meter.metering(trips=False) as done:
        work(shop.world)
    assert view_job(shop.world, "shop", job_id).done.processed == ROWS
    budgets.hold(f"{kind}: a row of a job", done, writes=4.1, reads=0.6, accounts=ROWS)
    budgets.note(f"{kind}: calls for each of {ROWS} rows", len(done.calls) / ROWS, 0.06)
    assert len(done.calls) <= 0.06 * ROWS
    undo_job(shop.world, "shop", job_id, Sender("boss", "API"))
    with shop.meter.metering(trips=False) as undone:
        work(shop.world)
    budgets.hold(f"{kind}: a row undone", undone, writes=4.1, reads=1.6, accounts=ROWS)
