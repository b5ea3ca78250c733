"""What is shipped, in bytes: each function, the layer of the domain, the layer of dependencies."""

import ast
import io
import zipfile
from importlib.metadata import distribution

from benchmarks import ROOT
from benchmarks.report import Cell, Section, Table
from tools.deployment import zip_folder

BUDGET = 200_000
"""Bytes of functions and domain layer together, zipped."""


def function_bytes() -> dict[str, int]:
    """The zip of each function, by its folder."""
    return {path.parent.name: len(zip_folder(path.parent)) for path in sorted(ROOT.glob("functions/*/handler.py"))}


def domain_bytes() -> int:
    return len(zip_folder(ROOT / "layers/domain"))


def bare_domain_bytes() -> int:
    """The domain layer's zip, were comments and docstrings left out of what is deployed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted((ROOT / "layers/domain").rglob("*.py")):
            archive.writestr(path.relative_to(ROOT / "layers/domain").as_posix(), _bare(path.read_text()))
    return len(buffer.getvalue())


def _bare(source: str) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            said = [
                part for part in node.body if not (isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant))
            ]
            node.body = said or [ast.Pass()]
    return ast.unparse(tree)


def measure() -> Section:
    functions, domain = function_bytes(), domain_bytes()
    rows: list[list[Cell]] = [[f"function {name}", size, None] for name, size in functions.items()]
    rows += [["layer domain", domain, None], ["functions and domain", sum(functions.values()) + domain, BUDGET]]
    rows.append(["layer domain without comments and docstrings", bare_domain_bytes(), None])
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
