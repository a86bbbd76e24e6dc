"""What is noted about every cell of a session, at next to no cost.

Most sessions hold few marked cells or none. Until the first one comes, only this small part of the
package is loaded: it keeps the text of each cell, and the first sight of each random generator
and who put in which filter of warnings, because later nobody could tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..state import generators
from ..state.settings.sources import SOURCES


class Executed(NamedTuple):
    """A cell that ran: `source` as the user wrote it below its mark, `code` as IPython saw it."""

    cell_id: str | None
    source: str
    code: str


class FirstSight(NamedTuple):
    """The state of a generator when it was first seen, and the cell that had just run, if any."""

    state: generators.State
    after: Executed | None


class History:
    """The cells of one session, oldest first."""

    def __init__(self, fresh: bool) -> None:
        """`fresh` tells that no cell has run before."""
        self.cells: list[Executed] = []
        self._sights: dict[str, FirstSight] = {}
        SOURCES.begin(fresh)
        self.look()

    @property
    def sights(self) -> Mapping[str, FirstSight]:
        """The generators seen so far, by name."""
        return self._sights

    def add(self, shell: Any, info: Any, source: str) -> Executed:
        """Note a cell that is about to run."""
        code = getattr(info, "transformed_cell", None) or shell.transform_cell(info.raw_cell)
        cell = Executed(getattr(info, "cell_id", None), source, code)
        self.cells.append(cell)
        return cell

    def look(self) -> None:
        """Note generators, filters of warnings and loggers that are new; called after each cell."""
        SOURCES.look(self.cells[-1].code if self.cells else "")
        for name in generators.existing() - self._sights.keys():
            cell = self.cells[-1] if self.cells else None
            self._sights[name] = FirstSight(generators.state_of(name), cell)
