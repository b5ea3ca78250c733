"""What a function's role lets it do is what its code does, no more and no less.

Every event of events/ is played, and what those do not reach; botocore tells what each function asked of AWS. That is
compared, both ways, with the statements of its role in template.yaml.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.session import Session

from loyalty.usecases.points import purge
from tests.function.api.cloud import TABLE, Cloud, Context, function
from tests.function.api.conftest import forget
from tests.function.api.test_events import EXPECTED, run, trading
from tests.system.infra.test_template import FUNCTIONS, TEMPLATE, TRACING, as_list, queues_of, statements

type Permission = tuple[str, str]
"""An action, and in the ledger's table on what: `table`, or the name of an index."""

type Play = Callable[[Cloud, pytest.MonkeyPatch], None]

FOLDERS = {name: Path(function["CodeUri"]).name for name, function in FUNCTIONS.items()}
LAMBDAS_OWN = {"logs:CreateLogStream", "logs:PutLogEvents", *TRACING}
"""What Lambda does with a function's role, whatever its code is; and of one that a queue feeds:"""
FEEDING = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
ACTIONS = {
    # What is not there is 404 only for who may list; for others it is 403.
    "s3:HeadObject": ["s3:GetObject", "s3:ListBucket"],
    "s3:GetObject": ["s3:GetObject", "s3:ListBucket"],
    "lambda:Invoke": ["lambda:InvokeFunction"],
}


def asked(service: str, operation: str, parameters: dict[str, Any]) -> set[Permission]:
    """What a call needs to be permitted."""
    if operation in ("TransactGetItems", "TransactWriteItems"):
        return {(f"dynamodb:{kind}Item", "table") for item in parameters["TransactItems"] for kind in item}
    if service == "dynamodb":
        return {(f"dynamodb:{operation}", parameters.get("IndexName", "table"))}
    action = f"{service}:{operation}"
    return {(action, "") for action in ACTIONS.get(action, [action])}


class Recorder:
    """Notes what each function asks of AWS, by its folder."""

    def __init__(self) -> None:
        self.used: dict[str, set[Permission]] = defaultdict(set)
        self._running: list[str] = []

    def handler(self, folder: str, handler: Callable[..., Any], event: Any, context: Any) -> Any:
        self._running.append(folder)
        try:
            return handler(event, context)
        finally:
            self._running.pop()

    def note(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        if self._running:
            service = model.service_model.service_name
            self.used[self._running[-1]] |= asked(service, model.name, params)


@pytest.fixture(scope="module")
def used() -> Iterator[dict[str, set[Permission]]]:
    recorder = Recorder()
    with pytest.MonkeyPatch.context() as patch:
        for folder in FOLDERS.values():
            module = function(folder)
            patch.setattr(module, "handler", partial(recorder.handler, folder, module.handler))
        create = Session.create_client

        def listened_to(session: Session, *told: Any, **more: Any) -> Any:
            client = create(session, *told, **more)
            client.meta.events.register("provide-client-params.*.*", recorder.note)
            return client

        patch.setattr(Session, "create_client", listened_to)
        plays: list[Play] = [*(partial(played, folder) for folder in FOLDERS.values()), *MORE]
        for play in plays:
            with trading(on_the_wire=True) as cloud, pytest.MonkeyPatch.context() as own:
                forget()
                play(cloud, own)
        yield recorder.used


def played(folder: str, cloud: Cloud, patch: pytest.MonkeyPatch) -> None:
    """All of a function's event files."""
    for name in EXPECTED:
        if name.startswith(f"{folder}/"):
            run(name)


def a_day_is_closed(cloud: Cloud, patch: pytest.MonkeyPatch) -> None:
    cloud.now += timedelta(days=2)
    function("close_days").handler({}, Context())


def somebody_signs_up(cloud: Cloud, patch: pytest.MonkeyPatch) -> None:
    points = {"name": "Shop", "currency": "EUR", "ways_to_earn": {"sign_up": {"enabled": True, "points": 5}}}
    assert cloud.call("PUT p", "other", body=points).status == 201
    assert cloud.call("POST p/customers/{customer_id}/sign-up", "other", "ann", body={}).body["points_earned"] == 5


def a_card_is_looked_at(cloud: Cloud, patch: pytest.MonkeyPatch) -> None:
    run("cards/get")


def points_expire(cloud: Cloud, patch: pytest.MonkeyPatch) -> None:
    cloud.now += timedelta(hours=1)
    assert function("expiry_purge").handler({}, Context())["accounts"] == 1


def a_purge_is_handed_over_and_over(cloud: Cloud, patch: pytest.MonkeyPatch) -> None:
    """To a worker that is out of time at once, and to one that has enough of it."""
    sqs = boto3.client("sqs")
    queue = sqs.create_queue(QueueName="purges")["QueueUrl"]
    patch.setenv("PURGE_QUEUE_URL", queue)
    forget()
    patch.setattr(purge, "ACCOUNTS_PER_WRITE", 1)
    cloud.now += timedelta(hours=1)
    assert function("expiry_purge").handler({}, Context())["left"] == 1
    for milliseconds in (0, 60_000):
        patch.setattr(Context, "get_remaining_time_in_millis", lambda _, left=milliseconds: left)
        [task] = sqs.receive_message(QueueUrl=queue)["Messages"]
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=task["ReceiptHandle"])
        assert cloud.deliver("purge_worker", task["Body"]) == []
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)


def the_ledger_was_tampered_with(cloud: Cloud, patch: pytest.MonkeyPatch) -> None:
    client = boto3.client("dynamodb")
    accounts = client.scan(TableName=TABLE, FilterExpression="sk = :sk", ExpressionAttributeValues=ACCOUNT)
    client.put_item(TableName=TABLE, Item=accounts["Items"][0] | {"version": {"N": "99"}})
    assert function("verify").handler({}, Context())["differences"]


ACCOUNT = {":sk": {"S": "account"}}
MORE: list[Play] = [
    a_day_is_closed,
    somebody_signs_up,
    a_card_is_looked_at,
    points_expire,
    a_purge_is_handed_over_and_over,
    the_ledger_was_tampered_with,
]
"""What no event file does: each on a ledger of its own."""


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_role_permits_what_its_function_does_and_nothing_else(name: str, used: dict[str, set[Permission]]) -> None:
    needed = used[FOLDERS[name]] | {(action, "") for action in LAMBDAS_OWN}
    if queues_of(FUNCTIONS[name]):
        needed |= {(action, "") for action in FEEDING}
    assert permitted(name) == needed


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_role_permits_nothing_on_what_its_function_is_not_told_of(name: str) -> None:
    function = FUNCTIONS[name]
    by_all = TEMPLATE["Globals"]["Function"]["LoggingConfig"]
    told = json.dumps([function.get("Environment"), function.get("Events"), by_all, "LedgerTable"])
    for statement in statements(name):
        if set(statement["Action"]) == TRACING:
            continue
        for resource in as_list(statement["Resource"]):
            [logical] = re.findall(r"(?:\$\{|GetAtt\": \[\")(\w+)", json.dumps(resource))
            assert re.search(rf"\b{logical}\b", told), logical


def permitted(name: str) -> set[Permission]:
    return {
        (action, place)
        for statement in statements(name)
        for action in as_list(statement["Action"])
        for place in (places_of(statement["Resource"]) if action.startswith("dynamodb:") else [""])
    }


def places_of(resources: Any) -> list[str]:
    """Of the ledger: the table or one of its indexes."""
    found = [json.dumps(resource) for resource in as_list(resources)]
    return [text.rpartition("/index/")[2].strip('"}') if "/index/" in text else "table" for text in found]
