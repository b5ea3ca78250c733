"""What is another program's or another customer's: ids, cursors, keys, cards, jobs, uploads. All of it is refused."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from loyalty.entry.http.routes import Route
from tests.function.api.cases import keys, valid
from tests.function.api.cloud import CARD, Answer, Cloud
from tests.system.hostile.target import ANN, BEN, BOUGHT, REASON, RESERVED, Target, refused, unchanged
from tests.system.stack.api import Reply, order

# ---- another program's: it cannot be told from what nobody has ----

NOBODYS = {"order_id": "nobodys", "customer_id": "nobodys", "number": "9900000000000002", "job_id": "nobodys"}
OF_RESOURCES = [key for key in keys() if any(f"{{{name}}}" in key for name in NOBODYS)]


@pytest.mark.parametrize("key", OF_RESOURCES)
def test_what_another_program_has_is_as_if_nobody_had_it(shop_in_process: Cloud, key: str) -> None:
    """The same call, in a program that is new, with an id of `shop` and with one that nobody has."""
    cloud = shop_in_process
    job = cloud.call("POST p/jobs", "shop", **valid("POST p/jobs")).body["job_id"]
    theirs = {"order_id": "#1", "customer_id": "ann", "number": CARD, "job_id": job}
    named = re.findall(r"\{(\w+)\}", key)[-1]
    before = items_of(cloud, "shop")
    answers = []
    for number, given in enumerate((theirs[named], NOBODYS[named])):
        program_id = f"new-{keys().index(key)}-{number}"
        assert cloud.call("PUT p", program_id, body={"name": "Shop", "currency": "EUR"}).status == 201
        answers.append(without(cloud.call(key, program_id, given, **valid(key)), given, program_id))
    assert answers[0] == answers[1]
    assert items_of(cloud, "shop") == before


def without(answer: Answer, *own: str) -> tuple[int, str]:
    """An answer, without what differs because the request did."""
    text = json.dumps(answer.body, sort_keys=True)
    for given in own:
        text = text.replace(json.dumps(given)[1:-1], "?")
    # What is drawn anew at each request.
    return answer.status, re.sub(r"[0-9a-f]{32}", "?", text.replace("-", ""))


def items_of(cloud: Cloud, program_id: str) -> list[str]:
    items = cloud.items()
    return sorted(json.dumps(item, default=str) for item in items if item["pk"]["S"].startswith(f"{program_id}#"))


def test_every_variable_of_a_path_is_somebodys_or_is_known_not_to_be() -> None:
    names = {name for route in Route for name in re.findall(r"\{(\w+)\}", route.path)}
    assert names == {*NOBODYS, "program_id", "business_day", "kind"}


ROW: dict[str, Any] = {"customer_id": BEN, "points": 7, "reason": REASON}

# ---- what is handed from one to another, on the deployed API ----


def assign(target: Target, number: str, key: str = "new", customer_id: str = BEN) -> Reply:
    body = {"customer_id": customer_id}
    return target.shop.call("admin", "POST", "cards", number, "assignment", body=body, key=key)


def start(target: Target, key: str = "new", **body: Any) -> Reply:
    return target.shop.call("admin", "POST", "jobs", body={"kind": "adjustments", **body}, key=key)


def issue(target: Target, key: str, customer_id: str = BEN, points: int = 7) -> Reply:
    body = {"points": points, "reason": REASON}
    return target.shop.call("admin", "POST", "customers", customer_id, "issues", body=body, key=key)


def redeemed_for(target: Target, customer_id: str) -> Reply:
    return target.shop.redeem(RESERVED, 5, customer_id=customer_id)


def cancelled_for(target: Target, customer_id: str) -> Reply:
    body = {"customer_id": customer_id, "reason": REASON}
    return target.shop.call("storefront", "POST", "orders", BOUGHT, "cancelled", body=body)


def adjusted_for(target: Target, customer_id: str) -> Reply:
    body = {"points": 5, "reason": REASON, "order_id": BOUGHT}
    return target.shop.call("admin", "POST", "customers", customer_id, "adjustments", body=body, key="new")


def quoted_for(target: Target, customer_id: str) -> Reply:
    body = {"kind": "order", "order_id": BOUGHT, **order(customer_id=customer_id)}
    return target.shop.call("storefront", "POST", "quotes", body=body)


CALLS: dict[str, tuple[Callable[[Target], Reply], str]] = {
    "another's card, to look at": (lambda t: t.shop.call("admin", "GET", "cards", t.other_cards[0]), "unknown_card"),
    "another's card, to give away": (lambda t: assign(t, t.other_cards[1]), "unknown_card"),
    "another's card, to replace one": (
        lambda t: t.shop.call(
            "admin", "POST", "cards", t.cards[0], "replacement", body={"number": t.other_cards[1]}, key="new"
        ),
        "unknown_card",
    ),
    "another's job": (lambda t: t.shop.call("admin", "GET", "jobs", t.other_job), "unknown_job"),
    "another's files": (lambda t: t.shop.call("admin", "GET", "jobs", t.other_job, "files"), "unknown_job"),
    "another's job, to undo": (lambda t: t.shop.call("admin", "POST", "jobs", t.other_job, "undo"), "unknown_job"),
    "another's upload": (lambda t: start(t, upload_id=t.other_upload, format="csv"), "unknown_upload"),
    "a path to another's upload": (
        lambda t: start(t, upload_id=f"../../other/uploads/{t.other_upload}", format="csv"),
        "unknown_upload",
    ),
    "a cursor of another's cards": (
        lambda t: t.shop.call("admin", "GET", "cards", query={"cursor": cursor(t, "cards")}),
        "invalid_cursor",
    ),
    "a cursor of another's customers": (
        lambda t: t.shop.call("finance", "GET", "customers", query={"cursor": cursor(t, "customers")}),
        "invalid_cursor",
    ),
    "a cursor of customers, for cards": (
        lambda t: t.other.call("admin", "GET", "cards", query={"cursor": cursor(t, "customers")}),
        "invalid_cursor",
    ),
    "a cursor of another's statement": (
        lambda t: t.shop.call(
            "admin", "GET", "customers", ANN, "movements", query={"cursor": cursor(t, "customers", ANN, "movements")}
        ),
        "invalid_cursor",
    ),
    "a cursor of ann's statement, for ben": (
        lambda t: t.other.call(
            "admin", "GET", "customers", BEN, "movements", query={"cursor": cursor(t, "customers", ANN, "movements")}
        ),
        "invalid_cursor",
    ),
    "a cursor of ann's statement, for ann as a guest": (
        lambda t: t.other.call(
            "admin",
            "GET",
            "customers",
            ANN,
            "movements",
            query={"guest": "true", "cursor": cursor(t, "customers", ANN, "movements")},
        ),
        "invalid_cursor",
    ),
    "a key for ann, used for ben": (lambda t: assign(t, t.cards[1], key="whose"), "idempotency_key_reused"),
    "a key of cards, used to issue": (lambda t: issue(t, "box"), "idempotency_key_reused"),
    "a key of a job, used for another": (lambda t: start(t, "import", rows=[ROW]), "idempotency_key_reused"),
    "ann's order, completed by ben": (
        lambda t: t.shop.complete(BOUGHT, customer_id=BEN),
        "order_customer_mismatch",
    ),
    "ann's order, redeemed by ben": (lambda t: redeemed_for(t, BEN), "order_customer_mismatch"),
    "ann's order, cancelled by ben": (lambda t: cancelled_for(t, BEN), "order_customer_mismatch"),
    "ann's order, in ben's adjustment": (lambda t: adjusted_for(t, BEN), "order_customer_mismatch"),
    "ann's order, quoted for ben": (lambda t: quoted_for(t, BEN), "order_customer_mismatch"),
}


@pytest.mark.parametrize("name", CALLS)
def test_what_is_somebody_elses_is_refused_and_changes_nothing(name: str, target: Target) -> None:
    call, code = CALLS[name]
    refused(unchanged(target, lambda: call(target)), code)


def cursor(target: Target, *path: str) -> str:
    """One of the other program's."""
    return str(target.other.call("admin", "GET", *path, query={"limit": "1"}).body["cursor"])


def test_a_key_of_another_program_is_a_new_one(target: Target) -> None:
    """What it did there is neither done nor told here."""
    there = target.other.issue("mine", 30, customer_id=ANN)
    here = target.shop.issue("mine", 40, customer_id=ANN)
    assert (there.status, here.status, here.replayed, here.body["points"]) == (201, 201, False, 40)
