"""Entries as JSON: the list, one entry with everything known of it, and the counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import PurePath
from typing import Any

from .. import __version__
from ..document import Cell, code_of
from ..errors import CacheableError, Damaged, StoreError
from ..forecast import EntryState
from ..outcome import Reason
from ..store import Manifest
from ..store.rows import Row
from .access import Access, Opened
from .judging import States, judge, problem_of, saved_states
from .outputs import MAX_BYTES, nbformat_outputs
from .requests import Filter, ListRequest, Sort

Json = dict[str, Any]

_VANISHED = EntryState("damaged", Reason("its manifest has vanished"))
_DETAILS = ("source", "mark", "parts", "conditions", "variables", "deleted", "imports", "verdict")
_SORT_KEYS: dict[Sort, Callable[[Row], Any]] = {
    "created": lambda row: row.created_at,
    "label": lambda row: row.label.casefold(),
    "size": lambda row: row.size,
    "duration": lambda row: row.duration,
    "hits": lambda row: row.hits,
    "used": lambda row: row.last_used_at or row.created_at,
}


def list_entries(access: Access, request: ListRequest) -> Json:
    """One page of the entries that are asked for; ``problem`` says why none can be seen."""
    try:
        opened = access.opened()
        return _page(access, opened, request) if opened else _no_entries(None)
    except CacheableError as error:
        return _no_entries(str(error))


def show_entry(access: Access, entry_id: str) -> Json | None:
    """Everything known of one entry, read from disk now; None when there is no such entry.

    Raises StoreError or ConfigError when the store cannot be used.
    """
    opened = access.opened()
    row = opened.index.row(entry_id) if opened else None
    if opened is None or row is None:
        return None
    try:
        manifest = opened.store.get(entry_id)
    except KeyError:
        return None
    except StoreError as error:
        return entry_json(access, row, _broken(error))
    details = {name: getattr(manifest, name) for name in _DETAILS}
    try:
        outputs, notes = _outputs(opened, manifest), manifest.notes
    except StoreError as error:
        return entry_json(access, row, _broken(error)) | details | {"notes": [], "outputs": []}
    state = saved_states(access, opened, [row]).get(entry_id, _VANISHED)
    return entry_json(access, row, state) | details | {"notes": notes, "outputs": outputs}


def store_stats(access: Access) -> Json:
    """The counts of the whole store; zeros, and the ``problem``, when it cannot be used."""
    place, problem, counts = "", None, _NO_COUNTS
    try:
        place = str(access.store_path())
        opened = access.opened()
        counts = _counts(access, opened) if opened else counts
    except CacheableError as error:
        problem = str(error)
    return {**counts, "store": place, "version": __version__, "problem": problem}


def select(
    access: Access, opened: Opened, wanted: Filter, cells: Sequence[Cell] | None = None
) -> tuple[list[Row], States]:
    """The entries that a filter means, newest first, and the states that were needed to tell.

    States are judged by ``cells``, the live document of the wanted notebook, when given.
    """
    rows = [row for row in opened.index.rows() if _is_wanted(access, row, wanted)]
    if wanted.q:
        rows = _containing(opened, rows, wanted.q.casefold())
    if wanted.state is None:
        return rows, {}
    if cells is None:
        states = saved_states(access, opened, rows)
    else:
        states = judge(opened, rows, cells).entries
    return [row for row in rows if states.get(row.id, _VANISHED).state == wanted.state], states


def entry_json(access: Access, row: Row, state: EntryState) -> Json:
    """One entry of the list."""
    return {
        "id": row.id,
        "key": row.key,
        "label": row.label,
        "notebook": access.notebooks.contents_path(row.notebook),
        "notebook_name": PurePath(row.notebook or "").name,
        "cell_id": row.cell_id,
        **state.to_json(),
        "size": row.size,
        "duration": row.duration,
        "created_at": row.created_at,
        "last_used_at": row.last_used_at,
        "hits": row.hits,
        "saved": row.saved,
        "tags": row.tags,
        "expires_at": row.expires_at,
    }


# -- the list ----------------------------------------------------------------------------------


def _page(access: Access, opened: Opened, request: ListRequest) -> Json:
    rows, states = select(access, opened, request.filter)
    rows.sort(key=_SORT_KEYS[request.sort], reverse=request.descending)
    end = request.offset + request.limit
    page = rows[request.offset : end]
    if request.filter.state is None:
        states = saved_states(access, opened, page)
    return {
        "entries": [entry_json(access, row, states.get(row.id, _VANISHED)) for row in page],
        "total": len(rows),
        "bytes": sum(row.size for row in rows),
        "cursor": str(end) if end < len(rows) else None,
        "problem": None,
    }


def _no_entries(problem: str | None) -> Json:
    return {"entries": [], "total": 0, "bytes": 0, "cursor": None, "problem": problem}


def _is_wanted(access: Access, row: Row, wanted: Filter) -> bool:
    return (wanted.tag is None or wanted.tag in row.tags) and (
        wanted.notebook is None or access.notebooks.contents_path(row.notebook) == wanted.notebook
    )


def _containing(opened: Opened, rows: Iterable[Row], text: str) -> list[Row]:
    """Rows with the text in what a list shows of them, or as the beginning of their key."""
    rows = list(rows)
    manifests = opened.store.manifests(row.id for row in rows)

    def contains(row: Row) -> bool:
        found = manifests.get(row.id)
        line = code_of(found.source).first_line if isinstance(found, Manifest) else ""
        shown = (row.label, row.notebook or "", *row.tags, line)
        return any(text in words.casefold() for words in shown) or any(
            key.startswith(text) for key in (row.key.casefold(), row.key.rpartition(":")[2], row.id)
        )

    return [row for row in rows if contains(row)]


# -- one entry ---------------------------------------------------------------------------------


def _broken(error: StoreError) -> EntryState:
    problem = problem_of(error)
    return EntryState(problem.state, Reason(problem.sentence))


def _outputs(opened: Opened, manifest: Manifest) -> list[Json]:
    """Raises StoreError for outputs that are not as stored."""
    try:
        if manifest.blob("outputs")["size"] > MAX_BYTES:
            return [_too_large(manifest.blob("outputs")["size"])]
        return nbformat_outputs(opened.store.read_blob(manifest, "outputs"))
    except KeyError:
        return []
    except ValueError:
        raise Damaged("its outputs cannot be read") from None


def _too_large(size: int) -> Json:
    text = f"The outputs are too large for a preview ({size / 1e6:.0f} MB).\n"
    return {"output_type": "stream", "name": "stdout", "text": text}


# -- the counts --------------------------------------------------------------------------------


_NO_COUNTS: Json = {
    "entries": 0,
    "bytes": 0,
    "hits": 0,
    "misses": 0,
    "saved": 0.0,
    "by_notebook": [],
}


def _counts(access: Access, opened: Opened) -> Json:
    stats = opened.index.stats()
    return stats._asdict() | {
        "by_notebook": [
            {
                "notebook": access.notebooks.contents_path(found.notebook),
                "notebook_name": PurePath(found.notebook or "").name,
                "entries": found.entries,
                "bytes": found.bytes,
            }
            for found in stats.by_notebook
        ]
    }
