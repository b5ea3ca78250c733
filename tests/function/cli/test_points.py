"""Points given and adjusted by hand: what is sent, once, and what is said when nobody knows whether it was done."""

import json
import re
from typing import Any

import pytest

from loyalty_cli.client import Program
from tests.function.cli.conftest import Run
from tests.function.cli.ledger import Ledger

OF = ("--program", "shop", "--reason", "sorry")
ISSUED = {"movement_id": "request/k/1", "points": 5, "expires_at": None, "balance": 5}
ADJUSTED = {**ISSUED, "points": -40, "points_shortfall": 2, "debt": 0}


def test_points_are_issued(run: Run, ledger: Ledger) -> None:
    ledger.says("shop/customers/a/b/issues", ISSUED, 201)
    ended = run("issue", "a/b", "5", *OF, "--expires-at", "2027-01-31T00:00:00Z")
    assert (ended.code, ended.err, json.loads(ended.out)) == (0, "", ISSUED)
    [asked] = ledger.asked
    assert (asked.method, asked.body) == (
        "POST",
        {"points": 5, "expires_at": "2027-01-31T00:00:00Z", "reason": "sorry", "source": "DASHBOARD"},
    )
    run("issue", "a/b", "5", *OF)
    run("issue", "a/b", "5", *OF, "--key", "my own")
    assert len({asked.key for asked in ledger.asked}) == 3
    assert ledger.asked[2].key == "my own"
    assert run("issue", "a/b", "5", *OF, "--format", "csv").out.splitlines() == [
        "customer_id,points,expires_at,balance,movement_id",
        "a/b,5,,5,request/k/1",
    ]


@pytest.mark.parametrize(
    ("typed", "points"),
    [
        (("ann", "-40", *OF), -40),
        ((*OF, "ann", "-40"), -40),
        ((*OF, "--", "ann", "-40"), -40),
        ((*OF, "--", "-7", "-40"), -40),
        (("ann", "40", *OF), 40),
        (("ann", "0", *OF), 0),
    ],
)
def test_a_negative_number_may_be_typed(run: Run, ledger: Ledger, typed: tuple[str, ...], points: int) -> None:
    for customer in ("ann", "-7"):
        ledger.says(f"shop/customers/{customer}/adjustments", ADJUSTED, 201)
    assert run("adjust", *typed).code == 0
    assert ledger.asked[0].body["points"] == points


def test_all_of_an_adjustment_is_sent(run: Run, ledger: Ledger) -> None:
    ledger.says("shop/customers/ann/adjustments", ADJUSTED, 201, guest="true")
    ended = run("adjust", "ann", "0", *OF, "--expires-at", "2027-01-31T00:00:00Z", "--order", "#1", "--guest")
    assert json.loads(ended.out) == ADJUSTED
    assert ledger.asked[0].body == {
        "points": 0,
        "expires_at": "2027-01-31T00:00:00Z",
        "reason": "sorry",
        "source": "DASHBOARD",
        "order_id": "#1",
    }


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("issue", "ann", "0", *OF), "Invalid value for 'POINTS': 0 is not in the range x>=1."),
        (("issue", "ann", "-5", *OF), "-5 is not in the range x>=1"),
        (("issue", "ann", "1.5", *OF), "Invalid value for 'POINTS': '1.5' is not a valid integer range."),
        (("issue", "ann", "5", "--program", "shop"), "Missing option '--reason'."),
        (("adjust", "ann", "-1.5", *OF), "No such option '-1'"),
        (("adjust", "ann", "-5", *OF, "--gest"), "Got unexpected extra argument (--gest)"),
        (("adjust", "ann", "5", *OF, "--gest"), "No such option '--gest'"),
    ],
)
def test_what_was_typed_wrong(run: Run, ledger: Ledger, arguments: tuple[str, ...], line: str) -> None:
    ended = run(*arguments)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert line in ended.err
    assert not ledger.asked


@pytest.mark.parametrize("command", [("issue", "ann", "5"), ("adjust", "ann", "-5"), ("cards", "create")])
def test_the_key_is_shown_when_nobody_knows_whether_it_was_done(
    run: Run, ledger: Ledger, command: tuple[str, ...]
) -> None:
    of = OF if command[0] != "cards" else OF[:2]
    for path in ("customers/ann/issues", "customers/ann/adjustments", "cards"):
        ledger.refuses(f"shop/{path}", 500, "internal_error", "A fault of ours.")
    ended = run(*command, *of)
    assert (ended.code, ended.err.count("\n")) == (4, 1)
    shown = re.search("--key ([0-9a-f-]{36}) ", ended.err)
    assert shown is not None
    assert shown[1] == ledger.asked[0].key
    assert "--key 'my own' " in run(*command, *of, "--key", "my own").err


def test_the_key_is_shown_to_who_interrupts(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*args: Any, **more: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Program, "call", interrupted)
    ended = run("issue", "ann", "5", *OF, "--key", "k")
    assert (ended.code, ended.out) == (130, "")
    assert ended.err == "error: interrupted: it may be done or not; run it again with --key k to have it done once\n"


def test_a_refusal_needs_no_key(run: Run, ledger: Ledger) -> None:
    ledger.refuses("shop/customers/ann/issues", 422, "expires_in_the_past", "Must be in the future.")
    ended = run("issue", "ann", "5", *OF)
    assert (ended.code, ended.err) == (3, "error: expires_in_the_past: Must be in the future.\n")


def test_what_was_done_before_is_said_to_be(run: Run, ledger: Ledger) -> None:
    ledger.replays = True
    ledger.says("shop/customers/ann/issues", ISSUED, 201)
    assert run("issue", "ann", "5", *OF, "--key", "k").err.startswith("this was done before")
    assert run("issue", "ann", "5", *OF).err == ""
