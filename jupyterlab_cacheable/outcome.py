"""What happened to a cell, and why: pure data that travels as JSON between all sides."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any


@dataclass(frozen=True)
class Change:
    """One thing that differs from what an entry was stored with.

    ``part`` is a key part (``code``, ``definitions``, ``upstream``, ``inputs``, ``files``,
    ``env``, ``vars``, ``packages``, ``options``, ``python``), ``conditions``, ``recipe`` or
    ``store``.
    ``name`` is the variable, function, package or option, ``cell`` the id of the cell it comes
    from, ``old`` and ``new`` short printable values; each is None when there is none. ``detail``
    ends a sentence that begins with the name and says what differs inside of the value, or is None.
    ``diff`` holds the lines of a unified diff, without the names of files; empty where the texts
    are not known.
    """

    part: str
    name: str | None = None
    cell: str | None = None
    old: str | None = None
    new: str | None = None
    detail: str | None = None
    diff: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """All fields, null where there is none, the diff as a list."""
        return {**asdict(self), "diff": list(self.diff)}

    @classmethod
    def from_json(cls, data: object) -> Change:
        """Raises ValueError when ``data`` is not what `to_json` wrote."""
        values = _object(data, {f.name for f in fields(cls)})
        if not isinstance(values["part"], str):
            raise ValueError("part is not text")
        for name in ("name", "cell", "old", "new", "detail"):
            if not isinstance(values[name], str | None):
                raise ValueError(f"{name} is not text")
        diff = values["diff"]
        if not isinstance(diff, list) or not all(isinstance(line, str) for line in diff):
            raise ValueError("diff is not a list of lines")
        return cls(**{**values, "diff": tuple(diff)})


@dataclass(frozen=True)
class Reason:
    """Why a cell runs, or why an entry is not fresh.

    ``sentence`` starts in lower case and has no trailing period, so that it can follow a colon.
    """

    sentence: str
    changes: tuple[Change, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """``{"sentence", "changes"}``, the changes in order."""
        return {
            "sentence": self.sentence,
            "changes": [change.to_json() for change in self.changes],
        }

    @classmethod
    def from_json(cls, data: object) -> Reason:
        """Raises ValueError when ``data`` is not what `to_json` wrote."""
        values = _object(data, {"sentence", "changes"})
        if not isinstance(values["sentence"], str) or not isinstance(values["changes"], list):
            raise ValueError("not a reason")
        return cls(values["sentence"], tuple(Change.from_json(c) for c in values["changes"]))


class Word(StrEnum):
    """The outcome in one word; the words are written to the run log, so never rename one."""

    HIT = "HIT"
    MISS = "MISS"
    FORCED = "FORCED"
    EXPIRED = "EXPIRED"
    WAITED = "WAITED"
    UNCACHED = "UNCACHED"


@dataclass(frozen=True)
class Outcome:
    """What became of one run of a cacheable cell.

    ``duration``: seconds the cell took; of a hit, the seconds it took when it was stored.
    ``saved``: seconds a hit saved, else 0. ``upstream``: cell ids. ``computed_at``: when the
    entry was stored, ISO 8601 in UTC. ``verdict``: of a run that was compared with its entry, what
    the comparison found, as a manifest keeps it. ``saving``: the run is still being stored;
    whether that succeeds is told by a second outcome.
    """

    outcome: Word
    key: str | None = None
    entry: str | None = None
    reason: Reason | None = None
    duration: float = 0.0
    saved: float = 0.0
    variables: list[str] = field(default_factory=list)
    upstream: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    computed_at: str | None = None
    verdict: dict[str, Any] | None = None
    saving: bool = False

    def to_json(self) -> dict[str, Any]:
        """What travels in the reply of the cell: exactly the fields of this class."""
        return {
            "outcome": self.outcome.value,
            "key": self.key,
            "entry": self.entry,
            "reason": None if self.reason is None else self.reason.to_json(),
            "duration": self.duration,
            "saved": self.saved,
            "variables": list(self.variables),
            "upstream": list(self.upstream),
            "notes": list(self.notes),
            "computed_at": self.computed_at,
            "verdict": self.verdict,
            "saving": self.saving,
        }


def _object(data: object, names: set[str]) -> dict[str, Any]:
    if not isinstance(data, dict) or set(data) != names:
        raise ValueError(f"not an object with the fields {', '.join(sorted(names))}")
    return data
