"""The state of entries: by their saved notebooks, or by the cells of a live document."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from ..errors import CacheableError, StoreError, Untrusted
from ..forecast import (
    Cell,
    CellForecast,
    EntryState,
    Forecast,
    Problem,
    forecast,
    without_document,
)
from ..outcome import Reason
from ..store import Manifest
from ..store.rows import Row
from .access import Access, Opened
from .notebooks import UnreadableError
from .requests import ForecastRequest

States = dict[str, EntryState]


def forecast_document(access: Access, request: ForecastRequest) -> dict[str, Any]:
    """The answer to the route ``forecast``; while the store is out of order nothing is known."""
    try:
        opened = access.opened()
        rows = opened.index.rows() if opened else []
    except CacheableError as error:
        return _unknown(request.cells, Reason(str(error))).to_json()
    if opened is None:
        return forecast(request.cells, (), {}, datetime.now(UTC)).to_json()
    own = [row for row in rows if access.notebooks.contents_path(row.notebook) == request.notebook]
    return judge(opened, own, request.cells).to_json()


def judge(opened: Opened, rows: Iterable[Row], cells: Sequence[Cell]) -> Forecast:
    """Judge entries of one notebook by these cells."""
    manifests, problems = _read(opened, rows)
    return forecast(cells, manifests, problems, datetime.now(UTC))


def saved_states(access: Access, opened: Opened, rows: Iterable[Row]) -> States:
    """The states of entries of any notebooks, by the notebooks' saved files."""
    now = datetime.now(UTC)
    manifests, problems = _read(opened, rows)
    states = forecast((), (), problems, now).entries
    of_notebook: defaultdict[str | None, list[Manifest]] = defaultdict(list)
    for manifest in manifests:
        of_notebook[manifest.notebook].append(manifest)
    for path, entries in of_notebook.items():
        try:
            cells = access.notebooks.cells(path)
        except UnreadableError as error:
            states |= {entry.id: without_document(entry, str(error), now) for entry in entries}
        else:
            states |= forecast(cells, entries, {}, now).entries
    return states


def problem_of(error: StoreError, cell_id: str | None = None) -> Problem:
    """What is wrong with an entry that the store refused to read."""
    return Problem("untrusted" if isinstance(error, Untrusted) else "damaged", str(error), cell_id)


def _read(opened: Opened, rows: Iterable[Row]) -> tuple[list[Manifest], dict[str, Problem]]:
    """The manifests of the rows; one that has vanished since is left out."""
    cells = {row.id: row.cell_id for row in rows}
    manifests: list[Manifest] = []
    problems: dict[str, Problem] = {}
    for entry, found in opened.store.manifests(cells).items():
        if isinstance(found, StoreError):
            problems[entry] = problem_of(found, cells[entry])
        else:
            manifests.append(found)
    return manifests, problems


def _unknown(cells: Sequence[Cell], reason: Reason) -> Forecast:
    """The forecast without a store: of the marked cells nothing is known but the reason."""
    marked = forecast(cells, (), {}, datetime.now(UTC)).cells
    return Forecast({}, {cell: CellForecast("unknown", reason) for cell in marked})
