"""From a finished run to an entry in the store, and from a stored entry back to a ready hit."""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import CodeType
from typing import Any

from ..analysis.mark import Mark
from ..analysis.origin import version_of
from ..difference import differing_parts, differing_upstream, first_line, reason_of
from ..errors import Damaged, StoreError
from ..outcome import Change, Reason
from ..state import generators, settings
from ..state.restoring import CannotRestore, load
from ..store import Manifest, Store
from ..store.key import make_id
from . import outputs
from .ledger import Row
from .parts import Question
from .variables import NO_RESULT

_MOST_COMPARED = 20


@dataclass
class Surroundings:
    """The conditions of the session as a cell finds them."""

    random: dict[str, str]
    settings: dict[str, str]
    warnings: str

    @classmethod
    def now(cls, random: Mapping[str, str]) -> Surroundings:
        return cls(dict(random), settings.display_settings(), settings.warning_filters())


@dataclass
class Ready:
    """A hit that has been restored in scratch and only has to be bound and shown."""

    manifest: Manifest
    variables: dict[str, Any]
    outputs: list[outputs.Output]
    result: Any
    effects: dict[str, Any]
    notes: list[str] = field(default_factory=list)


class NoEntry(Exception):
    """No entry can answer; `reason` says what stood in the way or what changed."""

    def __init__(self, reason: Reason, expired: bool = False) -> None:
        super().__init__(reason.sentence)
        self.reason = reason
        self.expired = expired


def conditions_of(
    surroundings: Surroundings,
    random: Mapping[str, str],
    packages: set[str],
    shown: list[outputs.Output],
) -> dict[str, Any]:
    """What must be found again for an entry to count: see `broken_conditions`."""
    conditions: dict[str, Any] = {
        "random": dict(random),
        "settings": {name: text for name, text in surroundings.settings.items() if text},
        "packages": {package: version_of(package) for package in sorted(packages)},
    }
    if outputs.shows_warning(shown):
        conditions["warnings"] = surroundings.warnings
    return conditions


def broken_conditions(conditions: Mapping[str, Any], now: Surroundings) -> tuple[Change, ...]:
    """The conditions of an entry that do not hold in the session as it is."""
    changes = [
        Change("conditions", f"the state of the generator {name}")
        for name, text in conditions.get("random", {}).items()
        if now.random.get(name) != text
    ]
    stored = conditions.get("settings", {})
    current = {name: text for name, text in now.settings.items() if text}
    for name in sorted({*stored, *current}):
        if stored.get(name) != current.get(name):
            changes.append(Change("conditions", f"the {name}"))
    for package, version in conditions.get("packages", {}).items():
        if version_of(package) != version:
            changes.append(Change("packages", package, None, version, version_of(package)))
    if conditions.get("warnings", now.warnings) != now.warnings:
        changes.append(Change("conditions", "the warnings filters"))
    return tuple(changes)


def find(
    store: Store,
    question: Question,
    now: Surroundings,
    namespace: dict[str, Any],
    recompile: Callable[[CodeType], CodeType],
) -> Ready:
    """The first entry that answers the question, restored in scratch.

    An entry under the very key wins over one that differs in its upstream cells only: there all
    inputs have the same values, so the result is the same ("early cut-off").

    Raises
    ------
    NoEntry
        with the reason of the best candidate that did not do.
    """
    candidates = []
    obstacles: list[NoEntry] = []
    for found in store.lookup(question.key.base):
        if found.manifest is not None:
            candidates.append(found.manifest)
        elif found.reason is not None:
            obstacles.append(NoEntry(found.reason))
    candidates.sort(key=lambda manifest: manifest.key != question.key.key)
    for manifest in candidates:
        try:
            return _try(store, manifest, question, now, namespace, recompile)
        except NoEntry as obstacle:
            obstacles.append(obstacle)
    if obstacles:
        raise obstacles[0]
    raise NoEntry(Reason("there is no entry with this key"))


def _try(
    store: Store,
    manifest: Manifest,
    question: Question,
    now: Surroundings,
    namespace: dict[str, Any],
    recompile: Callable[[CodeType], CodeType],
) -> Ready:
    changes = differing_parts(manifest.parts, question.parts)
    changes += broken_conditions(manifest.conditions, now)
    if changes:
        raise NoEntry(reason_of(changes))
    if manifest.expires_at is not None and manifest.expires_at <= timestamp(datetime.now(UTC)):
        raise NoEntry(Reason(f"its entry expired at {manifest.expires_at}"), expired=True)
    try:
        ready = _restore(store, manifest, namespace, recompile)
    except (StoreError, CannotRestore, ImportError, ValueError) as error:
        reason = error.reason if isinstance(error, StoreError) else _cannot_restore(error)
        raise NoEntry(reason) from None
    if manifest.key != question.key.key:
        ready.notes.append("same inputs, though an upstream cell was edited")
    return ready


def _cannot_restore(error: Exception) -> Reason:
    return Reason(f"the entry cannot be restored ({error})", (Change("store"),))


def _restore(
    store: Store,
    manifest: Manifest,
    namespace: dict[str, Any],
    recompile: Callable[[CodeType], CodeType],
) -> Ready:
    shown = outputs.decode(bytes(store.read_blob(manifest, "outputs")))
    state = store.read_blob(manifest, "state")
    with muted():
        imported = {name: _import(*target) for name, target in manifest.imports.items()}
        group = load(state, namespace, recompile)
    variables = {**imported, **group["variables"]}
    if set(group["variables"]) != {row["name"] for row in manifest.variables}:
        raise Damaged("the stored variables are not those that the manifest lists")
    result = group["result"] if manifest.result else NO_RESULT
    return Ready(manifest, variables, shown, result, group["effects"], list(manifest.notes))


def _import(module: str, attribute: str | None, inner: list[str]) -> Any:
    loaded = importlib.import_module(module)
    for submodule in inner:
        importlib.import_module(submodule)
    if attribute is None:
        return sys.modules[module]
    if not hasattr(loaded, attribute):
        return importlib.import_module(f"{module}.{attribute}")
    return getattr(loaded, attribute)


@contextlib.contextmanager
def muted() -> Iterator[None]:
    """Importing a module may print; the stored outputs hold that text already."""
    silence = io.StringIO()
    with contextlib.redirect_stdout(silence), contextlib.redirect_stderr(silence):
        yield


def bind(ready: Ready, namespace: dict[str, Any]) -> None:
    """Put the variables of a hit into the namespace, as the run would have left it."""
    for name in ready.manifest.deleted:
        namespace.pop(name, None)
    namespace.update(ready.variables)
    generators.put_back(ready.effects["random"])
    settings.put_back_environment(ready.effects["environment"])
    if ready.effects["plotting"]:
        settings.start_plotting()


def why_missed(
    store: Store, question: Question, notebook: str | None, cell: str | None, label: str
) -> Reason:
    """Compare with the nearest entry of the same cell or label: the one with the fewest changes."""
    from ..store.index import Index  # a kernel that only hits is spared the database

    index = Index(store)
    index.refresh()
    nearest: tuple[int, tuple[Change, ...]] | None = None
    for found in index.nearest(notebook, cell, label)[:_MOST_COMPARED]:
        try:
            manifest = store.get(found)
        except (KeyError, StoreError):
            continue
        changes = differing_parts(manifest.parts, question.parts)
        changes += differing_upstream(manifest.parts, question.parts)
        if changes and (nearest is None or len(changes) < nearest[0]):
            nearest = (len(changes), changes)
    if nearest is None:
        return Reason("it has not been stored before")
    return reason_of(nearest[1])


def timestamp(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds, the form of all times in manifests."""
    return (
        moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"
    )


def notebook_of(namespace: Mapping[str, Any]) -> str | None:
    """Absolute path of the notebook as the front end told the kernel when it started it."""
    named = os.environ.get("JPY_SESSION_NAME") or namespace.get("__vsc_ipynb_file__")
    if isinstance(named, str) and os.path.isabs(named) and named.endswith(".ipynb"):
        return os.path.realpath(named)
    return None


def label_of(mark: Mark, bound: set[str]) -> str:
    """`--name`, else the first code line."""
    return mark.options.name or first_line(mark.body) or ", ".join(sorted(bound)) or "cell"


def new_manifest(
    question: Question,
    mark: Mark,
    *,
    duration: float,
    cell_id: str | None,
    notebook: str | None,
    conditions: dict[str, Any],
    variables: list[dict[str, Any]],
    deleted: list[str],
    imports: dict[str, Any],
    has_result: bool,
    notes: list[str],
) -> Manifest:
    """The manifest of a run that just ended; the store fills in the blobs."""
    now = datetime.now(UTC)
    ttl = mark.options.ttl
    return Manifest(
        format=1,
        id=make_id(question.key, conditions),
        key=question.key.key,
        base=question.key.base,
        created_at=timestamp(now),
        duration=round(duration, 3),
        label=label_of(mark, question.names.bound),
        notebook=notebook,
        cell_id=cell_id,
        source=mark.body,
        mark=mark.line,
        tags=list(mark.options.tags),
        expires_at=None if ttl is None else timestamp(now + timedelta(seconds=ttl)),
        parts=question.parts,
        conditions=conditions,
        variables=variables,
        deleted=deleted,
        imports=imports,
        result="value" if has_result else None,
        blobs=[],
        notes=notes,
    )


def record_new_key(store: Store, manifest: Manifest, question: Question, row: Row) -> str:
    """After an early cut-off: store the same result under the new key too; returns its id."""
    again = replace(
        manifest,
        id=make_id(question.key, manifest.conditions),
        key=question.key.key,
        parts=question.parts,
        cell_id=row.cell_id,
        source=row.source,
        blobs=[],
    )
    roles = [blob["role"] for blob in manifest.blobs]
    blobs = {role: [store.read_blob(manifest, role)] for role in roles}
    return store.publish(again, blobs).id
