"""What the index keeps of a manifest and of a run-log line, and what it gives back."""

from __future__ import annotations

import json
import zlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import StoreError, Untrusted
from ..outcome import Word
from .manifest import timestamp
from .shape import is_id, is_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .manifest import Manifest


class Row(NamedTuple):
    """One entry in a listing.

    ``size``: bytes of its blobs and manifest; ``saved``: seconds its hits saved so far;
    ``problem``: None, ``"damaged"`` or ``"untrusted"``, and then ``sentence`` says why and all
    texts that would come from the manifest are empty.
    """

    id: str
    key: str
    label: str
    notebook: str | None
    cell_id: str | None
    created_at: str
    duration: float
    size: int
    tags: list[str]
    expires_at: str | None
    hits: int
    last_used_at: str | None
    saved: float
    problem: str | None
    sentence: str | None


class Use(NamedTuple):
    """One run-log line, checked; ``entry`` is empty when it names none."""

    word: str
    entry: str
    at: str
    saved: float


def row_of(columns: Sequence[Any]) -> Row:
    """The row that the index's query selected; raises ValueError when it is not as written."""
    *values, check = columns
    row = Row(*values)
    if check != _check([*row[:10], row.problem, row.sentence]):
        raise ValueError("a row has changed")
    return row._replace(tags=json.loads(values[8]))


def storable(text: str | None) -> str | None:
    """SQLite holds UTF-8 only: half a surrogate pair becomes a question mark."""
    return None if text is None else text.encode("utf-8", "replace").decode("utf-8")


def searchable(text: str) -> str:
    """The form in which texts are compared with what the user types."""
    return text.encode("utf-8", "replace").decode("utf-8").casefold()


def entry_columns(
    entry_id: str, manifest: Manifest | StoreError, mtime_ns: int, length: int
) -> list[Any]:
    """Values for the columns from ``key`` to ``check``; nothing unverified gets in."""
    shown, search = _shown(manifest, mtime_ns, length)
    return [*shown, search or entry_id, _check([entry_id, *shown])]


def _shown(
    manifest: Manifest | StoreError, mtime_ns: int, length: int
) -> tuple[list[Any], str | None]:
    if isinstance(manifest, StoreError):
        problem = "untrusted" if isinstance(manifest, Untrusted) else "damaged"
        empty = ["", "", None, None, _iso(mtime_ns), 0.0, length, "[]", None]
        return [*empty, problem, str(manifest)], None
    texts = [manifest.label, manifest.notebook or "", *manifest.tags]
    texts += [variable["name"] for variable in manifest.variables]
    return [
        storable(manifest.key),
        storable(manifest.label),
        storable(manifest.notebook),
        storable(manifest.cell_id),
        manifest.created_at,
        manifest.duration,
        length + sum(blob["size"] for blob in manifest.blobs),
        json.dumps(manifest.tags),
        manifest.expires_at,
        None,
        None,
    ], searchable("\n".join(texts))


def _check(values: Sequence[Any]) -> int:
    return zlib.crc32(json.dumps(values).encode("ascii"))


def use_of(line: dict[str, Any]) -> Use | None:
    """None for a line that is not as written by us."""
    word, at, entry = line.get("outcome"), line.get("at"), line.get("entry")
    if not isinstance(word, str) or word not in Word.__members__:
        return None
    if not isinstance(at, str) or not is_time(at):
        return None
    saved = line.get("saved")
    if isinstance(saved, bool) or not isinstance(saved, int | float):
        saved = 0.0
    if not 0 <= saved < 1e12:
        saved = 0.0
    known = entry if isinstance(entry, str) and is_id(entry) else ""
    return Use(word, known, at, float(saved))


def _iso(mtime_ns: int) -> str:
    try:
        moment = datetime.fromtimestamp(mtime_ns / 1e9, UTC)
    except (ValueError, OverflowError, OSError):
        moment = datetime.fromtimestamp(0, UTC)
    return timestamp(moment)
