"""What attacks leave behind: books that agree, and not a word about anybody in any log.

The names of this file and of the last tests in it have them run after all others.
"""

import json
from base64 import b64encode
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from loyalty.entry.http.routes import Route
from tests.system.hostile.target import ANN, BOUGHT, CONSUMED, PERSONAL, REASON, Target, personal, refused, unchanged
from tests.system.stack.api import Reply, order
from tests.system.stack.test_access import address
from tools.deployment import client

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sqs import SQSClient

WITH_BODY = [route for route in Route if route.method in ("POST", "PUT") and not route.path.endswith("/undo")]
NO_BODIES = {
    "bytes that are no text": b"\xff\xfe" + PERSONAL.encode(),
    "half an object": f'{{"customer_id": "{ANN}"'.encode(),
    "nested deeply": b"[" * 50_000,
    "a name twice": f'{{"reason": "{REASON}", "reason": "{REASON}"}}'.encode(),
    "300 KB": json.dumps({"reason": REASON * 20_000}).encode(),
    "a text": f'"{ANN}"'.encode(),
}
NO_BODY_CODES = ("malformed_json", "not_an_object", "body_too_large")


@pytest.mark.parametrize("name", NO_BODIES)
def test_what_is_no_body_is_refused_by_every_route_alike(name: str, target: Target) -> None:
    before = target.digest()
    for route in WITH_BODY:
        scope = route.scopes[0].removeprefix("loyalty/")
        reply = target.api.send(
            route.method,
            address(route, "shop", "1"),
            authorization=f"Bearer {target.api.token(scope)}",
            body=NO_BODIES[name],
            headers={"idempotency-key": "new"},
        )
        refused(reply, *NO_BODY_CODES)
    assert target.digest() == before


def poison() -> Iterator[tuple[str, str]]:
    """Messages for each queue that a function consumes, with much that is personal in them."""
    detail = {"program_id": "shop", "order_id": BOUGHT, **order(customer_id=ANN), "note": REASON, PERSONAL: REASON}
    task = {"program_id": "nobodys", "run_id": REASON, "job_id": REASON, "part": REASON, "account": ANN, "shard": ANN}
    for queue in CONSUMED:
        yield queue, REASON
        yield queue, json.dumps({"detail": detail})
        yield queue, json.dumps({"detail": {**detail, "customer_id": [ANN]}})
        yield queue, json.dumps(task)
        yield queue, json.dumps({**task, "as_of": REASON, "left": ANN, "after": [ANN, ANN]})


def test_poison_in_the_queues_changes_nothing(target: Target) -> None:
    sqs: SQSClient = client(target.endpoint_url, "sqs")

    def send() -> None:
        for queue, body in poison():
            sqs.send_message(QueueUrl=target.api.stack.queues[queue], MessageBody=body)
        target.settle()

    before = target.digest()
    send()
    assert target.digest() == before


@pytest.mark.parametrize("function", ["ExpiryPurgeFunction", "CloseDaysFunction", "VerifyFunction"])
def test_a_function_that_is_told_nonsense_fails_without_repeating_it(function: str, target: Target) -> None:
    functions: LambdaClient = client(target.endpoint_url, "lambda")
    name = target.api.stack.functions[function]
    before = target.digest()
    nonsense: list[object] = [{"program_id": f"{REASON} #"}, {"program_id": [ANN]}, {"program_id": "nobodys"}, [ANN]]
    for told in nonsense:
        answer = functions.invoke(FunctionName=name, Payload=json.dumps(told).encode())
        assert "FunctionError" in answer
        assert not personal(answer["Payload"].read().decode())
    assert target.digest() == before


def test_a_refusal_that_knows_a_customer_does_not_say_whom(target: Target) -> None:
    shop, new = target.shop, f"{PERSONAL}new"
    use = {"customer_id": ANN, "order_total": "1.00", "currency": "EUR", "points": 1_000}
    unsaid = order(items=[{"sku": PERSONAL, "quantity": REASON, "amount": ANN}])

    def too_many() -> Reply:
        return shop.call("storefront", "PUT", "orders", new, "redemption", body=use)

    def all_wrong() -> Reply:
        return shop.call("storefront", "POST", "orders", new, "completed", body=unsaid)

    refused(unchanged(target, too_many), "insufficient_points", "exceeds_order_limit")
    refused(unchanged(target, all_wrong), "wrong_type")


def test_the_books_agree_after_all_of_it(target: Target) -> None:
    target.settle()
    assert target.differences() == 0


def test_no_log_names_anybody_holds_a_token_or_what_was_sent(target: Target) -> None:
    """Personal ids and texts are in nearly every request of these tests, bad ones and good ones."""
    lines = [line.message for line in target.logged()]
    assert lines
    tokens = [target.api.token(name) for name in target.api.stack.clients]
    secrets = [
        PERSONAL,
        b64encode(PERSONAL.encode()).decode()[:11],
        *tokens,
        *(token.rpartition(".")[2] for token in tokens),
        *(told["client_secret"] for told in target.api.stack.clients.values()),
        *target.cards,
        *target.other_cards,
        target.upload,
        "Bearer",
        "X-Amz-Signature",
    ]
    assert [line for line in lines if any(secret in line for secret in secrets)] == []


def test_no_request_or_order_event_was_a_fault_of_ours(target: Target) -> None:
    """A stack trace is what Lambda makes of one, internal_error what we do."""
    lines = [line.message for line in target.logged() if line.function not in OWN]
    assert lines
    assert [line for line in lines if "Traceback" in line or '"internal_error"' in line] == []


OWN = ("ExpiryPurgeFunction", "CloseDaysFunction", "VerifyFunction", "PurgeWorkerFunction", "JobWorkerFunction")
"""Whose events are our own: nonsense in one is a fault of ours. The first three fail as Lambda has it, for alarms."""
