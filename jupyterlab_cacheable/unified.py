"""The difference between two sources, line by line. Pure."""

from __future__ import annotations

import ast
import difflib

_MOST_LINES = 120  # lines of a difference
_MOST_COMPARED = 1000  # lines of each source
_LONGEST = 300  # characters of a line
_CONTEXT = 3
_SHOWN = 4000  # characters of a source


def unified(old: str, new: str) -> tuple[str, ...]:
    """The lines of a unified diff below its two lines with names; empty for equal lines.

    Long lines and long differences are cut.
    """
    before, after = _lines(old), _lines(new)
    told = list(difflib.unified_diff(before, after, n=_CONTEXT, lineterm=""))[2:]
    if len(told) > _MOST_LINES:
        more = len(told) - _MOST_LINES + 1
        told = [*told[: _MOST_LINES - 1], f"@@ {more} more lines @@"]
    return tuple(told)


def shown(source: str) -> str:
    """A source as a short printable value."""
    return source if len(source) <= _SHOWN else f"{source[: _SHOWN - 1]}…"


def definition_in(source: str, name: str) -> str | None:
    """The text that defines a function or class in a cell, None when it is not found there."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    found = [node for node in ast.walk(tree) if isinstance(node, ast.stmt) and _defines(node, name)]
    if not found:
        return None
    node = min(found, key=lambda node: (node.col_offset, -node.lineno))
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
    return "\n".join(source.splitlines()[first - 1 : node.end_lineno])


def _defines(node: ast.stmt, name: str) -> bool:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return node.name == name
        case ast.Assign():
            return any(isinstance(t, ast.Name) and t.id == name for t in node.targets)
    return False


def _lines(source: str) -> list[str]:
    lines = source.splitlines()[:_MOST_COMPARED]
    return [line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…" for line in lines]
