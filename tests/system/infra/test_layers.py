"""The layers as `sam build` makes them."""

import importlib.util
import io
import json
import marshal
import subprocess
import sys
import zipfile
from pathlib import Path, PurePosixPath

import pytest

from benchmarks.packages import MAX_UNZIPPED, MAX_ZIPPED, Package, functions
from tools.deployment import build_layer, read_template
from tools.emulator import LocalCloudError

ROOT = Path(__file__).resolve().parents[3]
SOURCE = ROOT / "layers/domain"
RULES = ("loyalty.domain", "loyalty.ports", "loyalty.usecases")
NAMED_TUPLE = "(b'lambda _cls, "
"""How the text begins that a named tuple compiles as it is made: the standard library has some."""
HEADER = importlib.util.MAGIC_NUMBER + (0b01).to_bytes(4, "little")
"""How bytecode begins that this Python uses without a look at its source: unchecked hash (PEP 552)."""
STORED = "python/loyalty/entry/dataclasses.cpython-313"
"""The bytecode of what data classes write as they are made."""


@pytest.fixture(scope="module")
def domain() -> bytes:
    return build_layer("DomainLayer", SOURCE)


@pytest.fixture(scope="module")
def dependencies() -> bytes:
    return build_layer("DependenciesLayer", ROOT / "layers/dependencies")


def test_the_domain_layer_has_every_module_as_it_is_and_its_bytecode_and_nothing_else(domain: bytes) -> None:
    built = unzipped(domain)
    sources = {path.relative_to(SOURCE).as_posix(): path.read_bytes() for path in SOURCE.glob("python/**/*.py")}
    assert len(sources) > 100
    assert {name: built.pop(name) for name in sources} == sources
    assert set(built) == {*map(bytecode_of, sources), STORED}


def test_bytecode_does_what_its_source_does_on_the_same_lines(domain: bytes) -> None:
    built = unzipped(domain)
    for name in sources_in(built):
        code = marshal.loads(built[bytecode_of(name)][16:])
        assert code == compile(built[name], name, "exec", dont_inherit=True, optimize=0), name
        assert code.co_filename == f"/opt/{name}"


def test_the_domain_layer_is_used_without_a_look_at_its_sources(domain: bytes, tmp_path: Path) -> None:
    built = unzipped(domain)
    nothing = dict.fromkeys(sources_in(built), b"raise SystemExit('this was compiled')")
    start("\n".join(f"import {module_of(name)}" for name in nothing), built | nothing, tmp_path)


def test_of_the_rules_nothing_is_compiled_at_a_cold_start_not_even_what_data_classes_write(
    domain: bytes, tmp_path: Path
) -> None:
    built = unzipped(domain)
    rules = [module for name in sources_in(built) if (module := module_of(name)).startswith(RULES)]
    assert len(rules) > 60
    lines = ["import json, sys", "compiled = []", "import loyalty.domain"]
    lines += ["sys.addaudithook(lambda event, told: compiled.append(str(told)) if event == 'compile' else None)"]
    lines += [*(f"import {module}" for module in rules), "print(json.dumps(compiled))"]
    texts = json.loads(start("\n".join(lines), built, tmp_path))
    assert not [text for text in texts if not text.startswith(NAMED_TUPLE)]


def test_what_data_classes_write_does_what_its_text_says(domain: bytes) -> None:
    stored = marshal.loads(unzipped(domain)[STORED])
    assert len(stored) > 100
    for text, code in stored.items():
        assert marshal.loads(code) == compile(text, "<string>", "exec", dont_inherit=True, optimize=0)


@pytest.mark.parametrize("layer", ["domain", "dependencies"])
def test_every_module_of_a_layer_has_bytecode_for_the_runtime_of_the_functions(
    layer: str, request: pytest.FixtureRequest
) -> None:
    built = unzipped(request.getfixturevalue(layer))
    runtime = read_template(ROOT / "template.yaml")["Globals"]["Function"]["Runtime"]
    assert runtime == f"python{sys.version_info.major}.{sys.version_info.minor}"
    for name in sources_in(built):
        assert built[bytecode_of(name)].startswith(HEADER), name


def test_the_dependencies_are_for_the_processor_of_the_functions(dependencies: bytes) -> None:
    extensions = [name for name in unzipped(dependencies) if name.endswith(".so")]
    assert extensions
    assert all(name.endswith("-aarch64-linux-gnu.so") for name in extensions)


def test_a_function_and_its_layers_are_within_the_limits_of_lambda(domain: bytes, dependencies: bytes) -> None:
    layers = [Package.of(domain), Package.of(dependencies)]
    shared = sum(layer.unzipped for layer in layers)
    for package in (*layers, *functions().values()):
        assert package.zipped <= MAX_ZIPPED
    for function in functions().values():
        assert function.unzipped + shared <= MAX_UNZIPPED


def test_a_layer_that_is_built_twice_is_the_same(domain: bytes) -> None:
    """So a deployment changes a layer only where its code has changed."""
    assert build_layer("DomainLayer", SOURCE) == domain


@pytest.mark.parametrize(("name", "folder"), [("DomainLayer", "domain"), ("DependenciesLayer", "dependencies")])
def test_a_python_whose_bytecode_the_runtime_would_not_load_builds_no_layer(
    name: str, folder: str, tmp_path: Path
) -> None:
    python = tmp_path / "python"
    python.write_text(
        f"#!/bin/sh\nexec {sys.executable} -c "
        """'import sys; sys.implementation.cache_tag = "cpython-312"; exec(sys.argv[2])' "$@"\n"""
    )
    python.chmod(0o755)
    with pytest.raises(LocalCloudError, match=f"{name} could not be built: the runtime loads .* CPython 3.13 only"):
        build_layer(name, ROOT / "layers" / folder, python=str(python))


def test_a_layer_that_cannot_be_built_says_why(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text("build-Some:\n\t@echo no such thing >&2; exit 3\n")
    with pytest.raises(LocalCloudError, match="Some could not be built: no such thing"):
        build_layer("Some", tmp_path)


def unzipped(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def sources_in(built: dict[str, bytes]) -> list[str]:
    return [name for name in built if name.endswith(".py")]


def bytecode_of(source: str) -> str:
    """Where the runtime looks for the bytecode of a module, when it is started without -O."""
    path = PurePosixPath(source)
    return str(path.parent / "__pycache__" / f"{path.stem}.cpython-313.pyc")


def module_of(source: str) -> str:
    """What the module is imported by: `python/loyalty/domain/__init__.py` is `loyalty.domain`."""
    return ".".join(PurePosixPath(source).with_suffix("").parts[1:]).removesuffix(".__init__")


def start(code: str, built: dict[str, bytes], folder: Path) -> str:
    """What `code` prints where the layer is in `folder`, as Lambda starts Python: without options."""
    for name, content in built.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    environment = {"PYTHONPATH": str(folder / "python"), "AWS_LAMBDA_FUNCTION_NAME": "started"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout
