"""`python -m benchmarks [SECTION...]`: measures, shows, and keeps the results of this version in docs/benchmarks."""

import argparse
import json
import sys
import tomllib
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from rich.console import Console

from benchmarks import ROOT
from benchmarks.report import Section, markdown, show

SECTIONS = ("costs", "growth", "dollars", "packages", "imports", "cpu", "throughput", "beside", "purge")
FOLDER = ROOT / "docs/benchmarks"
WIDTH = 170
"""Characters of a line, where nobody watches."""
INTRODUCTION = """# Costs and speed of {version}

Written by `make bench`; [{version}.json]({version}.json) holds the same numbers. `python -m benchmarks SECTION...`
measures some sections anew ({sections}).

What is counted (units, round trips, bytes, modules) is the same on every machine. What is timed is not: look at the
ratios, which compare things that ran in turns on one machine. The emulator's DynamoDB stands in for AWS's, over HTTP
and in a process of its own: no latency here is one of AWS.
"""


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    arguments.add_argument("sections", nargs="*", choices=[*SECTIONS, []], metavar="SECTION")
    wanted = arguments.parse_args().sections or SECTIONS
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    kept = FOLDER / f"{version}.json"
    for name in wanted:
        section: Section = import_module(f"benchmarks.{name}").measure()
        show(section, console)
        _keep(kept, version, {**_read(kept), name: section})
    console.print(f"written to {kept.relative_to(ROOT)} and {(FOLDER / 'README.md').relative_to(ROOT)}")


def _read(kept: Path) -> dict[str, Section]:
    if not kept.exists():
        return {}
    return {name: Section.of(document) for name, document in json.loads(kept.read_text()).items()}


def _keep(kept: Path, version: str, found: Mapping[str, Section]) -> None:
    ordered = {name: found[name] for name in SECTIONS if name in found}
    FOLDER.mkdir(parents=True, exist_ok=True)
    documents = {name: section.document() for name, section in ordered.items()}
    kept.write_text(json.dumps(documents, indent=1, ensure_ascii=False) + "\n")
    introduction = INTRODUCTION.format(version=version, sections=", ".join(f"`{name}`" for name in SECTIONS))
    text = "\n".join([introduction, *(markdown(section) for section in ordered.values())])
    (FOLDER / "README.md").write_text(text.rstrip() + "\n")


if __name__ == "__main__":
    main()
