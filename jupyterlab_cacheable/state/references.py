"""Refer to live objects, so that a stored variable can name one instead of copying it.

A variable that holds a part of another cell's object (the last item of a list that a loop went
through, the index of a frame) must hold that very part again after a hit. A part is named by the
input that it was met in and by its number in the walk that digested the input: the digest is part
of the key, and values with equal digests have equal objects at equal places.

::

    path = ("name", input)             the input itself, or a function or class that is used
         | ("part", input, number)     the mutable object met as that number in the input
         | ("member", input, number)   what stands there in the list of the members of its classes
                                       and functions
         | ("live", *path)             a frame as it is before the entry's changes are made
         | ("constant", module, name)  a constant of an installed module
         | ("number", number, marshalled)   a number of the stream's own that is met again
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

from .memory import is_array, memory_of

Path = tuple[Any, ...]


class Gone:
    """Stands for an object of another cell that ended while the cell ran: nobody can change it."""


class References:
    """The objects of other cells: `named` by input, the `objects` met in each input, and the
    `members` of the functions and classes in it.
    """

    def __init__(
        self,
        named: Mapping[str, Any],
        objects: Mapping[str, Sequence[Any]],
        members: Mapping[str, Sequence[Any]],
    ) -> None:
        self.named = {**named}
        self._objects = objects
        self._members = members
        self._paths: dict[int, Path] | None = None

    def path(self, value: object) -> Path | None:
        """The path of a live object, None for one that no other cell holds."""
        if self._paths is None:
            self._paths = dict(self._found())
        return self._paths.get(id(value))

    def _found(self) -> list[tuple[int, Path]]:
        """Ids and paths; where two paths lead to one object, the last one counts.

        The texts in a path are objects of its own: the text "name" may itself be a variable.
        """
        texts = ("member", "part", "name", *self._members, *self._objects, *self.named)
        own = {text: _copied(text) for text in texts}
        parts = [
            (id(part), (own[kind], own[label], number))
            for kind, lists in (("member", self._members), ("part", self._objects))
            for label, objects in lists.items()
            for number, part in enumerate(objects)
            if part is not None
        ]
        named = [(id(v), (own["name"], own[name])) for name, v in self.named.items()]
        return [*parts, *named]

    def around(self, array: Any) -> Any | None:
        """A live array of other cells, without gaps, in whose memory all of `array` lies."""
        memory = id(memory_of(array))
        low, high = _bounds(array)
        for objects in self._objects.values():
            for part in objects:
                if is_array(part) and part.flags.forc and id(memory_of(part)) == memory:
                    first, last = _bounds(part)
                    if first <= low and high <= last:
                        return part
        return None

    def first(self, fits: Callable[[Any], bool]) -> Any | None:
        """The first live object of other cells that fits."""
        every = (part for objects in self._objects.values() for part in objects)
        return next((part for part in every if part is not None and fits(part)), None)

    def resolve(self, path: Path) -> Any:
        """The live object at the end of a path; LookupError or ImportError when there is none."""
        kind, name, *place = path
        if kind == "live":
            return self.resolve((name, *place))
        if kind == "constant":
            return getattr(import_module(name), place[0])
        if kind == "name":
            return self.named[name]
        lists = self._members if kind == "member" else self._objects
        return lists[name][place[0]]


def has_identity(value: object) -> bool:
    """True where a copy could be told from the object: Python keeps one of each small value."""
    if type(value) is int:
        return value not in _SMALL
    if type(value) in (str, bytes):
        return len(value) > 1  # type: ignore[arg-type]
    return type(value) not in (bool, type(None), type(...))


_SMALL = range(-5, 257)


def _copied(text: str) -> str:
    """An equal text that is another object."""
    return f"{text} "[:-1]


def _bounds(array: Any) -> tuple[int, int]:
    """First and last address of the elements of an array."""
    low = high = array.__array_interface__["data"][0]
    for length, step in zip(array.shape, array.strides, strict=True):
        reach = (length - 1) * step
        low, high = min(low, low + reach), max(high, high + reach)
    return low, high + array.itemsize
