"""Order events that are no good: each lands in the dead letters alone, with its reason in the log."""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

import pytest

from loyalty_cli.client import Json
from tests.system.stack.api import Api, Shop, eventually, order
from tools.deployment import client
from tools.local_cloud import logged

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@pytest.fixture
def sqs(api: Api) -> "SQSClient":
    found: SQSClient = client(api.stack.endpoint_url, "sqs")
    return found


def dead_letters(sqs: "SQSClient", api: Api, queue: str, number: int) -> dict[str, Json]:
    """Takes at least `number` messages out of a dead-letter queue: message id -> event."""
    url, found = api.stack.queues[queue], {}

    def take() -> bool:
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            found[message["MessageId"]] = message["Body"]
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return len(found) >= number

    eventually(take, seconds=60)
    return {message_id: json.loads(body) if body.startswith("{") else {} for message_id, body in found.items()}


def reasons(api: Api, function: str, message_ids: Iterable[str]) -> dict[str, str]:
    """What a function logged about events that it refused: message id -> code."""
    wanted = set(message_ids)

    def found() -> dict[str, str] | None:
        refused = [
            json.loads(line.message)
            for line in logged(api.stack)
            if line.function == function and '"message_refused"' in line.message
        ]
        codes = {line["message_id"]: line["reason"]["code"] for line in refused if line["message_id"] in wanted}
        return codes if len(codes) == len(wanted) else None

    return eventually(found)


def test_poison_is_set_aside_alone(api: Api, shop: Shop, sqs: "SQSClient") -> None:
    shop.complete("bobs", customer_id="bob")
    poison = {
        "malformed_money": {**order(), "total": "1,00", "order_id": "p1"},
        "unknown_field": {**order(), "colour": "red", "order_id": "p2"},
        "missing_field": {"order_id": "p3"},
        "unknown_program": {**order(), "program_id": "nobodys", "order_id": "p4"},
        "order_customer_mismatch": {**order(), "order_id": "bobs"},
        "currency_mismatch": {**order(), "currency": "USD", "order_id": "p6"},
        "id_not_printable": {**order(), "order_id": "p\n7"},
        "completed_in_future": {**order(), "completed_at": "2999-01-01T00:00:00Z", "order_id": "p8"},
    }
    good = [{**order("10.00"), "order_id": f"good-{number}"} for number in range(12)]
    # Mixed, so that batches hold both.
    mixed = [fact for pair in zip(poison.values(), good, strict=False) for fact in pair] + good[len(poison) :]
    api.events.send([("Order Completed", {"program_id": shop.program_id, **fact}) for fact in mixed])

    for fact in good:
        assert shop.await_status(fact["order_id"], "completed")["points_earned"] == 10
    assert shop.account()["balance"] == 10 * len(good)
    dead = dead_letters(sqs, api, "OrderCompletedDeadLetters", len(poison))
    # The others of their batches were not handed back with them, which would have them wait for another try.
    shop.await_quiet(seconds=10)
    assert dead_letters(sqs, api, "OrderCompletedDeadLetters", 0) == {}
    assert sorted(event["detail"]["order_id"] for event in dead.values()) == sorted(
        p["order_id"] for p in poison.values()
    )
    refused = reasons(api, "OrderCompletedFunction", dead)
    told = {event["detail"]["order_id"]: refused[message_id] for message_id, event in dead.items()}
    assert told == {fact["order_id"]: code for code, fact in poison.items()}
    assert shop.account("bob")["balance"] == 100


def test_what_is_no_event_is_set_aside_too(api: Api, shop: Shop, sqs: "SQSClient") -> None:
    """EventBridge sends none of this; an operator who redrives by hand might."""
    shop.complete("1")
    queue = api.stack.queues["OrderCancelledQueue"]
    bodies = ["not JSON", "null", "[]", "{}", '{"detail": null}', '{"detail": "text"}', "[" * 100_000]
    sent = {sqs.send_message(QueueUrl=queue, MessageBody=body)["MessageId"] for body in bodies}
    shop.send("Order Cancelled", "1", {})
    shop.await_status("1", "cancelled")
    dead = dead_letters(sqs, api, "OrderCancelledDeadLetters", len(bodies))
    assert dead.keys() == sent
    assert set(reasons(api, "OrderCancelledFunction", sent).values()) == {"malformed_json", "not_an_object"}


def test_what_others_put_on_the_bus_is_passed_over(api: Api, shop: Shop) -> None:
    """Only the storefront's own facts are ours."""
    events = client(api.stack.endpoint_url, "events")
    detail = json.dumps({"program_id": shop.program_id, "order_id": "1", **order()})
    bus = api.stack.event_bus_name
    events.put_events(
        Entries=[
            {"EventBusName": bus, "Source": "somebody", "DetailType": "Order Completed", "Detail": detail},
            {"EventBusName": bus, "Source": "storefront", "DetailType": "Order Shipped", "Detail": detail},
        ]
    )
    shop.send("Order Completed", "2", order())
    shop.await_status("2", "completed")
    shop.await_quiet()
    assert shop.order("1")["status"] == "unknown"
