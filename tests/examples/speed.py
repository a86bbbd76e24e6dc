"""How much faster the slow cells of a notebook are the second time."""

from __future__ import annotations

import ast

from tests.oracle.running import RunResult


def slow_cells(plain: RunResult, at_least: float = 1.0) -> list[int]:
    """Positions of the cells that took at_least seconds, but for imports, which a hit repeats."""
    return [
        position
        for position, cell in enumerate(plain.cells)
        if cell.seconds >= at_least and not only_imports(cell.source)
    ]


def only_imports(source: str) -> bool:
    try:
        statements = ast.parse(source).body
    except SyntaxError:
        return False
    return all(isinstance(statement, (ast.Import, ast.ImportFrom)) for statement in statements)


def speed_up(plain: RunResult, hit: RunResult) -> float:
    """How many times faster the slow cells were together in the second run."""
    slow = slow_cells(plain)
    before = sum(plain.cells[position].seconds for position in slow)
    after = sum(hit.cells[position].seconds for position in slow)
    return before / after
