"""`loyalty verify`: whom it invokes, and what it ends with."""

import json
from typing import Any

import pytest

from tests.function.cli.conftest import Run
from tests.function.cli.ledger import Ledger

DIFFERENCE = {"where": "account ann", "what": "balance 5, movements say 4"}


def program(*differences: dict[str, str], complete: bool = True) -> dict[str, Any]:
    return {
        "program_id": "shop",
        "accounts": 2,
        "movements": 3000,
        "outstanding": 5,
        "liability": 5,
        "complete": complete,
        "differences": list(differences),
    }


def found(*differences: dict[str, str], complete: bool = True) -> tuple[int, Any, dict[str, str]]:
    programs = [program(*differences, complete=complete)]
    return 200, {"differences": len(differences), "complete": complete, "programs": programs}, {}


@pytest.fixture
def aws(nowhere: Run, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `loyalty` as somebody with AWS credentials; Lambda is the fake."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "of-the-user",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_DEFAULT_REGION": "eu-north-1",
        "AWS_ENDPOINT_URL_LAMBDA": ledger.url,
        "LOYALTY_VERIFY_FUNCTION": "ledger-VerifyFunction-1",
    }.items():
        monkeypatch.setenv(name, value)
    return nowhere


def test_everything_agrees(aws: Run, ledger: Ledger) -> None:
    ledger.invocation = found()
    ended = aws("verify")
    assert (ended.code, ended.err) == (0, "everything agrees\n")
    assert json.loads(ended.out) == program()
    assert ledger.invoked == [("ledger-VerifyFunction-1", {"program_id": None, "customer_id": None, "guest": False})]
    assert aws("verify", "--format", "table").out.splitlines() == [
        "program id  accounts  movements  liability  outstanding  differences  complete",
        "shop               2      3,000          5            5            0  yes",
    ]


def test_one_customer_is_asked_for(aws: Run, ledger: Ledger) -> None:
    ledger.invocation = found()
    assert aws("verify", "--program", "shop", "--customer", "ann", "--guest").code == 0
    assert ledger.invoked[0][1] == {"program_id": "shop", "customer_id": "ann", "guest": True}


def test_differences_are_named(aws: Run, ledger: Ledger) -> None:
    ledger.invocation = found(DIFFERENCE)
    ended = aws("verify", "--format", "table")
    assert (ended.code, ended.err) == (1, "error: 1 difference\n")
    assert ended.out.splitlines()[2:] == [
        "program id  where        what",
        "shop        account ann  balance 5, movements say 4",
    ]
    assert aws("verify").err == "error: 1 difference; the first: account ann: balance 5, movements say 4\n"
    ended = aws("verify", "--format", "csv")
    assert (ended.code, ended.out.split("\r\n")) == (
        1,
        ["program_id,where,what", 'shop,account ann,"balance 5, movements say 4"', ""],
    )


def test_what_was_not_compared_does_not_agree(aws: Run, ledger: Ledger) -> None:
    ledger.invocation = found(complete=False)
    ended = aws("verify")
    assert (ended.code, ended.err) == (1, "error: time ran out before all was compared; name a --program\n")


@pytest.mark.parametrize(
    ("invocation", "code", "line"),
    [
        (
            (200, {"errorMessage": "no such program"}, {"x_amz_function_error": "Unhandled"}),
            4,
            "error: ledger-VerifyFunction-1 failed: no such program\n",
        ),
        (
            (200, {"errorMessage": "unknown_program", "errorType": "Failed"}, {"x_amz_function_error": "Unhandled"}),
            3,
            "error: unknown_program: ledger-VerifyFunction-1 knows no program of this id\n",
        ),
        (
            (403, {"Message": "not yours"}, {"x_amzn_errortype": "AccessDeniedException"}),
            3,
            "error: AccessDeniedException: not yours\n",
        ),
    ],
)
def test_no_verification(
    aws: Run, ledger: Ledger, invocation: tuple[int, Any, dict[str, str]], code: int, line: str
) -> None:
    ledger.invocation = invocation
    ended = aws("verify")
    assert (ended.code, ended.out, ended.err) == (code, "", line)
    assert len(ledger.invoked) == 1


def test_without_credentials(aws: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "none")
    monkeypatch.setenv("AWS_CONFIG_FILE", "none")
    ended = aws("verify")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("error: Unable to locate credentials")
    assert ended.err.count("\n") == 1


def test_nobody_to_invoke(aws: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", "http://127.0.0.1:9")
    ended = aws("verify")
    assert (ended.code, ended.err.count("\n")) == (4, 1)
    assert ended.err.startswith("error: ledger-VerifyFunction-1 cannot be invoked: Could not connect to the endpoint")
