"""Settings have versions: nobody overwrites unseen what somebody else changed, and each can be read again."""

import pytest

from tests.function.api.cases import COMPLETE, GET_PROGRAM, PUT_PROGRAM, promotion, settings
from tests.function.api.cloud import Cloud, order


def test_each_change_is_a_version_that_can_be_read(shop: Cloud) -> None:
    assert shop.call(PUT_PROGRAM, "shop", body=settings(name="Second")).headers["etag"] == '"2"'
    now = shop.call(GET_PROGRAM, "shop")
    assert (now.body["name"], now.body["version"], now.headers["etag"]) == ("Second", 2, '"2"')
    assert (now.body["changed_by"], now.body["changed_at"]) == ("the-client", "2026-01-31T12:00:00Z")
    first = shop.call(GET_PROGRAM, "shop", query={"version": "1"})
    assert (first.body["name"], first.body["version"], first.headers["etag"]) == ("Shop", 1, '"1"')
    assert shop.call(GET_PROGRAM, "shop", query={"version": "3"}).body["code"] == "unknown_version"
    assert shop.call(GET_PROGRAM, "new", query={"version": "3"}).body["code"] == "unknown_program"


def test_a_change_may_say_what_it_changes(shop: Cloud) -> None:
    for number, tag in enumerate(('"1"', 'W/"9", "2"', "*"), start=2):
        answer = shop.call(PUT_PROGRAM, "shop", body=settings(name=f"by {tag}"), if_match=tag)
        assert (answer.status, answer.body["version"]) == (200, number)
    late = shop.call(PUT_PROGRAM, "shop", body=settings(), if_match='"1"')
    assert (late.status, late.body["version"]) == (412, 4)


def test_what_is_read_can_be_put_back(shop: Cloud) -> None:
    rich = settings(promotions=[promotion(expiry={"policy": "after_days", "days": 3})])
    assert shop.call(PUT_PROGRAM, "shop", body=rich).status == 200
    read = shop.call(GET_PROGRAM, "shop").body
    again = shop.call(PUT_PROGRAM, "shop", body=read)
    assert again.body == {**read, "version": 3}
    assert shop.call(PUT_PROGRAM, "shop", body=read).body["code"] == "precondition_failed"


def test_a_movement_names_the_version_that_it_was_made_under(shop: Cloud) -> None:
    first = shop.call(COMPLETE, "shop", "#8", body=order()).body
    shop.call(PUT_PROGRAM, "shop", body=settings(earn={"points_per_unit": "2"}))
    shop.now = shop.now.replace(second=5)
    second = shop.call(COMPLETE, "shop", "#9", body=order()).body
    assert [(one["program_version"], one["points_earned"]) for one in (first, second)] == [(1, 20), (2, 40)]


def test_a_promotion_that_is_removed_changes_nothing_that_was_earned(shop: Cloud) -> None:
    shop.call(PUT_PROGRAM, "shop", body=settings(promotions=[promotion()]))
    assert shop.call(COMPLETE, "shop", "#9", body=order()).body["points_earned"] == 40
    shop.call(PUT_PROGRAM, "shop", body=settings())
    assert shop.call(COMPLETE, "shop", "#9", body=order()).body["points_earned"] == 40
    assert shop.call("POST p/orders/{order_id}/cancelled", "shop", "#9", body={}).body["points_reversed"] == 40


def test_what_is_no_money_may_be_a_number(shop: Cloud) -> None:
    numbers = settings(
        earn={"points_per_unit": 0.1, "rates": [{"skus": ["B"], "points_per_unit": 2}]},
        redeem={"max_order_share": 0.5},
        tiers=[{"name": "gold", "min_orders": 2, "multiplier": 1.5}],
        promotions=[promotion(multiplier=3)],
    )
    answer = shop.call(PUT_PROGRAM, "shop", body=numbers)
    read = shop.call(GET_PROGRAM, "shop").body
    assert (answer.status, answer.body) == (200, read)
    assert (read["earn"]["points_per_unit"], read["earn"]["rates"][0]["points_per_unit"]) == ("0.1", "2")
    assert (read["redeem"]["max_order_share"], read["tiers"][0]["multiplier"]) == ("0.5", "1.5")
    assert read["promotions"][0]["multiplier"] == "3"


@pytest.mark.parametrize(
    "text",
    [
        "15\u00a0%",
        "\u30dd\u30a4\u30f3\u30c8\u3000\u5238",
        "\u0645\u06cc\u200c\u0631\u0648\u062f",
        "\U0001f468\u200d\U0001f469",
    ],
    ids=ascii,
)
def test_texts_are_of_any_script_and_promotions_have_any_name(shop: Cloud, text: str) -> None:
    named = settings(name=text, label=text, promotions=[promotion(id="Black Friday \u00e0 15 %")])
    assert shop.call(PUT_PROGRAM, "shop", body=named).status == 200
    read = shop.call(GET_PROGRAM, "shop").body
    assert (read["name"], read["label"], read["promotions"][0]["id"]) == (text, text, "Black Friday \u00e0 15 %")


def test_every_fault_of_settings_is_named_at_once(shop: Cloud) -> None:
    wrong = settings(
        timezone="Europe/Atlantis",
        tiers=[{"name": "a", "min_orders": 1}, {"name": "b", "min_orders": 1}],
        redeem={"point_value": "0"},
        earn={"rates": [{"skus": ["A"]}]},
        expiry={"policy": "after_days"},
        promotions=[promotion(), promotion(id="b", ends_at="2025-01-01T00:00:00Z")],
    )
    assert shop.call(PUT_PROGRAM, "shop", body=wrong).faults == [
        ("/timezone", "unknown_timezone"),
        ("/earn/rates/0/points_per_item", "missing_field"),
        ("/redeem/point_value", "out_of_range"),
        ("/expiry/days", "missing_field"),
        ("/tiers", "overlapping_tiers"),
        ("/promotions/1/ends_at", "out_of_range"),
    ]
