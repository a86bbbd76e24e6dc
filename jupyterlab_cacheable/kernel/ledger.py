"""The cells that ran in this session, in order: which source bound which name.

The ledger holds what was *executed*, never the document. A row is analysed only when some cached
cell asks for what is upstream of it, so an unmarked cell costs one append.
"""

from __future__ import annotations

import ast
from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from ..analysis.canonical import code_digest
from ..analysis.names import Names, names_of
from .history import Executed, History


@dataclass(frozen=True)
class Row:
    """One executed cell, analysed when asked; `transform` is IPython's, for bodies of magics."""

    number: int
    executed: Executed
    transform: Callable[[str], str]

    @property
    def cell_id(self) -> str | None:
        return self.executed.cell_id

    @property
    def source(self) -> str:
        return self.executed.source

    @property
    def code(self) -> str:
        return self.executed.code

    @cached_property
    def tree(self) -> ast.Module | None:
        try:
            return ast.parse(self.code)
        except (SyntaxError, ValueError):
            return None

    @cached_property
    def names(self) -> Names | None:
        if self.tree is None:
            return None
        try:
            return names_of(self.tree, self.transform)
        except (SyntaxError, RecursionError):
            return None

    @cached_property
    def digest(self) -> str:
        return "" if self.tree is None else code_digest(self.tree)

    @property
    def binds(self) -> frozenset[str]:
        if self.names is None:
            return frozenset()
        return frozenset(self.names.bound | self.names.stores)


@dataclass(frozen=True)
class Upstream:
    """A row that something refers to, and the names it provides."""

    row: Row
    names: tuple[str, ...]


class Ledger:
    """The cells of the history, oldest first, each analysed at most once."""

    def __init__(self, history: History, transform: Callable[[str], str]) -> None:
        self._cells = history.cells
        self._transform = transform
        self._known: list[Row] = []
        self._binders: dict[str, list[int]] = {}  # name -> numbers of the rows that bind it
        self._indexed = 0  # rows that are in it

    def last(self) -> Row:
        """The row of the cell that was noted last."""
        return self._rows[-1]

    @property
    def _rows(self) -> list[Row]:
        for number in range(len(self._known), len(self._cells)):
            self._known.append(Row(number, self._cells[number], self._transform))
        return self._known

    def upstream(self, names: Iterable[str], before: Row) -> list[Upstream]:
        """The rows that bound or changed `names` before the row `before`, transitively.

        A row that only changes a name (`df["a"] = 1`) is followed to the row before it that bound
        the name, so the whole history of a value counts.
        """
        found: dict[int, set[str]] = {}
        pending = [(name, before.number) for name in names]
        seen = set(pending)
        while pending:
            name, number = pending.pop()
            row = self._last(name, number)
            if row is None or row.names is None:
                continue
            found.setdefault(row.number, set()).add(name)
            wanted = set(row.names.inputs)
            if name not in row.names.bound:
                wanted.add(name)
            for step in {(other, row.number) for other in wanted} - seen:
                seen.add(step)
                pending.append(step)
        return [Upstream(self._rows[n], tuple(sorted(found[n]))) for n in sorted(found)]

    def cell_of(self, name: str, before: Row) -> str | None:
        """Id of the cell that bound `name` last before that row."""
        row = self._last(name, before.number)
        return None if row is None else row.cell_id

    def _last(self, name: str, before: int) -> Row | None:
        """The last row before the number `before` that binds or changes a name."""
        for row in self._rows[self._indexed : before]:
            for bound in row.binds:
                self._binders.setdefault(bound, []).append(row.number)
            self._indexed += 1
        numbers = self._binders.get(name, [])
        place = bisect_left(numbers, before)
        return self._rows[numbers[place - 1]] if place else None
