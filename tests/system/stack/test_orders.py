"""The life of an order through both doors, and what customers and finance see of it."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from loyalty_cli.client import Json
from tests.system.stack.api import Api, Shop, order


@pytest.fixture(params=["http", "event"])
def door(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def complete(shop: Shop, door: str, order_id: str, amount: str) -> Json:
    """Completes an order and returns its view."""
    if door == "http":
        assert shop.complete(order_id, amount).status == 201
    else:
        shop.send("Order Completed", order_id, order(amount))
    return shop.await_status(order_id, "completed")


def cancel(shop: Shop, door: str, order_id: str) -> Json:
    if door == "http":
        shop.call("storefront", "POST", "orders", order_id, "cancelled", body={"reason": "returned"})
    else:
        shop.send("Order Cancelled", order_id, {"reason": "returned"})
    return shop.await_status(order_id, "cancelled")


def test_the_life_of_an_order(door: str, shop: Shop) -> None:
    assert complete(shop, door, "#1", "100.50")["points_earned"] == 100
    assert shop.redeem("#2", 60).body == {
        "order_id": "#2", "points_redeemed": 60, "discount": "0.60", "currency": "EUR", "balance": 40,
    }  # fmt: skip
    # Points were used on it, so it earns none; and what they took off stays with it.
    second = complete(shop, door, "#2", "50.00")
    assert (second["points_earned"], second["points_redeemed"], second["discount"]) == (0, 60, "0.60")
    assert complete(shop, door, "#3", "10.00")["points_earned"] == 10
    assert shop.account()["balance"] == 50

    cancelled = cancel(shop, door, "#2")
    assert (cancelled["points_reversed"], cancelled["points_restored"], cancelled["points_redeemed"]) == (0, 60, 0)
    assert cancel(shop, door, "#1")["points_reversed"] == 100
    account = shop.account()
    assert (account["balance"], account["outstanding"], account["debt"]) == (10, 10, 0)
    assert (account["earned_total"], account["value"]) == (10, {"amount": "0.10", "currency": "EUR"})
    # What moved points; the completion of #2 moved none.
    assert [(m["event"], m["points"], m["order_id"]) for m in shop.statement()] == [
        ("order_cancelled", -100, "#1"),
        ("order_cancelled", 60, "#2"),
        ("order_completed", 10, "#3"),
        ("redemption_set", -60, "#2"),
        ("order_completed", 100, "#1"),
    ]
    assert {m["source"] for m in shop.statement() if m["event"] != "redemption_set"} == {
        "API" if door == "http" else "EVENT"
    }
    assert_books_balance(shop, "ann")


def test_a_repeat_is_answered_as_the_first_time_whatever_it_says(shop: Shop) -> None:
    first, again = shop.complete("1", "100.50"), shop.complete("1", "7.00")
    assert (first.status, first.replayed) == (201, False)
    assert (again.status, again.replayed) == (200, True)
    assert again.body == first.body

    assert shop.complete("1", customer_id="bob").code == "order_customer_mismatch"
    cancelled, repeated = (shop.call("storefront", "POST", "orders", "1", "cancelled") for _ in range(2))
    assert (cancelled.replayed, repeated.replayed, repeated.body) == (False, True, cancelled.body)
    # Terminal: neither what it would earn, nor what it would use.
    assert shop.complete("1").body == first.body
    assert shop.redeem("1", 1).code == "order_closed"
    assert shop.account()["balance"] == 0


def test_a_redemption_is_set_set_anew_and_given_back(shop: Shop) -> None:
    shop.issue("points", 500)
    assert shop.redeem("1", 200).body["balance"] == 300
    assert shop.redeem("1", 200).body["balance"] == 300
    assert shop.redeem("1", "max", total="4.50").body == {
        "order_id": "1", "points_redeemed": 450, "discount": "4.50", "currency": "EUR", "balance": 50,
    }  # fmt: skip
    assert shop.redeem("2", 51).code == "insufficient_points"
    assert shop.redeem("2", 50, total="0.49").code == "exceeds_order_limit"
    given_back = shop.call("storefront", "DELETE", "orders", "1", "redemption").body
    assert given_back == {"order_id": "1", "points_restored": 450, "balance": 500}
    assert_books_balance(shop, "ann")


def test_both_doors_at_once_accrue_once(shop: Shop) -> None:
    with ThreadPoolExecutor(8) as pool:
        sent = [pool.submit(shop.send, "Order Completed", "1", order("100.50")) for _ in range(4)]
        replies = list(pool.map(lambda _: shop.complete("1", "100.50"), range(12)))
        for delivery in sent:
            delivery.result()
    assert {reply.body["points_earned"] for reply in replies} == {100}
    assert sum(reply.status == 201 for reply in replies) <= 1
    shop.await_quiet()
    assert (shop.account()["balance"], len(shop.statement())) == (100, 1)


def test_a_cancellation_before_the_completion_leaves_nothing_to_earn(shop: Shop) -> None:
    shop.send("Order Cancelled", "1", {"customer_id": "ann"})
    shop.await_status("1", "cancelled")
    shop.send("Order Completed", "1", order())
    shop.await_quiet()
    late = shop.complete("1")
    assert (late.status, late.body["status"], late.body["reason"]) == (200, "not_earned", "order_cancelled")
    assert shop.account()["balance"] == 0


def test_a_statement_is_read_in_pages(shop: Shop) -> None:
    for number in range(7):
        shop.complete(str(number), "10.00")
    statement = shop.statement(limit=3)
    assert [movement["sequence"] for movement in statement] == [7, 6, 5, 4, 3, 2, 1]
    assert [movement["balance"] for movement in statement] == [70, 60, 50, 40, 30, 20, 10]
    cursor = shop.call("storefront", "GET", "customers", "ann", "movements", query={"limit": "3"}).body["cursor"]
    other = shop.call("storefront", "GET", "customers", "bob", "movements", query={"cursor": cursor})
    assert other.code == "invalid_cursor"


def test_a_refund_takes_back_what_an_administrator_decides(shop: Shop) -> None:
    shop.complete("1", "100.00")
    suggested = shop.call("storefront", "POST", "orders", "1", "refunds", body={"refunded_total": "25.00"}).body
    assert (suggested["points_suggested"], suggested["points_reversed"], suggested["balance"]) == (25, 0, 100)
    decided = {"refunded_total": "25.00", "points": 20}
    first, again = (shop.call("admin", "POST", "orders", "1", "refunds", body=decided) for _ in range(2))
    assert (first.body["points_reversed"], first.body["balance"]) == (20, 80)
    assert (again.body, again.replayed) == (first.body, True)
    assert_books_balance(shop, "ann")


def test_settings_apply_to_the_very_next_request(shop: Shop) -> None:
    """To every worker, also those that have just used the old ones."""
    for version in range(2, 5):
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(lambda number, v=version: shop.complete(f"warm-{v}-{number}", "1.00"), range(6)))
            assert shop.set_up(earn={"points_per_unit": str(version)}).body["version"] == version
            replies = list(pool.map(lambda number, v=version: shop.complete(f"{v}-{number}", "10.00"), range(6)))
        assert {(reply.body["points_earned"], reply.body["program_version"]) for reply in replies} == {
            (10 * version, version)
        }


def test_expired_points_can_be_neither_seen_nor_spent(shop: Shop) -> None:
    shop.issue("stays", 5)
    expires_at = datetime.now(UTC) + timedelta(seconds=1.5)
    shop.issue("goes", 100, expires_at.isoformat())
    assert shop.redeem("before", 105).status == 200
    assert shop.call("storefront", "DELETE", "orders", "before", "redemption").body["balance"] == 105
    time.sleep((expires_at - datetime.now(UTC)).total_seconds())
    # At the instant, whether the purge has been there or not.
    assert shop.redeem("after", 6).body["points_available"] == 5
    account = shop.account()
    assert (account["balance"], [lot["points"] for lot in account["lots"]]) == (5, [5])
    assert shop.redeem("after", "max").body["points_redeemed"] == 5


@pytest.mark.parametrize("size", [300_000, 262_145])
def test_a_body_over_its_limit_is_refused(size: int, api: Api, shop: Shop) -> None:
    body = b'{"customer_id": "ann", "currency": "' + b"E" * (size - 38) + b'"}'
    assert len(body) == size
    for client, method, path in (
        ("storefront", "POST", "/orders/1/completed"),
        ("storefront", "POST", "/orders/~YS9i/cancelled"),
        ("storefront", "PUT", "/orders/1/redemption"),
        ("admin", "POST", "/customers/ann/issues"),
        ("admin", "PUT", ""),
    ):
        reply = api.send(
            method,
            f"/v1/programs/{shop.program_id}{path}",
            authorization=f"Bearer {api.token(client)}",
            body=body,
            headers={"idempotency-key": "1"},
        )
        assert (reply.status, reply.code) == (413, "body_too_large"), path
    assert shop.order("1")["status"] == "unknown"


def test_the_largest_order_goes_through_both_doors(shop: Shop) -> None:
    items = [{"sku": f"{number}-{'x' * 40}", "quantity": 1, "amount": "1.00"} for number in range(1_000)]
    body = {**order("1000.00"), "items": items}
    assert shop.call("storefront", "POST", "orders", "1", "completed", body=body).body["points_earned"] == 1_000
    shop.send("Order Completed", "2", body)
    assert shop.await_status("2", "completed")["points_earned"] == 1_000


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "malformed_json"),
        (b"{", 400, "malformed_json"),
        (b"\xff\xfe", 400, "malformed_json"),
        (b"[" * 100_000, 400, "malformed_json"),
        (b"null", 400, "not_an_object"),
        (b"[]", 400, "not_an_object"),
        (b'"text"', 400, "not_an_object"),
        (b"{}", 422, "missing_field"),
    ],
)
def test_what_is_no_order_is_refused(body: bytes, status: int, code: str, api: Api, shop: Shop) -> None:
    path = f"/v1/programs/{shop.program_id}/orders/1/completed"
    reply = api.send("POST", path, authorization=f"Bearer {api.token('storefront')}", body=body)
    assert (reply.status, reply.code) == (status, code)
    assert shop.order("1")["status"] == "unknown"


def assert_books_balance(shop: Shop, *customers: str) -> None:
    """Every entry balances, and what the books owe is what the customers have."""
    liability = 0
    for entry in shop.journal():
        sides = Counter({posting["side"]: posting["points"] for posting in entry["postings"]})
        assert sides["debit"] == sides["credit"] == entry["points"]
        for posting in entry["postings"]:
            if posting["account"] == "points_liability":
                liability += posting["points"] if posting["side"] == "credit" else -posting["points"]
    assert liability == sum(shop.account(customer)["outstanding"] for customer in customers)
