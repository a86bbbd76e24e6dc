"""The inputs of a cell: which of them the run changed in place, and how to refer to them."""

from __future__ import annotations

import builtins
import functools
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any

from ..analysis.closure import Closure
from ..analysis.generic import registry_of
from ..analysis.members import TooMany, members
from ..digest import Digest, Undigestible, describe, digest
from ..digest.lineage import Reading, read_for
from ..errors import Uncacheable
from ..outcome import Change, Reason
from ..state import patches
from ..state.live_blocks import LiveBlocks
from ..state.references import Gone, References, has_identity
from .parts import Question


class Members(dict[str, list[Any]]):
    """What can change inside the functions and classes of each input, listed when asked for."""

    def __init__(self, question: Question) -> None:
        super().__init__()
        self._question = question

    def __missing__(self, label: str) -> list[Any]:
        known = self._question.reached
        value = known.defined[label] if label in known.defined else known.values[label]
        try:
            self[label] = members(self._question.closure, value)
        except (TooMany, Undigestible):
            self[label] = []
        return self[label]

    def list_all(self) -> None:
        """List those of every input; a run changes what is there to be listed."""
        digests = self._question.digests
        for label in (*self._question.reached.defined, *digests):
            if label not in digests or digests[label].definitions:
                self[label]


class Inputs:
    """The inputs as a run finds them: what it may change in place."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self._members = Members(question)
        self._members.list_all()
        self.references = references(question, self._members)
        self.blocks = _live_blocks(question.digests.values())
        everything = (value for found in self._members.values() for value in found)
        self._classes = {id(v): patches.class_state(v) for v in everything if isinstance(v, type)}
        self._implementations = {
            number: _implementations(value) for number, (value, _) in question.reached.made.items()
        }
        self._inside = self._inside_definitions(question.closure)
        self._fixed = self._digest_fixed()
        self._outlines = self._outline_all()
        self._kinds = self._classes_of_objects()
        values = question.reached.values
        self._asked = {label: _times_asked(value) for label, value in values.items()}

    def holders(self) -> list[dict[Any, Any] | list[Any]]:
        """What keeps the inputs alive."""
        reached, digests = self._question.reached, self._question.digests.values()
        lists = [*(found.objects for found in digests), *self._members.values()]
        return [reached.values, self.references.named, *lists, *self.blocks.holders()]

    def ids(self) -> list[set[int]]:
        """The sets in which the inputs are known by their ids."""
        return [found.parts for found in self._question.digests.values()]

    def _outline_all(self) -> dict[int, Any]:
        lists = [digested.objects for digested in self._question.digests.values()]
        found = {
            id(v): patches.outline(v) for each in (*lists, *self._members.values()) for v in each
        }
        return {number: outline for number, outline in found.items() if outline is not None}

    def _classes_of_objects(self) -> dict[int, type]:
        """The class of every object, if the code may give it another one."""
        names, reached = self._question.names, self._question.reached
        mentioned = names.attributes | reached.attributes | names.strings | reached.strings
        if "__class__" not in mentioned:
            return {}
        digests = self._question.digests.values()
        return {id(v): type(v) for digested in digests for v in digested.objects}

    def _digest_fixed(self) -> dict[int, str]:
        """The digests of objects that cannot be changed in place, to see that they were not."""
        kinds: dict[type, bool] = {}
        found = {}
        for digested in self._question.digests.values():
            for value in digested.objects:
                kind = type(value)
                if kind not in kinds:
                    kinds[kind] = value is not None and patches.kind_of(value) is None
                if kinds[kind]:
                    found[id(value)] = self._digest(value)
        return found

    def _digest(self, value: Any) -> str:
        return digest(value, definition=self._question.closure.definition).text

    def changed(self, namespace: Mapping[str, Any]) -> Changed:
        """Digest every input again.

        Objects are digested as they were found; members of local modules are also looked up again,
        because a function may have bound another object to the name.

        Raises
        ------
        Uncacheable
            naming the first input whose change cannot be made again.
        """
        with read_for(Reading.AFTER):
            return self._changed(namespace)

    def _changed(self, namespace: Mapping[str, Any]) -> Changed:
        closure = Closure(namespace, vars(builtins))
        known = self._question.reached
        # Definitions first, as when the key was made: the order decides where recursion is cut.
        for label, value in known.defined.items():
            if _moved(label, value):
                raise _changes(label, "")
            closure.definition(value)
        changed = Changed(before=self._classes)
        for label, value in known.values.items():
            if isinstance(value, Gone):
                continue
            if _moved(label, value):
                raise _changes(label, "")
            now = _digest_again(closure, label, value)
            asked = _times_asked(value) != self._asked[label]
            if asked or not _same(now, self._question.digests[label]):
                changed.digests[label] = now
        self._add_definitions(changed, closure)
        self._add_objects(changed)
        if id(namespace.get("_oh")) in changed.objects:
            # Under the number that the cell had then: a hit keeps it under its own.
            raise _changes("Out", ", which keeps the last value of the cell too; end it with ;")
        return changed

    def _inside_definitions(self, closure: Closure) -> dict[str, list[int]]:
        """The ids of what stands in the definitions of each input: an equal list or function that
        was put in the place of another one is a change.
        """
        digests = self._question.digests
        found = {}
        for label in self._members:
            definitions = [self._question.reached.defined.get(label)]
            if label in digests:
                definitions = list({id(d): d for d in digests[label].definitions}.values())
            try:
                parts = [part for each in definitions for part in members(closure, each)]
            except (TooMany, Undigestible):
                parts = []
            found[label] = [id(part) for part in parts]
        return found

    def _add_definitions(self, changed: Changed, closure: Closure) -> None:
        edited = {
            number
            for number, (value, text) in self._question.reached.made.items()
            if closure.definition(value) != text
            or _implementations(value) != self._implementations[number]
        }
        for label, held in self._inside_definitions(closure).items():
            if held != self._inside[label]:
                edited.update(id(v) for v in self._members[label] if _is_definition(v))
        listed: set[int] = set()
        for label, found in self._members.items():
            inside = edited.intersection(map(id, found))
            if not inside:
                continue
            if label not in changed.digests:
                changed.definitions.append(label)
            listed |= inside
            for value in found:
                if not _is_definition(value) or id(value) in inside:
                    self._add(changed, label, value)
        for number in edited - listed:
            value = self._question.reached.made[number][0]
            kind = "class" if isinstance(value, type) else "function"
            name = getattr(value, "__name__", "?")
            why = f", a {kind} that it only reaches through others; change it where it is defined"
            raise _changes(name, why)

    def _add_objects(self, changed: Changed) -> None:
        for label in changed.digests:
            for value in self._question.digests[label].objects:
                self._add(changed, label, value)

    def _add(self, changed: Changed, label: str, value: Any) -> None:
        if value is None or isinstance(value, Gone) or id(value) in changed.objects:
            return
        if patches.kind_of(value) is None:
            if self._digest(value) == self._fixed.get(id(value)):
                return
            raise _changes(label, f", and a {describe(value)[0]} cannot be changed in place")
        if self._kinds.get(id(value), type(value)) is not type(value):
            raise _changes(label, ", which has another class now")
        if patches.outline(value) != self._outlines.get(id(value)):
            raise _changes(
                label, f", and this change of a {describe(value)[0]} cannot be made in place"
            )
        changed.objects[id(value)] = value


@dataclass
class Changed:
    """The inputs that a run changed in place.

    ``digests`` holds the digest of each as it is now, ``definitions`` the functions and classes
    among them, ``objects`` every object that was in one of them before the run, by id, and
    ``before`` the states of classes as they were, by id.
    """

    before: dict[int, dict[str, Any]]
    digests: dict[str, Digest] = field(default_factory=dict)
    definitions: list[str] = field(default_factory=list)
    objects: dict[int, Any] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """The inputs that were changed."""
        return [*self.digests, *self.definitions]


def _digest_again(closure: Closure, label: str, value: Any) -> Digest:
    try:
        return digest(value, definition=closure.definition)
    except Undigestible as refused:
        why = f", which now holds a {refused.type_name}: {refused.why}"
        raise _changes(label, why) from None


def _times_asked(value: Any) -> tuple[int, int] | None:
    """Hits and misses of a function that remembers results."""
    if not isinstance(value, functools._lru_cache_wrapper):
        return None
    info = value.cache_info()
    return info.hits, info.misses


def _same(now: Digest, before: Digest) -> bool:
    """Equal content in the very same objects: an equal copy put in its place is a change."""
    return now.text == before.text and all(
        list(map(id, found)) == list(map(id, known))
        for found, known in (
            (now.objects, before.objects),
            (now.definitions, before.definitions),
        )
    )


def _is_definition(value: object) -> bool:
    return isinstance(value, FunctionType | type)


def _implementations(value: object) -> dict[type, Any]:
    """What a generic function calls for each class; nothing for anything else."""
    return dict(registry_of(value) or {}) if isinstance(value, FunctionType) else {}


def _moved(label: str, value: object) -> bool:
    """True when a label `module.member` of a local module now leads to another object."""
    module, _, member = label.rpartition(".")
    return bool(module) and vars(sys.modules[module]).get(member) is not value


def _changes(label: str, why: str) -> Uncacheable:
    return Uncacheable(Reason(f"it changes its input '{label}'{why}", (Change("inputs", label),)))


def _live_blocks(digests: Iterable[Digest]) -> LiveBlocks:
    found = [*digests]
    contents = {key: content for each in found for key, content in each.contents.items()}
    return LiveBlocks((value for each in found for value in each.objects), contents)


def references(question: Question, found: Mapping[str, list[Any]]) -> References:
    """Objects of other cells that a variable may hold: stored as their path, never as a copy."""
    known = {**question.reached.values, **question.reached.defined}
    named = {name: value for name, value in known.items() if has_identity(value)}
    objects = {label: digested.objects for label, digested in question.digests.items()}
    return References(named, objects, found)
