"""Which use cases write, read from the source: so that none of them can be forgotten.

An adapter's method writes when it calls a client with anything but a get or a query, or calls a method or function
of its own module that does. A use case writes when it calls a method of that name on a port, or calls a use case
that does.
"""

import ast
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType

LAYER = Path(__file__).resolve().parents[3] / "layers/domain/python/loyalty"
READS = frozenset(
    {"get_item", "batch_get_item", "transact_get_items", "query", "head_object", "get_object", "generate_presigned_url"}
)

type Function = tuple[str, str]
"""A module's name under `loyalty.usecases`, and a function's in it: `outer.inner` for one inside of another."""


def name_of(function: Function) -> str:
    """What a function is called by."""
    return function[1].rpartition(".")[2]


def _module(path: Path) -> str:
    return ".".join(path.relative_to(LAYER / "usecases").with_suffix("").parts)


def writing_usecases() -> frozenset[Function]:
    """Every function of the use cases that writes something, or has it written."""
    functions = {
        (_module(path), name): node
        for path in sorted((LAYER / "usecases").rglob("*.py"))
        for name, node in _functions(path)
    }
    imported = {_module(path): _imported(path) for path in sorted((LAYER / "usecases").rglob("*.py"))}
    methods = _writing_methods()
    found = {function for function, node in functions.items() if _attributes(node) & methods}
    while True:
        names = {
            module: {name_of(function) for function in found if function[0] == module}
            | {alias for alias, origin in aliases.items() if origin in found}
            for module, aliases in imported.items()
        }
        more = {function for function, node in functions.items() if _names(node) & names[function[0]]}
        if more <= found:
            return frozenset(found)
        found |= more


def _writing_methods() -> frozenset[str]:
    """The methods of adapters that write, by their names."""
    found: set[str] = set()
    for path in sorted((LAYER / "adapters").rglob("*.py")):
        functions = _functions(path)
        writing = {node.name for _, node in functions if _asks_of_a_client(node) - READS}
        while (
            more := {node.name for _, node in functions if (_attributes(node) | _names(node)) & (writing | {"publish"})}
            - writing
        ):
            writing |= more
        found |= {name for name in writing if not name.startswith("_")}
    return frozenset(found)


def _asks_of_a_client(node: ast.AST) -> set[str]:
    """The operations that are called on what is named a client, or made by a call."""
    asked = set()
    for call in ast.walk(node):
        match call:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="client") | ast.Attribute(attr="_client"), attr=name)):
                asked.add(name)
            case ast.Call(
                func=ast.Attribute(value=ast.Call(func=ast.Attribute(attr="_sqs" | "_events" | "_client")), attr=name)
            ):
                asked.add(name)
    return asked


def _functions(path: Path) -> list[tuple[str, ast.FunctionDef]]:
    """All functions of a module with their names, also those inside of classes and of other functions."""
    return list(_inside(ast.parse(path.read_text(encoding="utf-8")), ""))


def _inside(node: ast.AST, outer: str) -> Iterator[tuple[str, ast.FunctionDef]]:
    for child in ast.iter_child_nodes(node):
        name = outer
        if isinstance(child, ast.FunctionDef | ast.ClassDef):
            name = f"{outer}.{child.name}" if outer else child.name
        if isinstance(child, ast.FunctionDef):
            yield name, child
        yield from _inside(child, name)


def _imported(path: Path) -> dict[str, Function]:
    """What a use case imports from others: by its name here, where it comes from."""
    found: dict[str, Function] = {}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.ImportFrom(module=str(module), names=names) if module.startswith("loyalty.usecases."):
                found |= {
                    name.asname or name.name: (module.removeprefix("loyalty.usecases."), name.name) for name in names
                }
    return found


def _attributes(node: ast.AST) -> set[str]:
    """The names of methods that are called, but for those of classes: no port is one."""
    found = set()
    for call in ast.walk(node):
        match call:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name))) if name[0].isupper():
                pass
            case ast.Call(func=ast.Attribute(attr=name)):
                found.add(name)
    return found


def _names(node: ast.AST) -> set[str]:
    return {name.id for name in ast.walk(node) if isinstance(name, ast.Name)}


@contextmanager
def entering() -> Iterator[set[Function]]:
    """Collects the functions of the use cases that are entered inside."""
    entered: set[Function] = set()

    def start(code: CodeType, offset: int) -> object:
        path = Path(code.co_filename)
        if path.is_relative_to(LAYER / "usecases"):
            entered.add((_module(path), code.co_qualname.replace(".<locals>", "")))
        return sys.monitoring.DISABLE

    watching, tool = sys.monitoring, sys.monitoring.PROFILER_ID
    watching.use_tool_id(tool, "use cases")
    watching.register_callback(tool, watching.events.PY_START, start)
    watching.set_events(tool, watching.events.PY_START)
    try:
        yield entered
    finally:
        watching.set_events(tool, watching.events.NO_EVENTS)
        watching.restart_events()
        watching.free_tool_id(tool)
