"""Ways to earn, tiers, promotions and quotes, through the deployed functions and their roles."""

from tests.system.stack.api import Shop, order


def quoted(shop: Shop, customer_id: str, **facts: object) -> int:
    body = {**order("100.00", customer_id), "kind": "cart", **facts}
    points: int = shop.call("storefront", "POST", "quotes", body=body).body["points_earnable"]
    return points


def test_customers_sign_up_are_referred_reach_a_tier_and_are_quoted_what_they_earn(shop: Shop) -> None:
    window = {"starts_at": "2020-01-01T00:00:00Z", "ends_at": "2999-01-01T00:00:00Z"}
    shop.set_up(
        ways_to_earn={"sign_up": {"points": 30}, "referral": {"points": 50, "referee_points": 20}},
        tiers=[{"name": "gold", "min_orders": 2, "window_days": 365, "multiplier": "2"}],
        promotions=[{"id": "welcome", **window, "bonus_points": 7, "first_order": True}],
    )
    for customer_id, status in (("ben/1", 201), ("ben/1", 200), ("ann", 201)):
        reply = shop.call("storefront", "POST", "customers", customer_id, "sign-up", body={})
        assert (reply.status, reply.body["points_earned"]) == (status, 30)
    for order_id, points in (("#1", 127), ("#2", 100), ("#3", 200)):
        assert quoted(shop, "ben/1", referrer_id="ann") == points
        done = shop.complete(order_id, "100.00", "ben/1", referrer_id="ann").body
        assert done["points_earned"] == points
    account = shop.account("ben/1")
    assert (account["balance"], account["tier"]) == (457, "gold")
    assert shop.account("ann")["balance"] == 80
    cancelled = shop.call("storefront", "POST", "orders", "#1", "cancelled", body={})
    assert cancelled.body["points_reversed"] == 127
    assert (shop.account("ben/1")["balance"], shop.account("ann")["balance"]) == (330, 30)


def test_settings_are_guarded_by_their_version(shop: Shop) -> None:
    read = shop.call("admin", "GET")
    assert read.headers["etag"] == f'"{read.body["version"]}"'
    again = shop.call("admin", "PUT", body=read.body)
    assert (again.status, again.body["version"]) == (200, read.body["version"] + 1)
    assert shop.call("admin", "PUT", body=read.body).status == 412
    first = shop.call("admin", "GET", query={"version": str(read.body["version"])})
    assert first.body == read.body
