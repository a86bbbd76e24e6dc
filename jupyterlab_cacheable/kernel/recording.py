"""Everything that is collected while a marked cell really runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from types import FunctionType
from typing import Any

from ..analysis.abstract import pairs_of_installed
from ..analysis.generic import Registries, installed_registries, registered_since
from ..analysis.origin import Origin, origin_of
from ..errors import Uncacheable
from ..outcome import Reason
from ..state.generators import SEEDERS, Generators, RandomUse, Watched
from ..state.settings import session
from ..state.settings.decimal_context import DecimalFlags, flags_lowered, reads_flags
from ..state.settings.environment import environment_change
from ..state.settings.group import Change, Use
from ..state.settings.matplotlib_settings import backend_is_up
from .capture import Recording, Tap
from .inputs import Inputs
from .letting_go import LettingGo
from .limits import imports_first, mentioned_names, mentioned_texts, used_modules
from .native import may_open_unseen
from .outputs import Output, encode, payload_records
from .parts import Question
from .setting_magics import environment_names, future_flags, starts_plotting
from .use import types_of, use_of
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
    inputs: Inputs
    code: str
    use: Use
    settings: session.Snapshot
    flags: Change | None
    environment: dict[str, str]
    plotting: bool
    repeats: dict[str, Any]
    own_code: list[str]
    registrations: set[tuple[str, str]] | None
    generics: Registries
    not_loaded: frozenset[str]
    as_sent: Callable[[Any], Any]
    closing: ExitStack
    payloads: list[dict[str, Any]] = field(default_factory=list)
    shown: frozenset[str] = frozenset()
    changes: session.Changes = field(default_factory=dict)

    @classmethod
    def start(
        cls,
        question: Question,
        request: str,
        namespace: dict[str, Any],
        tap: Tap,
        watcher: Watcher,
        generators: Generators,
        settings: session.Snapshot,
    ) -> Recorded:
        """Begin to record the request that is about to run; `settings` are those it finds."""
        use = use_of(question)
        inputs = Inputs(question)
        used = question.names.attributes | question.reached.attributes
        with ExitStack() as closing:
            before = closing.enter_context(Before(question, namespace))
            by_name = _seeds_by_name(question, namespace)
            random = closing.enter_context(generators.watch(by_name=by_name))
            closing.callback(tap.stop)
            closing.callback(watcher.stop, namespace)
            holders = [*inputs.holders(), before.written]
            closing.enter_context(LettingGo(holders, inputs.ids()))
            return cls(
                random=random,
                before=before,
                inputs=inputs,
                code=question.key.base,
                use=use,
                settings=settings,
                flags=None if reads_flags(use) else closing.enter_context(flags_lowered()),
                environment=dict(os.environ),
                plotting=backend_is_up(),
                repeats=_repeats(question),
                own_code=_own_code(question),
                registrations=pairs_of_installed() if "register" in used else None,
                generics=installed_registries() if "register" in used else {},
                not_loaded=_imported(question) - sys.modules.keys(),
                as_sent=tap.as_sent,
                recording=tap.start(request),
                watch=watcher.start(
                    mentioned_texts(question),
                    used | mentioned_names(question),
                    partial(may_open_unseen, question.parts["packages"], used_modules(question)),
                ),
                closing=closing.pop_all(),
            )

    def outputs(self) -> bytes:
        """What stays visible of the run, encoded; Uncacheable when it cannot be shown again."""
        shown: list[Output] = self.recording.state.outputs()
        self.shown = types_of(shown)
        return encode([*shown, *payload_records(self.payloads)], self.as_sent)

    @property
    def results(self) -> list[Any]:
        """The values that the run displayed as results, in order."""
        return self.recording.results

    def refuse_by_deeds(self) -> None:
        """Raise Uncacheable for what the run did, or left running, outside the namespace."""
        self.watch.look_for_leftovers()
        self.changes = self._changes()
        session.note_shown(self.changes, self.code)
        own = [*self._first_imports(), *self._registered(), *self._parallel()]
        for sentence in (*self.watch.sentences, *session.refusals(self.changes), *own):
            raise Uncacheable(Reason(sentence))

    def _parallel(self) -> list[str]:
        """Code of the user that may have run where nobody is told what it does."""
        if not self.own_code or not self.watch.workers.were_used():
            return []
        name = self.own_code[0]
        return [f"it works in parallel processes, where '{name}' cannot be followed; use n_jobs=1"]

    def _first_imports(self) -> list[str]:
        """Local modules that could not be found before the run, which has set `sys.path`."""
        new = sorted(self.not_loaded & sys.modules.keys())
        return [imports_first(name) for name in new if origin_of(sys.modules[name]) is Origin.LOCAL]

    def _registered(self) -> list[str]:
        """Registrations with installed code; the user's classes and functions keep their own."""
        if self.registrations is None:
            return []
        new = sorted(pairs_of_installed() - self.registrations)
        with_base = [f"it registers {cls} with {base}, and both are installed" for base, cls in new]
        given = registered_since(self.generics)
        return with_base + [
            f"it registers something with {name}, which is installed" for name in given
        ]

    def _changes(self) -> session.Changes:
        changes = session.differences(self.settings, session.Snapshot.now(), self.use)
        if self.flags is not None:
            changes.pop(DecimalFlags.name, None)
            changes |= {DecimalFlags.name: self.flags} if self.flags else {}
        return changes

    def random_use(self, mentioned: frozenset[str]) -> RandomUse:
        """How the run used the generators; Uncacheable when that cannot be repeated."""
        use = self.random.use(mentioned)
        if use.refusal is not None:
            raise Uncacheable(Reason(use.refusal))
        return use

    def effects(self, use: RandomUse) -> dict[str, Any]:
        """What a hit has to do again besides binding variables."""
        environment = environment_change(self.environment)
        named = self.repeats["environment"] | self.watch.variables_set()
        environment |= {name: os.environ.get(name) for name in named}
        return {
            "random": use.effects,
            "environment": environment,
            "plotting": self.repeats["plotting"] or (backend_is_up() and not self.plotting),
            "settings": self.changes,
            "future": self.repeats["future"],
        }


def _imported(question: Question) -> frozenset[str]:
    """The modules that the cell, or what it reaches, may import."""
    return frozenset(question.names.modules | question.reached.imported)


def _own_code(question: Question) -> list[str]:
    """The functions of the user that the cell defines or reaches."""
    follow = question.closure.scope_of
    made = (value for value, _ in question.reached.made.values())
    reached = {f.__qualname__ for f in made if isinstance(f, FunctionType) and follow(f)}
    return sorted(question.names.functions | reached)


def _repeats(question: Question) -> dict[str, Any]:
    """What the cell sets to the same whatever it finds."""
    names = question.names
    return {
        "environment": environment_names(names),
        "plotting": "inline" if starts_plotting(names) else False,
        "future": future_flags(names),
    }


def _seeds_by_name(question: Question, namespace: Mapping[str, Any]) -> bool:
    """Whether a seeding function may be called by a name of its own; a number called so is none."""
    names, used = question.names, question.names.inputs | question.reached.roots
    if names.star or any(attribute in SEEDERS for _module, attribute in names.imports.values()):
        return True
    return any(name not in namespace or callable(namespace[name]) for name in used & SEEDERS)
