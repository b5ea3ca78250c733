"""What a cold start loads, counted: times would differ from run to run. `make bench` has those."""

from importlib.util import find_spec

import pytest

from benchmarks import ROOT
from benchmarks.imports import BARE, READY, Start, modules, output

FUNCTIONS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/handler.py"))
NOT_NEEDED = {
    "boto3",
    "s3transfer",
    "multiprocessing",
    "asyncio",
    "aws_lambda_powertools.utilities.batch",
    "aws_lambda_powertools.utilities.parser",
    "pydantic.v1",
    "pydantic.networks",
    "rich",
}
"""What the functions' libraries would bring along if they were asked for more than is needed."""
MORE_MODULES = 1.15
"""How many times as many modules of others a function may load as a bare handler, which only makes a client."""


@pytest.fixture(scope="module")
def bare() -> frozenset[str]:
    return modules(Start(BARE))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_loads_little_more_than_a_bare_handler(function: str, bare: frozenset[str]) -> None:
    loaded = modules(Start(READY, ROOT / "functions" / function))
    assert "botocore.client" in loaded
    assert "boto3" in bare
    assert not loaded & NOT_NEEDED
    foreign = {name for name in loaded if name.partition(".")[0] not in ("loyalty", "handler")}
    assert len(foreign) <= MORE_MODULES * len(bare), sorted(foreign - bare)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_looks_for_garbage_once_it_is_there_but_not_while_it_is_imported(function: str) -> None:
    """Whatever of ours its handler imports first."""
    seen = "import gc\nimport loyalty.domain\nat_first = gc.isenabled()\nimport handler\n"
    told = Start(
        f"{seen}print(at_first, gc.isenabled(), gc.get_freeze_count() > 10_000)", ROOT / "functions" / function
    )
    assert output(told) == "False True True\n"


@pytest.mark.parametrize(
    ("function", "stranger"),
    [
        ("order_completed", "orders.cancel"),
        ("redeem", "orders.complete"),
        ("sign_up", "customers.account"),
        ("account", "points.sign_up"),
    ],
)
def test_a_function_does_not_load_the_use_cases_of_its_neighbours(function: str, stranger: str) -> None:
    """Contracts that several functions share name results of all their use cases, but only as types."""
    loaded = modules(Start(READY, ROOT / "functions" / function))
    assert any(name.startswith("loyalty.usecases.") for name in loaded)
    assert find_spec(f"loyalty.usecases.{stranger}")
    assert f"loyalty.usecases.{stranger}" not in loaded
