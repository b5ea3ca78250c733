"""Every file of events/ does what is written here; a file of which nothing is written fails."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from loyalty.entry.observing import LambdaEvent
from tests.function.api.cloud import CARD, FREE_CARD, ROOT, Answer, Cloud, Context, function
from tests.function.api.conftest import running

EVENTS = ROOT / "events"
FILES = sorted(EVENTS.glob("*/*.json"))
NAMES = [f"{path.parent.name}/{path.stem}" for path in FILES]


def message(number: int) -> str:
    return f"{number:08d}-0000-4000-8000-000000000000"


def nothing_comes_back(result: LambdaEvent) -> None:
    assert result == {"batchItemFailures": []}


def come_back(*numbers: int) -> Callable[[LambdaEvent], None]:
    def check(result: LambdaEvent) -> None:
        assert [failure["itemIdentifier"] for failure in result["batchItemFailures"]] == [message(n) for n in numbers]

    return check


def answered(status: int, /, **body: Any) -> Callable[[LambdaEvent], None]:
    """The status, and some of the body."""

    def check(result: LambdaEvent) -> None:
        answer = Answer(result["statusCode"], result["headers"], json.loads(result["body"]))
        assert (answer.status, {name: answer.body[name] for name in body}) == (status, body)

    return check


def told(text: str) -> Callable[[LambdaEvent], None]:
    """200, and a text that begins with this."""

    def check(result: LambdaEvent) -> None:
        assert (result["statusCode"], result["body"][: len(text)]) == (200, text)

    return check


def returned(**facts: Any) -> Callable[[LambdaEvent], None]:
    def check(result: LambdaEvent) -> None:
        assert {name: result[name] for name in facts} == facts

    return check


EXPECTED: dict[str, Callable[[LambdaEvent], None]] = {
    "account/get": answered(200, balance=1126, next_expiry={"points": 90, "expires_at": "2026-01-31T13:00:00Z"}),
    "account/get_as_it_is": answered(200, customer_id="Ann Smith+1@example.com #2", balance=0),
    "account/get_behind_mapping_key": answered(200, customer_id="customer-7", balance=1126),
    "account/get_cut_at_question_mark": answered(422, code="id_not_path_safe"),
    "account/get_decoded_twice": answered(422, code="id_not_path_safe"),
    "account/get_encoded": answered(200, customer_id="gid://shop/Customer/7", balance=0),
    "account/get_encoded_question_mark": answered(200, customer_id="customer-7?guest=true", guest=False, balance=0),
    "account/get_encoded_without_need": answered(422, code="id_not_path_safe"),
    "account/get_guest": answered(200, balance=0, guest=True),
    "account/get_percent_sign": answered(422, code="id_not_path_safe"),
    "account/get_slash": answered(404, code="not_found"),
    "account/get_two_dots": answered(422, code="id_not_path_safe"),
    "account/get_unknown_customer": answered(200, balance=0, lots=[]),
    "account/statement": answered(200, cursor=None),
    "account/statement_slash": answered(404, code="not_found"),
    "account/statement_bad_cursor": answered(422, code="invalid_cursor"),
    "adjust/post": answered(201, points=-40, balance=1086),
    "adjust/post_expiry": answered(201, points=0, expires_at="2099-12-31T23:00:00Z", balance=1126),
    "adjust/post_nothing": answered(422, code="not_allowed"),
    "balances/get": answered(200, cursor=None),
    "balances/get_csv": told("customer_id,guest,card_number,balance,outstanding,debt,value,currency,next_expiry,"),
    "balances/get_expiring": answered(200, cursor=None),
    "balances/get_forged_cursor": answered(422, code="invalid_cursor"),
    "balances/get_highest": answered(200, cursor=None),
    "balances/get_unknown_tier": answered(422, code="unknown_tier"),
    "audit/get": answered(200, cursor=None),
    "audit/get_csv": told("at,actor,action,subject_kind,subject_id,points,reason,source,address,"),
    "audit/get_forged_cursor": answered(422, code="invalid_cursor"),
    "cards/assign": answered(200, number=FREE_CARD, status="active", customer_id="customer-8", replaces=None),
    "cards/assign_other": answered(200, number=CARD, status="active", customer_id="customer-8"),
    "cards/assign_second": answered(409, code="customer_has_card", card_number=CARD),
    "cards/block": answered(200, number=CARD, status="blocked", customer_id="customer-7"),
    "cards/get": answered(200, number=CARD, status="active", customer_id="customer-7", balance=1126),
    "cards/get_typed": answered(200, number=CARD),
    "cards/get_unknown": answered(404, code="unknown_card"),
    "cards/get_wrong_digit": answered(422, code="invalid_card_number"),
    "cards/list": answered(200, cards=[{"number": CARD}]),
    "cards/list_csv": told("number,printed\r\n"),
    "cards/post": answered(201),
    "cards/post_too_many": answered(422, code="out_of_range"),
    "cards/replace": answered(200, number=FREE_CARD, status="active", customer_id="customer-7", replaces=CARD),
    "close_days/by_hand": returned(days=0, behind=0),
    "close_days/one_program": returned(days=0, behind=0),
    "close_days/schedule": returned(days=0, behind=0),
    "erase_customer/delete": answered(200, status="erased", points_forfeited=1126),
    "erase_customer/delete_cut_at_question_mark": answered(422, code="id_not_path_safe"),
    "erase_customer/delete_encoded": answered(200, status="erased", pseudonym=None, records_rewritten=0),
    "erase_customer/delete_question_mark": answered(422, code="id_not_path_safe"),
    "erase_customer/delete_slash": answered(404, code="not_found"),
    "erase_customer/delete_guest": answered(200, status="erased", pseudonym=None, records_rewritten=0),
    "expiry_purge/as_of_the_future": returned(accounts=0, points=0, complete=True),
    "expiry_purge/by_hand": returned(accounts=0, points=0, complete=True),
    "expiry_purge/one_program": returned(accounts=0, points=0, left=0),
    "expiry_purge/schedule": returned(accounts=0, points=0, left=0, complete=True),
    "export_customer/get": answered(200, referred_by=None, cursor=None),
    "export_customer/get_encoded": answered(200, referred_by=None, movements=[], cursor=None),
    "export_customer/get_slash": answered(404, code="not_found"),
    "export_customer/get_forged_cursor": answered(422, code="invalid_cursor"),
    "issue/post": answered(201, points=100, expires_at="2099-12-31T23:00:00Z", balance=1226),
    "issue/post_expired": answered(422, code="expires_in_the_past"),
    "issue/post_without_key": answered(400, code="missing_header"),
    "job_worker/check": nothing_comes_back,
    "job_worker/check_and_part": nothing_comes_back,
    "job_worker/no_task": come_back(1, 3),
    "jobs/get": answered(200, status="queued", total=0),
    "jobs/get_files": answered(200, report=None, results=None, undo_results=None),
    "jobs/get_unknown": answered(404, code="unknown_job"),
    "jobs/list": answered(200),
    "jobs/post": answered(202, status="queued", dry_run=True),
    "jobs/post_bad_row": answered(422, code="wrong_type"),
    "jobs/post_csv": answered(202, status="queued", kind="adjustments"),
    "jobs/post_unknown_upload": answered(422, code="unknown_upload"),
    "jobs/post_upload": answered(201, method="PUT"),
    "jobs/undo_too_soon": answered(409, code="job_not_undoable", job_status="queued"),
    "journal/get_all": answered(200),
    "journal/get_as_a_page": answered(406, code="not_acceptable"),
    "journal/get_beancount": told("2026-01-31 commodity PTS.SHOP\n"),
    "journal/get_csv": told("entry_id,program_id,business_day,kind,closed,movements,account,side,"),
    "journal/get_reversed_days": answered(422, code="out_of_range"),
    "journal/get_write_offs": answered(200, entries=[]),
    "journal/movements": answered(200, entry_id="shop/2026-01-31/earn", cursor=None),
    "journal/movements_forged_cursor": answered(422, code="invalid_cursor"),
    "liability/cohorts": answered(200, program_id="shop", to="2026-01-31"),
    "liability/deferred_revenue": answered(200, expected_redemption={"share": "0.95", "source": "the request"}),
    "liability/get": answered(200, outstanding=1126, opening={"points": 0, "amount": "0.00"}),
    "liability/get_reversed_days": answered(422, code="out_of_range"),
    "order/get": answered(200, status="completed", points_earned=36),
    "order/get_encoded": answered(200, order_id="..", status="unknown", movements=[]),
    "order/get_unknown": answered(200, status="unknown", movements=[]),
    "order_cancelled/http": answered(200, points_reversed=36, balance=1090),
    "order_cancelled/http_no_body": answered(200, points_reversed=36, balance=1090),
    "order_cancelled/http_other_customer": answered(409, code="order_customer_mismatch"),
    "order_cancelled/sqs": nothing_comes_back,
    "order_cancelled/sqs_poison_among_good": come_back(1, 3, 4, 5),
    "order_completed/http": answered(201, points_earned=36, balance=1162),
    "order_completed/http_again": answered(200, points_earned=36),
    "order_completed/http_guest_base64": answered(201, order_id="100%-wool ø", customer_id="gäst@example.com"),
    "order_completed/http_encoded": answered(201, order_id="gid://shop/Order/1", points_earned=36),
    "order_completed/http_not_trimmed": answered(422, code="id_not_trimmed"),
    "order_completed/http_slash": answered(404, code="not_found"),
    "order_completed/http_malformed": answered(400, code="malformed_json"),
    "order_completed/http_many_faults": answered(422, code="unknown_currency"),
    "order_completed/http_no_customer": answered(200, status="skipped", reason="no_customer"),
    "order_completed/http_unknown_program": answered(404, code="unknown_program"),
    "order_completed/sqs": nothing_comes_back,
    "order_completed/sqs_malformed_body": come_back(2, 3, 4),
    "order_completed/sqs_not_trimmed": come_back(1, 2),
    "order_completed/sqs_null_detail": come_back(1, 3, 4),
    "order_completed/sqs_poison_among_good": come_back(2, 4, 5),
    "program/get": answered(200, version=1),
    "program/put_new": answered(201, version=1),
    "program/put_new_version": answered(200, version=2),
    "program/put_other_currency": answered(409, code="currency_fixed"),
    "program/get_version": answered(200, version=1, changed_by="the-client"),
    "program/put_overtaken": answered(412, code="precondition_failed", version=1),
    "purge_worker/account": nothing_comes_back,
    "purge_worker/no_task": come_back(1, 3),
    "purge_worker/shard": nothing_comes_back,
    "purges/get": answered(200, runs=[]),
    "purges/get_bad_limit": answered(422, code="out_of_range"),
    "quote/cart": answered(200, points_earnable=36, points_usable=819, points_used=0, balance=1126),
    "quote/order": answered(200, points_earnable=0, points_used=819, reason="points_used_on_order"),
    "quote/too_many_points": answered(409, code="insufficient_points", points_available=1126),
    "redeem/delete": answered(200, points_restored=10, balance=1136),
    "redeem/put": answered(200, points_redeemed=60, discount="3.00", balance=1066),
    "redeem/put_max": answered(200, points_redeemed=99, discount="4.95", balance=1027),
    "redeem/put_too_many": answered(409, code="insufficient_points", points_available=1126),
    "refund/post": answered(200, points_reversed=0, points_suggested=15),
    "refund/post_points": answered(200, points_reversed=15, points_suggested=15),
    "sign_up/post": answered(200, status="skipped", reason="no_points", balance=1126),
    "sign_up/post_points": answered(422, code="unknown_field"),
    "verify/all": returned(differences=0, complete=True),
    "verify/one_customer": returned(differences=0, complete=True),
    "verify/one_program": returned(differences=0, complete=True),
}


def event(name: str) -> LambdaEvent:
    read: LambdaEvent = json.loads((EVENTS / f"{name}.json").read_text())
    return read


@contextmanager
def trading(*, on_the_wire: bool = False) -> Iterator[Cloud]:
    """Program `shop`; customer-7 has 36 points of #1000, 1000 that stay, 100 for an hour, of which #1007 uses 10,
    and the first of two cards.
    """
    with running(on_the_wire=on_the_wire) as cloud:
        settings = json.loads(event("program/put_new_version")["body"])
        assert cloud.call("PUT p", "shop", body=settings).status == 201
        order = json.loads(event("order_completed/http_again")["body"])
        assert cloud.call("POST p/orders/{order_id}/completed", "shop", "#1000", body=order).status == 201
        soon = (cloud.now + timedelta(hours=1)).isoformat()
        gifts: list[tuple[str, LambdaEvent]] = [("a", {"points": 1000}), ("b", {"points": 100, "expires_at": soon})]
        for key, points in gifts:
            gift = {**points, "reason": "goodwill"}
            cloud.call("POST p/customers/{customer_id}/issues", "shop", "customer-7", body=gift, idempotency_key=key)
        use = {"customer_id": "customer-7", "order_total": "20.00", "currency": "EUR", "points": 10}
        assert cloud.call("PUT p/orders/{order_id}/redemption", "shop", "#1007", body=use).status == 200
        rows = [{"customer_id": f"customer-{n}", "points": n, "reason": "Ported"} for n in (7, 8)]
        job = {"kind": "adjustments", "rows": rows}
        assert cloud.call("POST p/jobs", "shop", body=job, idempotency_key="port-1").status == 202
        cloud.call("POST p/cards", "shop", body={"count": 2}, idempotency_key="box")
        whose = {"customer_id": "customer-7"}
        cloud.call("POST p/cards/{number}/assignment", "shop", CARD, body=whose, idempotency_key="whose")
        yield cloud


def run(name: str) -> LambdaEvent:
    result: LambdaEvent = function(name.split("/")[0]).handler(event(name), Context())
    return result


def ledger(cloud: Cloud) -> dict[str, Any]:
    """Every account and movement, without the settings of programs."""
    items = cloud.items()
    return {f"{item['pk']['S']}/{item['sk']['S']}": item for item in items if "settings" not in item}


@dataclass(frozen=True)
class Ran:
    """An event file that was run twice."""

    name: str
    result: LambdaEvent
    said: str
    ledger_after_once: dict[str, Any]
    ledger_after_twice: dict[str, Any]


@pytest.fixture(scope="module", params=NAMES)
def ran(request: pytest.FixtureRequest) -> Ran:
    with trading() as cloud, redirect_stdout(cloud.log):
        result, after_once = run(request.param), ledger(cloud)
        run(request.param)
        return Ran(request.param, result, cloud.log.getvalue(), after_once, ledger(cloud))


def test_an_event_file_does_what_is_expected_of_it(ran: Ran) -> None:
    EXPECTED[ran.name](ran.result)


def test_an_event_that_comes_twice_moves_points_once(ran: Ran) -> None:
    assert ran.ledger_after_twice == ran.ledger_after_once


def test_no_log_line_names_a_customer_an_order_or_a_token(ran: Ran) -> None:
    for secret in (
        "customer-",
        CARD,
        FREE_CARD,
        "bus",
        "Customer/7",
        "gäst",
        "#1",
        "#2",
        "#9",
        "Order/1",
        "the-token",
        "Parcel",
        "Sent back",
    ):
        assert secret not in ran.said


def test_every_function_has_event_files_and_every_expectation_has_a_file() -> None:
    assert sorted(EXPECTED) == NAMES
    assert {path.parent.name for path in FILES} == {path.parent.name for path in ROOT.glob("functions/*/handler.py")}


@pytest.mark.parametrize("name", NAMES)
def test_the_path_of_an_event_is_that_of_its_route(name: str) -> None:
    http = event(name)
    if "routeKey" in http:
        assert http["routeKey"] == http["requestContext"]["routeKey"]
        assert http["rawPath"] == http["requestContext"]["http"]["path"]


KEEPS_CUSTOMER_7 = [
    name for name in NAMES if name.startswith("erase_customer/delete_") and name != "erase_customer/delete"
]


@pytest.mark.parametrize("name", KEEPS_CUSTOMER_7)
def test_who_is_not_named_is_not_erased(name: str) -> None:
    """Each names another than the member customer-7, or nobody."""
    with trading() as cloud:
        before = cloud.call("GET p/customers/{customer_id}", "shop", "customer-7")
        run(name)
        after = cloud.call("GET p/customers/{customer_id}", "shop", "customer-7")
    assert (before.body["balance"], after.body) == (1126, before.body)


def test_the_schedule_writes_off_what_has_expired_once() -> None:
    with trading() as cloud:
        cloud.now += timedelta(hours=1)
        returned(accounts=1, points=90, left=0, complete=True)(run("expiry_purge/schedule"))
        returned(accounts=0, points=0, left=0, complete=True)(run("expiry_purge/schedule"))
        [entry] = json.loads(run("journal/get_write_offs")["body"])["entries"]
        returned(differences=0)(run("verify/all"))
    assert (entry["points"], entry["amount"]) == (90, "4.50")
    assert [(posting["account"], posting["side"]) for posting in entry["postings"]] == [
        ("points_liability", "debit"),
        ("points_distributed_expense", "credit"),
    ]
