"""Change live objects in place, so that everybody who holds them sees it.

A cell may change an object that another cell made: append to its list, add a column to its frame,
fit its estimator. Whoever else holds the object sees the change. A hit therefore must not bind a
copy to the name: it gives the live object the content that the run left in it. The objects inside
are patched one by one; a content refers to those that were there before and holds the others.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import FunctionType
from typing import Any

from . import arrays, containers, definitions, figures, frames, instances, memos, tables, tensors
from .definitions import class_content, class_state
from .kind import Kind

__all__ = [
    "DEFINITIONS",
    "KINDS",
    "Patch",
    "class_content",
    "class_state",
    "kind_of",
    "outline",
    "prepare",
    "scratch",
]

_MODULES = (containers, instances, arrays, frames, tables, tensors, figures, memos, definitions)
KINDS: dict[str, Kind] = {name: kind for each in _MODULES for name, kind in each.KINDS.items()}
DEFINITIONS = frozenset(definitions.KINDS)

_BY_PACKAGE: dict[str, Callable[[Any], str | None]] = {
    "matplotlib": figures.kind_of,
    "mpl_toolkits": figures.kind_of,
    "numpy": arrays.kind_of,
    "pandas": frames.kind_of,
    "polars": tables.kind_of,
    "torch": tensors.kind_of,
}


@dataclass(frozen=True)
class Patch:
    """A live object and the content that it will be given."""

    live: Any
    name: str
    content: Any

    @property
    def is_sure(self) -> bool:
        """Whether putting cannot fail, since `fits` has agreed; others may run code of the user."""
        return KINDS[self.name].is_sure

    def put(self) -> None:
        """Give the object its content."""
        KINDS[self.name].put(self.live, self.content)

    def opposite(self) -> Patch:
        """The patch that gives the object what it holds now."""
        kind = KINDS[self.name]
        if kind.saved is not None:
            return Patch(self.live, self.name, kind.saved(self.live, self.content))
        return Patch(self.live, self.name, kind.content(self.live))


def prepare(changes: list[Any], resolve: Callable[[Any], Any]) -> list[Patch]:
    """The patches of a stream, each checked against the live object that `resolve` finds.

    Raises ValueError or LookupError when an object cannot be given its content. Objects that other
    objects are sorted by (the keys of a dictionary) are patched before those that hold them.
    """
    found = []
    for path, name, content in changes:
        live, kind = resolve(tuple(path)), KINDS[name]
        if kind_of(live) != name or not kind.fits(live, content):
            raise ValueError(f"a {type(live).__name__} cannot be changed as the run did")
        found.append(Patch(live, name, content))
    found.reverse()  # an artist gives what it holds its own mark, so what it holds comes first
    return sorted(found, key=lambda patch: patch.name in containers.HASHING)


def kind_of(value: object) -> str | None:
    """The name of the kind of an object; None when it cannot be changed in place."""
    found = containers.EXACT.get(type(value)) or memos.kind_of(value) or definitions.kind_of(value)
    if found is not None or isinstance(value, type):
        return found
    package = str(type(value).__module__).partition(".")[0]
    if package in _BY_PACKAGE and package in sys.modules:
        found = _BY_PACKAGE[package](value)
        if found == frames.NEVER:
            return None
    if found is None and tensors.is_optimizer(value):
        return "optimizer"
    return found or ("instance" if instances.has_only_attributes(value) else None)


def outline(value: object) -> Any:
    """What of an object stays as it is when it is given a new content; None for nothing."""
    package = str(type(value).__module__).partition(".")[0]
    if package not in _BY_PACKAGE and not isinstance(value, FunctionType | type):
        return None
    name = kind_of(value)
    return None if name is None else KINDS[name].outline(value)


def scratch(objects: list[Any]) -> list[Any]:
    """For each object a blank one of its kind, to try a content on; definitions stay themselves.

    Arrays over one memory become arrays over one new memory.
    """
    made: dict[int, Any] = {}
    memories: dict[int, Any] = {}
    storages: dict[int, Any] = {}
    for value in objects:
        if id(value) in made:
            continue
        kind = KINDS[str(kind_of(value))]
        if kind is KINDS["ndarray"]:
            blank = arrays.blank_view(value, memories, storages)
        elif kind is KINDS["tensor"]:
            blank = tensors.blank_over(value, storages)
        else:
            blank = kind.blank(value)
        made[id(value)] = blank
        made.update(zip(map(id, kind.inner(value)), kind.inner(blank), strict=True))
    return [made[id(value)] for value in objects]
