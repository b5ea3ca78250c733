"""What is shipped, in bytes: each function, the layer of the domain, the layer of dependencies."""

from importlib.metadata import distribution

from benchmarks import ROOT
from benchmarks.report import Cell, Section, Table
from tools.deployment import build_layer, zip_folder

BUDGET = 200_000
"""Bytes of functions and domain layer together, zipped."""


def function_bytes() -> dict[str, int]:
    """The zip of each function, by its folder."""
    return {path.parent.name: len(zip_folder(path.parent)) for path in sorted(ROOT.glob("functions/*/handler.py"))}


def domain_bytes() -> int:
    """The zip of the domain layer, as it is built for deployment."""
    return len(build_layer("DomainLayer", ROOT / "layers/domain"))


def dependencies_bytes() -> int:
    """The zip of the layer of dependencies, with its bytecode."""
    return len(build_layer("DependenciesLayer", ROOT / "layers/dependencies"))


def measure() -> Section:
    functions, domain = function_bytes(), domain_bytes()
    rows: list[list[Cell]] = [[f"function {name}", size, None] for name, size in functions.items()]
    rows += [["layer domain", domain, None], ["functions and domain", sum(functions.values()) + domain, BUDGET]]
    rows.append(["layer dependencies", dependencies_bytes(), None])
    return Section(
        title="Package bytes",
        how="Counted: zips as they are deployed. The domain layer is built without comments and docstrings, that of "
        "dependencies with bytecode. boto3 comes with the runtime.",
        tables=[
            Table("Zipped", ("package", "bytes", "may be"), rows),
            Table("What the layer of dependencies is made from, installed", ("package", "bytes"), _dependencies()),
        ],
    )


def _dependencies() -> list[list[Cell]]:
    pinned = (ROOT / "layers/dependencies/requirements.txt").read_text().splitlines()
    names = [line.partition("==")[0] for line in pinned if line and not line.startswith("#")]
    sizes = {name: sum(file.size or 0 for file in distribution(name).files or ()) for name in names}
    rows: list[list[Cell]] = [[name, size] for name, size in sizes.items()]
    return [*rows, ["together", sum(sizes.values())]]
