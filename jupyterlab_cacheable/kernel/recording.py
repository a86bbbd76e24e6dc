"""Everything that is collected while a marked cell really runs."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from ..errors import Uncacheable
from ..outcome import Reason
from ..state import settings
from ..state.generators import Generators, RandomUse, Watched
from .capture import Recording, Tap
from .outputs import Output, end_state
from .parts import Question
from .variables import Before
from .watch import Watch, Watcher


@dataclass
class Recorded:
    """The messages of the run, what was watched, and the session as it was before.

    ``closing`` ends the recording and takes back every hook; it may be closed more than once.
    """

    recording: Recording
    watch: Watch
    random: Watched
    before: Before
    memos: list[Any]
    display: settings.Snapshot
    process: settings.Snapshot
    environment: dict[str, str]
    plotting: bool
    closing: ExitStack

    @classmethod
    def start(
        cls,
        question: Question,
        request: str,
        namespace: dict[str, Any],
        tap: Tap,
        watcher: Watcher,
        generators: Generators,
    ) -> Recorded:
        """Begin to record the request that is about to run."""
        with ExitStack() as closing:
            before = closing.enter_context(Before(question, namespace))
            kept = question.names.bound | question.names.inputs | question.reached.roots
            random = closing.enter_context(generators.watch(by_name="seed" in kept))
            closing.callback(tap.stop)
            closing.callback(watcher.stop)
            return cls(
                random=random,
                before=before,
                memos=[memo for memo in question.reached.memos if memo.cache_info().currsize],
                display=settings.display_settings(),
                process=settings.process_settings(),
                environment=dict(os.environ),
                plotting=settings.plots_interactively(),
                recording=tap.start(request),
                watch=watcher.start(),
                closing=closing.pop_all(),
            )

    def outputs(self) -> list[Output]:
        """What stays visible of the run; Uncacheable when that cannot be shown again."""
        return end_state(self.recording.messages)

    def refuse_by_deeds(self) -> None:
        """Raise Uncacheable for what the run did, or left running, outside the namespace."""
        self.watch.look_for_leftovers()
        changed = settings.differing(self.display, settings.display_settings())
        changed += settings.differing(self.process, settings.process_settings())
        if self.memos:
            name = self.memos[0].__name__
            raise Uncacheable(Reason(f"{name}() remembered results of earlier runs (lru_cache)"))
        for sentence in (*self.watch.sentences, *(f"it changes {_the(name)}" for name in changed)):
            raise Uncacheable(Reason(sentence))

    def random_use(self, mentioned: frozenset[str]) -> RandomUse:
        """How the run used the generators; Uncacheable when that cannot be repeated."""
        use = self.random.use(mentioned)
        if use.refusal is not None:
            raise Uncacheable(Reason(use.refusal))
        return use

    def effects(self, use: RandomUse) -> dict[str, Any]:
        """What a hit has to do again besides binding variables."""
        return {
            "random": use.effects,
            "environment": settings.environment_change(self.environment),
            "plotting": settings.plots_interactively() and not self.plotting,
        }


def _the(name: str) -> str:
    return name if name.startswith(("the ", "sys")) else f"the {name}"
