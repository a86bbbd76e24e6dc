"""Turn a run that ended well into an entry, after checking that a hit will equal it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import CodeType
from typing import Any

from ..analysis.mark import Mark
from ..analysis.origin import Origin, origin_of_name, version_of
from ..difference import first_line
from ..errors import Uncacheable
from ..outcome import Reason
from ..store import Manifest, Store, make_id
from ..store.manifest import timestamp
from . import outputs, variables
from .ledger import Row
from .lookup import Surroundings
from .parts import Question
from .recording import Recorded
from .variables import NO_RESULT, Left, Stored
from .watch import notes


def store_run(
    store: Store,
    mark: Mark,
    question: Question,
    recorded: Recorded,
    surroundings: Surroundings,
    *,
    row: Row,
    duration: float,
    result: Any,
    namespace: dict[str, Any],
    recompile: Callable[[CodeType], CodeType],
) -> tuple[Manifest, list[str]]:
    """Check and publish a run; returns the manifest and the names of the variables.

    Raises
    ------
    Uncacheable
        with the first thing that a hit could not bring back.
    StoreError
        when the store did not take the entry.
    """
    recorded.refuse_by_deeds()
    shown = recorded.outputs()
    use = recorded.random_use(frozenset().union(*_mentions(question)))
    variables.check_inputs_unchanged(question, namespace)
    left = variables.collect(question, recorded.before, namespace)
    left.result = _displayed(result, shown)
    stored = variables.store(left, recorded.effects(use), question, namespace, recompile)
    packages = {p for p in stored.packages if origin_of_name(p) is Origin.INSTALLED}
    conditions = conditions_of(surroundings, use.conditions, packages)
    remarks = [*use.notes, *notes(*_mentions(question))]
    manifest = _manifest(
        question, mark, row, left, stored, conditions, remarks, duration, namespace
    )
    blobs: dict[str, list[bytes | memoryview]] = {
        "outputs": [outputs.encode(shown)],
        "state": stored.blob,
    }
    return store.publish(manifest, blobs), left.names


def _displayed(result: Any, shown: list[outputs.Output]) -> Any:
    results = [output for output in shown if output["type"] == "execute_result"]
    if len(results) > 1:
        raise Uncacheable(Reason("it displays more than one result"))
    if result.result is None:
        return NO_RESULT
    return result.result


def _mentions(question: Question) -> tuple[set[str], set[str]]:
    names, reached = question.names, question.reached
    return names.attributes | reached.attributes, names.inputs | reached.roots


def conditions_of(
    surroundings: Surroundings, random: Mapping[str, str], packages: set[str]
) -> dict[str, Any]:
    """What must be found again for an entry to count: see `lookup.broken_conditions`."""
    return {
        "random": dict(random),
        "settings": {name: text for name, text in surroundings.settings.items() if text},
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
        format=1,
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
        result=None if left.result is NO_RESULT else "value",
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
        blobs=[],
    )
    roles = [blob["role"] for blob in manifest.blobs]
    blobs = {role: [store.read_blob(manifest, role)] for role in roles}
    return store.publish(again, blobs)


def notebook_of(namespace: Mapping[str, Any]) -> str | None:
    """Absolute path of the notebook as the front end told the kernel when it started it."""
    named = os.environ.get("JPY_SESSION_NAME") or namespace.get("__vsc_ipynb_file__")
    if isinstance(named, str) and os.path.isabs(named) and named.endswith(".ipynb"):
        return os.path.realpath(named)
    return None


def label_of(mark: Mark, bound: set[str]) -> str:
    """`--name`, else the first code line."""
    return mark.options.name or first_line(mark.body) or ", ".join(sorted(bound)) or "cell"
