"""Refusals that need more than a request, and what works just short of one."""

import json
from base64 import b64encode
from datetime import timedelta

import pytest

from loyalty.domain.points import issue as issuing
from loyalty.entry.contracts.orders.order import MAX_ITEMS
from loyalty.entry.http.problems import MAX_FAULTS
from loyalty.entry.http.routes import Route
from loyalty.entry.http.serve import MAX_BODY_BYTES
from loyalty.ports.faults import Unavailable
from tests.function.api.cases import (
    ACCOUNT,
    COMPLETE,
    ERASE,
    ISSUE,
    JOURNAL,
    PUT_PROGRAM,
    REDEEM,
    REFUND,
    STATEMENT,
    bad_field,
    bad_gift,
    gift,
    ids_of,
    keys,
    redemption,
    settings,
    valid,
)
from tests.function.api.cloud import NOW, Cloud, Context, as_json, function, http_event, order, route_of
from tests.function.api.refusing import refused


def test_all_faults_of_a_request_are_reported_at_once_in_the_order_of_the_fields(shop: Cloud) -> None:
    body = order(customer_id="", currency="EURO", items=[{"sku": "", "quantity": 0, "amount": 5}], total="x", colour=1)
    answer = shop.call(COMPLETE, "shop", "#9", body=body)
    assert answer.faults == [
        ("/customer_id", "empty_id"),
        ("/currency", "unknown_currency"),
        ("/items/0/sku", "empty_id"),
        ("/items/0/quantity", "out_of_range"),
        ("/items/0/amount", "money_not_string"),
        ("/total", "malformed_money"),
        ("/colour", "unknown_field"),
    ]
    assert answer.body["code"] == "empty_id"
    late = shop.call(
        COMPLETE, "shop", "#9", body=order(total="1.001", tax="0.001", completed_at="2027-01-01T00:00:00Z")
    )
    assert late.faults == [
        ("/tax", "too_many_decimals"),
        ("/total", "too_many_decimals"),
        ("/completed_at", "completed_in_future"),
    ]


def test_a_fault_is_told_in_words_that_need_no_manual(shop: Cloud) -> None:
    body = order(items=[], guest="yes", discount=None) | {"customer_id": ["ann"]}
    told = {e["pointer"]: e["message"] for e in shop.call(COMPLETE, "shop", "#9", body=body).body["errors"]}
    lines = [{"sku": "A", "quantity": 1.5, "amount": "1.00"}] * (MAX_ITEMS + 1)
    told |= {
        e["pointer"]: e["message"] for e in shop.call(COMPLETE, "shop", "#9", body=order(items=lines)).body["errors"]
    }
    query = {"limit": "ten", "guest": "perhaps"}
    told |= {e["pointer"]: e["message"] for e in shop.call(STATEMENT, "shop", "ann", query=query).body["errors"]}
    assert told == {
        "/customer_id": "must be a string",
        "/guest": "must be true or false",
        "/items": f"must have at most {MAX_ITEMS} entries",
        "/limit": "must be a whole number",
    }


@pytest.mark.parametrize("name", ["idempotency-key", "Idempotency-Key", "IDEMPOTENCY-KEY"])
def test_the_case_of_a_headers_name_does_not_matter(shop: Cloud, name: str) -> None:
    route = route_of(ISSUE)
    event = http_event(route, ("shop", "ann"), {}, None) | {"headers": {name: "k-1"}, "body": as_json(gift())}
    assert shop.invoke(route, event).status == 201


@pytest.mark.parametrize("headers", [{"headers": None}, {}], ids=["null", "missing"])
def test_a_request_without_headers_is_one(shop: Cloud, headers: dict[str, None]) -> None:
    route = route_of(COMPLETE)
    event = http_event(route, ("shop", "#9"), {}, None)
    del event["headers"]
    assert shop.invoke(route, event | headers | {"body": as_json(order())}).status == 201
    route = route_of(ISSUE)
    event = http_event(route, ("shop", "ann"), {}, None)
    del event["headers"]
    assert shop.invoke(route, event | headers | {"body": as_json(gift())}).body["code"] == "missing_header"


def test_the_faults_that_are_listed_are_bounded(shop: Cloud) -> None:
    answer = shop.call(COMPLETE, "shop", "#9", body={f"field{n}": n for n in range(10_000)})
    assert len(answer.body["errors"]) == MAX_FAULTS
    assert answer.body["detail"].endswith("And 10003 more.")


def test_points_under_the_minimum_and_broken_blocks_are_refused(shop: Cloud) -> None:
    rules = settings(redeem={"min_points": 10, "block_size": 5})
    assert shop.call(PUT_PROGRAM, "shop", body=rules).status == 200
    for points, code in ((5, "below_min_points"), (12, "not_whole_blocks")):
        case = bad_field("", "/points", code, redemption(points=points), REDEEM)
        refused(shop, case)


def test_a_refund_that_was_decided_is_not_decided_again(shop: Cloud) -> None:
    decided = {"refunded_total": "5.00", "points": 5}
    assert shop.call(REFUND, "shop", "#1", body=decided).status == 200
    refused(shop, bad_field("", "/points", "refund_decided", {**decided, "points": 6}, REFUND, ids=("shop", "#1")))


def test_an_account_takes_no_expiry_instant_beyond_its_limit(shop: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issuing, "MAX_LOTS", 1)
    refused(shop, bad_gift("", "/expires_at", "too_many_lots", gift(expires_at="2027-01-01T00:00:00Z")))


def test_a_busy_table_is_answered_as_to_be_tried_again(shop: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    def unavailable() -> None:
        raise Unavailable("ThrottlingException")

    before = shop.digest()
    for route in Route:
        monkeypatch.setattr(function(route.function), "world", unavailable)
    for key in keys():
        answer = shop.call(key, *ids_of(key, "shop", "#9"), **valid(key))
        assert (answer.status, answer.body["code"], answer.headers["retry-after"]) == (503, "busy", "1")
    assert shop.digest() == before


def test_a_fault_of_ours_is_answered_without_its_details_logged_and_counted(
    shop: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> None:
        raise RuntimeError("secret of ann")

    monkeypatch.setattr(function("account"), "world", broken)
    answer = shop.call(ACCOUNT, "shop", "ann")
    assert (answer.status, answer.body["code"]) == (500, "internal_error")
    assert "secret" not in json.dumps(answer.body) + shop.log.getvalue()
    assert [line["error"] for line in shop.lines() if line["level"] == "ERROR"] == ["RuntimeError"]
    [counted] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (counted["InternalErrors"], counted["service"]) == ([1.0], "a-stack")
    # One set of one dimension: each further one would be a metric to pay for, and none that an alarm looks at.
    assert counted["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service"]]


def test_who_has_a_name_in_a_day_that_is_being_closed_is_erased_once_it_is(shop: Cloud) -> None:
    assert shop.call(ISSUE, "shop", "zoe", body=gift(), idempotency_key="for zoe").status == 201
    shop.now = NOW + timedelta(days=1)
    answer = shop.call(ERASE, "shop", "zoe")
    assert (answer.status, answer.body["code"], answer.headers["retry-after"]) == (503, "day_being_closed", "1")
    assert shop.call(ACCOUNT, "shop", "zoe").status == 200
    shop.now += timedelta(hours=1)
    assert shop.call(ERASE, "shop", "zoe").body["code"] == "day_being_closed"
    function("close_days").handler({}, Context())
    assert shop.call(ERASE, "shop", "zoe").body["status"] == "erased"


def test_what_is_at_its_limit_works(shop: Cloud) -> None:
    items = [{"sku": "A", "quantity": 1_000_000, "amount": "999999999999.99"}] * MAX_ITEMS
    full = json.dumps(order(items=items, total="999999999999.99")).ljust(MAX_BODY_BYTES)
    assert shop.call(COMPLETE, "shop", "#9", raw=full).status == 201
    soon = (NOW + timedelta(minutes=5)).isoformat()
    assert shop.call(COMPLETE, "shop", "#10", body=order(completed_at=soon)).status == 201
    encoded = b64encode(json.dumps(order(customer_id="ø")).encode()).decode()
    assert shop.call(COMPLETE, "shop", "#11", raw=encoded, base64=True).status == 201


def test_the_largest_amounts_can_be_looked_at(shop: Cloud) -> None:
    most = "999999.999999"
    dear = settings(earn={"points_per_unit": most}, redeem={"point_value": most})
    assert shop.call(PUT_PROGRAM, "shop", body=dear).status == 200
    items = [{"sku": "A", "quantity": 1, "amount": "999999999999.99"}] * MAX_ITEMS
    assert shop.call(COMPLETE, "shop", "#9", body=order(items=items, total="999999999999.99")).status == 201
    assert shop.call(ACCOUNT, "shop", "ann").status == 200
    today = {"from": "2026-01-31", "to": "2026-01-31", "kind": "all"}
    assert shop.call(JOURNAL, "shop", query=today).status == 200
    nothing = redemption(customer_id="ann", order_total="1.00", points="max")
    assert shop.call(REDEEM, "shop", "#10", body=nothing).body["discount"] == "0.00"
