"""What is shipped, in bytes: each function, the layer of the domain, the layer of dependencies."""

from importlib.metadata import distribution

from benchmarks import ROOT
from benchmarks.report import Cell, Section, Table
from tools.deployment import zip_folder

BUDGET = 250_000
"""Was 200,000, which orders, books and the purge are within; jobs, cards, lists and privacy are the rest."""


def function_bytes() -> dict[str, int]:
    """The zip of each function, by its folder."""
    return {path.parent.name: len(zip_folder(path.parent)) for path in sorted(ROOT.glob("functions/*/handler.py"))}


def domain_bytes() -> int:
    return len(zip_folder(ROOT / "layers/domain"))


def measure() -> Section:
    functions, domain = function_bytes(), domain_bytes()
    rows: list[list[Cell]] = [[f"function {name}", size, None] for name, size in functions.items()]
    rows += [["layer domain", domain, None], ["functions and domain", sum(functions.values()) + domain, BUDGET]]
    return Section(
        title="Package bytes",
        how="Counted. Functions and the domain layer as the zips that are deployed; dependencies as they are installed "
        "here, not zipped. boto3 comes with the runtime.",
        tables=[
            Table("Zipped", ("package", "bytes", "may be"), rows),
            Table("Layer of dependencies, installed", ("package", "bytes"), _dependencies()),
        ],
    )


def _dependencies() -> list[list[Cell]]:
    pinned = (ROOT / "layers/dependencies/requirements.txt").read_text().splitlines()
    names = [line.partition("==")[0] for line in pinned if line and not line.startswith("#")]
    sizes = {name: sum(file.size or 0 for file in distribution(name).files or ()) for name in names}
    rows: list[list[Cell]] = [[name, size] for name, size in sizes.items()]
    return [*rows, ["together", sum(sizes.values())]]
