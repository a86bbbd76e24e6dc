"""One execution of one cell, and the place where every fault of ours ends."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ..analysis.mark import Mark
from ..errors import Uncacheable
from ..outcome import Reason, Word
from ..store import Manifest
from ..store.verdict import Verdict
from .ledger import Row
from .lookup import Ready, Surroundings
from .parts import Question
from .recording import Recorded
from .trial import Trial

log = logging.getLogger("cacheable")


@dataclass
class CellRun:
    """One execution of one cell, from `pre_run_cell` to the reply.

    ``missed``: the look-up has ended without an entry to use. ``saving``: the run is stored after
    its reply.

    ``manifest`` and ``variables`` are those of the entry that was used or made, ``made`` holds what
    is taken back if the cell shows something later. ``trial`` is the entry that the run is compared
    with, ``verdict`` what came out; ``notes`` are for the outcome.
    """

    info: Any
    request: str
    row: Row
    mark: Mark | None = None
    usage: str | None = None
    tree_seen: bool = False
    question: Question | None = None
    surroundings: Surroundings | None = None
    ready: Ready | None = None
    missed: bool = False
    saving: bool = False
    manifest: Manifest | None = None
    made: list[Manifest] = field(default_factory=list)
    variables: list[str] = field(default_factory=list)
    trial: Trial | None = None
    verdict: Verdict | None = None
    recorded: Recorded | None = None
    word: Word = Word.MISS
    reason: Reason | None = None
    notes: list[str] = field(default_factory=list)
    started: float = field(default_factory=time.perf_counter)


@contextmanager
def contained(doing: str, run: CellRun | None = None) -> Iterator[None]:
    """A refusal becomes the outcome; a fault of ours is logged and becomes a refusal."""
    try:
        yield
    except Uncacheable as refused:
        if run is not None:
            run.word, run.reason = Word.UNCACHED, refused.reason
    except Exception as error:
        fault = f"a fault in jupyterlab-cacheable while {doing}: {error!r}"
        log.error(fault)
        log.debug("where it happened", exc_info=True)
        if run is not None:
            run.word, run.reason = Word.UNCACHED, Reason(fault)
