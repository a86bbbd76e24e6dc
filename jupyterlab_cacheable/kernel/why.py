"""What `%cacheable why` answers: why a cell ran, and what it would do now.

Asking runs nothing, restores nothing and changes nothing in the session.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any, Literal

from ..analysis.mark import Mark, find_mark
from ..difference import first_line
from ..errors import StoreError, UsageError
from ..outcome import Change, Outcome, Reason, Word
from ..store import Manifest, Store

_MOST_NAMED = 12
_MOST_READ = 200
_ID = 8  # characters of a cell id that are shown


@dataclass(frozen=True)
class Marked:
    """A marked cell that can be asked about, as it last ran or as its entry keeps it.

    ``source`` is the whole text, ``code`` what IPython makes of it. ``outcome`` is that of its last
    run in this session, None when it has not run.
    """

    label: str
    cell_id: str | None
    names: frozenset[str]
    source: str
    code: str
    outcome: Outcome | None = None

    @property
    def mark(self) -> Mark:
        """The mark in its source."""
        mark = find_mark(self.source)
        assert mark is not None
        return mark

    def is_meant_by(self, asked: str) -> bool:
        """Whether a text is its label, one of its variables or the start of its id."""
        if asked == self.label or asked in self.names:
            return True
        return bool(asked) and (self.cell_id or "").startswith(asked)

    @property
    def title(self) -> str:
        """Its label and the start of its id."""
        return self.label if self.cell_id is None else f"{self.label} ({self.cell_id[:_ID]})"


@dataclass(frozen=True)
class Outlook:
    """What a cell would do now. ``saved``: seconds that a hit would save."""

    forecast: Literal["hit", "run"]
    reason: Reason | None = None
    entry: str | None = None
    computed_at: str | None = None
    saved: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Exactly the fields of this class."""
        return {**vars(self), "reason": self.reason and self.reason.to_json()}

    def lines(self) -> Iterator[str]:
        """What is printed."""
        if self.forecast == "hit":
            yield f"now: it would be instant, with the result of {_time(self.computed_at)}"
        elif self.reason is None:
            yield "now: it would run"
        else:
            yield f"now: it would run: {self.reason.sentence}"
            yield from _change_lines(self.reason)


@dataclass(frozen=True)
class Why:
    """The answer about one cell; its `repr` is for people, `to_dict` for programs."""

    cell: Marked
    now: Outlook
    as_json: bool = False

    def to_dict(self) -> dict[str, Any]:
        """``label``, ``cell``, ``last``: the outcome of its last run or None, ``now``."""
        outcome = self.cell.outcome
        return {
            "label": self.cell.label,
            "cell": self.cell.cell_id,
            "last": None if outcome is None else outcome.to_json(),
            "now": self.now.to_json(),
        }

    def __repr__(self) -> str:
        lines = [self.cell.title, *self._last(), *self.now.lines()]
        return "\n".join([lines[0], *(f"  {line}" for line in lines[1:])])

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        if not self.as_json:
            return {"text/plain": repr(self)}
        data = self.to_dict()
        return {"text/plain": json.dumps(data, indent=2), "application/json": data}

    def _last(self) -> Iterator[str]:
        outcome = self.cell.outcome
        if outcome is None:
            yield "it has not run in this session"
            return
        if outcome.outcome is Word.HIT:
            yield f"last run: HIT, with the result of {_time(outcome.computed_at)}"
        else:
            sentence = f": {outcome.reason.sentence}" if outcome.reason else ""
            yield f"last run: {outcome.outcome} in {outcome.duration:.3g} s{sentence}"
            yield from _change_lines(outcome.reason)
        yield from (f"note: {note}" for note in outcome.notes)


def _change_lines(reason: Reason | None) -> Iterator[str]:
    """The changes; the cell of an edited function does not show its lines again."""
    told: set[str] = set()
    for change in reason.changes if reason else ():
        edits = {line for line in change.diff if line[0] in "+-"}
        yield f"  {_subject(change)}"
        if not edits <= told:
            yield from (f"    {line}" for line in change.diff)
        told |= edits


def _subject(change: Change) -> str:
    subject = " ".join(filter(None, [_SUBJECTS.get(change.part, change.part), change.name]))
    if change.cell:
        subject += f" (cell {change.cell[:_ID]})"
    if change.detail:
        subject += f" {change.detail}"
    if change.diff or not (change.old or change.new):
        return subject
    old, new = (_in_line(text) for text in (change.old, change.new))
    return f"{subject}: {old} → {new}"


def _in_line(text: str | None) -> str:
    return "none" if text is None else first_line(text) if "\n" in text else text


def _time(text: str | None) -> str:
    return "an unknown time" if text is None else f"{text[:10]} {text[11:19]} UTC"


_SUBJECTS = {
    "definitions": "definition",
    "upstream": "upstream cell of",
    "inputs": "input",
    "files": "file",
    "env": "environment variable",
    "vars": "variable",
    "packages": "package",
    "options": "option",
    "conditions": "",
}


class Cells:
    """The marked cells that ran in this session, oldest run first."""

    def __init__(self) -> None:
        self._cells: dict[object, Marked] = {}

    def note(self, cell: Marked) -> None:
        """A cell has ended."""
        key = cell.cell_id or cell.source
        self._cells.pop(key, None)
        self._cells[key] = cell

    def settle(self, cell_id: str | None, outcome: Outcome) -> None:
        """What became of a run that was stored after its reply."""
        known = self._cells.get(cell_id)
        if known is not None and known.outcome is not None and known.outcome.saving:
            self._cells[cell_id] = replace(known, outcome=outcome)

    def last(self) -> Marked | None:
        """The cell that ran last."""
        return next(reversed(self._cells.values()), None)

    def find(self, asked: str) -> Marked | None:
        """The cell that is meant, of several the one that ran last."""
        return next((cell for cell in self if cell.is_meant_by(asked)), None)

    def __iter__(self) -> Iterator[Marked]:
        return reversed(self._cells.values())


class Stored:
    """The cells of which the store keeps entries: those of one notebook first, newest first."""

    def __init__(self, store: Store, notebook: str | None) -> None:
        self._store = store
        self._notebook = notebook

    def find(self, asked: str) -> Manifest | None:
        """The newest entry that is meant."""
        for manifest in self._manifests(self._ids(asked)):
            names = {row["name"] for row in manifest.variables}
            if asked == manifest.label or asked in names:
                return manifest
            if asked and (manifest.cell_id or "").startswith(asked):
                return manifest
        return None

    def accepted(self, cell: Marked) -> list[str]:
        """The entries of a cell that stand under a key because a user accepted them."""
        ids = self._ids(cell.label if cell.cell_id is None else cell.cell_id)
        found = self._manifests(ids)
        return [m.id for m in found if m.accepted is not None and m.cell_id == cell.cell_id]

    def labels(self) -> list[str]:
        """The labels of this notebook's entries, or of all where the notebook is not known."""
        rows = self._rows(notebook=self._notebook, limit=_MOST_READ)
        return list(dict.fromkeys(row.label for row in rows if row.problem is None))

    def _ids(self, asked: str) -> list[str]:
        found = self._rows(q=asked, limit=_MOST_READ)
        found += [row for row in self._rows() if asked and (row.cell_id or "").startswith(asked)]
        found.sort(key=lambda row: row.created_at, reverse=True)
        found.sort(key=lambda row: row.notebook != self._notebook)
        return [row.id for row in found if row.problem is None]

    def _rows(self, **query: Any) -> list[Any]:
        from ..store.index import Index  # a kernel that only hits is spared the database

        with closing(Index(self._store)) as index:
            index.refresh()
            return index.rows(**query)

    def _manifests(self, ids: Iterable[str]) -> Iterator[Manifest]:
        for entry in dict.fromkeys(ids):
            try:
                yield self._store.get(entry)
            except (KeyError, StoreError):
                continue


def unknown(asked: str, cells: Iterable[Marked], stored: Iterable[str], command: str) -> UsageError:
    """The error of a question about a cell that nobody knows, with the names that are known."""
    known = list(dict.fromkeys([*(cell.label for cell in cells), *stored]))
    shown = ", ".join(repr(label) for label in known[:_MOST_NAMED])
    more = f" and {len(known) - _MOST_NAMED} more" if len(known) > _MOST_NAMED else ""
    what = f"no marked cell is known as {asked!r}" if asked else "no marked cell has run yet"
    return UsageError(
        f"%cacheable {command}: {what}; {_KNOWN.format(shown + more) if known else _NONE}"
    )


_KNOWN = "known are {}, their variables and the first characters of cell ids"
_NONE = "there are no entries either"


def split(line: str) -> tuple[str, bool]:
    """The cell that a line asks for, empty for the last one, and whether it asks for JSON."""
    words = line.split()
    as_json = "--json" in words
    asked = " ".join(word for word in words if word != "--json")
    is_quoted = len(asked) > 1 and asked[0] == asked[-1] and asked[0] in "'\""
    return (asked[1:-1] if is_quoted else asked), as_json


def hit(manifest: Manifest) -> Outlook:
    """The outlook of a cell that an entry answers."""
    about = manifest.id, manifest.created_at, manifest.duration
    return Outlook("hit", None, *about)


def of_entry(manifest: Manifest, transform: Callable[[str], str]) -> Marked:
    """The cell of an entry; `transform` is IPython's."""
    source = f"{manifest.mark}\n{manifest.source}"
    names = frozenset(str(row["name"]) for row in manifest.variables)
    return Marked(manifest.label, manifest.cell_id, names, source, transform(source))
