"""Turn what a run left into one state blob, and check it.

A run is only stored when what a hit would restore is proven equal: the blob is read back once, and
every restored variable, and every changed input, must have the digest of the original.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from types import CodeType
from typing import Any

from ..analysis.closure import Closure
from ..digest import Digest, Undigestible, column_digest, describe, digest
from ..digest.lineage import Reading, is_figure, read_for
from ..digest.spans import overlap
from ..errors import Uncacheable
from ..outcome import Change, Reason
from ..state import container, patches
from ..state.frame_blocks import is_frame, memory_to_share
from ..state.memory import hidden_sharing
from ..state.pickling import SharedPart, Unstorable, dump
from ..state.references import Gone, Path
from ..state.restoring import CannotRestore, load
from ..state.scratch import Scratch
from .inputs import Changed, Inputs
from .parts import Question
from .recompile import Recompiler
from .set_order import shows_order
from .variables import NO_RESULT, Left


@dataclass
class Stored:
    """The chunks of an entry's state blob, and the manifest rows of its variables.

    ``figures`` are the matplotlib figures among what is stored. ``check`` gets the blob as it was
    written; it raises Uncacheable when a hit would not be equal.
    """

    blob: Iterable[bytes | memoryview]
    check: Callable[[memoryview], None]
    rows: list[dict[str, Any]]
    packages: set[str]
    figures: list[Any]


class Freezer:
    """Stores what one run left: the variables, the changed inputs, the result and the effects."""

    def __init__(
        self,
        left: Left,
        inputs: Inputs,
        changed: Changed,
        effects: Mapping[str, Any],
        question: Question,
        namespace: dict[str, Any],
    ) -> None:
        self._left = left
        self._changed = changed
        self._effects = dict(effects)
        self._question = question
        self._namespace = namespace
        self._references = inputs.references
        self._blocks = inputs.blocks
        self._figures: list[Any] = []
        self._foreign = question.reached.parts.union(*(f.parts for f in question.digests.values()))

    def store(self, recompile: Recompiler) -> Stored:
        """A checked state blob.

        Raises
        ------
        Uncacheable
            naming the variable that cannot be stored, its type and why.
        """
        with read_for(Reading.STORED):
            return self._store(recompile)

    def _store(self, recompile: Recompiler) -> Stored:
        left = self._left
        digests = _digest_all(left, self._namespace)
        changed = self._changed = self._really_changed(digests)
        _refuse_mixed_memory(digests, {**self._question.digests, **digests})
        objects = [(patches.kind_of(value), value) for value in changed.objects.values()]
        shown = [self._content(k, v) if k in patches.DEFINITIONS else v for k, v in objects]
        whole = _digest_group(self._group("changed", shown), self._namespace)
        self._figures = [v for v in whole.objects if is_figure(v)]
        self._refuse_shown_change(digests, whole)
        stream, buffers = self._pickled(whole, recompile.rank)
        self._refuse_shown_order(whole)
        for name, other in hidden_sharing(left.values, self._question.reached.values):
            raise _one_memory(name, other)

        def check(blob: memoryview) -> None:
            with read_for(Reading.STORED):
                restored = self._read_back(blob, recompile)
                self._verify(restored, whole, digests, Scratch(blob))

        rows = {name: _row(name, left.values[name], digests[name]) for name in left.values}
        roots = self._question.reached.values
        rows = {n: _row(n, roots[n], d) for n, d in changed.digests.items()} | rows
        ordered = [rows[name] for name in sorted(rows)]
        blob = container.pack(stream, buffers)
        return Stored(blob, check, ordered, whole.packages, self._figures)

    def _refuse_shown_order(self, whole: Digest) -> None:
        found = [*self._question.digests.values(), whole]
        if shows_order((each for part in found for each in part.sets), whole.objects):
            raise Uncacheable(
                Reason(
                    "it goes through a set in the order of this session, and what it makes shows "
                    "that order; use sorted() on the set"
                )
            )

    def _really_changed(self, digests: Mapping[str, Digest]) -> Changed:
        """The changed inputs without the objects in them that are told to be as they were."""
        changed = self._changed
        found = {**changed.digests, **digests}.values()
        stored = {id(v): v for v in changed.objects.values()}
        stored.update((id(v), v) for each in found for v in each.objects)
        self._blocks.note(changed.objects.keys(), stored.values(), self._digest_column)
        objects = {n: v for n, v in changed.objects.items() if not self._blocks.is_as_it_was(v)}
        return replace(changed, objects=objects)

    def _digest_column(self, values: Any) -> tuple[bytes, list[Any]]:
        try:
            definition = Closure(self._namespace, vars(builtins)).definition
            return column_digest(values, definition=definition)
        except Undigestible:
            return b"", []

    def _refuse_shown_change(self, digests: Mapping[str, Digest], whole: Digest) -> None:
        """Refuse what a frame was written to where an array shows that: it would have to stay so.

        A hit gives the frame new memory.
        """
        array = self._blocks.written(whole.objects)
        if array is None and not self._blocks.is_written_memory_shown(whole.objects):
            return
        held = {**self._changed.digests, **digests}
        names = [n for n, d in held.items() if any(part is array for part in d.objects)]
        what = f"'{names[0]}'" if names and names[0] else "an array of another cell"
        frames = [n for n, d in self._changed.digests.items() if any(map(is_frame, d.objects))]
        changed = f"its input {' or '.join(map(repr, frames))}" if frames else "a frame"
        sentence = f"it changes {changed}, and {what} shows its memory"
        raise Uncacheable(Reason(f"{sentence}; use .copy() for one of them"))

    def _group(self, name: str, changes: Any) -> dict[str, Any]:
        """What goes into the one stream of an entry: one graph, so shared objects stay shared."""
        group: dict[str, Any] = {
            "variables": self._left.values,
            name: changes,
            "effects": self._effects,
        }
        if self._left.result is not NO_RESULT:
            group["result"] = self._left.result
        return group

    def _content(self, kind: str | None, value: Any) -> Any:
        if kind == "class":
            return patches.class_content(value, self._changed.before[id(value)])
        return patches.KINDS[str(kind)].content(value)

    def _pickled(
        self, whole: Digest, rank: Callable[[CodeType], int]
    ) -> tuple[bytes, list[container.Buffer]]:
        kinds = [(patches.kind_of(value), value) for value in self._changed.objects.values()]
        changes = [[self._path(v), kind, self._content(kind, v)] for kind, v in kinds]

        shared = whole.shared | memory_to_share(whole.objects)

        def pickled(values: Mapping[str, Any]) -> tuple[bytes, list[container.Buffer]]:
            return dump(
                values,
                self._namespace,
                self._references,
                shared,
                self._foreign,
                rank,
                self._blocks,
            )

        try:
            more = {"figures": self._figures, "shown": self._shown()}
            return pickled({**self._group("changes", changes), **more})
        except (SharedPart, Unstorable) as error:
            left, changed = self._left, self._changed
            raise _cannot_be_stored(
                left, changed, self._question, pickled, changes, error
            ) from None

    def _shown(self) -> list[list[Any]]:
        """The blocks of changed frames whose memory others showed before the run."""
        frames = filter(is_frame, self._changed.objects.values())
        return [[self._path(frame), self._blocks.shown(frame)] for frame in frames]

    def _read_back(self, blob: memoryview, recompile: Recompiler) -> dict[str, Any]:
        """The group restored in scratch; changed inputs are blank objects given their content."""
        objects = list(self._changed.objects.values())
        blank = dict(zip(map(self._path, objects), patches.scratch(objects), strict=True))

        def resolve(path: Path) -> Any:
            if path[0] == "live":
                frame = self._references.resolve(path)
                is_old = path[1:] in blank or isinstance(frame, Gone)
                return self._blocks.as_found(frame) if is_old else frame
            return blank[path] if path in blank else self._references.resolve(path)

        try:
            group = load(blob, self._namespace, recompile, resolve)
            changes = group["changes"]
            for patch in patches.prepare(changes, resolve):
                if patch.name not in patches.DEFINITIONS:
                    patch.put()
        except (CannotRestore, LookupError, ValueError) as error:
            raise Uncacheable(Reason(f"its variables cannot be read back: {error}")) from None
        group["changed"] = [
            content if kind in patches.DEFINITIONS else resolve(tuple(path))
            for path, kind, content in changes
        ]
        return group

    def _path(self, value: object) -> Path:
        path = self._references.path(value)
        assert path is not None
        return path

    def _verify(
        self,
        restored: dict[str, Any],
        whole: Digest,
        digests: Mapping[str, Digest],
        scratch: Scratch,
    ) -> None:
        """Compare digests of the whole; if they differ, find the variable."""
        group = {name: restored[name] for name in self._group("changed", None)}
        if _digest_group(group, self._namespace, scratch.release).text == whole.text:
            return
        closure = Closure(self._namespace, vars(builtins))
        found = {**group["variables"], **({"": group["result"]} if "result" in group else {})}
        for name, original in digests.items():
            if digest(found[name], definition=closure.definition).text != original.text:
                what = f"the variable '{name}'" if name else "its last value"
                raise Uncacheable(Reason(f"{what} does not come back the same from the store"))
        names = " or ".join(f"'{name}'" for name in self._changed.names)
        what = f"the change of its input {names}" if names else "what its variables share"
        raise Uncacheable(Reason(f"{what} does not come back the same from the store"))


def _one_memory(name: str, other: str) -> Uncacheable:
    remedy = "make one of them from a copy (.copy(), .clone(), copy=True)"
    return Uncacheable(Reason(f"the variable '{name}' shares memory with '{other}'; {remedy}"))


def _refuse_mixed_memory(variables: Mapping[str, Digest], others: Mapping[str, Digest]) -> None:
    """Refuse a variable over memory that a variable or input of another library uses."""
    for name, left in variables.items():
        for other, found in others.items():
            both = [*left.spans, *found.spans] if name != other and found.spans else []
            if name and overlap(both) is not None:
                raise _one_memory(name, other)


def _digest_all(left: Left, namespace: Mapping[str, Any]) -> dict[str, Digest]:
    closure = Closure(namespace, vars(builtins))
    digests = {}
    for name, value in left.values.items():
        digests[name] = _digest_one(closure, value, f"the variable '{name}'", name)
    if left.result is not NO_RESULT:
        digests[""] = _digest_one(closure, left.result, "its last value", None)
    return digests


def _digest_one(closure: Closure, value: Any, what: str, name: str | None) -> Digest:
    try:
        return digest(value, definition=closure.definition)
    except Undigestible as refused:
        type_name, _ = describe(value)
        itself = refused.type_name.rpartition(".")[2] == type_name
        inner = "" if itself else f", because of a {refused.type_name} in it"
        remedy = "" if name else "; use display() or end the line with ;"
        sentence = f"{what} ({type_name}) cannot be stored{inner}: {refused.why}{remedy}"
        raise Uncacheable(Reason(sentence, (Change("inputs", name),))) from None


def _cannot_be_stored(
    left: Left,
    changed: Changed,
    question: Question,
    pickled: Callable[[Mapping[str, Any]], object],
    changes: list[Any],
    error: SharedPart | Unstorable,
) -> Uncacheable:
    """Find which variable or change the failure belongs to by storing one at a time."""
    named = [(f"the variable '{name}'", value, value) for name, value in left.values.items()]
    inputs = " or ".join(f"'{name}'" for name in changed.names)
    for content, value in zip(changes, changed.objects.values(), strict=True):
        named.append((f"the change of its input {inputs}", value, content))
    for what, value, content in named:
        try:
            pickled({"": content})
        except (SharedPart, Unstorable) as own:
            return _explained(what, describe(value)[0], own, question)
    return _explained("its last value", describe(left.result)[0], error, question)


def _explained(
    what: str, type_name: str, error: SharedPart | Unstorable, question: Question
) -> Uncacheable:
    if isinstance(error, SharedPart):
        owners = (name for name, found in question.digests.items() if error.part in found.parts)
        owner = next(owners, None)
        shared = f"'{owner}'" if owner else "a function"
        sentence = f"{what} shares data with {shared} of another cell"
        return Uncacheable(Reason(sentence, (Change("inputs", owner),)))
    return Uncacheable(Reason(f"{what} ({type_name}) cannot be stored: {error}"))


def _digest_group(
    group: Mapping[str, Any],
    namespace: Mapping[str, Any],
    done: Callable[[int, int], None] | None = None,
) -> Digest:
    """One digest over all of a group: it also tells what the variables share.

    Raises Uncacheable when the variables have digests one by one but not together.
    """
    try:
        definition = Closure(namespace, vars(builtins)).definition
        return digest(dict(group), definition=definition, done=done)
    except Undigestible as refused:
        found = re.match(r"\['variables'\]\['(\w+)'\]", refused.path)
        what = f"the variable '{found[1]}'" if found else "its variables"
        kind = refused.type_name.rpartition(".")[2]
        sentence = f"{what} cannot be stored, because of a {kind}: {refused.why}"
        raise Uncacheable(Reason(sentence)) from None


def _row(name: str, value: Any, found: Digest) -> dict[str, Any]:
    type_name, summary = describe(value)
    size = int(value.nbytes) if type(value).__module__ == "numpy" else 0
    return {
        "name": name,
        "type": type_name,
        "summary": summary,
        "digest": found.text,
        "size": size,
    }
