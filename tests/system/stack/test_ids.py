"""The store's own ids: whatever is in them, they come back as they were, and no two are ever one."""

import pytest

from tests.support.ids import IDS, ONE_OF_EACH_KIND
from tests.system.stack.api import Api, Reply, Shop, order


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
    for key, number in enumerate([*ONE_OF_EACH_KIND, "gid://shop/Order/1", "x/redemption"]):
        assert shop.issue(f"key-{key}", 30, customer_id=number).body["balance"] == 30
        assert shop.redeem(number, 20, customer_id=number).body["order_id"] == number
        assert shop.call("storefront", "DELETE", "orders", number, "redemption").body["points_restored"] == 20
        assert shop.redeem(number, 10, customer_id=number).body["balance"] == 20
        assert shop.complete(number, customer_id=number).body["reason"] == "points_used_on_order"
        reply = shop.call("storefront", "POST", "orders", number, "cancelled")
        assert (reply.body["order_id"], reply.body["points_restored"]) == (number, 10)
        assert shop.account(number)["balance"] == 30
        export = shop.call("admin", "GET", "customers", number, "export").body
        assert (export["account"]["customer_id"], export["movements"][0]["balance"]) == (number, 30)
        assert shop.call("admin", "DELETE", "customers", number).body["status"] == "erased"
        assert shop.account(number)["balance"] == 0


def test_an_event_names_its_order_as_a_path_does(shop: Shop) -> None:
    """What came in by one door is a repeat at the other."""
    for number in ("#1001", "a/b", "a%2Fb", "ø-7", "%"):
        assert shop.complete(number, "10.00", customer_id=number).status == 201
        shop.send("Order Cancelled", number, {})
    for number in ("#1001", "a/b", "a%2Fb", "ø-7", "%"):
        shop.await_status(number, "cancelled")
        assert shop.account(number)["balance"] == 0


def get(api: Api, shop: Shop, path: str, client: str = "storefront", method: str = "GET") -> Reply:
    """The answer to a path, sent as it is."""
    authorization = f"Bearer {api.token(client)}"
    return api.send(method, f"/v1/programs/{shop.program_id}/{path}", authorization=authorization)


@pytest.mark.parametrize(
    ("encoded", "code"),
    [
        ("%00", "id_not_printable"),
        ("a%0Ab", "id_not_printable"),
        ("%FF", "id_not_printable"),
        ("%E2%80%8B", "id_not_printable"),
        ("~YQpi", "id_not_printable"),
        ("x" * 129, "id_too_long"),
        ("%C3%B8" * 65, "id_too_long"),
        ("%20a", "id_not_trimmed"),
        ("a%C2%A0", "id_not_trimmed"),
        ("~IGE", "id_not_trimmed"),
        ("~", "empty_id"),
        ("a%3Fb", "id_not_path_safe"),
        ("a%3Fguest=true", "id_not_path_safe"),
        ("%25", "id_not_path_safe"),
        ("a%2525b", "id_not_path_safe"),
        ("a%252Fb", "id_not_path_safe"),
        ("%2E", "id_not_path_safe"),
        ("%2E%2E", "id_not_path_safe"),
        ("%C3%B8", "id_not_path_safe"),
        ("%F0%9F%8E%81", "id_not_path_safe"),
        ("a&b", "id_not_path_safe"),
        ("~YQ", "id_not_path_safe"),
        ("%7EYQ", "id_not_path_safe"),
        ("~YS8=", "id_not_path_safe"),
        ("~_w", "id_not_path_safe"),
    ],
)
def test_what_is_no_id_or_stands_there_as_none_is_refused(encoded: str, code: str, api: Api, shop: Shop) -> None:
    reply = get(api, shop, f"customers/{encoded}")
    assert (reply.status, reply.code) == (422, code)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "customers/ann/issues/mistake"),
        ("DELETE", "customers/ann%2Fissues%2Fmistake"),
        ("DELETE", "customers/ann/"),
        ("DELETE", "customers/ann/export"),
        ("GET", "customers/ann/export/more"),
        ("GET", "customers/a%2Fann"),
        ("GET", "customers/a/ann/movements"),
        ("GET", "customers//movements"),
        ("GET", "orders/a%2F1"),
        ("POST", "orders/a%2F1/completed"),
        ("POST", "orders/completed"),
        ("POST", "customers/a%2Fann/issues"),
        ("GET", "cards/1/2"),
        ("GET", "jobs/a%2Fb"),
    ],
)
def test_a_path_of_no_route_is_404_and_changes_nothing(method: str, path: str, api: Api, shop: Shop) -> None:
    shop.issue("key", 30)
    assert get(api, shop, path, "admin", method).status == 404
    assert shop.account()["balance"] == 30


def test_a_slash_that_is_only_percent_encoded_leads_where_the_slash_leads(api: Api, shop: Shop) -> None:
    """API Gateway has decoded it before it chooses the route; the scopes of that route are asked for."""
    shop.issue("key", 30)
    assert get(api, shop, "customers/ann%2Fexport").status == 403
    assert shop.call("admin", "GET", "customers", "ann/export").body["balance"] == 0


def test_a_guest_and_a_member_of_one_id_are_two(shop: Shop) -> None:
    shop.complete("1", "10.00", customer_id="x")
    shop.call("storefront", "POST", "orders", "2", "completed", body=order("25.00", "x", guest=True))
    guest = shop.call("storefront", "GET", "customers", "x", query={"guest": "true"}).body
    assert (shop.account("x")["balance"], guest["balance"], guest["guest"]) == (10, 25, True)
