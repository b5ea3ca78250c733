"""A decision reads nothing and writes nothing: where it is made, no port is in hand."""

import ast
from collections.abc import Iterator
from pathlib import Path

LAYER = Path(__file__).resolve().parents[3] / "layers/domain/python/loyalty"
type Function = ast.FunctionDef | ast.Lambda


def protocols() -> frozenset[str]:
    """The names of all ports, and of what use cases take them by."""
    return frozenset(
        node.name
        for part in ("ports", "usecases")
        for path in (LAYER / part).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
        and any(isinstance(base, ast.Name) and base.id == "Protocol" for base in node.bases)
    )


def decisions() -> Iterator[tuple[str, list[Function]]]:
    """Where each decision of a command stands, and the functions that it stands in, the outermost first."""
    for path in sorted((LAYER / "usecases").rglob("*.py")):
        where = str(path.relative_to(LAYER))
        yield from _in(ast.parse(path.read_text(encoding="utf-8")), where, [])


def _in(node: ast.AST, where: str, outer: list[Function]) -> Iterator[tuple[str, list[Function]]]:
    for child in ast.iter_child_nodes(node):
        inner = [*outer, child] if isinstance(child, ast.FunctionDef | ast.Lambda) else outer
        match child:
            case ast.keyword(arg="decide", value=ast.Lambda() as value):
                yield f"{where}:{value.lineno}", [*outer, value]
            case ast.FunctionDef(name=name) if name.startswith("decide"):
                yield f"{where}:{child.lineno}", inner
        yield from _in(child, where, inner)


def named(function: Function) -> set[str]:
    """The names in the types of a function's parameters."""
    arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return {
        node.id
        for argument in arguments
        if argument.annotation
        for node in ast.walk(argument.annotation)
        if isinstance(node, ast.Name)
    }


def test_no_decision_has_a_port_in_hand() -> None:
    ports, found = protocols(), list(decisions())
    assert {"Ledger", "Programs", "World"} <= ports
    assert len(found) > 12
    assert not [
        f"{where}: {name}" for where, functions in found for function in functions for name in named(function) & ports
    ]


def test_every_decision_takes_what_was_read_and_nothing_else() -> None:
    assert {len(functions[-1].args.args) for _, functions in decisions()} == {2}
