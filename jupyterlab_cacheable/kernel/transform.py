"""The two places where IPython lets us in: the text of a cell and its syntax tree.

A cell runs as an ordinary cell. The text transformer only turns the mark into a comment, so line
numbers, tracebacks, `await` and an inner `%%time` behave as without us. The tree transformer hands
the tree to the runner, which may swap it for a call that shows a stored result instead.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from ..analysis.mark import strip_mark


def strip(lines: list[str]) -> list[str]:
    """For `input_transformers_cleanup`: it also runs for completion, so it has no side effects."""
    return strip_mark(lines)


class TreeTransformer:
    """For `ast_transformers`: IPython calls `visit` with each module that it is about to run."""

    def __init__(self, decide: Callable[[ast.Module], ast.Module]) -> None:
        self._decide = decide

    def visit(self, node: ast.AST) -> ast.AST:
        return self._decide(node) if isinstance(node, ast.Module) else node


RESUME = "__jupyterlab_cacheable_resume__"
"""The name under which a swapped cell finds its function, there only while the cell runs."""


def call_of_resume() -> ast.Module:
    """A module whose only statement calls the function kept under `RESUME`."""
    return ast.parse(f"{RESUME}()")


def interruption() -> ast.Module:
    """A module that fails, in place of a cell, as if the user had interrupted its first line."""
    return ast.parse("raise KeyboardInterrupt")


def misplaced_mark(tree: ast.Module) -> bool:
    """True when a `%%cacheable` line stands where IPython took it for some other magic."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        texts = [a.value for a in node.args if isinstance(a, ast.Constant)]
        if node.func.attr == "run_line_magic" and texts[:1] == ["%cacheable"]:
            return True
        if node.func.attr == "run_cell_magic" and _runs_mark(texts):
            return True
    return False


def _runs_mark(texts: Sequence[object]) -> bool:
    if list(texts[:1]) == ["cacheable"]:
        return True
    body = texts[2] if len(texts) > 2 else ""
    return isinstance(body, str) and body.lstrip().startswith("%%cacheable")
