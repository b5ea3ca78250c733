"""Whatever is wrong is one line on stderr, and the exit code says of what sort it is."""

import json
import socket
from pathlib import Path

import pytest

from tests.function.cli.conftest import Run
from tests.function.cli.ledger import SECRET, Ledger

JANUARY = ("--program", "shop", "--month", "2026-01")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("journal", "--program", "shop"), "which days? Give --from and --to, or --month"),
        (("journal", "--program", "shop", "--from", "2026-01-01"), "which days? Give --from and --to, or --month"),
        (
            ("journal", "--program", "shop", "--from", "2026-02-01", "--to", "2026-01-01"),
            "--to 2026-01-01 is before --from 2026-02-01",
        ),
        (("journal", *JANUARY, "--to", "2026-01-01"), "--month is instead of --from and --to"),
        (
            ("liability", "--program", "shop", "--from", "2026-W05-1", "--to", "2026-01-01"),
            "Invalid value for '--from': '2026-W05-1' is not a day such as 2026-01-31",
        ),
        (
            ("liability", "--program", "shop", "--from", "2026-02-30", "--to", "2026-03-01"),
            "Invalid value for '--from': '2026-02-30' is not a day such as 2026-01-31",
        ),
        (
            ("journal", "--program", "shop", "--month", "2026-13"),
            "Invalid value for '--month': '2026-13' is not a month such as 2026-01",
        ),
        (
            ("journal", *JANUARY, "--format", "xml"),
            "Invalid value for '--format': 'xml' is not one of 'table', 'json', 'csv', 'beancount'.",
        ),
        (
            ("liability", *JANUARY, "--format", "beancount"),
            "Invalid value for '--format': 'beancount' is not one of 'table', 'json', 'csv'.",
        ),
        (
            ("journal", *JANUARY, "--kind", "some"),
            "Invalid value for '--kind': 'some' is not one of 'write_off', 'all'.",
        ),
        (("journal", "--month", "2026-01"), "Missing option '--program'."),
        (("journal", "movements", "--program", "shop", "--kind", "earn"), "Missing option '--day'."),
        (("purge", "--program", "shop"), "the purge starts by itself; to see its runs: loyalty purge --status"),
        (
            ("balances", "--program", "shop", "--expiring-before", "2026-W05-1"),
            "Invalid value for '--expiring-before': '2026-W05-1' is not a date such as 2026-01-31, or an instant",
        ),
        (
            ("balances", "--program", "shop", "--expiring-before", "2026-02-30"),
            "Invalid value for '--expiring-before': '2026-02-30' is not a date such as 2026-01-31, or an instant",
        ),
        (
            ("balances", "--program", "shop", "--min-balance", "-1"),
            "Invalid value for '--min-balance': -1 is not in the range x>=0.",
        ),
        (
            ("balances", "--program", "shop", "--sort", "tier"),
            "Invalid value for '--sort': 'tier' is not one of 'customer_id', 'balance', '-balance', 'next_expiry'.",
        ),
        (("balances",), "Missing option '--program'."),
        (("verify", "--customer", "ann"), "--customer needs --program"),
        (("statement", "--program", "shop"), "Missing argument 'ID'."),
        (("issue", "ann", "-5", "--reason", "x", "--program", "shop"), "Invalid value for 'POINTS': -5 is not in"),
        (("jurnal",), "No such command 'jurnal'. Did you mean 'journal'?"),
        (("journal", *JANUARY, "--client-secret", "x"), "No such option '--client-secret'."),
        (("journal", *JANUARY, "--output", "no/such/place.csv"), "no/such/place.csv cannot be written: No such file"),
    ],
)
def test_the_command_line(run: Run, ledger: Ledger, arguments: tuple[str, ...], line: str) -> None:
    ended = run(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("error: ")
    assert ended.err.count("\n") == 1
    assert line in ended.err
    assert not ledger.asked


def test_no_ledger_is_configured(nowhere: Run) -> None:
    ended = nowhere("journal", *JANUARY)
    assert (ended.code, ended.err) == (
        2,
        "error: no ledger is configured: set LOYALTY_API_URL, LOYALTY_TOKEN_URL, LOYALTY_CLIENT_ID, "
        "LOYALTY_CLIENT_SECRET, or start the local one with: make up\n",
    )
    ended = nowhere("verify")
    assert ended.code == 2
    assert "LOYALTY_VERIFY_FUNCTION" in ended.err


def test_what_is_missing_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOYALTY_CLIENT_SECRET")
    monkeypatch.delenv("LOYALTY_TOKEN_URL")
    assert run("journal", *JANUARY).err == "error: not set: LOYALTY_TOKEN_URL, LOYALTY_CLIENT_SECRET\n"


@pytest.mark.parametrize("url", ["http://ledger.example", "ftp://127.0.0.1", "ledger.example"])
def test_no_secret_is_sent_in_the_clear(run: Run, url: str) -> None:
    ended = run("journal", *JANUARY, "--token-url", url)
    assert ended.code == 2
    assert url in ended.err


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"api_url": "http://127.0.0.1:1"}'])
def test_a_stack_file_that_is_none(nowhere: Run, tmp_path: Path, content: str) -> None:
    (tmp_path / "stack.json").write_text(content)
    ended = nowhere("journal", *JANUARY, "--stack", "stack.json")
    assert (ended.code, ended.err) == (
        2,
        "error: stack.json is not what the local ledger writes; start it again with: make up\n",
    )


def test_a_stack_file_that_is_not_there(nowhere: Run) -> None:
    ended = nowhere("verify", "--stack", "gone.json")
    assert (ended.code, ended.err) == (2, "error: gone.json cannot be read: No such file or directory\n")


def test_a_refusal_says_its_code_what_and_where(run: Run, ledger: Ledger) -> None:
    ledger.says(
        "shop/liability",
        {
            "code": "out_of_range",
            "detail": "The request\nis not valid.",
            "errors": [{"pointer": "/to", "message": "must be within 3660 days of `from`", "code": "out_of_range"}],
        },
        status=422,
    )
    ended = run("liability", "--program", "shop", "--from", "1990-01-01", "--to", "2026-01-01")
    assert (ended.code, ended.out) == (3, "")
    assert ended.err == "error: out_of_range: The request is not valid: to must be within 3660 days of `from`\n"


@pytest.mark.parametrize(
    ("detail", "faults", "line"),
    [
        ("/reason must not be empty.", [("/reason", "must not be empty")], "/reason must not be empty."),
        ("There is no such tier.", [("/tier", "There is no such tier.")], "There is no such tier."),
        (
            "/reason must not be empty. And 1 more.",
            [("/reason", "must not be empty"), ("/points", "is needed")],
            "/reason must not be empty. And 1 more: points is needed",
        ),
    ],
)
def test_a_refusal_says_nothing_twice(
    run: Run, ledger: Ledger, detail: str, faults: list[tuple[str, str]], line: str
) -> None:
    errors = [{"pointer": pointer, "message": message, "code": "empty"} for pointer, message in faults]
    ledger.says("shop/purges", {"code": "empty", "detail": detail, "errors": errors}, status=422)
    assert run("purge", "--program", "shop", "--status").err == f"error: empty: {line}\n"


@pytest.mark.parametrize("customer_id", [".", "..", "../b", "a/../b", "%2E%2E"])
def test_dots_in_an_id_lead_nowhere_else(run: Run, ledger: Ledger, customer_id: str) -> None:
    run("customer", customer_id, "--program", "shop")
    assert [asked.path for asked in ledger.asked] == [f"shop/customers/{customer_id}"]


def test_options_of_what_is_meant_without_a_name_are_in_the_help(nowhere: Run) -> None:
    for family, option in (("journal", "--month"), ("liability", "--month"), ("jobs", "--limit")):
        shown = nowhere(family, "--help").out
        assert option in shown
        assert f"loyalty {family} [OPTIONS]" in shown


@pytest.mark.parametrize(
    ("status", "code", "exit_code"),
    [(404, "unknown_program", 3), (403, "forbidden", 3), (401, "unauthorized", 3), (500, "internal_error", 4)],
)
def test_a_refusal_s_exit_code(run: Run, ledger: Ledger, status: int, code: str, exit_code: int) -> None:
    ledger.refuses("shop/purges", status, code, "There is no program of this id.")
    ended = run("purge", "--status", "--program", "shop")
    assert (ended.code, ended.out) == (exit_code, "")
    assert ended.err == f"error: {code}: There is no program of this id.\n"


def test_a_client_that_gets_no_token(run: Run, ledger: Ledger) -> None:
    ledger.no_token = "invalid_client"
    ended = run("purge", "--status", "--program", "shop")
    assert (ended.code, ended.err) == (3, "error: unauthorized: invalid_client\n")
    assert SECRET not in ended.err + ended.out


def test_a_ledger_that_is_not_there(run: Run) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    ended = run("journal", *JANUARY, "--token-url", f"http://127.0.0.1:{port}/oauth2/token")
    assert (ended.code, ended.out) == (4, "")
    assert ended.err == f"error: the ledger cannot be reached at 127.0.0.1:{port}; is it up?\n"


def test_an_answer_that_is_no_json(run: Run, ledger: Ledger) -> None:
    ledger.says("shop/purges", "<html>a proxy's page</html>")
    ended = run("purge", "--status", "--program", "shop")
    assert (ended.code, ended.out) == (4, "")
    assert ended.err.count("\n") == 1


def test_what_the_local_ledger_wrote_is_found(nowhere: Run, ledger: Ledger, tmp_path: Path) -> None:
    stack = {
        "api_url": ledger.url,
        "token_url": f"{ledger.url}/oauth2/token",
        "endpoint_url": ledger.url,
        "region": "eu-north-1",
        "functions": {"VerifyFunction": "verify-1"},
        "clients": {
            name: {"client_id": name, "client_secret": SECRET, "scope": f"loyalty/{name}"}
            for name in ("storefront", "admin", "finance")
        },
    }
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "stack.json").write_text(json.dumps(stack))
    ledger.says("shop/purges", {"runs": []})
    ledger.says("shop/customers/ann/movements", {"movements": [], "cursor": None})
    assert nowhere("purge", "--status", "--program", "shop").code == 0
    assert nowhere("statement", "ann", "--program", "shop").code == 0
    assert [form["scope"] for form in ledger.tokens] == ["loyalty/finance", "loyalty/storefront"]
