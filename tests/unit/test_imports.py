"""Imports point inwards: functions -> entry -> usecases -> domain; adapters -> ports and domain."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LAYER = ROOT / "layers/domain/python"
FUNCTIONS = ROOT / "functions"

ALLOWED = {
    "loyalty": {"loyalty.entry"},
    "loyalty.domain": {"loyalty.domain"},
    "loyalty.ports": {"loyalty.ports", "loyalty.domain"},
    "loyalty.usecases": {"loyalty.usecases", "loyalty.domain", "loyalty.ports"},
    "loyalty.adapters": {"loyalty.adapters", "loyalty.domain", "loyalty.ports"},
    "loyalty.entry": {"loyalty.entry", "loyalty.usecases", "loyalty.domain", "loyalty.ports"},
    "functions": {"loyalty.entry", "loyalty.usecases", "loyalty.domain", "loyalty.ports"},
}
"""What each part may import of our own."""
WIRING = "loyalty.entry.wiring"
"""The one place outside of them that knows the adapters."""
AWS = {"boto3", "botocore"}
POWERTOOLS, PYDANTIC = "aws_lambda_powertools", {"pydantic", "pydantic_core"}


LEVELS = [{"values"}, {"program"}, {"ledger"}, {"orders", "points", "customers", "books"}, {"jobs"}]
"""The packages of the domain, lowest first: each knows those below it. Packages of one level are wings."""
WINGS = {"loyalty.domain": LEVELS[3], "loyalty.usecases": {"orders", "points", "customers", "books"}}
"""Subjects that do not know each other."""


@dataclass(frozen=True)
class Import:
    """One import of `module` by `importer`."""

    importer: str
    module: str
    line: int

    def __str__(self) -> str:
        return f"{self.importer}:{self.line} imports {self.module}"

    @property
    def package(self) -> str:
        """The distribution, or the part of the standard library, that it comes from."""
        return self.module.partition(".")[0]


def part_of(module: str) -> str:
    """Which part of ours a module belongs to: loyalty.domain, loyalty.ports, functions, ..."""
    names = module.split(".")
    return names[0] if names[0] == "functions" else ".".join(names[:2])


def imports() -> Iterator[Import]:
    """Every import in the shipped code, wherever in its file it stands."""
    for base, prefix in ((LAYER, ""), (FUNCTIONS, "functions.")):
        for path in sorted(base.rglob("*.py")):
            importer = prefix + ".".join(path.relative_to(base).with_suffix("").parts).removesuffix(".__init__")
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), filename=str(path))):
                match node:
                    case ast.Import(names=names):
                        yield from (Import(importer, name.name, node.lineno) for name in names)
                    case ast.ImportFrom(module=module, names=names, level=level):
                        assert level == 0, f"{importer}:{node.lineno}: an import relative to itself hides its direction"
                        # `from loyalty import domain` and `from loyalty.adapters.dynamodb import keys` name modules.
                        yield from (Import(importer, f"{module}.{name.name}", node.lineno) for name in names)


ALL = list(imports())


def test_the_sources_were_found() -> None:
    assert len({found.importer for found in ALL}) > 40
    assert {part_of(found.importer) for found in ALL} == set(ALLOWED)


@pytest.mark.parametrize("part", ALLOWED)
def test_imports_of_our_own_point_inwards(part: str) -> None:
    outwards = [
        str(found)
        for found in ALL
        if part_of(found.importer) == part
        and found.package in ("loyalty", "functions", "tools", "tests")
        and part_of(found.module) not in ALLOWED[part]
        and not (found.importer == WIRING and part_of(found.module) == "loyalty.adapters")
    ]
    assert not outwards


def subject_of(module: str) -> str | None:
    """The package of its part that a module belongs to: `orders` of loyalty.domain.orders.refund, say."""
    names = module.split(".")
    return names[2] if len(names) > 3 else None


def test_each_package_of_the_domain_knows_only_those_below_it() -> None:
    level = {name: number for number, names in enumerate(LEVELS) for name in names}
    inside = [found for found in ALL if part_of(found.importer) == part_of(found.module) == "loyalty.domain"]
    assert {subject_of(found.importer) for found in inside} | {"values"} == set(level)
    assert not [
        str(found)
        for found in inside
        if (here := subject_of(found.importer)) != (there := subject_of(found.module))
        and level[there or ""] >= level[here or ""]
    ]


@pytest.mark.parametrize("part", WINGS)
def test_no_wing_knows_another(part: str) -> None:
    assert not [
        str(found)
        for found in ALL
        if part_of(found.importer) == part_of(found.module) == part
        and (here := subject_of(found.importer)) in WINGS[part]
        and (there := subject_of(found.module)) in WINGS[part]
        and here != there
    ]


@pytest.mark.parametrize("part", ["loyalty.domain", "loyalty.ports", "loyalty.usecases"])
def test_the_rules_know_the_standard_library_alone(part: str) -> None:
    foreign = [
        str(found)
        for found in ALL
        if part_of(found.importer) == part
        and found.package != "loyalty"
        and found.package not in sys.stdlib_module_names
    ]
    assert not foreign


def test_the_domain_neither_asks_the_time_nor_does_it_talk_to_anybody() -> None:
    forbidden = {"time", "random", "os", "socket", "threading", "urllib", "http", "secrets", "uuid", "logging"}
    assert not [
        str(found)
        for found in ALL
        if part_of(found.importer) in ("loyalty.domain", "loyalty.usecases") and found.package in forbidden
    ]


def test_only_adapters_know_aws() -> None:
    knowing = {found.importer for found in ALL if found.package in AWS}
    assert knowing
    assert {part_of(name) for name in knowing} == {"loyalty.adapters"}


def test_only_the_entry_knows_powertools_and_pydantic() -> None:
    for found in ALL:
        if found.package == POWERTOOLS or found.package in PYDANTIC:
            assert part_of(found.importer) == "loyalty.entry", str(found)


def test_no_clock_is_read_in_the_rules() -> None:
    """Time comes in as an argument or from the world's clock."""
    asking = [
        f"{path.relative_to(LAYER)}:{node.lineno}"
        for part in ("domain", "usecases")
        for path in sorted((LAYER / "loyalty" / part).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in ("now", "utcnow", "today")
        if isinstance(node.value, ast.Name) and node.value.id in ("datetime", "date")
    ]
    assert not asking


def test_no_rule_counts_in_floats() -> None:
    floats = [
        f"{path.relative_to(LAYER)}:{node.lineno}"
        for path in sorted((LAYER / "loyalty/domain").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.Name) and node.id == "float")
        or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div))
    ]
    assert not floats
