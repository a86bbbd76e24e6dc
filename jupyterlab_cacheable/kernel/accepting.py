"""A user says that a result still holds: it is recorded under the key that the cell has now."""

from __future__ import annotations

import getpass
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import CodeType
from typing import Any

from ..difference import sentence
from ..errors import UsageError
from ..outcome import Change, Reason
from ..state.references import Path
from ..state.restoring import CannotRestore, load
from ..store import Manifest, Store, make_id
from ..store.acceptance import Acceptance
from ..store.key import KEY_EPOCH
from ..store.manifest import timestamp
from . import outside
from .inputs import Members, references
from .ledger import Row
from .lookup import Surroundings, broken_conditions
from .parts import Question


@dataclass(frozen=True)
class Accepted:
    """What `%cacheable accept` answers."""

    label: str
    computed_at: str
    reason: Reason

    def __repr__(self) -> str:
        at = f"{self.computed_at[:10]} {self.computed_at[11:19]} UTC"
        return (
            f"{self.label}: the result of {at} is taken for the cell as it is now, though "
            f"{self.reason.sentence}\n"
            f"  %cacheable withdraw {self.label} takes that back"
        )


@dataclass(frozen=True)
class Withdrawn:
    """What `%cacheable withdraw` answers."""

    label: str

    def __repr__(self) -> str:
        return f"{self.label}: what was accepted was taken back"


def accept(
    store: Store,
    manifest: Manifest,
    reason: Reason,
    question: Question,
    now: Surroundings,
    row: Row,
    namespace: dict[str, Any],
) -> Manifest:
    """Record an entry under the key of a question, from which it differs by `reason`.

    Raises
    ------
    UsageError
        when a hit could not be made of it: a condition does not hold, or the result has to do with
        an input that has another value now.
    """
    broken = broken_conditions(manifest.conditions, now)
    broken = broken or outside.broken(manifest.conditions, store.environment_key)
    if broken:
        raise UsageError(f"{sentence(broken)}, so only a run can tell")
    _refuse_parts(store, manifest, reason.changes, question, namespace)
    at = timestamp(datetime.now(UTC))
    accepted = Acceptance(manifest.id, getpass.getuser(), at, reason)
    note = f"accepted by {accepted.by} on {at[:10]} though {reason.sentence}"
    new = replace(
        manifest,
        recipe=KEY_EPOCH,
        id=make_id(question.key, manifest.conditions),
        key=question.key.key,
        base=question.key.base,
        parts=question.parts,
        cell_id=row.cell_id,
        source=row.source,
        notes=[*manifest.notes, note],
        accepted=accepted.to_json(),
        verdict=None,
    )
    return store.publish_again(new)


def _refuse_parts(
    store: Store,
    manifest: Manifest,
    changes: Iterable[Change],
    question: Question,
    namespace: dict[str, Any],
) -> None:
    """Refuse a result that holds parts of an input, or changes one, that is another one now."""
    differing = {str(change.name) for change in changes if change.part == "inputs"}
    if not differing:
        return
    for kind, label, *_ in _paths(store, manifest, question, namespace):
        if label in differing and kind != "name":
            raise UsageError(f"it holds parts of the input '{label}', which has another value")
    for label in sorted(differing & {str(row["name"]) for row in manifest.variables}):
        raise UsageError(f"it changes the input '{label}', which had another value")


def _paths(
    store: Store, manifest: Manifest, question: Question, namespace: dict[str, Any]
) -> set[Path]:
    """Where the result refers to objects of other cells."""
    live = references(question, Members(question))
    found: set[Path] = set()

    def resolve(path: Path) -> Any:
        found.add(path[1:] if path[0] == "live" else path)
        return live.resolve(path)

    def as_stored(code: CodeType, _rank: int) -> CodeType:
        return code

    try:
        load(store.read_blob(manifest, "state"), namespace, as_stored, resolve)
    except (CannotRestore, LookupError, ValueError) as error:
        raise UsageError(f"its result cannot be read back here: {error}") from None
    return {path for path in found if path[0] in ("part", "member", "name")}
