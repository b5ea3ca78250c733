"""Each route answers for the id that a client put into its path, or refuses it; for nobody else, ever."""

from typing import Any
from urllib.parse import quote

import pytest

from loyalty.entry.http.routes import Route
from tests.function.api.cases import ACCOUNT, COMPLETE, ERASE, ISSUE, gift, keys, valid
from tests.function.api.cloud import Cloud, http_event, order, route_of
from tests.support.gateway import on_aws, variables
from tests.support.ids import ENCODED, IDS, ONE_OF_EACH_KIND, OTHERS

SECRET = "told to nobody else"
OTHER_PEOPLE = ["a", "b", "c", "YQ", "/", "a?c"]
"""Whom a route would meet that reads a part of an id, or reads it twice."""
OF_IDS = [key for key in keys() if {"order_id", "customer_id"} & set(variables(route_of(key)))]


def everybody(cloud: Cloud) -> None:
    """An order, points and an account of their own for each of OTHER_PEOPLE, with a reason that is nobody else's."""
    for given in OTHER_PEOPLE:
        assert cloud.call(COMPLETE, "shop", given, body=order(customer_id=given)).status == 201
        body = gift(reason=SECRET)
        assert cloud.call(ISSUE, "shop", given, body=body, idempotency_key=f"for {given}").status == 201


def items_of_others(cloud: Cloud) -> list[str]:
    """All that is stored of them."""
    items = cloud.items()
    return sorted(repr(item) for item in items if item["pk"]["S"].split("#", 2)[-1] in OTHER_PEOPLE)


def names_in(document: Any) -> set[str]:
    """Every order and customer that an answer names."""
    match document:
        case dict():
            own = {str(document[name]) for name in ("order_id", "customer_id") if document.get(name) is not None}
            return own.union(*map(names_in, document.values()))
        case list():
            return set().union(*map(names_in, document))
        case _:
            return set()


@pytest.mark.parametrize("key", OF_IDS)
def test_a_route_answers_for_the_id_in_its_path_and_for_no_other(shop: Cloud, key: str) -> None:
    everybody(shop)
    before = items_of_others(shop)
    for number, given in enumerate(ONE_OF_EACH_KIND):
        sent = valid(key)
        if "idempotency_key" in sent:
            sent["idempotency_key"] = f"new-{number}"
        if "customer_id" in sent.get("body", {}) and "order_id" in key:
            sent["body"] = {**sent["body"], "customer_id": given}
        answer = shop.call(key, "shop", given, **sent)
        assert answer.status < 500
        assert names_in(answer.body) <= {given}, given
        assert SECRET not in str(answer.body)
        assert answer.body.get("code") not in ("not_found", "id_not_path_safe"), given
    assert items_of_others(shop) == before


@pytest.mark.parametrize("key", OF_IDS)
def test_an_id_that_is_only_percent_encoded_is_refused_and_changes_nothing(shop: Cloud, key: str) -> None:
    """AWS decodes it, cuts it and decodes it again. What it says it was called with is the id that was meant."""
    everybody(shop)
    before, route = shop.digest(), route_of(key)
    for given in [*(text for text in ENCODED if text != "~YQ"), *OTHERS]:
        event = http_event(route, ("shop", "a"), {}, "new")
        sent = route.path.format(
            **{name: "shop" if name == "program_id" else quote(given) for name in variables(route)}
        )
        arrived = on_aws(sent)
        if arrived is None:
            continue
        named = {name: "shop" if name == "program_id" else given for name in variables(route)}
        answer = shop.invoke(route, {**event, "rawPath": arrived, "pathParameters": named})
        assert (answer.status, answer.body["code"]) in (
            (404, "not_found"),
            (422, "id_not_path_safe"),
            (422, "empty_id"),
        )
    assert shop.digest() == before


def test_every_id_comes_back_as_it_was_and_no_two_meet(shop: Cloud) -> None:
    """Each has a number of points of its own."""
    for points, given in enumerate(IDS, 1):
        body = order(
            customer_id=given, total=f"{points}.00", items=[{"sku": given, "quantity": 1, "amount": f"{points}.00"}]
        )
        answer = shop.call(COMPLETE, "shop", given, body=body)
        assert (answer.status, answer.body["order_id"], answer.body["customer_id"]) == (201, given, given)
    for points, given in enumerate(IDS, 1):
        account = shop.call(ACCOUNT, "shop", given).body
        assert (account["customer_id"], account["balance"]) == (given, points)
        assert shop.call("GET p/orders/{order_id}", "shop", given).body["points_earned"] == points


def test_an_erasure_takes_nobody_else_along(shop: Cloud) -> None:
    everybody(shop)
    before = items_of_others(shop)
    for given in ONE_OF_EACH_KIND:
        answer = shop.call(ERASE, "shop", given)
        assert (answer.status, answer.body["status"], answer.body["pseudonym"]) == (200, "erased", None), given
    assert items_of_others(shop) == before


def test_a_path_of_more_segments_than_its_route_is_404(shop: Cloud) -> None:
    for route in Route:
        ids = ("shop", "a", "earn")[: len(variables(route))]
        event = http_event(route, ids, {}, "new")
        answer = shop.invoke(route, {**event, "rawPath": f"{event['rawPath']}/more"})
        assert (answer.status, answer.body["code"]) == (404, "not_found")
        assert "base64url" in answer.body["detail"]
