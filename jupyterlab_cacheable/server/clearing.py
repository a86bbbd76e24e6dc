"""Removing entries: one by its id, or many by what they have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..store import Manifest
from ..store.rows import Row
from .access import Access, Opened
from .judging import judge, saved_states
from .listing import select
from .requests import ClearRequest

Json = dict[str, Any]

_STALE = frozenset({"stale", "orphan", "expired"})


def remove_entry(access: Access, entry_id: str) -> Json | None:
    """Remove one entry; None when there is none. Raises StoreError or ConfigError."""
    opened = access.opened()
    removed = opened.store.remove([entry_id]) if opened else None
    if removed is None or removed.count == 0:
        return None
    return {"removed": removed.count, "bytes": removed.bytes}


def clear(access: Access, request: ClearRequest) -> Json:
    """Remove what the scope means, or only count it. Raises StoreError or ConfigError."""
    opened = access.opened()
    rows = _meant(access, opened, request) if opened else []
    ids = [row.id for row in rows]
    if opened is None or request.dry_run:
        return {"removed": len(ids), "bytes": _freed(opened, rows) if opened else 0, "ids": ids}
    removed = opened.store.remove(ids)
    return {"removed": removed.count, "bytes": removed.bytes, "ids": ids}


def _meant(access: Access, opened: Opened, request: ClearRequest) -> list[Row]:
    """What the scope means. An entry that cannot be read has no notebook, no tags, no age."""
    rows, _ = select(access, opened, request.filter, request.cells)
    return _stale(access, opened, rows, request) if request.scope == "stale" else rows


def _stale(access: Access, opened: Opened, rows: Sequence[Row], request: ClearRequest) -> list[Row]:
    if request.cells is None:
        states = saved_states(access, opened, rows)
    else:
        states = judge(opened, rows, request.cells).entries
    return [row for row in rows if row.id in states and states[row.id].state in _STALE]


def _freed(opened: Opened, rows: Sequence[Row]) -> int:
    """What removing these would free: a blob that another entry names stays."""
    leaving = {row.id for row in rows}
    blobs: dict[str, int] = {}
    freed = 0
    for row in rows:
        found = opened.store.manifests([row.id]).get(row.id)
        own = found.blobs if isinstance(found, Manifest) else []
        freed += row.size - sum(blob["size"] for blob in own)
        blobs |= {blob["digest"]: blob["size"] for blob in own}
    unshared = (d for d in blobs if leaving.issuperset(opened.index.references(d)))
    return freed + sum(blobs[digest] for digest in unshared)
