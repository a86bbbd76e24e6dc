"""Tell what became of a cell: the outcome for the reply, and a line for the run log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ..outcome import Outcome, Reason, Word
from ..store.manifest import timestamp
from .cellrun import CellRun
from .entry import notebook_of
from .parts import Question

_MOST_OTHERS = 3
_WITHOUT_ENTRY = (Word.MISS, Word.EXPIRED)


def outcome_of(run: CellRun, duration: float) -> Outcome:
    """The outcome of a run that took `duration` seconds."""
    manifest = run.manifest
    stored = manifest.duration if manifest and run.trial is None else round(duration, 3)
    question = run.question
    return Outcome(
        outcome=run.word,
        key=None if question is None else question.key.key,
        entry=None if manifest is None else manifest.id,
        reason=run.reason,
        duration=stored,
        saved=max(0.0, round(stored - duration, 3)) if run.word is Word.HIT else 0.0,
        variables=sorted(run.variables),
        upstream=_upstream_cells(question),
        notes=_notes(run),
        computed_at=None if manifest is None else manifest.created_at,
        saving=run.saving,
        verdict=None if run.verdict is None else run.verdict.to_json(),
    )


def log_line(run: CellRun, outcome: Outcome, namespace: Mapping[str, Any]) -> dict[str, Any]:
    """The outcome as it goes into the run log of the store."""
    return {
        "at": timestamp(datetime.now(UTC)),
        "outcome": outcome.outcome.value,
        "entry": outcome.entry,
        "key": outcome.key,
        "notebook": notebook_of(namespace),
        "cell_id": run.row.cell_id,
        "saved": outcome.saved,
        "duration": outcome.duration,
    }


def notes_on_others(reasons: list[Reason]) -> list[str]:
    """Why other entries for the same code and values do not do, a few of them in words."""
    told = [f"another entry does not fit: {reason.sentence}" for reason in reasons[:_MOST_OTHERS]]
    more = len(reasons) - len(told)
    return [*told, f"{more} more entries do not fit"] if more > 0 else told


def _notes(run: CellRun) -> list[str]:
    found = [*run.notes, *(run.manifest.notes if run.manifest is not None else ())]
    if run.ready is not None and run.ready.same_inputs:
        found.append("same inputs, though an upstream cell was edited")
    if run.mark is not None and run.mark.options.verify and run.word in _WITHOUT_ENTRY:
        found.append("there was no entry to verify")
    if run.mark is not None and not run.mark.options.save and run.word is not Word.HIT:
        found.append("not stored because of --no-save")
    return found


def _upstream_cells(question: Question | None) -> list[str]:
    if question is None:
        return []
    cells = (step.row.cell_id for step in question.upstream)
    return list(dict.fromkeys(cell for cell in cells if cell is not None))
