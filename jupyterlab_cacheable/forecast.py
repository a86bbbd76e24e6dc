"""What would happen if the notebook ran now: the state of every entry, the outlook of every cell.

A pure function of the document and the manifests of its entries. It compares code with code, by
the same digests as the kernel; it reads no file, runs no user code and knows nothing of values,
so ``fresh`` means "nothing in the document speaks against it". The kernel has the last word.
"""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from .analysis.mark import Options
from .document import Cell, Code, CodeCell, Document, code_of
from .outcome import Change, Reason
from .store.key import KEY_EPOCH
from .store.manifest import Manifest

__all__ = [
    "Cell",
    "CellForecast",
    "EntryState",
    "Forecast",
    "Problem",
    "State",
    "forecast",
    "without_document",
]

State = Literal[
    "fresh", "stale", "orphan", "expired", "computing", "wrong", "untrusted", "damaged", "unknown"
]

_CLIP = 40  # characters of a cell's text inside a sentence
_SHOWN = 4000  # characters of a cell's text inside a change
_NAMES = 2  # variables named in a sentence
_KEY_OPTIONS = ("name", "version")
_NEVER_RUN = Reason("it will be stored when it runs")
_VERIFIED = Reason("the option --verify is set", (Change("options", "verify"),))
_FORCED = Reason("the option --force is set", (Change("options", "force"),))

_Difference = tuple[str, Change]  # one sentence about one change


@dataclass(frozen=True)
class Problem:
    """An entry whose manifest cannot be used, with one sentence saying why."""

    state: Literal["untrusted", "damaged"]
    sentence: str
    cell_id: str | None = None


@dataclass(frozen=True)
class EntryState:
    """The state of one entry, with a reason unless it is fresh.

    ``verdict``: what comparisons of the entry with runs found, as its manifest keeps it.
    """

    state: State
    reason: Reason | None = None
    verdict: dict[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """As the REST answers carry it."""
        return {
            "state": self.state,
            "reason": self.reason and self.reason.to_json(),
            "verdict": self.verdict,
        }


@dataclass(frozen=True)
class CellForecast:
    """What a marked cell will do; ``saved`` in seconds and ``size`` in bytes belong to a hit.

    ``entry`` is the one that it hits, or the one that the reason speaks of.
    """

    forecast: Literal["hit", "run", "unknown"]
    reason: Reason | None = None
    entry: str | None = None
    saved: float = 0.0
    size: int = 0
    computed_at: str | None = None

    def to_json(self) -> dict[str, Any]:
        """As the REST answers carry it."""
        return {
            "forecast": self.forecast,
            "reason": self.reason and self.reason.to_json(),
            "entry": self.entry,
            "saved": self.saved,
            "size": self.size,
            "computed_at": self.computed_at,
        }


@dataclass(frozen=True)
class Forecast:
    """The states by entry id, and the outlook of the marked cells by cell id."""

    entries: dict[str, EntryState]
    cells: dict[str, CellForecast]

    def to_json(self) -> dict[str, Any]:
        """The answer to the route ``forecast``."""
        return {
            "entries": {entry: state.to_json() for entry, state in self.entries.items()},
            "cells": {cell: found.to_json() for cell, found in self.cells.items()},
        }


def forecast(
    cells: Sequence[Cell],
    manifests: Iterable[Manifest],
    problems: Mapping[str, Problem],
    now: datetime,
) -> Forecast:
    """Judge the entries of one notebook against its cells.

    ``manifests`` are verified, ``problems`` are the entries that could not be, by their ids;
    ``now`` is an aware datetime. Never raises for anything a user can write into a cell.
    """
    document = Document(cells)
    states = {
        entry: EntryState(problem.state, Reason(problem.sentence))
        for entry, problem in problems.items()
    }
    of_cell: defaultdict[str | None, list[tuple[Manifest, EntryState]]] = defaultdict(list)
    for manifest in sorted(manifests, key=lambda manifest: manifest.created_at, reverse=True):
        owners = document.find(manifest.cell_id, manifest.source, manifest.parts["code"]["digest"])
        judged = _judge(manifest, owners, document, now)
        state = states[manifest.id] = replace(judged, verdict=manifest.verdict)
        for owner in owners:
            of_cell[owner.id].append((manifest, state))
    broken = {problem.cell_id: problem for problem in problems.values()}
    outlooks = {
        cell.id: _outlook(cell, of_cell[cell.id], broken.get(cell.id))
        for cell in document.code
        if cell.id is not None and cell.marked
    }
    return Forecast(states, outlooks)


def without_document(manifest: Manifest, why: str, now: datetime) -> EntryState:
    """The state of an entry whose notebook cannot be read, for the reason ``why``."""
    found = _quarantine(manifest) or _expiry(manifest, now)
    return replace(found or EntryState("unknown", Reason(why)), verdict=manifest.verdict)


# -- one entry ---------------------------------------------------------------------------------


def _judge(
    manifest: Manifest, owners: list[CodeCell], document: Document, now: datetime
) -> EntryState:
    if quarantine := _quarantine(manifest):
        return quarantine
    if manifest.recipe != KEY_EPOCH:
        return EntryState("stale", _older_recipe(manifest))
    if not owners:
        return EntryState("orphan", _orphan(manifest, document))
    if owners[0].code.usage_error:
        return EntryState("unknown", Reason(owners[0].code.usage_error))
    differences = [
        *_code_differences(manifest, owners[0]),
        *_option_differences(manifest, owners[0]),
        *_declared_differences(manifest, owners[0]),
        *_upstream_differences(manifest, document),
    ]
    if differences:
        changes = tuple(change for _, change in differences)
        return EntryState("stale", Reason(differences[0][0], changes))
    return _expiry(manifest, now) or EntryState("fresh")


def _quarantine(manifest: Manifest) -> EntryState | None:
    """Wrong, or None."""
    reason = manifest.quarantine
    return EntryState("wrong", reason) if reason else None


def _older_recipe(manifest: Manifest) -> Reason:
    age = "an older" if manifest.recipe < KEY_EPOCH else "a newer"
    change = Change("recipe", None, None, str(manifest.recipe), str(KEY_EPOCH))
    return Reason(f"its key was made by {age} recipe", (change,))


def _orphan(manifest: Manifest, document: Document) -> Reason:
    gone = Change("code", cell=manifest.cell_id, old=_shown(manifest.source))
    if manifest.cell_id is None:
        return Reason("no cell has this code any more", (gone,))
    if manifest.cell_id in document.other_ids:
        return Reason("its cell is no longer a code cell", (gone,))
    return Reason("its cell was deleted", (gone,))


def _code_differences(manifest: Manifest, owner: CodeCell) -> list[_Difference]:
    recorded, code = manifest.parts["code"], owner.code
    old, new = _shown(manifest.source), _shown(code.body)
    if not code.equals(manifest.source, recorded["digest"]):
        return [("the code of this cell was edited", Change("code", None, owner.id, old, new))]
    if code.digest is None or recorded["semicolon"] == code.silent:
        return []
    # The syntax tree does not know a final semicolon, the outputs of the cell do.
    change = Change("code", "semicolon", owner.id, old, new)
    return [("the semicolon at the end changed", change)]


def _option_differences(manifest: Manifest, owner: CodeCell) -> list[_Difference]:
    """An option that was not recorded had its default. A cell without a mark says nothing."""
    if owner.code.mark is None:
        return []
    recorded, now = manifest.parts["options"], owner.code.mark.options
    return [
        (_option_sentence(name, old, new), Change("options", name, owner.id, old, new))
        for name in _KEY_OPTIONS
        if (old := _text(recorded.get(name, getattr(Options(), name))))
        != (new := _text(getattr(now, name)))
    ]


def _declared_differences(manifest: Manifest, owner: CodeCell) -> list[_Difference]:
    """What the mark says counts now and did not then, or the other way; as far as the text tells.

    A variable that the code reads counts whether it is declared or not.
    """
    before, now = code_of(manifest.mark).mark, owner.code.mark
    if before is None or now is None:
        return []
    old, new = _declared(before.options), _declared(now.options)
    differences = []
    for option, text in sorted(old ^ new):
        if option == "var" and text in manifest.parts["inputs"]:
            continue
        what = "added" if (option, text) in new else "removed"
        change = Change("options", f"{option} {text}".rstrip(), owner.id)
        named = f"--{option} {_clip(text)}".rstrip()
        differences.append((f"the option {named} was {what}", change))
    return differences


def _declared(options: Options) -> set[tuple[str, str]]:
    """Pairs of an option and its text."""
    found = {("env", name) for name in options.env} | {("var", text) for text in options.vars}
    if options.files:
        found |= {("file", posixpath.normpath(path)) for path in options.files}
        found |= {("file-pattern", options.file_pattern)} if options.file_pattern else set()
        found |= {("file-content-only", "")} if options.file_content_only else set()
    return found


def _option_sentence(name: str, old: str | None, new: str | None) -> str:
    if new is None:
        return f"the option --{name} was removed"
    if old is None:
        return f"the option --{name} was set to {_clip(new)}"
    return f"the option --{name} went from {_clip(old)} to {_clip(new)}"


def _upstream_differences(manifest: Manifest, document: Document) -> list[_Difference]:
    judged = (_upstream_difference(row, document) for row in manifest.parts["upstream"])
    return [difference for difference in judged if difference]


def _upstream_difference(row: Mapping[str, Any], document: Document) -> _Difference | None:
    cell, source = row["cell"], row["source"]
    found = document.find(cell, source, row["code"])
    now = found[0].code if found else None
    if now and now.equals(source, row["code"]):
        return None
    name, new = ", ".join(row["names"]) or None, _shown(now.body) if now else None
    return _upstream_sentence(row, now), Change("upstream", name, cell, _shown(source), new)


def _upstream_sentence(row: Mapping[str, Any], now: Code | None) -> str:
    old_line = _clip(code_of(row["source"]).first_line)
    if now is not None:
        return f"upstream cell '{_clip(now.first_line) or old_line}' was edited"
    if row["cell"] is None:
        return f"upstream cell '{old_line}' was edited or deleted"
    if not row["names"]:
        return f"upstream cell '{old_line}' was deleted"
    return f"the upstream cell that defines {_listed(row['names'])} was deleted"


def _expiry(manifest: Manifest, now: datetime) -> EntryState | None:
    """Expired, or None. A creation time in the future means that no age can be trusted."""
    if manifest.expires_at is None:
        return None
    created, expires = _time(manifest.created_at), _time(manifest.expires_at)
    if created and expires and created <= now < expires:
        return None
    if expires and expires <= now:
        return EntryState("expired", Reason(f"it expired on {expires:%Y-%m-%d at %H:%M} UTC"))
    return EntryState("expired", Reason("its creation time lies in the future"))


# -- one cell ----------------------------------------------------------------------------------


def _outlook(
    cell: CodeCell, entries: Sequence[tuple[Manifest, EntryState]], problem: Problem | None
) -> CellForecast:
    """``entries`` are those of the cell, newest first."""
    if cell.code.usage_error:
        return CellForecast("unknown", Reason(cell.code.usage_error))
    if cell.code.mark and cell.code.mark.options.force:
        return CellForecast("run", _FORCED)
    if cell.code.mark and cell.code.mark.options.verify:
        return CellForecast("run", _VERIFIED)
    hit = next((manifest for manifest, state in entries if state.state == "fresh"), None)
    if hit:
        size = sum(blob["size"] for blob in hit.blobs)
        return CellForecast("hit", None, hit.id, hit.duration, size, hit.created_at)
    reasons = [(state.reason, manifest.id) for manifest, state in entries if state.reason]
    if reasons:
        reason, nearest = min(reasons, key=lambda found: len(found[0].changes))
        return CellForecast("run", reason, nearest)
    return CellForecast("run", Reason(problem.sentence) if problem else _NEVER_RUN)


# -- text --------------------------------------------------------------------------------------


def _listed(names: list[str]) -> str:
    """``'x'``, ``'x' and 'y'`` or ``'x', 'y' and 3 more``."""
    shown = [f"'{_clip(name)}'" for name in names[:_NAMES]]
    more = len(names) - len(shown)
    return f"{', '.join(shown)} and {more} more" if more else " and ".join(shown)


def _clip(text: str) -> str:
    return text if len(text) <= _CLIP else f"{text[: _CLIP - 1]}…"


def _shown(source: str) -> str:
    return source if len(source) <= _SHOWN else f"{source[: _SHOWN - 1]}…"


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
