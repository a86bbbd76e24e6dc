"""Turn a run that ended well into an entry, after checking that a hit will equal it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from ..analysis.mark import Mark
from ..analysis.origin import Origin, origin_of_name, version_of
from ..difference import first_line
from ..digest.lineage import name_figures
from ..errors import StoreError, Uncacheable
from ..outcome import Reason
from ..state.generators import RandomUse
from ..state.settings.session import felt
from ..store import Manifest, Store, make_id
from ..store.key import KEY_EPOCH
from ..store.manifest import FORMAT, timestamp
from . import outside
from .cost import SHORT, in_words, seconds_to_store
from .declared import refuse_changed
from .freeze import Freezer, Stored
from .interrupts import Interrupts
from .ledger import Row
from .lookup import Surroundings
from .parts import Question
from .recompile import Recompiler
from .recording import Recorded
from .use import notes_on_entropy, use_of
from .variables import Left, collect
from .watch import notes

# Inputs are digested again to see whether the run changed them: a part of what storing takes.
_LOOKING = 0.2


@dataclass
class Ended:
    """What a run that ended well left behind, gathered at once; `prepare` does what takes long.

    ``price``: about how many seconds it takes to store. ``is_priced``: whether it has to be worth
    them.
    """

    mark: Mark
    question: Question
    recorded: Recorded
    surroundings: Surroundings
    row: Row
    duration: float
    namespace: dict[str, Any]
    shown: bytes
    use: RandomUse
    effects: dict[str, Any]
    left: Left
    outside: dict[str, Any]
    price: float
    is_priced: bool

    @classmethod
    def gather(
        cls,
        mark: Mark,
        question: Question,
        recorded: Recorded,
        surroundings: Surroundings,
        *,
        row: Row,
        duration: float,
        namespace: dict[str, Any],
        key: bytes,
        is_priced: bool,
    ) -> Ended:
        """Of a run that left nothing running; `key` hides the environment variables it read.

        Raises
        ------
        Uncacheable
            with the first thing that a hit could not bring back.
        """
        after = question.wanted.files(question.files.here)
        refuse_changed(question.files, after, recorded.watch.wrote)
        shown = recorded.outputs()
        use = recorded.random_use(frozenset().union(*_mentions(question)))
        left = collect(question, recorded.before, namespace)
        left.take_results(recorded.results)
        effects = recorded.effects(use)
        about = (mark, question, recorded, surroundings, row, duration, namespace)
        world, variables = recorded.watch.world(), recorded.watch.variables_read()
        found = outside.conditions_of(world, variables, recorded.environment, key)
        price = seconds_to_store([left.values, left.result], len(shown))
        price += _LOOKING * seconds_to_store(question.reached.values.values())
        return cls(*about, shown, use, effects, left, found, price, is_priced)

    def refuse_if_cheaper(self, price: float | None = None) -> None:
        """Raise Uncacheable when to run the cell takes less time than to store what it left."""
        price = self.price if price is None else price
        if self.is_priced and price > max(SHORT, self.duration):
            run, save = in_words(self.duration), in_words(price)
            sentence = f"running it takes {run}, storing it would take about {save}"
            raise Uncacheable(Reason(f"{sentence} (--always stores it anyway)"))

    def prepare(self, recompile: Recompiler) -> Prepared:
        """Digest and pickle it all; raises Uncacheable as `gather` does."""
        recorded, question = self.recorded, self.question
        changed = recorded.inputs.changed(self.namespace)
        if changed.objects:
            self.refuse_if_cheaper(self.price + seconds_to_store(changed.objects.values()))
        freezer = Freezer(
            self.left, recorded.inputs, changed, self.effects, question, self.namespace
        )
        stored = freezer.store(recompile)
        packages = {p for p in stored.packages if origin_of_name(p) is Origin.INSTALLED}
        settings = felt(use_of(question, stored.packages, recorded.shown))
        about_random = [*self.use.notes, *notes_on_entropy(question.names)]
        remarks = list(dict.fromkeys([*about_random, *notes(*_mentions(question))]))
        manifest = _manifest(
            question,
            self.mark,
            self.row,
            self.left,
            stored,
            conditions_of(self.surroundings, self.use.conditions, packages, settings)
            | {"shown": self._shown_before()}
            | self.outside,
            remarks,
            self.duration,
            self.namespace,
        )
        return Prepared(manifest, self, stored, sorted({*self.left.names, *changed.names}))

    def _shown_before(self) -> dict[str, list[str]]:
        packages = self.question.parts["packages"]
        return self.surroundings.settings.shown_condition(packages)


@dataclass
class Prepared:
    """An entry that only has to be written."""

    manifest: Manifest
    ended: Ended
    stored: Stored
    names: list[str]

    def publish(self, store: Store, interrupts: Interrupts) -> Manifest:
        """Write the entry, read it back to check it, and give it its name.

        An interrupt raises KeyboardInterrupt as long as none of it has a name.

        Raises
        ------
        Uncacheable
            when what was written does not come back the same, or stands against a wrong entry.
        StoreError
            when the store did not take the entry.
        """
        refuse_in_place_of_wrong(store, self.manifest.id)
        blobs: dict[str, Iterable[bytes | bytearray | memoryview]] = {
            "outputs": [self.ended.shown],
            "state": interrupts.checked(self.stored.blob),
        }

        def check(blob: memoryview) -> None:
            with interrupts.let_through():
                self.stored.check(blob)

        published = store.publish(self.manifest, blobs, {"state": check})
        name_figures(self.stored.figures, published.id)
        return published


def refuse_in_place_of_wrong(store: Store, entry: str) -> None:
    """Raise Uncacheable when the store keeps an entry of this id that was found wrong."""
    try:
        quarantine = store.get(entry).quarantine
    except (KeyError, StoreError):
        return
    if quarantine is not None:
        sentence = f"{quarantine.sentence}; it is kept until you remove it"
        raise Uncacheable(Reason(sentence, quarantine.changes))


def _mentions(question: Question) -> tuple[set[str], set[str]]:
    """Attributes and names that the code uses, those that it imports itself included."""
    names, reached = question.names, question.reached
    imported = {
        text
        for name, (module, attribute) in names.imports.items()
        for text in (name, module.partition(".")[0], attribute)
        if text is not None
    }
    return names.attributes | reached.attributes, names.inputs | reached.roots | imported


def conditions_of(
    surroundings: Surroundings,
    random: Mapping[str, str],
    packages: set[str],
    settings: Iterable[str],
) -> dict[str, Any]:
    """What must be found again for an entry to count: see `lookup.broken_conditions`."""
    return {
        "random": dict(random),
        "settings": {name: surroundings.settings.text(name) for name in settings},
        "packages": {package: version_of(package) for package in sorted(packages)},
    }


def _manifest(
    question: Question,
    mark: Mark,
    row: Row,
    left: Left,
    stored: Stored,
    conditions: dict[str, Any],
    remarks: list[str],
    duration: float,
    namespace: Mapping[str, Any],
) -> Manifest:
    """The manifest of a run that just ended; the store fills in the blobs."""
    now = datetime.now(UTC)
    ttl = mark.options.ttl
    return Manifest(
        format=FORMAT,
        recipe=KEY_EPOCH,
        id=make_id(question.key, conditions),
        key=question.key.key,
        base=question.key.base,
        created_at=timestamp(now),
        duration=round(duration, 3),
        label=label_of(mark, question.names.bound),
        notebook=notebook_of(namespace),
        cell_id=row.cell_id,
        source=mark.body,
        mark=mark.line,
        tags=list(mark.options.tags),
        expires_at=None if ttl is None else timestamp(now + timedelta(seconds=ttl)),
        parts=question.parts,
        conditions=conditions,
        variables=stored.rows,
        deleted=left.deleted,
        imports=left.imports,
        result=left.result_kind,
        blobs=[],
        notes=remarks,
    )


def record_new_key(store: Store, manifest: Manifest, question: Question, row: Row) -> Manifest:
    """After an early cut-off: store the same result under the new key too."""
    again = replace(
        manifest,
        id=make_id(question.key, manifest.conditions),
        key=question.key.key,
        parts=question.parts,
        cell_id=row.cell_id,
        source=row.source,
    )
    return store.publish_again(again)


def notebook_of(namespace: Mapping[str, Any]) -> str | None:
    """Absolute path of the notebook as the front end told the kernel when it started it."""
    named = os.environ.get("JPY_SESSION_NAME") or namespace.get("__vsc_ipynb_file__")
    if isinstance(named, str) and os.path.isabs(named) and named.endswith(".ipynb"):
        return os.path.realpath(named)
    return None


def label_of(mark: Mark, bound: set[str]) -> str:
    """`--name`, else the first code line."""
    return mark.options.name or first_line(mark.body) or ", ".join(sorted(bound)) or "cell"
