"""Cards on the command line: what is asked of the ledger, once, and how its answers are shown."""

import json

import pytest

from tests.function.cli.conftest import Run
from tests.function.cli.ledger import Ledger, job

NUMBER, OTHER = "9976072682309141", "9995717673677073"
OF = ("--program", "shop")


def test_cards_are_created(run: Run, ledger: Ledger) -> None:
    ledger.says("shop/cards", {"cards": [{"number": n, "status": "unassigned"} for n in (NUMBER, OTHER)]})
    ended = run("cards", "create", "--count", "2", *OF, "--format", "csv")
    assert ended.out.split("\r\n")[:2] == ["number,printed,status", f"{NUMBER},9976 0726 8230 9141,unassigned"]
    [asked] = ledger.asked
    assert asked.body == {"count": 2, "source": "DASHBOARD"}
    assert asked.key
    run("cards", "create", *OF, "--key", "box 7")
    assert (ledger.asked[1].key, ledger.asked[1].body["count"]) == ("box 7", 1)
    run("cards", "create", *OF)
    assert len({asked.key for asked in ledger.asked}) == 3


def test_more_cards_than_fit_a_request_are_made_by_a_job(run: Run, ledger: Ledger) -> None:
    done = job(kind="cards", total=51)
    ledger.says("shop/jobs", job("queued", kind="cards"))
    ledger.says("shop/jobs/j1", done)
    ended = run("cards", "create", "--count", "51", *OF, "--key", "box 8")
    assert (ended.code, json.loads(ended.out)) == (0, done)
    assert (ledger.asked[0].key, ledger.asked[0].body) == ("box 8", {"kind": "cards", "count": 51, "dry_run": False})


@pytest.mark.parametrize("arguments", [("--count", "1000001"), ("--count", "5", "--dry-run"), ("--numbers", "x.csv")])
def test_what_fits_no_request_is_not_asked_for(run: Run, ledger: Ledger, arguments: tuple[str, ...]) -> None:
    ended = run("cards", "create", *arguments, *OF)
    assert (ended.code, ledger.asked) == (2, [])


def test_a_card_is_shown_whatever_was_typed_between_its_digits(run: Run, ledger: Ledger) -> None:
    transaction = {
        "type": "CREATION",
        "source": "API",
        "points": 0,
        "balance": None,
        "order_id": None,
        "reason": None,
        "recorded_at": "2026-11-23T08:00:00Z",
    }
    card = {
        "number": NUMBER,
        "status": "unassigned",
        "customer_id": None,
        "replaced_by": None,
        "balance": None,
        "value": None,
        "tier": None,
        "transactions": [transaction],
    }
    ledger.says("shop/cards/9976 0726-8230 9141", card)
    arguments = ("cards", "show", "9976 0726-8230 9141", *OF)
    assert json.loads(run(*arguments).out) == card
    shown = [line.split() for line in run(*arguments, "--format", "table").out.splitlines()]
    assert shown[:3] == [["number", NUMBER], ["status", "unassigned"], ["customer", "id", "-"]]
    assert shown[-1] == ["2026-11-23", "08:00:00Z", "CREATION", "0", "-", "API", "-"]


def test_a_card_is_assigned_blocked_and_replaced(run: Run, ledger: Ledger) -> None:
    answer = {"number": OTHER, "status": "active", "customer_id": "a/b", "replaces": NUMBER}
    for what in ("assignment", "block", "replacement"):
        ledger.says(f"shop/cards/{NUMBER}/{what}", answer)
    assert json.loads(run("cards", "assign", NUMBER, "a/b", *OF, "--key", "1").out) == answer
    run("cards", "block", NUMBER, "--reason", "lost", *OF, "--key", "2")
    run("cards", "replace", NUMBER, "--by", OTHER, *OF, "--key", "3")
    table = run("cards", "replace", NUMBER, *OF, "--key", "4", "--format", "table").out
    assert [line.split()[-1] for line in table.splitlines()] == [OTHER, "active", "a/b", NUMBER]
    assert [(asked.key, asked.body) for asked in ledger.asked] == [
        ("1", {"customer_id": "a/b", "source": "DASHBOARD"}),
        ("2", {"reason": "lost", "source": "DASHBOARD"}),
        ("3", {"number": OTHER, "reason": None, "source": "DASHBOARD"}),
        ("4", {"number": None, "reason": None, "source": "DASHBOARD"}),
    ]


def test_a_refusal_is_one_line(run: Run, ledger: Ledger) -> None:
    ledger.refuses(f"shop/cards/{NUMBER}/assignment", 409, "customer_has_card", "The customer has a card already.")
    ended = run("cards", "assign", NUMBER, "ann", *OF)
    assert (ended.code, ended.err) == (3, "error: customer_has_card: The customer has a card already.\n")


def test_all_cards_are_listed_page_by_page(run: Run, ledger: Ledger) -> None:
    ledger.says("shop/cards", {"cards": [{"number": OTHER}], "cursor": None}, cursor="c")
    ledger.says("shop/cards", {"cards": [{"number": NUMBER}], "cursor": "c"})
    ended = run("cards", "list", *OF, "--format", "csv")
    assert ended.out == f"number,printed\r\n{NUMBER},9976 0726 8230 9141\r\n{OTHER},9995 7176 7367 7073\r\n"
    assert [asked.query for asked in ledger.asked] == [{"limit": "5000"}, {"limit": "5000", "cursor": "c"}]
    assert run("cards", "list", *OF).out.splitlines() == [json.dumps({"number": n}) for n in (NUMBER, OTHER)]
