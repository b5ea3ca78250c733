"""Nobody calls unasked, and nobody calls what is not theirs."""

import base64
import json
import re

import pytest

from loyalty.entry.http.routes import Route
from loyalty_cli.client import segment
from tests.system.stack.api import Api, Shop, order

SCOPES = {name: f"loyalty/{name}" for name in ("storefront", "admin", "finance")}
IDS = ("1001", "a/b")


def address(route: Route, program_id: str, number: str) -> str:
    """The route's path."""
    known = {"program_id": program_id, "business_day": "2026-01-31", "kind": "earn", "number": "9900000000000002"}
    names = re.findall(r"\{(\w+)\}", route.path)
    return route.path.format(**{name: known.get(name, segment(number)) for name in names})


def of_routes(pairs: list[tuple[Route, str]]) -> list[object]:
    return [pytest.param(route, number, id=f"{route.key} {number}") for route, number in pairs]


# A route without an id has one path only.
EVERY = [
    (route, number)
    for route in Route
    for number in IDS
    if number == IDS[0] or {"{order_id}", "{customer_id}"} & set(route.path.split("/"))
]


@pytest.mark.parametrize(("route", "number"), of_routes(EVERY))
def test_no_token_and_no_valid_token_are_401(route: Route, number: str, api: Api) -> None:
    path = address(route, "nobodys", number)
    header, payload, signature = api.token("admin").split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    claims["scope"] = " ".join(SCOPES.values())
    forged = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    unsigned = base64.urlsafe_b64encode(b'{"alg": "none", "typ": "JWT"}').decode().rstrip("=")
    garbage = ["", "Bearer", "Bearer garbage", "Bearer a.b.c", "Basic YTpi"]
    garbage += [f"Bearer {header}.{forged}.{signature}", f"Bearer {unsigned}.{forged}."]
    for authorization in (None, *garbage):
        assert api.send(route.method, path, authorization=authorization).status == 401, authorization


@pytest.mark.parametrize(("route", "number"), of_routes(EVERY))
def test_a_wrong_scope_is_403_and_a_right_one_gets_in(route: Route, number: str, api: Api) -> None:
    path = address(route, "nobodys", number)
    for client, scope in SCOPES.items():
        status = api.send(route.method, path, authorization=f"Bearer {api.token(client)}").status
        if scope in route.scopes:
            assert status not in (401, 403), client
        else:
            assert status == 403, client


def test_a_refused_call_changes_nothing(shop: Shop) -> None:
    assert shop.call("finance", "POST", "orders", "a/b", "completed", body=order()).status == 403
    assert shop.call("admin", "POST", "orders", "1001", "completed", body=order()).status == 403
    assert (
        shop.call("storefront", "POST", "customers", "ann", "issues", body={"points": 5, "reason": "x"}).status == 403
    )
    assert shop.account()["balance"] == 0
    assert [shop.order(order_id)["status"] for order_id in ("a/b", "1001")] == ["unknown", "unknown"]


def test_an_address_that_is_none_is_404(api: Api) -> None:
    for path in ("orders/1001/shipped", "orders/1001/completed/", "customers/ann/secrets"):
        reply = api.send("POST", f"/v1/programs/p/{path}", authorization=f"Bearer {api.token('storefront')}")
        assert reply.status == 404, path
