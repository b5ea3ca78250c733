"""What administrators do is in the audit, all of it, once; what anybody else does is not."""

import csv
import json
from collections.abc import Mapping
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest

from loyalty.entry.http.routes import ADMIN, Route
from tests.function.api.cases import (
    ADJUST,
    ASSIGN,
    AUDIT,
    BLOCK,
    CANCEL,
    CREATE,
    ERASE,
    EXPORT,
    ISSUE,
    JANUARY,
    PUT_PROGRAM,
    REFUND,
    REPLACE,
    adjustment,
    gift,
    keys,
    settings,
)
from tests.function.api.cloud import ADDRESS, CARD, FREE_CARD, Answer, Cloud, http_event, route_of

JOBS, UNDO, UPLOADS = "POST p/jobs", "POST p/jobs/{job_id}/undo", "POST p/uploads"

ACTS: Mapping[str, tuple[tuple[str, ...], dict[str, Any], str, tuple[str, str]]] = {
    PUT_PROGRAM: (("shop",), {"body": settings(name="Other")}, "program_changed", ("program", "shop")),
    ISSUE: (("shop", "ann"), {"body": gift(), "idempotency_key": "n"}, "points_issued", ("customer", "ann")),
    ADJUST: (
        ("shop", "ann"),
        {"body": adjustment(order_id="#1"), "idempotency_key": "n"},
        "points_adjusted",
        ("customer", "ann"),
    ),
    REFUND: (("shop", "#1"), {"body": {"refunded_total": "5.00", "points": 5}}, "order_refunded", ("order", "#1")),
    EXPORT: (("shop", "ann"), {}, "customer_exported", ("customer", "ann")),
    CREATE: (("shop",), {"body": {"count": 3}, "idempotency_key": "n"}, "cards_created", ("program", "shop")),
    ASSIGN: (
        ("shop", CARD),
        {"body": {"customer_id": "ben"}, "idempotency_key": "n"},
        "card_assigned",
        ("card", CARD),
    ),
    BLOCK: (("shop", CARD), {"body": {"reason": "lost"}, "idempotency_key": "n"}, "card_blocked", ("card", CARD)),
    REPLACE: (
        ("shop", CARD),
        {"body": {"reason": "lost", "number": FREE_CARD}, "idempotency_key": "n"},
        "card_replaced",
        ("card", FREE_CARD),
    ),
}
"""What an administrator sends (its ids and the rest), how the audit calls it, and what it says it was done to."""

ELSEWHERE = {
    ERASE: "test_an_erasure_is_in_the_audit_under_the_pseudonym",
    JOBS: "tests/function/jobs",
    UNDO: "tests/function/jobs",
    UPLOADS: "hands out an address; nothing happens until a job is started with what was put there",
}
"""Where others are shown to be in the audit, or why they need not be."""


def as_administrator(cloud: Cloud, key: str, ids: tuple[str, ...], sent: dict[str, Any], scope: str = ADMIN) -> Answer:
    """A request as `Cloud.call` makes it, with a token of just this scope."""
    route = route_of(key)
    event = http_event(route, ids, sent.get("query", {}), sent.get("idempotency_key"))
    event["requestContext"]["authorizer"]["jwt"]["scopes"] = [scope]
    if "body" in sent:
        event |= {"body": json.dumps(sent["body"])}
    event["headers"] |= sent.get("headers", {})
    return cloud.invoke(route, event)


def audit(cloud: Cloud, **query: Any) -> list[dict[str, Any]]:
    answer = cloud.call(AUDIT, "shop", query={**JANUARY, **query})
    assert answer.status == 200
    entries: list[dict[str, Any]] = answer.body["entries"]
    return entries


def test_every_route_on_which_an_administrator_changes_something_is_tried_here() -> None:
    changing = {
        key
        for key, route in zip(keys(), Route, strict=True)
        if ADMIN in route.scopes and (route.method != "GET" or key == EXPORT)
    }
    assert changing == set(ACTS) | set(ELSEWHERE)


@pytest.mark.parametrize("key", ACTS)
def test_an_act_of_an_administrator_is_in_the_audit_once(shop: Cloud, key: str) -> None:
    ids, sent, action, (kind, name) = ACTS[key]
    before = audit(shop)
    shop.now += timedelta(minutes=1)
    for _ in range(2):  # a repeat is no act of its own, but for the export: what is read twice was read twice
        assert as_administrator(shop, key, ids, sent).status < 300
        if key in (EXPORT, PUT_PROGRAM):
            break
    [entry] = audit(shop)[len(before) :]
    assert (entry["action"], entry["subject"]) == (action, {"kind": kind, "id": name})
    assert (entry["actor"], entry["address"], entry["at"]) == ("the-client", ADDRESS, "2026-01-31T12:01:00Z")
    assert entry["reason"] == sent.get("body", {}).get("reason")
    assert entry["program_version"] == (2 if key == PUT_PROGRAM else 1)


def test_what_a_storefront_does_is_not_in_the_audit(shop: Cloud) -> None:
    before = audit(shop)
    sent = {"body": {"refunded_total": "5.00", "points": 5}}
    assert as_administrator(shop, REFUND, ("shop", "#1"), sent, "loyalty/storefront").status == 200
    assert shop.call(CANCEL, "shop", "#1").status == 200
    assert audit(shop) == before
    items = shop.items()
    of_orders = [item for item in items if "#order#" in item["pk"]["S"]]
    assert of_orders
    assert all({"address", "audit"}.isdisjoint(item) for item in of_orders)


def test_an_erasure_is_in_the_audit_under_the_pseudonym(shop: Cloud) -> None:
    before = audit(shop)
    assert [entry["reason"] for entry in before if entry["subject"]["id"] == "ann"] == ["goodwill"]
    done = as_administrator(shop, ERASE, ("shop", "ann"), {}).body
    after = audit(shop)
    assert "ann" not in [entry["subject"]["id"] for entry in after]
    assert [entry["reason"] for entry in after if entry["action"] == "points_issued"] == [None, "goodwill"]
    erased = [entry for entry in after if entry["action"] in ("points_forfeited", "customer_erased")]
    assert [entry["subject"] for entry in erased] == [{"kind": "customer", "id": done["pseudonym"]}] * 2
    assert sorted(entry["points"] for entry in erased) == [-1020, 0]


def test_the_audit_is_read_in_pages_and_as_csv_from_which_nothing_runs(shop: Cloud) -> None:
    for number in range(5):
        body = gift(reason=f'=HYPERLINK("{number}")')
        assert shop.call(ISSUE, "shop", "ann", body=body, idempotency_key=f"-{number}").status == 201
    everything = audit(shop)
    assert len(everything) >= 5
    pages: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        answer = shop.call(AUDIT, "shop", query={**JANUARY, "limit": "2", **cursor})
        pages += answer.body["entries"]
        if answer.body["cursor"] is None:
            break
        assert answer.headers["link"].startswith("<?from=2026-01-01&")
        cursor = {"cursor": answer.body["cursor"]}
    assert pages == everything
    other_days = shop.call(AUDIT, "shop", query={"from": "2026-01-02", "to": "2026-01-31", **cursor})
    assert other_days.faults == [("/cursor", "invalid_cursor")]
    text = shop.call(AUDIT, "shop", query=JANUARY, accept="text/csv")
    rows = list(csv.DictReader(StringIO(text.body)))
    assert len(rows) == len(everything)
    cells = [cell for row in rows for cell in row.values()]
    assert any(cell.startswith("'=HYPERLINK") for cell in cells)
    assert not any(cell.startswith(("=", "+", "@")) for cell in cells)


def test_days_before_and_after_are_not_read(shop: Cloud) -> None:
    assert audit(shop, **{"from": "2026-01-30", "to": "2026-01-30"}) == []
    assert audit(shop, **{"from": "2026-01-31", "to": "2026-01-31"}) == audit(shop, **{"from": "2025-11-30"})
    assert audit(shop, **{"from": "2026-02-01", "to": "2026-12-31"}) == []
