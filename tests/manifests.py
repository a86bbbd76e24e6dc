"""Manifests as a kernel would write them, with only what a test cares about spelled out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from jupyterlab_cacheable.analysis.canonical import source_digest
from jupyterlab_cacheable.store.key import KEY_EPOCH, make_id, make_key
from jupyterlab_cacheable.store.manifest import FORMAT, Manifest

NOW = datetime(2025, 6, 1, 12, 0, tzinfo=UTC)


def iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def upstream(
    source: str, *names: str, cell: str | None = None, code: str | None = None
) -> dict[str, Any]:
    """One row of the key part ``upstream``."""
    digest = code or source_digest(source) or "sha256:transformed"
    return {"cell": cell, "code": digest, "source": source, "names": list(names)}


def manifest(
    source: str = "y = slow(x)",
    *,
    cell: str | None = "c1",
    notebook: str | None = "/home/u/work/a.ipynb",
    rows: list[dict[str, Any]] | None = None,
    options: dict[str, Any] | None = None,
    semicolon: bool = False,
    age: float = 3600,
    ttl: float | None = None,
    duration: float = 12.5,
    label: str = "y",
    tags: tuple[str, ...] = (),
    seed: int = 0,
    blobs: list[dict[str, Any]] | None = None,
    code: str | None = None,
    **other: Any,
) -> Manifest:
    """``age``, ``ttl`` in seconds; ``seed`` tells entries of equal code apart; ``code``: digest."""
    created = NOW - timedelta(seconds=age)
    parts: dict[str, Any] = {
        "code": {
            "digest": code or source_digest(source) or "sha256:transformed",
            "semicolon": semicolon,
            "interactivity": "last_expr",
            "future": [],
        },
        "definitions": {},
        "upstream": rows or [],
        "inputs": {"seed": {"digest": str(seed), "type": "int", "summary": "", "cell": None}},
        "files": {},
        "env": {},
        "vars": {},
        "packages": {},
        "options": {"version": "1", "name": None} if options is None else options,
        "python": {"implementation": "cpython", "version": "3.11", "magic": 3495},
    }
    key = make_key(parts)
    values: dict[str, Any] = {
        "format": FORMAT,
        "recipe": KEY_EPOCH,
        "id": make_id(key, {}),
        "key": key.key,
        "base": key.base,
        "created_at": iso(created),
        "duration": duration,
        "label": label,
        "notebook": notebook,
        "cell_id": cell,
        "source": source,
        "mark": "%%cacheable",
        "tags": list(tags),
        "expires_at": None if ttl is None else iso(created + timedelta(seconds=ttl)),
        "parts": parts,
        "conditions": {},
        "variables": [],
        "deleted": [],
        "imports": {},
        "result": None,
        "blobs": blobs or [],
        "notes": [],
    }
    return Manifest.from_json({**values, **other})
