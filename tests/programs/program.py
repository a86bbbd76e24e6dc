"""A program: what a user does with one notebook, in one or more sessions of its kernel."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Step:
    """A cell that is run, or with ``file`` a text file that is written from outside."""

    source: str
    cell: str = ""
    file: str = ""

    @property
    def marked(self) -> bool:
        return not self.file and self.source.startswith(("%%cacheable", "#| cacheable"))


Session = tuple[Step, ...]


@dataclass(frozen=True)
class Program:
    """Sessions run one after another on one store and one folder; the kernel restarts between."""

    sessions: tuple[Session, ...]
    note: str = ""
    seed: int | None = field(default=None, compare=False)

    @property
    def size(self) -> int:
        return sum(len(session) for session in self.sessions)

    def to_json(self) -> str:
        sessions = [[plain(step) for step in session] for session in self.sessions]
        return json.dumps({"note": self.note, "sessions": sessions}, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Program:
        found = json.loads(text)
        sessions = tuple(tuple(Step(**step) for step in steps) for steps in found["sessions"])
        return cls(sessions, found["note"])

    def __str__(self) -> str:
        lines = []
        for number, session in enumerate(self.sessions, start=1):
            lines.append(f"== session {number} " + "=" * 40)
            for step in session:
                lines += [f"-- {step.cell or 'the file ' + step.file}", step.source]
        return "\n".join(lines)


def plain(step: Step) -> dict[str, Any]:
    return {name: value for name, value in asdict(step).items() if value}


def read_case(path: Path) -> Program:
    return Program.from_json(path.read_text(encoding="utf-8"))
