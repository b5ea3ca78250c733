"""The layers as `sam build` makes them."""

import ast
import importlib.util
import io
import struct
import tokenize
import zipfile
from pathlib import Path

import pytest

from tools.deployment import build_layer
from tools.emulator import LocalCloudError

LAYERS = Path(__file__).resolve().parents[3] / "layers"
SOURCE = LAYERS / "domain"
UNCHECKED_HASH = 0b01
"""Flags of bytecode that is used without a look at its source (PEP 552)."""


@pytest.fixture(scope="module")
def domain() -> dict[str, str]:
    """The built layer's modules by their path."""
    return {name: content.decode() for name, content in unzipped(build_layer("DomainLayer", SOURCE)).items()}


def test_the_domain_layer_has_every_module_and_nothing_else(domain: dict[str, str]) -> None:
    assert set(domain) == {path.relative_to(SOURCE).as_posix() for path in SOURCE.glob("python/**/*.py")}
    assert len(domain) > 100


def test_its_modules_say_the_same_on_the_same_lines(domain: dict[str, str]) -> None:
    for name, text in domain.items():
        assert statements(text) == statements((SOURCE / name).read_text()), name


def test_its_modules_are_without_comments_and_docstrings(domain: dict[str, str]) -> None:
    for name, text in domain.items():
        assert not any(token.type == tokenize.COMMENT for token in tokenize.generate_tokens(io.StringIO(text).readline))
        assert not any(is_said(node) for node in ast.walk(ast.parse(text))), name


def test_the_dependencies_are_for_the_functions_processor_and_need_no_compiling() -> None:
    content = unzipped(build_layer("DependenciesLayer", LAYERS / "dependencies"))
    extensions = [name for name in content if name.endswith(".so")]
    assert extensions
    assert all(name.endswith("-aarch64-linux-gnu.so") for name in extensions)
    for package in ("pydantic/main", "aws_lambda_powertools/logging/logger", "typing_extensions"):
        folder, _, module = f"python/{package}".rpartition("/")
        bytecode = content[f"{folder}/__pycache__/{module}.cpython-313.pyc"]
        magic, flags = struct.unpack("<4sI", bytecode[:8])
        assert (magic, flags) == (importlib.util.MAGIC_NUMBER, UNCHECKED_HASH)


def test_a_layer_that_cannot_be_built_says_why(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text("build-Some:\n\t@echo no such thing >&2; exit 3\n")
    with pytest.raises(LocalCloudError, match="Some could not be built: no such thing"):
        build_layer("Some", tmp_path)


def unzipped(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def statements(text: str) -> str:
    """What the module does and where each of it begins, but not what it says; an empty body does `...`."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if hasattr(node, "end_lineno"):
            node.end_lineno = node.end_col_offset = None  # type: ignore[attr-defined]
        if isinstance(body := getattr(node, "body", None), list):
            node.body = [part for part in body if not is_said(part) and not is_nothing(part)]  # type: ignore[attr-defined]
    return ast.dump(tree, include_attributes=True)


def is_said(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def is_nothing(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and node.value.value is ...
