"""What finance gets over HTTP: the journal in every form, the movements behind it, and the liability."""

import csv
import io
import json
import subprocess
import sys
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from loyalty.entry.http.serve import quality
from loyalty.entry.texts.beancount import beancount_account, commodity
from tests.function.api import cloud as clouds
from tests.function.api.cases import COHORTS, DEFERRED, ENTRY, JANUARY, JOURNAL, LIABILITY
from tests.function.api.cloud import NOW, Answer, Cloud, Context, function, order

BEAN_CHECK = Path(sys.executable).with_name("bean-check")
ALL = {**JANUARY, "to": "2026-02-10", "kind": "all"}
ISSUE = "POST p/customers/{customer_id}/issues"
SETTINGS: dict[str, Any] = {
    "name": "Shop",
    "currency": "EUR",
    "redeem": {"point_value": "0.003"},
    "books": {"liability": '=2400 "Points", ø', "expense": "Expenses:Marketing:Loyalty", "redeemed": "@Umsatz"},
}


def close(cloud: Cloud) -> dict[str, Any]:
    closed: dict[str, Any] = function("close_days").handler({}, Context())
    return closed


def bean_check(text: str, tmp_path: Path) -> str:
    """What Beancount's checker has to say; nothing is the best."""
    (tmp_path / "journal.beancount").write_text(text, encoding="utf-8")
    run = subprocess.run(
        [BEAN_CHECK, "--no-cache", tmp_path / "journal.beancount"], capture_output=True, text=True, check=False
    )
    return run.stdout + run.stderr + (f"exit {run.returncode}" if run.returncode else "")


def entries_of(cloud: Cloud, program_id: str = "shop", **query: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = cloud.call(JOURNAL, program_id, query={**ALL, **query}).body["entries"]
    return entries


def give(cloud: Cloud, points: int, key: str, program_id: str = "shop", **more: Any) -> Answer:
    body = {"points": points, "reason": "goodwill", **more}
    answer = cloud.call(ISSUE, program_id, "ann", body=body, idempotency_key=key)
    assert answer.status == 201, answer.body
    return answer


@pytest.fixture
def closed(shop: Cloud) -> Cloud:
    """A shop in use, of which some days are closed and one is not, with write-offs in both."""
    assert shop.call("PUT p", "shop", body=SETTINGS).status == 200
    for number in range(4):
        expires_at = (shop.now + timedelta(hours=2)).isoformat()
        give(shop, 7 + number, f"day {number}", expires_at=expires_at)
        shop.now += timedelta(hours=20)
        function("expiry_purge").handler({"program_id": "shop"}, Context())
    assert close(shop)["behind"] == 0
    return shop


def test_entries_balance_and_say_whether_their_day_is_closed(closed: Cloud) -> None:
    entries = entries_of(closed)
    assert [entry["business_day"] for entry in entries] == sorted(entry["business_day"] for entry in entries)
    assert {entry["closed"] for entry in entries} == {True, False}
    assert {entry["kind"] for entry in entries} == {"earn", "issue", "redeem", "expire"}
    for entry in entries:
        debit, credit = entry["postings"]
        assert (debit["side"], credit["side"]) == ("debit", "credit")
        assert debit["amount"] == credit["amount"] == entry["amount"]
    assert entries_of(closed, kind="write_off") == [entry for entry in entries if entry["kind"] == "expire"]


def test_accounts_are_named_as_the_settings_say(closed: Cloud) -> None:
    names = {posting["account"] for entry in entries_of(closed) for posting in entry["postings"]}
    assert names == set(SETTINGS["books"].values())


def test_a_closed_day_never_changes(closed: Cloud) -> None:
    before = [entry for entry in entries_of(closed) if entry["closed"]]
    moved = {**SETTINGS, "timezone": "Etc/GMT+12", "books": {}, "redeem": {"point_value": "4"}}
    assert closed.call("PUT p", "shop", body=moved).status == 200
    give(closed, 5, "late")
    closed.now += timedelta(days=3)
    close(closed)
    assert [entry for entry in entries_of(closed) if entry["closed"]][: len(before)] == before


def test_a_late_fact_is_booked_on_the_day_on_which_it_is_recorded(shop: Cloud) -> None:
    late = order(completed_at=(NOW - timedelta(days=40)).isoformat())
    assert shop.call("POST p/orders/{order_id}/completed", "shop", "#old", body=late).status == 201
    [entry] = [entry for entry in entries_of(shop) if entry["kind"] == "earn"]
    assert (entry["business_day"], entry["movements"]) == ("2026-01-31", 2)
    assert entries_of(shop, **{"from": "2025-12-01", "to": "2026-01-30"}) == []


def test_as_csv_it_is_a_row_for_each_posting(closed: Cloud) -> None:
    answer = closed.call(JOURNAL, "shop", query=ALL, accept="text/csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert answer.body.endswith("\r\n")
    assert "\n" not in answer.body.replace("\r\n", "")
    rows = list(csv.DictReader(io.StringIO(answer.body, newline="")))
    entries = entries_of(closed)
    assert len(rows) == 2 * len(entries)
    for row, (entry, posting) in zip(rows, [(e, p) for e in entries for p in e["postings"]], strict=True):
        assert (row["entry_id"], row["business_day"]) == (entry["entry_id"], entry["business_day"])
        assert row["account"].removeprefix("'") == posting["account"]
        assert (row["side"], row["amount"], int(row["points"])) == (posting["side"], posting["amount"], entry["points"])
        assert row["closed"] == ("true" if entry["closed"] else "false")
    # Nothing runs as a formula, and no number was made a text.
    assert all(not cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows for cell in row.values())
    assert {row["account"][:2] for row in rows} == {"'=", "'@", "Ex"}


def test_as_beancount_it_passes_bean_check(closed: Cloud, tmp_path: Path) -> None:
    answer = closed.call(JOURNAL, "shop", query=ALL, accept="text/x-beancount")
    assert answer.headers["content-type"] == "text/x-beancount; charset=utf-8"
    assert bean_check(answer.body, tmp_path) == ""
    entries = entries_of(closed)
    assert answer.body.count("\n  entry: ") == len(entries)
    for entry in entries:
        assert f'\n  entry: "{entry["entry_id"]}"\n  movements: {entry["movements"]}\n' in answer.body
        assert f" {entry['points']} PTS.SHOP {{{{{entry['amount']} EUR}}}}\n" in answer.body
    assert " open Expenses:Marketing:Loyalty " in answer.body


def test_a_part_of_the_journal_passes_bean_check_on_its_own(closed: Cloud, tmp_path: Path) -> None:
    """Points that were earned before the range are redeemed and expire in it."""
    query = {"from": "2026-02-01", "to": "2026-02-01", "kind": "write_off"}
    assert bean_check(closed.call(JOURNAL, "shop", query=query, accept="text/x-beancount").body, tmp_path) == ""
    nothing = {"from": "2025-02-01", "to": "2025-02-01"}
    assert bean_check(closed.call(JOURNAL, "shop", query=nothing, accept="text/x-beancount").body, tmp_path) == ""


def test_bean_check_would_have_found_something(closed: Cloud, tmp_path: Path) -> None:
    good = closed.call(JOURNAL, "shop", query=ALL, accept="text/x-beancount").body
    assert "does not balance" in bean_check(good.replace("  -", "  -1"), tmp_path)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("points_liability", "Liabilities:Points-liability"),
        ("2400", "Liabilities:2400"),
        ("2400 Bonus/Points", "Liabilities:2400-Bonus-Points"),
        ("Assets:Prämien-1", "Assets:Prämien-1"),
        ("Liabilities:points", "Liabilities:Liabilities:Points"),
        ("Liabilities", "Liabilities:Liabilities"),
        ("Equity:", "Liabilities:Equity"),
        ("Ünder: :x", "Liabilities:Nder:X"),
        ("=+-@", None),
        ("ポイント", None),
    ],
)
def test_every_name_becomes_an_account_of_beancount(name: str, expected: str | None, tmp_path: Path) -> None:
    account = beancount_account(name, "Liabilities")
    assert expected is None or account == expected
    assert account == beancount_account(name, "Liabilities")
    assert bean_check(f"2026-01-01 open {account}\n", tmp_path) == ""


def test_every_program_has_a_commodity_of_its_own(tmp_path: Path) -> None:
    ids = ["shop", "Shop", "s", "9", "a.b", "a-b", "a_b", "a.", "x" * 20, "x" * 21, "x" * 64, "X" * 64]
    names = [commodity(program_id) for program_id in ids]
    assert len(set(names)) == len(ids)
    assert all(len(name) <= 24 for name in names)
    assert bean_check("".join(f"2026-01-01 commodity {name}\n" for name in names), tmp_path) == ""


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (None, "application/json"),
        ("", "application/json"),
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        ("text/*", "text/csv"),
        ("text/x-beancount, text/csv;q=0.9", "text/x-beancount"),
        ("text/html, application/xhtml+xml, */*;q=0.8", "application/json"),
        ("application/json;q=0, */*;q=0.1", "text/csv"),
        ("TEXT/CSV", "text/csv"),
        ("text/csv; header=present; q=0.5, application/json;q=0.4", "text/csv"),
    ],
)
def test_the_form_is_the_one_that_is_preferred(shop: Cloud, accept: str | None, content_type: str) -> None:
    answer = shop.call(JOURNAL, "shop", query=ALL, accept=accept)
    assert (answer.status, answer.headers["content-type"].partition(";")[0]) == (200, content_type)


def test_the_closest_range_says_the_quality() -> None:
    assert quality("text/csv", "*/*;q=0.1, text/*;q=0.2, text/csv;q=0.3") == 0.3
    assert quality("text/csv", "text/csv;q=0, */*") == 0
    assert quality("text/csv", "text/csv;q=lots") == 0


def test_an_entry_leads_to_the_movements_that_it_sums(closed: Cloud) -> None:
    for entry in entries_of(closed):
        movements: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            query = {"limit": "1", **({"cursor": cursor} if cursor else {})}
            page = closed.call(ENTRY, "shop", entry["business_day"], entry["kind"], query=query).body
            movements += page["movements"]
            cursor = page["cursor"]
            if cursor is None:
                break
        assert len({movement["movement_id"] for movement in movements}) == len(movements) == entry["movements"]
        assert sum(movement["points"] for movement in movements) == entry["points"]
        assert sum(Decimal(movement["amount"]) for movement in movements) == Decimal(entry["amount"])


def test_a_cursor_is_of_its_program_day_and_kind_only(shop: Cloud) -> None:
    give(shop, 5, "one more")
    give(shop, 5, "elsewhere", "jpy")
    page = shop.call(ENTRY, "shop", "2026-01-31", "issue", query={"limit": "1"}).body
    cursor = page["cursor"]
    good = shop.call(ENTRY, "shop", "2026-01-31", "issue", query={"cursor": cursor})
    assert len(good.body["movements"]) == 2
    for ids in (("jpy", "2026-01-31", "issue"), ("shop", "2026-01-30", "issue"), ("shop", "2026-01-31", "earn")):
        answer = shop.call(ENTRY, *ids, query={"cursor": cursor})
        assert (answer.status, answer.body["code"]) == (422, "invalid_cursor")
    for place in range(0, len(cursor), 5):
        other = "A" if cursor[place] != "A" else "B"
        answer = shop.call(
            ENTRY, "shop", "2026-01-31", "issue", query={"cursor": cursor[:place] + other + cursor[place + 1 :]}
        )
        assert (answer.status, answer.body["code"]) == (422, "invalid_cursor"), place
    parts = json.loads(urlsafe_b64decode(cursor))
    position: Any
    for position in (None, 1.5, "x", -1, 10**9, True, []):
        forged = urlsafe_b64encode(json.dumps([*parts[:4], position]).encode()).decode()
        assert shop.call(ENTRY, "shop", "2026-01-31", "issue", query={"cursor": forged}).status == 422


@pytest.mark.parametrize("letter", ["x", "ø", "日", "\U0001f600", '"', "\\", "%", "#"])
def test_a_cursor_holds_any_id(shop: Cloud, letter: str) -> None:
    longest = letter * (128 // len(letter.encode()))
    numbers = [longest, longest[:-1], longest[:-2]]
    for number in numbers:
        assert (
            shop.call("POST p/orders/{order_id}/completed", "shop", number, body=order(customer_id=number)).status
            == 201
        )
        give(shop, 5, number)
    day, days = "2026-01-31", {"from": "2026-01-31", "to": "2026-01-31"}
    lists = {
        (ENTRY, "shop", day, "earn"): "movements",
        (ENTRY, "shop", day, "issue"): "movements",
        ("GET p/customers", "shop"): "customers",
        ("GET p/audit", "shop"): "entries",
    }
    for (key, *ids), name in lists.items():
        query = {"limit": "1"} | (days if name == "entries" else {})
        found = 0
        while query.get("cursor") != "the end":
            page = shop.call(key, *ids, query=query).body
            found += len(page[name])
            query["cursor"] = page["cursor"] or "the end"
        assert found >= len(numbers), key


def test_days_that_take_too_long_to_sum_are_refused(shop: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clouds.Context, "get_remaining_time_in_millis", lambda self: 0)
    for key, query in ((JOURNAL, ALL), (LIABILITY, JANUARY), (DEFERRED, JANUARY), (COHORTS, {"to": "2026-01-31"})):
        answer = shop.call(key, "shop", query=query)
        assert (answer.status, answer.body["code"], answer.headers["retry-after"]) == (503, "open_days_too_large", "1")


def test_the_liability_rolls_forward_to_what_accounts_hold(closed: Cloud) -> None:
    whole = closed.call(LIABILITY, "shop", query={"from": "2026-01-01", "to": "2026-12-31"}).body
    assert whole["closing"]["points"] == whole["outstanding"]
    assert whole["note"] is None
    first = closed.call(LIABILITY, "shop", query={"from": "2026-01-01", "to": "2026-02-01"}).body
    second = closed.call(LIABILITY, "shop", query={"from": "2026-02-02", "to": "2026-12-31"}).body
    assert first["closing"] == second["opening"]
    assert second["closing"] == whole["closing"]
    for name in ("issued", "reversed", "redeemed", "restored", "expired"):
        assert first[name]["points"] + second[name]["points"] == whole[name]["points"]
    assert whole["issued"]["points"] == 1070 + 7 + 8 + 9 + 10
    assert whole["expired"]["points"] == 7 + 8 + 9 + 10


def test_accounts_that_could_not_be_read_are_null_and_said(closed: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    closed.now += timedelta(days=5)
    close(closed)
    monkeypatch.setattr(clouds.Context, "get_remaining_time_in_millis", lambda self: 0)
    body = closed.call(LIABILITY, "shop", query=JANUARY).body
    assert body["outstanding"] is None
    assert "could be read in the time" in body["note"]


def test_cohorts_sum_to_the_liability_of_the_day(closed: Cloud) -> None:
    for day in ("2026-01-31", "2026-02-01", "2026-02-03", "2027-01-01"):
        cohorts = closed.call(COHORTS, "shop", query={"to": day}).body
        liability = closed.call(LIABILITY, "shop", query={"from": day, "to": day}).body
        assert cohorts["outstanding"] == liability["closing"]["points"]
    assert cohorts["breakage"]["share"] is not None
    assert {cohort["expiry_month"] for cohort in cohorts["cohorts"]} == {"2026-01", "2026-02", "never"}


def test_example_52_of_ifrs_15_over_http(cloud: Cloud) -> None:
    """IFRS 15 Illustrative Examples, Example 52, IE267 to IE270: 1 point for CU10, worth CU1, on sales of CU100,000.

    Its two years are two months here.
    """
    settings = {
        "name": "Example 52",
        "currency": "JPY",
        "earn": {"points_per_unit": "0.1"},
        "redeem": {"point_value": "1"},
    }
    assert cloud.call("PUT p", "ie52", body=settings).status == 201
    for number in range(10):
        sold = order(
            currency="JPY", items=[{"sku": "A", "quantity": 1, "amount": "10000"}], total="10000", customer_id="ann"
        )
        assert cloud.call("POST p/orders/{order_id}/completed", "ie52", f"#{number}", body=sold).status == 201

    def redeem(points: int, order_id: str) -> None:
        use = {"customer_id": "ann", "order_total": "10000", "currency": "JPY", "points": points}
        assert cloud.call("PUT p/orders/{order_id}/redemption", "ie52", order_id, body=use).status == 200

    redeem(4_500, "#used 1")
    cloud.now += timedelta(days=2)
    redeem(4_000, "#used 2")
    year_1 = {"from": "2026-01-01", "to": "2026-01-31", "expected_redemption": "0.95"}
    year_2 = {
        "from": "2026-02-01", "to": "2026-02-28", "expected_redemption": "0.97", "allocation_redemption": "0.95"
    }  # fmt: skip
    for _ in range(2):  # as long as days are open, and once they are closed
        first, second = (cloud.call(DEFERRED, "ie52", query=query).body for query in (year_1, year_2))
        assert (first["closing"]["goods"], first["closing"]["allocated"]) == ("91324", "8676")
        assert (first["recognised"], first["closing"]["deferred"]) == ("4110", "4566")
        assert second["opening"] == first["closing"]
        assert (second["allocated"], second["recognised"], second["closing"]["deferred"]) == ("0", "3493", "1073")
        cloud.now += timedelta(days=2)
        close(cloud)


def test_without_history_all_points_are_expected_to_be_redeemed(shop: Cloud) -> None:
    body = shop.call(DEFERRED, "shop", query=JANUARY).body
    assert body["expected_redemption"]["share"] == "1"
    assert "B46" in body["expected_redemption"]["source"]
    assert body["allocation_redemption"] == body["expected_redemption"]
