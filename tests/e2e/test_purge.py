"""The purge, started by its real schedule."""

import time

from tests.e2e.api import eventually
from tests.e2e.conftest import ShortLived
from tools.deployment import client

SCHEDULE_SECONDS = 75.0
"""A minute, and what a start takes."""


def test_the_schedule_writes_off_what_has_expired(short_lived: ShortLived) -> None:
    """Issued when the tests began, for a second; nobody but the schedule starts the purge for this program."""
    shop = short_lived.shop
    left = SCHEDULE_SECONDS - (time.monotonic() - short_lived.issued)
    [entry] = eventually(lambda: shop.journal("write_off"), seconds=max(left, 5))
    assert (entry["kind"], entry["movements"], entry["points"], entry["amount"]) == (
        "expire",
        1,
        short_lived.points,
        "0.07",
    )
    assert [(p["side"], p["account"], p["points"]) for p in entry["postings"]] == [
        ("debit", "points_liability", short_lived.points),
        ("credit", "points_distributed_expense", short_lived.points),
    ]
    written_off = shop.statement()[0]
    assert (written_off["event"], written_off["source"], written_off["points"]) == ("points_expired", "PURGE", -7)
    assert written_off["recorded_at"] >= short_lived.expires_at.strftime("%Y-%m-%dT%H:%M:%S")
    account = shop.account()
    assert (account["balance"], account["outstanding"], account["expired_total"]) == (40, 40, 7)


def test_a_purge_with_nothing_due_writes_nothing(short_lived: ShortLived) -> None:
    eventually(lambda: short_lived.shop.journal("write_off"), seconds=SCHEDULE_SECONDS)
    stack, before = short_lived.shop.api.stack, short_lived.shop.statement()
    for _ in range(2):
        answer = client(stack.endpoint_url, "lambda").invoke(FunctionName=stack.functions["ExpiryPurgeFunction"])
        assert b'"complete": true' in answer["Payload"].read()
    assert short_lived.shop.statement() == before
    [entry] = short_lived.shop.journal("write_off")
    assert entry["points"] == short_lived.points
