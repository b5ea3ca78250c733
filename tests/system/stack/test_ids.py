"""The store's own ids: whatever is in them, they come back as they were, and no two are ever one."""

import pytest

from tests.system.stack.api import Api, Shop, order

IDS = [
    "#1001", "1001", "a/b", "a%2Fb", "a%252Fb", "a b", "a+b", "a%20b", "ab", "a?b", "a&b", "a=b", "ø-7", "Ø-7", "o-7",
    "gid://shop/Order/1", "gid:/shop/Order/1", "%", "%25", "%%", "a/b/", "/a/b", "a//b", "x/completed", "x",
    "completed", "a:b", "a;b", "a,b", "a\\b", "a'b", 'a"b', "a#b", "a#member#b", "日本-1", "x" * 128, "x" * 127,
]  # fmt: skip


def test_every_id_round_trips_and_none_collide(shop: Shop) -> None:
    """Each order and customer gets a number of points of its own: any two that met would show."""
    for points, number in enumerate(IDS, 1):
        reply = shop.complete(number, f"{points}.00", customer_id=number)
        assert (reply.status, reply.body["order_id"], reply.body["customer_id"]) == (201, number, number)
    for points, number in enumerate(IDS, 1):
        seen, account = shop.order(number), shop.account(number)
        assert (seen["order_id"], seen["customer_id"], seen["points_earned"]) == (number, number, points)
        assert (account["customer_id"], account["balance"]) == (number, points)
        assert [movement["order_id"] for movement in shop.statement(number)] == [number]
    assert sum(entry["points"] for entry in shop.journal()) == sum(range(len(IDS) + 1))


def test_every_id_works_in_every_route(shop: Shop) -> None:
    for number in ("#1001", "a/b", "a b", "ø-7", "gid://shop/Order/1", "a%2Fb", "%", "a?b", "a+b", "x/redemption"):
        assert shop.issue(f"key-{number}", 30, customer_id=number).body["balance"] == 30
        assert shop.redeem(number, 20, customer_id=number).body["order_id"] == number
        assert shop.call("storefront", "DELETE", "orders", number, "redemption").body["points_restored"] == 20
        assert shop.redeem(number, 10, customer_id=number).body["balance"] == 20
        assert shop.complete(number, customer_id=number).body["reason"] == "points_used_on_order"
        reply = shop.call("storefront", "POST", "orders", number, "cancelled")
        assert (reply.body["order_id"], reply.body["points_restored"]) == (number, 10)
        assert shop.account(number)["balance"] == 30


def test_an_event_names_its_order_as_a_path_does(shop: Shop) -> None:
    """What came in by one door is a repeat at the other."""
    for number in ("#1001", "a/b", "a%2Fb", "ø-7", "%"):
        assert shop.complete(number, "10.00", customer_id=number).status == 201
        shop.send("Order Cancelled", number, {})
    for number in ("#1001", "a/b", "a%2Fb", "ø-7", "%"):
        shop.await_status(number, "cancelled")
        assert shop.account(number)["balance"] == 0


@pytest.mark.parametrize(
    ("encoded", "code"),
    [
        ("%00", "id_not_printable"),
        ("a%0Ab", "id_not_printable"),
        ("%FF", "id_not_printable"),
        ("%E2%80%8B", "id_not_printable"),
        ("x" * 129, "id_too_long"),
        ("%C3%B8" * 65, "id_too_long"),
    ],
)
def test_what_is_no_id_is_refused(encoded: str, code: str, api: Api, shop: Shop) -> None:
    path = f"/v1/programs/{shop.program_id}/customers/{encoded}"
    reply = api.send("GET", path, authorization=f"Bearer {api.token('storefront')}")
    assert (reply.status, reply.code) == (422, code)


def test_a_guest_and_a_member_of_one_id_are_two(shop: Shop) -> None:
    shop.complete("1", "10.00", customer_id="x")
    shop.call("storefront", "POST", "orders", "2", "completed", body=order("25.00", "x", guest=True))
    guest = shop.call("storefront", "GET", "customers", "x", query={"guest": "true"}).body
    assert (shop.account("x")["balance"], guest["balance"], guest["guest"]) == (10, 25, True)
