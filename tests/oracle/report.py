"""What was found, for people and for programs."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

from .trial import Trial

SHOWN = 12


def table(trials: Sequence[Trial]) -> str:
    """One line per notebook, and the sums."""
    width = max([8, *(len(trial.notebook.name) for trial in trials)])
    lines = [f"{'notebook':{width}} cells marked to refuse stored   hit differences"]
    lines += [row(trial.notebook.name, [trial], width) for trial in trials]
    lines.append(row("total", trials, width) + f"  {percentage(trials):.1f} % hit")
    return "\n".join(lines)


def row(name: str, trials: Sequence[Trial], width: int) -> str:
    figures = [
        sum(len(trial.plain.cells) for trial in trials),
        sum(len(trial.marked) for trial in trials),
        sum(len(trial.marked) - len(trial.cacheable) for trial in trials),
        sum(trial.stored for trial in trials),
        sum(trial.hits for trial in trials),
        sum(len(trial.found) for trial in trials),
    ]
    numbers = "".join(
        f"{one:{size}}" for one, size in zip(figures, (6, 7, 10, 7, 6, 12), strict=True)
    )
    stopped = next((trial.plain.stopped for trial in trials if trial.plain.stopped), None)
    return f"{name:{width}}{numbers}{f'  stopped at {stopped}' if stopped and len(trials) == 1 else ''}"


def percentage(trials: Sequence[Trial]) -> float:
    """Cells that were stored and hit, of all marked cells that do not have to be refused."""
    cells = sum(len(trial.cacheable) for trial in trials)
    return 100 * sum(trial.hits for trial in trials) / cells if cells else 100.0


def details(trial: Trial) -> str:
    """Differences, cells that did not hit with the kernel's sentence, and what varies."""
    lines = [f"  DIFFERENCE {sentence}" for sentence in trial.sentences[:SHOWN]]
    if len(trial.sentences) > SHOWN:
        lines.append(f"  … and {len(trial.sentences) - SHOWN} more")
    lines += [f"  cell {at}: {word}: {sentence}" for at, word, sentence in trial.refusals]
    if trial.varies:
        names = textwrap.shorten("; ".join(trial.varies), width=300, placeholder=" …")
        lines.append(f"  varies between plain runs: {names}")
    return "\n".join(lines)


def timing(trial: Trial) -> str:
    """One line per cell: seconds and outcome of the three runs."""
    lines = ["cell   plain    miss     hit  outcomes"]
    runs = zip(trial.plain.cells, trial.miss.cells, trial.hit.cells, strict=False)
    for number, (a, b, c) in enumerate(runs, start=1):
        lines.append(
            f"{number:>4} {a.seconds:7.3f} {b.seconds:7.3f} {c.seconds:7.3f}"
            f"  {b.word} -> {c.word} {c.sentence}".rstrip()
        )
    return "\n".join(lines)


def as_json(trial: Trial) -> dict[str, Any]:
    """Everything that the table and the details say, with times and sources."""
    return {
        "notebook": str(trial.notebook),
        "cells": len(trial.plain.cells),
        "marked": len(trial.marked),
        "to_refuse": len(trial.marked) - len(trial.cacheable),
        "stored": trial.stored,
        "hit": trial.hits,
        "stopped": trial.plain.stopped,
        "differences": trial.sentences,
        "varies": list(trial.varies),
        "refused": [
            {
                "cell": at,
                "outcome": word,
                "reason": sentence,
                "source": trial.plain.cells[at - 1].source,
            }
            for at, word, sentence in trial.refusals
        ],
        "seconds": {
            name: round(sum(cell.seconds for cell in result.cells), 3)
            for name, result in (("plain", trial.plain), ("miss", trial.miss), ("hit", trial.hit))
        },
    }
