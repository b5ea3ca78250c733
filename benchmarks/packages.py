"""What is shipped, in bytes: each function, the layer of the domain, the layer of dependencies."""

import io
import zipfile
from dataclasses import dataclass
from importlib.metadata import distribution

from benchmarks import ROOT
from benchmarks.report import Cell, Section, Table
from tools.deployment import build_layer, zip_folder

MAX_ZIPPED = 50 * 2**20
"""Bytes of a function's zip or of a layer's that Lambda's API takes."""
MAX_UNZIPPED = 250 * 2**20
"""Bytes of a function and its layers together, unpacked."""


@dataclass(frozen=True)
class Package:
    """Bytes of a zip as it is deployed, and of what is in it."""

    zipped: int
    unzipped: int

    @classmethod
    def of(cls, content: bytes) -> "Package":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return cls(len(content), sum(entry.file_size for entry in archive.infolist()))


def functions() -> dict[str, Package]:
    """Each function, by its folder."""
    return {
        path.parent.name: Package.of(zip_folder(path.parent)) for path in sorted(ROOT.glob("functions/*/handler.py"))
    }


def layers() -> dict[str, Package]:
    """Each layer, by its name in the template, as `sam build` makes it."""
    return {
        name: Package.of(build_layer(name, ROOT / "layers" / folder))
        for name, folder in {"DomainLayer": "domain", "DependenciesLayer": "dependencies"}.items()
    }


def measure() -> Section:
    packages, shared = functions(), layers()
    largest = max(package.unzipped for package in packages.values())
    rows: list[list[Cell]] = [
        [f"function {name}", package.zipped, MAX_ZIPPED, package.unzipped, None] for name, package in packages.items()
    ]
    rows += [[name, package.zipped, MAX_ZIPPED, package.unzipped, None] for name, package in shared.items()]
    together = largest + sum(package.unzipped for package in shared.values())
    rows.append(["the largest function and the layers", None, None, together, MAX_UNZIPPED])
    return Section(
        title="Package bytes",
        how="Counted: zips as they are deployed, and what is in them. Both layers hold sources and bytecode. What they "
        "may be are Lambda's limits. boto3 comes with the runtime.",
        tables=[
            Table("Bytes", ("package", "zipped", "may be", "unpacked", "may be"), rows),
            Table("What the layer of dependencies is made from, installed", ("package", "bytes"), _dependencies()),
        ],
    )


def _dependencies() -> list[list[Cell]]:
    pinned = (ROOT / "layers/dependencies/requirements.txt").read_text().splitlines()
    names = [line.partition("==")[0] for line in pinned if line and not line.startswith("#")]
    sizes = {name: sum(file.size or 0 for file in distribution(name).files or ()) for name in names}
    rows: list[list[Cell]] = [[name, size] for name, size in sizes.items()]
    return [*rows, ["together", sum(sizes.values())]]
