"""Name the parts of live objects, so that a stored variable can refer to one instead of copying it.

A variable that holds a part of another cell's object (the last item of a list that a loop went
through, the index of a frame) must hold that very part again after a hit. Where the part is found
is a *path*: the name of the object, then one step after another. A path found when the entry is
stored leads to the same part later, because the object's digest is part of the key.

::

    path = [name, step, ...] | ["module:constant"]
    step = ["item", position]      of a list or tuple; the value at that position of a dictionary
         | ["attribute", name]     of an instance; `index` and `columns` of a frame
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from importlib import import_module
from itertools import islice
from typing import Any

Path = tuple[Any, ...]
Step = tuple[str, Any]

_LONGEST = 8


class References:
    """Finds paths to objects inside `named` objects; the search starts when it is first needed."""

    def __init__(self, named: Mapping[str, Any]) -> None:
        self._named = dict(named)
        self._whole = {id(value): (name,) for name, value in named.items()}
        self._parts: dict[int, Path] | None = None
        self._held: list[Any] = []

    def whole(self, value: object) -> Path | None:
        """The path of an object that is itself named."""
        return self._whole.get(id(value))

    def part(self, value: object) -> Path | None:
        """The shortest path to an object inside a named one, None if there is none."""
        if self._parts is None:
            self._parts = {}
            self._search(self._parts)
        return self._parts.get(id(value))

    def _search(self, parts: dict[int, Path]) -> None:
        pending: deque[tuple[Any, Path]] = deque((v, (n,)) for n, v in self._named.items())
        while pending:
            value, path = pending.popleft()
            if len(path) > _LONGEST:
                continue
            for step, inner in _steps(value):
                if id(inner) not in parts and id(inner) not in self._whole:
                    parts[id(inner)] = (*path, step)
                    self._held.append(inner)
                    pending.append((inner, (*path, step)))


def follow(path: Path, namespace: Mapping[str, Any]) -> Any:
    """The live object at the end of a path; KeyError or IndexError when there is none."""
    name, *steps = path
    module, _, constant = name.partition(":")
    value = getattr(import_module(module), constant) if constant else namespace[name]
    for kind, where in steps:
        value = getattr(value, where) if kind == "attribute" else _item(value, where)
    return value


def _item(value: Any, position: int) -> Any:
    if isinstance(value, dict):
        return next(islice(value.values(), position, None))
    return value[position]


def _steps(value: Any) -> Iterator[tuple[Step, Any]]:
    kind = type(value)
    if kind in (list, tuple):
        yield from ((("item", number), inner) for number, inner in enumerate(value))
    elif isinstance(value, dict):
        yield from ((("item", number), inner) for number, inner in enumerate(value.values()))
    elif kind.__module__.partition(".")[0] == "pandas":
        for name in ("index", "columns"):
            if kind.__name__ in ("DataFrame", "Series") and hasattr(value, name):
                yield ("attribute", name), getattr(value, name)
    elif kind.__module__ == "__main__":
        members = getattr(value, "__dict__", {})
        yield from ((("attribute", name), inner) for name, inner in members.items())
