"""Whatever comes in, no function fails: each answer is one that the description knows, and none is a 500."""

import json
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.function.api.cases import CANCEL, COMPLETE, ids_of, keys, promotion, valid
from tests.function.api.cloud import Cloud, as_json, detail, fact, order

TEXTS = [
    "0",
    "-0",
    "1e3",
    "NaN",
    "max",
    "EUR",
    "JPY",
    "999999999999.999999",
    "0.000001",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59-23:59",
    "2026-01-31T09:30:00Z",
    "after_days",
    "none",
    "proportional",
    "clamp",
    "Europe/Berlin",
    "#1",
    "ann",
    "ben",
]
EDGES = [0, -1, 1, 10**9, 10**9 + 1, 10**400, float("inf"), -0.0, 1.5, "", " ", "\ud800", "\ufffd", "x" * 129, *TEXTS]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(EDGES)
NAMES = st.sampled_from(
    [
        "customer_id",
        "guest",
        "currency",
        "completed_at",
        "items",
        "sku",
        "quantity",
        "amount",
        "total",
        "points",
        "reason",
        "name",
        "expiry",
        "policy",
        "days",
        "redeem",
        "point_value",
        "earn",
        "refunded_total",
        "order_total",
        "expires_at",
    ]
)
JSON = st.recursive(
    SCALARS,
    lambda part: st.lists(part, max_size=4) | st.dictionaries(NAMES | st.text(), part, max_size=6),
    max_leaves=20,
)
KNOWN_IDS = st.sampled_from(["#1", "#2", "#3", "#4", "#5", "ann", "ben", "a/b"])
IDS = KNOWN_IDS | st.sampled_from(["%2F", "..", "", "shop"]) | st.text(max_size=140)


def changed(document: Any, place: list[int], change: Any) -> Any:
    """`document` with something else at one place of it; a place is chosen at each level."""
    if not place or not isinstance(document, dict | list) or not document:
        return change
    here, *deeper = place
    if isinstance(document, list):
        index = here % len(document)
        return [changed(part, deeper, change) if n == index else part for n, part in enumerate(document)]
    name = sorted(document)[here % len(document)]
    return {**document, name: changed(document[name], deeper, change)}


PLACES = st.lists(st.integers(0, 20), min_size=1, max_size=4)
WHOLE_PROGRAM = {
    "name": "Shop",
    "enabled": True,
    "currency": "EUR",
    "timezone": "Europe/Berlin",
    "label": "points",
    "earn": {
        "points_per_unit": "1.5",
        "basis": "total",
        "rounding": "ceil",
        "rates": [{"skus": ["A"], "points_per_item": 5}],
    },
    "ways_to_earn": {"order": {"enabled": True}},
    "redeem": {"point_value": "0.01", "min_points": 1, "max_order_share": "0.5", "block_size": 2, "overspend": "clamp"},
    "expiry": {"policy": "after_days", "days": 30},
    "cancel": {"on_shortfall": "clamp", "restore_grace_days": 3},
    "refund": {"policy": "proportional"},
    "tiers": [{"name": "gold", "min_orders": 2, "min_spend": "10", "window_days": 30, "multiplier": "2"}],
    "promotions": [promotion(skus=["A"], expiry={"policy": "after_days", "days": 3})],
}
FULL = order(guest=False, referrer_id="ben", discount="1.00", shipping="2.00", tax="3.00")


def mostly[Value](usual: st.SearchStrategy[Value], other: st.SearchStrategy[Value]) -> st.SearchStrategy[Value]:
    """What is usual, so that what is behind it is met too, and now and then the other."""
    return st.integers(0, 7).flatmap(lambda n: usual if n else other)


@st.composite
def bodies(draw: st.DrawFn, good: Any) -> str:
    """`good` with changes; now and then any JSON, or any text."""
    document = good
    for place, change in draw(st.lists(st.tuples(PLACES, mostly(st.sampled_from(EDGES), SCALARS | JSON)), max_size=2)):
        document = changed(document, place, change)
    return draw(mostly(st.just(as_json(document)), JSON.map(as_json) | st.text()))


@pytest.fixture(scope="module", autouse=True)
def no_lines(standing_shop: Cloud) -> Iterator[None]:
    """Nothing failed, not even behind an answer."""
    yield
    assert [line for line in standing_shop.lines() if line["message"] == "internal_error"] == []


def good_body(key: str) -> Any:
    return {COMPLETE: FULL, "PUT p": WHOLE_PROGRAM, CANCEL: {"customer_id": "ann", "reason": "x"}}.get(
        key, valid(key).get("body")
    )


LISTED = ("min_balance", "tier", "expiring_before", "sort")
EDGE_TEXTS = [text for text in EDGES if isinstance(text, str)]


@pytest.mark.parametrize("key", keys())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
@given(data=st.data())
def test_no_request_makes_a_function_fail(standing_shop: Cloud, key: str, data: st.DataObject) -> None:
    program_id = data.draw(mostly(st.sampled_from(["shop", "shop", "shop", "jpy", "off", "new"]), st.text(max_size=70)))
    good = good_body(key)
    send: dict[str, Any] = {}
    if good is not None:
        encoded = st.binary().map(lambda raw: {"raw": b64encode(raw).decode(), "base64": True})
        send |= data.draw(mostly(bodies(good).map(lambda text: {"raw": text}), encoded))
    if "idempotency_key" in valid(key):
        send["idempotency_key"] = data.draw(mostly(st.text("abc", min_size=1, max_size=2), IDS))
    query = dict(valid(key).get("query", {}))
    parameters = st.sampled_from(["limit", "cursor", "guest", "from", "to", "kind", "x", *LISTED])
    values = st.sampled_from(["1", "50", "true", "2026-01-30", "all", "-balance", "next_expiry", *EDGE_TEXTS]) | IDS
    query |= data.draw(mostly(st.just({}), st.dictionaries(parameters, values, max_size=2)))
    ids = [data.draw(mostly(st.just(known), IDS)) for known in ids_of(key, "shop", data.draw(KNOWN_IDS))[1:]]
    answer = standing_shop.call(key, program_id, *ids, query=query, **send)
    assert answer.status < 500


@pytest.mark.parametrize("name", ["order_completed", "order_cancelled"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
@given(data=st.data())
def test_no_batch_makes_a_function_fail(standing_shop: Cloud, name: str, data: st.DataObject) -> None:
    facts = detail(**FULL) if name == "order_completed" else {"program_id": "shop", "order_id": "#9", "reason": "x"}
    envelope = bodies(json.loads(fact("", facts)))
    sent = data.draw(st.lists(envelope | bodies(facts).map(lambda text: f'{{"detail": {text}}}'), max_size=4))
    standing_shop.forget_the_log()
    come_back = standing_shop.deliver(name, *sent)
    assert set(come_back) <= {f"m{n}" for n in range(len(sent))}
    assert "internal_error" not in {reason["code"] for reason in standing_shop.reasons().values()}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
@given(given_id=st.text(min_size=1, max_size=40))
def test_no_two_ids_share_an_order(standing_shop: Cloud, given_id: str) -> None:
    """What API Gateway hands over of an id in a path is the id again, or a refusal."""
    answer = standing_shop.call("GET p/orders/{order_id}", "shop", given_id)
    if answer.status == 200:
        assert answer.body["order_id"] == given_id
    else:
        assert answer.body["code"] in ("id_not_trimmed", "id_not_printable", "id_too_long")
