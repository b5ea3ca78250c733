"""Events that nobody sends on purpose, from queues and schedules.

No batch fails as a whole, what is bad comes back alone, and what is refused has changed nothing.
"""

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loyalty.entry.events.invoking import Failed
from tests.function.api.cloud import Cloud, Context, function
from tests.function.api.test_any_input import JSON, PLACES, SCALARS, bodies, changed
from tests.function.api.test_events import EVENTS, event, trading

CONSUMERS = {
    "order_completed": "order_completed/sqs",
    "order_cancelled": "order_cancelled/sqs",
    "purge_worker": "purge_worker/account",
    "job_worker": "job_worker/check",
}
"""And an event of each that is good."""
INVOKED = {
    "expiry_purge": "expiry_purge/one_program",
    "close_days": "close_days/one_program",
    "verify": "verify/one_customer",
}
PERSON = "customer-7"
EXAMPLES = int(os.environ.get("HOSTILE_EXAMPLES", "40"))
LENIENT = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def shop() -> Iterator[Cloud]:
    """Where every good event has been delivered once, so that it changes nothing when it comes again."""
    with trading() as cloud:
        for name, good in CONSUMERS.items():
            assert cloud.deliver(name, body_of(good)) == []
        yield cloud


def body_of(name: str) -> str:
    return str(event(name)["Records"][0]["body"])


def test_every_function_that_gets_events_is_here() -> None:
    with_records = {path.parent.name for path in EVENTS.glob("*/*.json") if "Records" in json.loads(path.read_text())}
    assert set(CONSUMERS) == with_records
    of_http = {path.parent.name for path in EVENTS.glob("*/*.json") if "routeKey" in json.loads(path.read_text())}
    assert set(INVOKED) == {path.parent.name for path in EVENTS.glob("*/*.json")} - with_records - of_http


@pytest.mark.parametrize("name", CONSUMERS)
@LENIENT
@given(data=st.data())
def test_poison_comes_back_alone_and_has_changed_nothing(shop: Cloud, name: str, data: st.DataObject) -> None:
    good = body_of(CONSUMERS[name])
    document = json.loads(good)
    poison = data.draw(bodies(document) | bodies({**document, **nested(document)}))
    before = shop.digest()
    shop.forget_the_log()
    come_back = shop.deliver(name, good, poison, good)
    assert set(come_back) <= {"m1"}
    if come_back:
        assert shop.digest() == before
        assert PERSON not in shop.log.getvalue()


def nested(document: Any) -> Any:
    """An envelope whose detail is text, as EventBridge's Scheduler has it."""
    return {"detail": json.dumps(document["detail"])} if "detail" in document else {}


@pytest.mark.parametrize("name", INVOKED)
@LENIENT
@given(data=st.data())
def test_what_is_told_to_a_function_is_carried_out_or_refused_and_its_failure_names_nobody(
    shop: Cloud, name: str, data: st.DataObject
) -> None:
    whole = {"program_id": "shop", "as_of": "2026-01-31T11:00:00Z", "customer_id": PERSON, "guest": True}
    told: Any = {**whole, **event(INVOKED[name])}
    for place, change in data.draw(st.lists(st.tuples(PLACES, SCALARS | JSON), max_size=3)):
        told = changed(told, place, change)
    before = shop.digest()
    shop.forget_the_log()
    failure = failed(name, told)
    assert PERSON not in shop.log.getvalue()
    if failure is not None:
        assert PERSON not in f"{failure!r} {failure.__cause__!r} {failure.__context__!r}"
        assert "internal_error" not in str(failure), shop.log.getvalue()
        assert shop.digest() == before


def failed(name: str, told: Any) -> Failed | None:
    try:
        json.dumps(function(name).handler(told, Context()))
    except Failed as failure:
        return failure
    return None
