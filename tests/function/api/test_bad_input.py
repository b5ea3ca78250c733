"""Bad input over HTTP: each has its own status, code and pointer, and changes nothing."""

import pytest

from loyalty.entry.http.problems import RULES
from tests.function.api.cases import CASES, Case
from tests.function.api.cloud import Cloud
from tests.function.api.refusing import refused


@pytest.mark.parametrize("case", CASES, ids=str)
def test_bad_input_is_refused_by_its_code_and_pointer_and_changes_nothing(standing_shop: Cloud, case: Case) -> None:
    refused(standing_shop, case)


ELSEWHERE = {
    "unauthorized": "API Gateway's, before a function runs",
    "forbidden": "API Gateway's, before a function runs",
    "not_found": "needs a path with other segments than its route: test_ids.py",
    "below_min_points": "needs its own settings: test_refusals.py",
    "not_whole_blocks": "needs its own settings: test_refusals.py",
    "too_many_to_sort": "needs many accounts: test_balances.py",
    "refund_decided": "needs a refund first: test_refusals.py",
    "too_many_lots": "needs a full account: test_refusals.py",
    "upload_too_large": "needs a file: test_jobs.py",
    "past_actions_rewarded": "needs a run first: test_jobs.py",
    "job_not_undoable": "needs a job: test_jobs.py",
    "day_being_closed": "needs a day to close: test_refusals.py",
    "open_days_too_large": "needs no time left: test_journal.py",
    "busy": "needs a busy table: test_refusals.py",
    "internal_error": "needs a fault of ours: test_refusals.py",
}


def test_every_code_is_met() -> None:
    met = {case.code for case in CASES} | {code for case in CASES for _, code in case.faults}
    assert met | set(ELSEWHERE) == {rule.code for rule in RULES}
    assert not met & set(ELSEWHERE)
