"""What a function does before it imports anything else of ours, so that it starts sooner.

A data class writes its methods as text and compiles that text whenever the class is made: four fifths of what making
the class costs. So the layer holds the text of each data class with its bytecode. `python -m loyalty.entry.cold_start`
stores them when the layer is built (layers/domain/Makefile); `begin` gives the bytecode to the data class that asks for
the same text. A text that is not stored is compiled as ever. Figures: docs/decisions/2026-11-23-cold-starts-and-cpu.md.
"""

import dataclasses
import gc
import marshal
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from types import CodeType
from typing import Any

PACKAGES = ("domain", "ports", "usecases")
"""Whose data classes are stored. They need nothing but the standard library: any machine can import them."""
STORED = Path(__file__).with_name(f"dataclasses.{sys.implementation.cache_tag}")
"""The bytecode by its text, each marshalled. As with a .pyc, its name says which interpreter it is for."""


def begin() -> None:
    """Have the imports that follow look for no garbage, and compile no data class that is stored.

    What a function imports stays. To look through it for garbage again and again is a tenth of a cold start;
    `observing.observed`, which makes the handler, turns that on.
    """
    gc.disable()
    if STORED.exists():
        stored: dict[str, bytes] = marshal.loads(STORED.read_bytes())
        _compile_by(lambda text: marshal.loads(stored[text]) if text in stored else text)


def store() -> None:
    """Compile what the data classes write, and store it where `begin` finds it."""
    stored: dict[str, bytes] = {}

    def compiled(text: str) -> CodeType:
        code = compile(text, "<string>", "exec", dont_inherit=True, optimize=0)
        stored[text] = marshal.dumps(code)
        return code

    _compile_by(compiled)
    for package in PACKAGES:
        for module in walk_packages([str(Path(__file__).parents[1] / package)], f"loyalty.{package}."):
            import_module(module.name)
    STORED.write_bytes(marshal.dumps(stored))


def _compile_by(compiled: Callable[[str], CodeType | str]) -> None:
    """Have `dataclasses` execute `compiled(text)` wherever it would execute `text`."""

    def execute(text: str, names: dict[str, Any], made: dict[str, Any]) -> None:
        exec(compiled(text), names, made)

    vars(dataclasses)["exec"] = execute


if __name__ == "__main__":
    store()
