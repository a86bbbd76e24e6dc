"""The variables a cell leaves: choose them, digest them, turn them into one state blob, check it.

A run is only stored when what a hit would restore is proven equal: the blob is read back once, and
every restored variable must have the digest of the original.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import CodeType, ModuleType
from typing import Any

from ..analysis.closure import Closure
from ..analysis.names import Names
from ..digest import Digest, Undigestible, describe, digest
from ..errors import Uncacheable
from ..outcome import Change, Reason
from ..state import container
from ..state.memory import hidden_sharing
from ..state.pickling import SharedPart, Unstorable, dump
from ..state.references import References
from ..state.restoring import CannotRestore, load
from .parts import Question

NO_RESULT = object()
"""Stands for "the cell displayed no value"."""

_PLACEHOLDER = object()
_ABSENT = object()

_IPYTHON = frozenset(
    "In Out _ __ ___ _i _ii _iii _ih _oh _dh exit quit open get_ipython "
    "__warningregistry__ __annotations__".split()
)


@dataclass
class Left:
    """What the run left in the namespace, sorted by how a hit brings it back.

    ``imports`` maps a name to its module, the attribute of it or None, and the submodules that
    were imported along with it.
    """

    values: dict[str, Any] = field(default_factory=dict)
    imports: dict[str, list[Any]] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)
    result: Any = NO_RESULT

    @property
    def names(self) -> list[str]:
        """Names of the variables, for the outcome and the panel."""
        return sorted({*self.values, *self.imports})


@dataclass
class Stored:
    """The state blob of an entry, and the manifest rows of its variables."""

    blob: list[bytes | memoryview]
    rows: list[dict[str, Any]]
    packages: set[str]


class Before(AbstractContextManager["Before"]):
    """The namespace as the cell found it.

    While this is open, names that the cell may or may not bind, and that nothing in it can read,
    hold a placeholder. What stands there afterwards tells exactly what the cell did with them:
    the placeholder (nothing), a value (bound), no name at all (deleted).
    """

    def __init__(self, question: Question, namespace: dict[str, Any]) -> None:
        names, reached = question.names, question.reached
        self.names = frozenset(namespace)
        # Kept alive, so that a new object cannot be mistaken for the old one at its address.
        self.written = {n: namespace[n] for n in reached.written if n in namespace}
        self.placed: dict[str, Any] = {}
        self.deleted: set[str] = set()
        self.untouched: set[str] = set()
        self._namespace = namespace
        self._unsure = (names.bound | names.deleted) - names.definite - names.inputs - reached.roots

    def __enter__(self) -> Before:
        for name in self._unsure:
            self.placed[name] = self._namespace.get(name, _ABSENT)
            self._namespace[name] = _PLACEHOLDER
        return self

    def __exit__(self, *_exception: object) -> None:
        """Take the placeholders away; what the cell bound or deleted stays so."""
        for name, value in self.placed.items():
            if name not in self._namespace:
                self.deleted.add(name)
            elif self._namespace[name] is not _PLACEHOLDER:
                continue
            elif value is _ABSENT:
                del self._namespace[name]
            else:
                self._namespace[name] = value
                self.untouched.add(name)
        self.placed.clear()


def collect(question: Question, before: Before, namespace: Mapping[str, Any]) -> Left:
    """Sort what the cell bound and deleted.

    Raises
    ------
    Uncacheable
        when names appeared or vanished that the analysis did not foresee.
    """
    names = question.names
    foreseen = names.bound | names.deleted | question.reached.written
    appeared = {n for n in namespace.keys() - before.names - foreseen if not is_ipythons(n)}
    vanished = before.names - namespace.keys() - foreseen
    for name in sorted(appeared | vanished):
        raise Uncacheable(Reason(f"it changes the name '{name}' in a way that was not foreseen"))
    gone = {n for n in foreseen & before.names if n not in namespace}
    left = Left(deleted=sorted(before.deleted | gone))
    for name in sorted((foreseen & namespace.keys()) - before.untouched):
        unbound = name not in names.bound
        if not (unbound and before.written.get(name, NO_RESULT) is namespace[name]):
            _sort_in(left, name, namespace[name], names)
    return left


def is_ipythons(name: str) -> bool:
    """True for names that IPython and Python themselves keep (`_`, `Out`, `_i3`, ...)."""
    return name in _IPYTHON or (name.lstrip("_i").isdigit() and name.startswith("_"))


def _sort_in(left: Left, name: str, value: Any, names: Names) -> None:
    if isinstance(value, ModuleType) and sys.modules.get(value.__name__) is value:
        inner = sorted(m for m in names.modules if m.startswith(value.__name__ + "."))
        left.imports[name] = [value.__name__, None, inner]
        return
    imported = names.imports.get(name)
    if imported is not None and imported[1] is not None:
        module = sys.modules.get(imported[0])
        if module is not None and getattr(module, imported[1], NO_RESULT) is value:
            left.imports[name] = [imported[0], imported[1], []]
            return
    left.values[name] = value


def check_inputs_unchanged(question: Question, namespace: Mapping[str, Any]) -> None:
    """Digest every input again; raises Uncacheable naming the first that the cell changed.

    Objects are digested as they were found; members of local modules are also looked up again,
    because a function may have bound another object to the name.
    """
    closure = Closure(namespace, vars(builtins))
    known = question.reached
    # Definitions first, as when the key was made: the order decides where recursion is cut.
    for label, value in known.defined.items():
        if _moved(label, value) or closure.definition(value) != known.definitions[label]:
            raise _changes_input(label)
    for label, value in known.values.items():
        try:
            same = digest(value, definition=closure.definition).text == question.digests[label].text
        except Undigestible:
            same = False
        if _moved(label, value) or not same:
            raise _changes_input(label)


def _moved(label: str, value: object) -> bool:
    """True when a label `module.member` of a local module now leads to another object."""
    module, _, member = label.rpartition(".")
    return bool(module) and vars(sys.modules[module]).get(member) is not value


def _changes_input(label: str) -> Uncacheable:
    return Uncacheable(Reason(f"it changes its input '{label}'", (Change("inputs", label),)))


def references(question: Question) -> References:
    """Objects of other cells that a variable may hold: stored as their path, never as a copy."""
    known = {**question.reached.values, **question.reached.defined}
    return References(
        {
            label: value
            for label, value in known.items()
            if "." not in label and not isinstance(value, _IMMUTABLE)
        }
    )


_IMMUTABLE = (bool, int, float, complex, str, bytes, type(None), type(...))


def store(
    left: Left,
    effects: Mapping[str, Any],
    question: Question,
    namespace: dict[str, Any],
    recompile: Callable[[CodeType], CodeType],
) -> Stored:
    """Turn the variables, the result and the effects to repeat into a checked state blob.

    Raises
    ------
    Uncacheable
        naming the variable that cannot be stored, its type and why.
    """
    digests = _digest_all(left, namespace)
    group = as_group(left, effects)
    whole = _digest_group(group, namespace)
    named = references(question)
    foreign = question.reached.parts.union(*(f.parts for f in question.digests.values()))

    def pickled(values: Mapping[str, Any]) -> tuple[bytes, list[memoryview]]:
        return dump(values, namespace, named, whole.shared, foreign)

    try:
        stream, buffers = pickled(group)
    except (SharedPart, Unstorable) as error:
        raise _cannot_be_stored(left, question, pickled, error) from None
    for name, other in hidden_sharing(left.values, question.reached.values):
        raise Uncacheable(Reason(f"the variable '{name}' shares memory with '{other}'"))
    blob = b"".join(container.pack(stream, buffers))
    _verify(blob, whole, digests, namespace, recompile)
    rows = [_row(name, left.values[name], digests[name]) for name in sorted(left.values)]
    return Stored([blob], rows, whole.packages)


def as_group(left: Left, effects: Mapping[str, Any]) -> dict[str, Any]:
    """What goes into the one stream of an entry: one graph, so shared objects stay shared."""
    group: dict[str, Any] = {"variables": left.values, "effects": dict(effects)}
    if left.result is not NO_RESULT:
        group["result"] = left.result
    return group


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
        sentence = f"{what} ({type_name}) cannot be stored{inner}{remedy}"
        raise Uncacheable(Reason(sentence, (Change("inputs", name),))) from None


def _cannot_be_stored(
    left: Left,
    question: Question,
    pickled: Callable[[Mapping[str, Any]], object],
    error: SharedPart | Unstorable,
) -> Uncacheable:
    """Find which variable the failure belongs to by storing one at a time."""
    for name, value in left.values.items():
        try:
            pickled({name: value})
        except (SharedPart, Unstorable) as own:
            type_name, _ = describe(value)
            return _explained(f"the variable '{name}'", type_name, own, question)
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


def _digest_group(group: Mapping[str, Any], namespace: Mapping[str, Any]) -> Digest:
    """One digest over all of a group: it also tells what the variables share.

    Raises Uncacheable when the variables have digests one by one but not together.
    """
    try:
        return digest(dict(group), definition=Closure(namespace, vars(builtins)).definition)
    except Undigestible as refused:
        sentence = f"its variables cannot be stored: {refused.path} is a {refused.type_name}"
        raise Uncacheable(Reason(sentence)) from None


def _verify(
    blob: bytes,
    whole: Digest,
    digests: Mapping[str, Digest],
    namespace: dict[str, Any],
    recompile: Callable[[CodeType], CodeType],
) -> None:
    """Read the blob back in scratch and compare digests, of the whole and then of each variable."""
    try:
        group = load(memoryview(bytearray(blob)), namespace, recompile)
    except CannotRestore as error:
        raise Uncacheable(Reason(f"its variables cannot be read back: {error}")) from None
    if _digest_group(group, namespace).text == whole.text:
        return
    closure = Closure(namespace, vars(builtins))
    restored = {**group["variables"], **({"": group["result"]} if "result" in group else {})}
    for name, original in digests.items():
        if digest(restored[name], definition=closure.definition).text != original.text:
            what = f"the variable '{name}'" if name else "its last value"
            raise Uncacheable(Reason(f"{what} does not come back the same from the store"))
    raise Uncacheable(Reason("what its variables share does not come back the same"))


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
