"""The functions in this process, over a simulated table; and API Gateway, as far as they can tell.

Every answer that passes here is compared with the description of the API. Nothing here says anything about concurrency.
"""

import hashlib
import importlib.util
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from loyalty.entry.http.routes import Route
from loyalty_cli.client import segment
from tests.function.api.description import mismatch
from tests.support.gateway import on_aws, parameters, variables

ROOT = Path(__file__).resolve().parents[3]
NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
TABLE = "ledger"
CARD, FREE_CARD, BLOCKED_CARD = "9976072682309141", "9995717673677073", "9922465116665150"
"""The first numbers that are drawn."""
ADDRESS = "203.0.113.7"
"""From where whoever calls does so."""

type Event = dict[str, Any]
type Handler = Callable[[Event, Any], Any]
type Stored = Callable[[], Mapping[tuple[str, str], Mapping[str, Any]]]
"""Everything in the table, by its keys."""


def load(name: str) -> ModuleType:
    """The module of a function, by its folder, made anew."""
    path = ROOT / "functions" / name / "handler.py"
    spec = importlib.util.spec_from_file_location(f"functions_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


function = cache(load)
"""The module of a function as it is in a warm environment: kept from event to event."""


class Context:
    """What Lambda hands to a handler beside the event."""

    function_name = "function"
    function_version = "$LATEST"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:eu-central-1:123456789012:function:function"
    aws_request_id = "00000000-0000-4000-8000-000000000000"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


@dataclass(frozen=True)
class Answer:
    """What a caller gets over HTTP."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def faults(self) -> list[tuple[str, str]]:
        """Pointer and code of each fault."""
        return [(fault["pointer"], fault["code"]) for fault in self.body["errors"]]


@dataclass
class Cloud:
    """The deployed functions, without a deployment."""

    stored: Stored
    now: datetime = NOW
    log: io.StringIO = field(default_factory=io.StringIO)

    def call(
        self,
        key: str,
        *ids: str,
        body: Any = None,
        raw: str | None = None,
        base64: bool = False,
        query: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
        accept: str | None = None,
        if_match: str | None = None,
    ) -> Answer:
        """Call the route `key` ("GET p/orders/{order_id}", p the program) with the ids of its path, as a caller names
        them; `raw` is a body as it is, `body` one to be sent as JSON.
        """
        route = route_of(key)
        event = http_event(route, ids, query or {}, idempotency_key)
        if accept is not None:
            event["headers"]["accept"] = accept
        if if_match is not None:
            event["headers"]["if-match"] = if_match
        if raw is not None or body is not None:
            event |= {"body": as_json(body) if raw is None else raw, "isBase64Encoded": base64}
        return self.invoke(route, event)

    def invoke(self, route: Route, event: Event) -> Answer:
        """Invoke the function behind a route; its answer is the one that the description promises."""
        result = function(route.function).handler(event, Context())
        json.dumps(result)  # is what Lambda does with it
        is_json = result["headers"]["content-type"].endswith("json")
        body = json.loads(result["body"]) if is_json else result["body"]
        answer = Answer(result["statusCode"], result["headers"], body)
        found = mismatch(route, event, answer.status, answer.headers, answer.body)
        assert found is None, found
        return answer

    def deliver(self, name: str, *bodies: str, times: int = 1) -> list[str]:
        """Have SQS hand `bodies` to a function; returns the ids of the messages that come back, `m0` for the first.

        `times` is how often they have been handed over by then.
        """
        attributes = {**MESSAGE["attributes"], "ApproximateReceiveCount": str(times)}
        message = {**MESSAGE, "attributes": attributes}
        records = [{**message, "messageId": f"m{n}", "body": body} for n, body in enumerate(bodies)]
        result = function(name).handler({"Records": records}, Context())
        return [failure["itemIdentifier"] for failure in result["batchItemFailures"]]

    def items(self) -> list[Mapping[str, Any]]:
        """Everything in the table."""
        return list(self.stored().values())

    def digest(self) -> str:
        """Of everything in the table."""
        items = [json.dumps(item, sort_keys=True, default=str) for item in self.items()]
        return hashlib.sha256("\n".join(sorted(items)).encode()).hexdigest()

    def forget_the_log(self) -> None:
        self.log.seek(0)
        self.log.truncate()

    def lines(self) -> list[dict[str, Any]]:
        """What the functions logged."""
        return [json.loads(line) for line in self.log.getvalue().splitlines()]

    def reasons(self) -> dict[str, Any]:
        """Why messages were refused, by their ids."""
        return {line["message_id"]: line["reason"] for line in self.lines() if line["message"] == "message_refused"}


MESSAGE: dict[str, Any] = {
    "receiptHandle": "handle",
    "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1769860800000"},
    "messageAttributes": {},
    "eventSource": "aws:sqs",
    "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:orders",
    "awsRegion": "eu-central-1",
}


def route_of(key: str) -> Route:
    method, _, path = key.partition(" ")
    path = path.replace("p", "/v1/programs/{program_id}", 1)
    return next(route for route in Route if (route.method, route.path) == (method, path))


def http_event(route: Route, ids: tuple[str, ...], query: Mapping[str, str], key: str | None) -> Event:
    """What API Gateway makes of a request for `ids`, which stand in its path as a client has them stand there."""
    path = on_aws(route.path.format(**dict(zip(variables(route), map(segment, ids), strict=True))))
    assert path is not None, ids
    claims = {"client_id": "the-client", "token_use": "access", "scope": " ".join(route.scopes)}
    return {
        "version": "2.0",
        "routeKey": route.key,
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"idempotency-key": key} if key is not None else {},
        "pathParameters": parameters(route, path),
        **({"queryStringParameters": dict(query)} if query else {}),
        "requestContext": {
            "authorizer": {"jwt": {"claims": claims, "scopes": list(route.scopes)}},
            "http": {"method": route.method, "path": path, "sourceIp": ADDRESS},
        },
        "isBase64Encoded": False,
    }


def order(**changes: Any) -> dict[str, Any]:
    """A completed order of 20.00 EUR, an hour ago; None takes a field away."""
    facts: dict[str, Any] = {
        "customer_id": "ann",
        "currency": "EUR",
        "completed_at": (NOW - timedelta(hours=1)).isoformat(),
        "items": [{"sku": "A", "quantity": 1, "amount": "20.00"}],
        "total": "20.00",
    }
    return {name: fact for name, fact in {**facts, **changes}.items() if fact is not None}


def detail(**changes: Any) -> dict[str, Any]:
    """A completed order as an event has it."""
    return {"program_id": "shop", "order_id": "#9", **order(), **changes}


def as_json(document: Any) -> str:
    """As `json.dumps`, but infinity is the number that Python reads as infinity."""
    return json.dumps(document).replace("Infinity", "1e400")


def fact(detail_type: str, facts: Any) -> str:
    """A message as EventBridge puts it into a queue."""
    envelope = {
        "version": "0",
        "id": "11111111-2222-4333-8444-555555555555",
        "detail-type": detail_type,
        "source": "storefront",
        "account": "123456789012",
        "time": "2026-01-31T11:00:00Z",
        "region": "eu-central-1",
        "resources": [],
        "detail": facts,
    }
    return as_json(envelope)
