"""Copies Python modules without their comments and docstrings: `python bare.py FROM TO`.

Every statement stays on its line, so that what is logged of a fault leads to the line in the repository.
"""

import ast
import io
import sys
import tokenize
from pathlib import Path


def bare(source: str) -> str:
    """The module without comments and docstrings, line by line. Raises SyntaxError."""
    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column].rstrip()
    for block in ast.walk(ast.parse(source)):
        body = getattr(block, "body", None)
        if not isinstance(body, list):
            continue
        for statement in filter(_says_only, body):
            first, last = statement.lineno - 1, statement.end_lineno
            lines[first:last] = [""] * (last - first)
            if len(body) == 1:
                lines[first] = " " * statement.col_offset + "..."
    return "\n".join(lines) + "\n"


def _says_only(statement: ast.AST) -> bool:
    """Whether it is a text that nothing is done with: a docstring of a module, class, function or field."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def copy(origin: Path, target: Path) -> None:
    """All modules below `origin`, bare, below `target`."""
    for path in sorted(origin.rglob("*.py")):
        place = target / path.relative_to(origin)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(bare(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    copy(*map(Path, sys.argv[1:]))
