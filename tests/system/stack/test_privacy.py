"""A customer's rights on a deployed stack, with the roles that the template gives."""

from datetime import UTC, datetime

import pytest

from tests.system.stack.api import Shop


@pytest.mark.parametrize("customer_id", ["ann@example.com", "gid://shop/Customer/7"])
def test_a_customer_is_handed_all_and_erased_and_both_are_in_the_audit(shop: Shop, customer_id: str) -> None:
    assert shop.complete("1001", "100.50", customer_id=customer_id).status == 201
    gift = {"points": 50, "reason": "her mother called"}
    who = ("customers", customer_id)
    assert shop.call("admin", "POST", *who, "issues", body=gift, key="gift").status == 201

    export = shop.call("admin", "GET", *who, "export")
    assert [one["points"] for one in export.body["movements"]] == [50, 100]
    assert export.body["movements"][0]["reason"] == "her mother called"

    done = shop.call("admin", "DELETE", *who)
    assert (done.status, done.body["status"], done.body["points_forfeited"]) == (200, "erased", 150)
    assert shop.call("admin", "DELETE", *who).body["pseudonym"] is None
    assert shop.call("storefront", "GET", *who).body["earned_total"] == 0
    order = shop.call("storefront", "GET", "orders", "1001").body
    assert (order["customer_id"], order["points_earned"]) == (done.body["pseudonym"], 100)
    assert shop.complete("1001", "100.50", customer_id=customer_id).code == "order_customer_mismatch"

    today = datetime.now(UTC).date().isoformat()
    audit = shop.call("finance", "GET", "audit", query={"from": today, "to": today}).body["entries"]
    assert {entry["action"] for entry in audit} == {
        *("program_changed", "points_issued", "customer_exported", "points_forfeited", "customer_erased"),
    }
    assert "her mother called" not in str(audit)
    assert customer_id not in str(audit)
    assert all(entry["address"] for entry in audit)


def test_neither_is_a_storefronts_to_ask_for(shop: Shop) -> None:
    for customer_id in ("ann", "a/b"):
        assert shop.call("storefront", "DELETE", "customers", customer_id).status == 403
        assert shop.call("finance", "GET", "customers", customer_id, "export").status == 403
    assert shop.call("storefront", "GET", "audit", query={"from": "2026-01-01", "to": "2026-01-31"}).status == 403
