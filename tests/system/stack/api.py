"""The deployed API as tests call it: any token, any bytes; every answer is held against docs/openapi.json."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlencode

import urllib3
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from jsonschema.protocols import Validator  # type: ignore[import-untyped]
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from loyalty_cli.client import Client, Json, segment
from tests.support.gateway import chosen
from tools.demo import Queues
from tools.local_cloud import Stack
from tools.order_events import OrderEvents

ROOT = Path(__file__).resolve().parents[3]
DESCRIPTION: Json = json.loads((ROOT / "docs" / "openapi.json").read_text())
REGISTRY: Any = Registry().with_resource("urn:api", Resource.from_contents(DESCRIPTION, DRAFT202012))


@dataclass(frozen=True, slots=True)
class Reply:
    """Whatever the API answered."""

    status: int
    headers: Mapping[str, str]
    body: Json

    @property
    def code(self) -> str:
        return str(self.body["code"])

    @property
    def replayed(self) -> bool:
        return self.headers.get("idempotent-replayed") == "true"


class Api:
    """The API of a stack, with the tokens of its three clients."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.events = OrderEvents.of(stack)
        self.queues = Queues(stack)
        self._clients = {name: Client.of(stack, name) for name in stack.clients}
        self._http = urllib3.PoolManager(maxsize=16, retries=False, timeout=30)

    def token(self, client: str) -> str:
        return self._clients[client].token()

    def send(
        self,
        method: str,
        path: str,
        *,
        authorization: str | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Sends exactly this; the path is encoded already."""
        sent = {"content-type": "application/json", **(headers or {})}
        if authorization is not None:
            sent["authorization"] = authorization
        response = self._http.request(method, f"{self.stack.api_url}{path}", body=body, headers=sent)
        document: Json = json.loads(response.data)
        check(method, unquote(path.partition("?")[0]), response, document)
        return Reply(response.status, response.headers, document)

    def call(
        self,
        client: str,
        method: str,
        *path: str,
        body: object = None,
        query: Mapping[str, str] | None = None,
        key: str | None = None,
    ) -> Reply:
        """Calls /v1/programs/{path} as one of the three clients."""
        encoded = "/".join(map(segment, path))
        return self.send(
            method,
            f"/v1/programs/{encoded}" + (f"?{urlencode(query)}" if query else ""),
            authorization=f"Bearer {self.token(client)}",
            body=None if body is None else json.dumps(body).encode(),
            headers={"idempotency-key": key} if key is not None else None,
        )


class Shop:
    """One program of its own for a test, and what is done with it all the time."""

    def __init__(self, api: Api, program_id: str) -> None:
        self.api = api
        self.program_id = program_id

    def set_up(self, **settings: Any) -> Reply:
        return self.call("admin", "PUT", body={"name": "Shop", "currency": "EUR", **settings})

    def call(self, client: str, method: str, *path: str, **more: Any) -> Reply:
        return self.api.call(client, method, self.program_id, *path, **more)

    def complete(self, order_id: str, amount: str = "100.50", customer_id: str = "ann", **facts: Any) -> Reply:
        return self.call(
            "storefront", "POST", "orders", order_id, "completed", body=order(amount, customer_id, **facts)
        )

    def redeem(self, order_id: str, points: int | str, total: str = "100.00", customer_id: str = "ann") -> Reply:
        body = {"customer_id": customer_id, "order_total": total, "currency": "EUR", "points": points}
        return self.call("storefront", "PUT", "orders", order_id, "redemption", body=body)

    def issue(self, key: str, points: int, expires_at: str | None = None, customer_id: str = "ann") -> Reply:
        body = {"points": points, "expires_at": expires_at, "reason": "test"}
        return self.call("admin", "POST", "customers", customer_id, "issues", body=body, key=key)

    def order(self, order_id: str) -> Json:
        return self.call("storefront", "GET", "orders", order_id).body

    def account(self, customer_id: str = "ann") -> Json:
        return self.call("storefront", "GET", "customers", customer_id).body

    def statement(self, customer_id: str = "ann", limit: int = 50) -> list[Json]:
        """All movements, newest first, in pages of `limit`."""
        movements: list[Json] = []
        query = {"limit": str(limit)}
        while True:
            page = self.call("storefront", "GET", "customers", customer_id, "movements", query=query).body
            assert len(page["movements"]) <= limit
            movements += page["movements"]
            if page["cursor"] is None:
                return movements
            query["cursor"] = page["cursor"]

    def journal(self, kind: str = "all") -> list[Json]:
        """The journal of yesterday to tomorrow, so that a midnight can't come between."""
        days = [time.strftime("%Y-%m-%d", time.gmtime(time.time() + offset * 86_400)) for offset in (-1, 1)]
        query = {"from": days[0], "to": days[1], "kind": kind}
        entries: list[Json] = self.call("finance", "GET", "journal-entries", query=query).body["entries"]
        return entries

    def send(self, detail_type: str, order_id: str, detail: Json) -> None:
        self.api.events.send([(detail_type, {"program_id": self.program_id, "order_id": order_id, **detail})])

    def await_status(self, order_id: str, status: str) -> Json:
        """The order's view, once it has come to that."""
        return eventually(lambda: view if (view := self.order(order_id))["status"] == status else None)

    def await_quiet(self, seconds: float = 30.0) -> None:
        """Until no order event waits or is being worked on."""
        eventually(lambda: not self.api.queues.busy(), seconds)


def order(amount: str = "100.50", customer_id: str = "ann", **facts: Any) -> Json:
    """The body of a completed order of one item."""
    return {
        "customer_id": customer_id,
        "currency": "EUR",
        "completed_at": "2026-01-31T09:30:00+01:00",
        "items": [{"sku": "mug", "quantity": 1, "amount": amount}],
        "total": amount,
        **facts,
    }


def eventually[Thing](look: Callable[[], Thing | None], seconds: float = 30.0) -> Thing:
    """What `look` finds, once it finds something."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s"
        time.sleep(0.1)
    return found


def check(method: str, path: str, response: urllib3.BaseHTTPResponse, document: Json) -> None:
    """Asserts that the API is described to answer this."""
    route = chosen(method, path)
    if route is None:
        return
    media_type = response.headers["content-type"].partition(";")[0]
    described = DESCRIPTION["paths"][route.path][method.lower()]["responses"]
    assert str(response.status) in described, f"{route.key} is not described to answer {response.status}: {document}"
    error = next(validator(route.path, method.lower(), str(response.status), media_type).iter_errors(document), None)
    assert error is None, f"{route.key} {response.status}: {error.message} at {error.json_path}"


@cache
def validator(path: str, method: str, status: str, media_type: str) -> Validator:
    """For the answers of one operation, status and media type."""
    at: Any = DESCRIPTION
    pointer = ["paths", path, method, "responses", status]
    for name in pointer:
        at = at[name]
    if "$ref" in at:
        pointer = at["$ref"].removeprefix("#/").split("/")
    pointer += ["content", media_type, "schema"]
    escaped = "/".join(name.replace("~", "~0").replace("/", "~1") for name in pointer)
    return Draft202012Validator({"$ref": f"urn:api#/{quote(escaped, safe='/~')}"}, registry=REGISTRY)
