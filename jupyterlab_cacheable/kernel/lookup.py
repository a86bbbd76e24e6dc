"""Ask the store: find the entry that answers a question, and restore it in scratch."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from ..analysis.origin import version_of
from ..difference import differing_parts, differing_upstream, reason_of, with_diffs
from ..errors import Damaged, StoreError
from ..outcome import Change, Reason
from ..state import patches
from ..state.frame_blocks import blocks_of, columns_of, is_looked_into, users_of
from ..state.patches import Patch
from ..state.rebuild import Recompile
from ..state.restoring import CannotRestore, load
from ..state.settings import session
from ..state.settings.group import the
from ..store import Manifest, Store
from ..store.key import KEY_EPOCH
from ..store.manifest import timestamp
from . import outputs, outside
from .inputs import Members, references
from .ledger import Row
from .parts import Question
from .variables import NO_RESULT

T = TypeVar("T")

_MOST_COMPARED = 20


@dataclass
class Surroundings:
    """The conditions of the session as a cell finds them."""

    random: dict[str, str]
    settings: session.Snapshot
    code: str

    @classmethod
    def now(cls, random: Mapping[str, str], code: str) -> Surroundings:
        """`code` is the part of the cell's key that stays when only its inputs change."""
        return cls(dict(random), session.Snapshot.now(), code)


@dataclass
class Ready:
    """A hit that has been restored in scratch and only has to be bound and shown.

    ``same_inputs``: the key differs in upstream cells only, which left all inputs as they were.
    ``passed``: why entries that came before it did not do.
    """

    manifest: Manifest
    variables: dict[str, Any]
    outputs: list[outputs.Output]
    result: Any
    effects: dict[str, Any]
    same_inputs: bool
    patches: list[Patch]
    figures: list[Any]
    passed: list[Reason] = field(default_factory=list)

    @property
    def results(self) -> tuple[Any, ...]:
        """The values that the run displayed as results, in order."""
        if self.result is NO_RESULT:
            return ()
        return tuple(self.result) if self.manifest.result == "values" else (self.result,)

    @property
    def names(self) -> list[str]:
        """Names of the variables that are bound or changed, for the outcome and the panel."""
        return sorted({*self.variables, *(str(row["name"]) for row in self.manifest.variables)})


class NoEntry(Exception):
    """No entry can answer.

    `reason` says what stood in the way of the best candidate; None when there was no candidate.
    `others` are the reasons of the other candidates.
    """

    def __init__(self, reason: Reason | None, expired: bool = False) -> None:
        super().__init__(reason and reason.sentence)
        self.reason = reason
        self.expired = expired
        self.others: list[Reason] = []


def broken_conditions(conditions: Mapping[str, Any], now: Surroundings) -> tuple[Change, ...]:
    """The conditions of an entry that do not hold in the session as it is."""
    changes = [
        Change("conditions", f"the state of the generator {name}")
        for name, text in conditions.get("random", {}).items()
        if now.random.get(name) != text
    ]
    for name, text in conditions.get("settings", {}).items():
        if now.settings.text(name) != text:
            changes.append(Change("conditions", the(name)))
    if "shown" in conditions and not now.settings.shows_again(conditions["shown"], now.code):
        changes.append(Change("conditions", the("warnings already shown")))
    for package, version in conditions.get("packages", {}).items():
        if version_of(package) != version:
            changes.append(Change("packages", package, None, version, version_of(package)))
    return tuple(changes)


def find(
    store: Store,
    question: Question,
    now: Surroundings,
    namespace: dict[str, Any],
    recompile: Recompile,
) -> Ready:
    """The first entry that answers the question, restored in scratch.

    An entry under the very key wins over one that differs in its upstream cells only: there all
    inputs have the same values, so the result is the same ("early cut-off").

    Raises
    ------
    NoEntry
        with the reason of the best candidate that did not do.
    """

    def attempt(manifest: Manifest) -> Ready:
        _check(manifest, question, now, store.environment_key)
        return _try(store, manifest, question, namespace, recompile)

    ready, passed = _first(store, question, attempt)
    ready.passed = passed
    return ready


def answer(store: Store, question: Question, now: Surroundings) -> Manifest:
    """The entry that `find` would try first; nothing of it is read. Raises NoEntry as `find`."""

    def attempt(manifest: Manifest) -> Manifest:
        _check(manifest, question, now, store.environment_key)
        return manifest

    return _first(store, question, attempt)[0]


def _first(
    store: Store, question: Question, attempt: Callable[[Manifest], T]
) -> tuple[T, list[Reason]]:
    """What the first candidate gives that raises no NoEntry, and the reasons of those before it."""
    candidates = []
    obstacles: list[NoEntry] = []
    for found in store.lookup(question.key.base):
        if found.manifest is not None:
            candidates.append(found.manifest)
        elif found.reason is not None:
            obstacles.append(NoEntry(found.reason))
    candidates.sort(key=lambda manifest: manifest.key != question.key.key)
    wrong = [manifest for manifest in candidates if manifest.quarantine is not None]
    for manifest in candidates:
        try:
            # What is wrong is the result, under whatever key it is kept.
            for other in wrong:
                if other.blobs == manifest.blobs:
                    raise NoEntry(other.quarantine)
            return attempt(manifest), _reasons(obstacles)
        except NoEntry as obstacle:
            obstacles.append(obstacle)
    if obstacles:
        best = obstacles[0]
        best.others = [reason for reason in _reasons(obstacles) if reason != best.reason]
        raise best
    raise NoEntry(None)


def _reasons(obstacles: Iterable[NoEntry]) -> list[Reason]:
    """Each reason once; entries under other keys can have the same."""
    return list(dict.fromkeys(each.reason for each in obstacles if each.reason is not None))


def _check(manifest: Manifest, question: Question, now: Surroundings, key: bytes) -> None:
    """Raise NoEntry unless the entry holds here; `key` hides the values of the environment."""
    changes = differing_parts(manifest.parts, question.parts)
    changes += broken_conditions(manifest.conditions, now)
    changes = changes or outside.broken(manifest.conditions, key)
    if changes:
        raise NoEntry(reason_of(changes))
    if _has_expired(manifest):
        raise NoEntry(Reason(f"its entry expired at {manifest.expires_at}"), expired=True)


def _try(
    store: Store,
    manifest: Manifest,
    question: Question,
    namespace: dict[str, Any],
    recompile: Recompile,
) -> Ready:
    same_inputs = manifest.key != question.key.key
    try:
        return _restore(store, manifest, question, namespace, recompile, same_inputs)
    except (StoreError, CannotRestore, ImportError, LookupError, ValueError) as error:
        reason = error.reason if isinstance(error, StoreError) else cannot_restore(error)
        raise NoEntry(reason) from None


def _has_expired(manifest: Manifest) -> bool:
    """Past its time; an entry from the future tells nothing about its age and counts as past."""
    now = timestamp(datetime.now(UTC))
    limit = manifest.expires_at
    return limit is not None and (limit <= now or manifest.created_at > now)


def cannot_restore(error: Exception) -> Reason:
    """Why an entry that answers the question was not used."""
    return Reason(f"the entry cannot be restored ({error})", (Change("store"),))


def _restore(
    store: Store,
    manifest: Manifest,
    question: Question,
    namespace: dict[str, Any],
    recompile: Recompile,
    same_inputs: bool,
) -> Ready:
    shown = outputs.decode(bytes(store.read_blob(manifest, "outputs")))
    state = store.read_blob(manifest, "state")
    imported = {name: _import(*target) for name, target in manifest.imports.items()}
    live = references(question, Members(question))
    group = load(state, namespace, recompile, live.resolve)
    changes = patches.prepare(group["changes"], live.resolve)
    _prepare(group["effects"]["settings"])
    variables = {**imported, **group["variables"]}
    if not set(group["variables"]) <= {row["name"] for row in manifest.variables}:
        raise Damaged("the stored variables are not those that the manifest lists")
    had = {id(live.resolve(tuple(path))): columns for path, columns in group["shown"]}
    for patch in changes:
        if patch.name == "frame":
            _refuse_looked_into(patch, had[id(patch.live)])
    result = group["result"] if manifest.result else NO_RESULT
    effects, figures = group["effects"], group["figures"]
    return Ready(manifest, variables, shown, result, effects, same_inputs, changes, figures)


def _refuse_looked_into(patch: patches.Patch, shown: list[tuple[int, ...]]) -> None:
    """Refuse to give a frame new memory where something sees what a run writes to the old one."""
    kept = {id(block.refs) for block in patch.content[0].blocks}
    for block in blocks_of(patch.live):
        is_copied = columns_of(block) in shown and len(users_of(block)) > 1
        if id(block.refs) not in kept and not is_copied and is_looked_into(block):
            raise CannotRestore("an array looks into the memory of a frame that it changes")


def _prepare(changes: session.Changes) -> None:
    try:
        session.prepare(changes)
    except Exception as error:  # importing a library may raise anything
        raise CannotRestore(f"a setting cannot be made again: {error}") from error


def _import(module: str, attribute: str | None, inner: list[str]) -> Any:
    loaded = importlib.import_module(module)
    for submodule in inner:
        importlib.import_module(submodule)
    if attribute is None:
        return sys.modules[module]
    if not hasattr(loaded, attribute):
        return importlib.import_module(f"{module}.{attribute}")
    return getattr(loaded, attribute)


def _may_be_the_same(manifest: Manifest, cell: str | None, question: Question) -> bool:
    """An entry of another cell tells nothing, unless that cell had the same code."""
    if cell is None or manifest.cell_id in (cell, None):
        return True
    return bool(manifest.parts["code"]["digest"] == question.parts["code"]["digest"])


def why_missed(
    store: Store, question: Question, notebook: str | None, row: Row, label: str
) -> Reason:
    """Compare with the nearest entry of the same cell or label."""
    found = nearest(store, question, notebook, row, label)
    return Reason("it has not been stored before") if found is None else found[1]


def nearest(
    store: Store, question: Question, notebook: str | None, row: Row, label: str
) -> tuple[Manifest, Reason] | None:
    """The entry of the same cell or label with the fewest changes, and what they are."""
    cell = row.cell_id
    from ..store.index import Index  # a kernel that only hits is spared the database

    # Closed before the cell runs: it must not look as if the cell had changed the index.
    with closing(Index(store)) as index:
        index.refresh()
        known = index.nearest(notebook, cell, label)
    best: tuple[Manifest, tuple[Change, ...]] | None = None
    for found in known[:_MOST_COMPARED]:
        try:
            manifest = store.get(found)
        except (KeyError, StoreError):
            continue
        if not _may_be_the_same(manifest, cell, question):
            continue
        changes = differing_parts(manifest.parts, question.parts)
        changes += differing_upstream(manifest.parts, question.parts)
        if manifest.recipe != KEY_EPOCH:
            changes = (Change("recipe", None, None, str(manifest.recipe), str(KEY_EPOCH)),)
        if changes and (best is None or len(changes) < len(best[1])):
            best = (manifest, changes)
    if best is None:
        return None
    manifest, changes = best
    sources = (manifest.source, row.source)
    return manifest, reason_of(with_diffs(changes, manifest.parts, question.parts, sources))
