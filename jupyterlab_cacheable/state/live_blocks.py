"""The memory of the frames of other cells, into which frames and arrays that are stored may look.

What is stored of such memory is where it is: after a hit a frame that shows memory of a live one
does so again, and pandas knows it. What it writes in place and what it copies first is what it
would be after a run. A column that a run added to a frame is stored without the other columns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from ..digest.copying import copies_on_write
from .frame_blocks import (
    Layout,
    Part,
    address_of,
    array_at,
    arrays_in,
    blocks_among,
    blocks_of,
    bounds,
    columns_of,
    is_frame,
    is_free,
    is_looked_into,
    layout_of,
    part_of,
    users_of,
)
from .memory import is_array, memory_of
from .references import Gone

Content = tuple[bytes, list[Any]]
"""The digest of a column and the mutable objects in it."""

Contents = Mapping[tuple[int, int], Content]
"""Each column, by the id of its frame and its position."""


@dataclass(frozen=True)
class LiveFrame:
    """Stands in a stream for a frame as it is before the entry's changes are made."""

    frame: Any


@dataclass
class Place:
    """A block of a live frame as a run found it.

    Attributes
    ----------
    frame
        The frame or series of another cell, or a `Gone` for one that has ended.
    rows
        How long it is.
    columns
        The positions of its columns that the block holds; none for a series.
    users
        What tells pandas who else shows the memory.
    layouts
        How the arrays in the block lie in memory, by the attribute that has them.
    addresses
        Their first elements, by the same names.
    contents
        What is in the columns.
    """

    frame: Any
    rows: int
    columns: tuple[int, ...]
    users: Any
    layouts: dict[str, Layout]
    addresses: dict[str, int]
    contents: list[Content | None]

    @property
    def named(self) -> tuple[LiveFrame, tuple[int, ...], dict[str, Layout]]:
        """What a hit finds the block by."""
        return LiveFrame(self.frame), self.columns, self.layouts


class LiveBlocks:
    """The blocks of the frames among `objects`, to be made before a run and asked after it."""

    def __init__(self, objects: Iterable[Any] = (), contents: Contents | None = None) -> None:
        frames = {id(each): each for each in objects if is_frame(each)} if copies_on_write() else {}
        self._places = [
            _place(frame, block, contents or {})
            for frame in frames.values()
            for block in blocks_of(frame)
        ]
        self._shown = {number: _shown(frame) for number, frame in frames.items()}
        self._stored: dict[int, list[Any]] = {}
        self._values: dict[int, Any] = {}  # of places whose memory holds what it did, by id
        self._memory: dict[int, list[tuple[Place, str]]] = {}
        self._by_users: dict[int, Place] = {}
        self._by_values: dict[int, Place] = {}
        self._inside: set[int] | None = None

    def note(
        self,
        changed: AbstractSet[int],
        stored: Iterable[Any],
        digest: Callable[[Any], Content],
    ) -> None:
        """Tell what the run changed, by id, and what will be stored.

        `digest` answers what is in a column.
        """
        for block in (block for frame in stored if is_frame(frame) for block in blocks_of(frame)):
            self._stored.setdefault(id(block.refs), []).append(block)
        for place in self._places:
            is_safe = id(place.frame) not in changed and not isinstance(place.frame, Gone)
            values = _as_it_is(place) if is_safe else self._untouched(place, digest)
            if values is not None:
                self._values[id(place)] = values
                self._by_users.setdefault(id(place.users), place)
                self._by_values.setdefault(id(values), place)
                for name, array in arrays_in(values).items():
                    self._memory.setdefault(id(memory_of(array)), []).append((place, name))

    def _untouched(self, place: Place, digest: Callable[[Any], Content]) -> Any | None:
        """The values of a block of a changed frame, if nothing was written to its memory."""
        for block in blocks_among(place.users):
            values = _as_found(place, block.values)
            if values is not None:
                columns = values if values.ndim > 1 else [values]
                same = all(map(_same, map(digest, columns), place.contents))
                return values if same else None
        return None

    def holders(self) -> list[dict[str, Any]]:
        """What holds the frames."""
        return [vars(place) for place in self._places]

    def is_as_it_was(self, value: Any) -> bool:
        """Whether an object of another cell is in a column, or shows one, that was not changed."""
        if self._inside is None:
            values = (p.contents for p in self._places if id(p) in self._values)
            found = (content for contents in values for content in contents if content)
            self._inside = {id(each) for _, objects in found for each in objects}
        return (
            id(value) in self._inside
            or (is_array(value) and self.around(value) is not None)
            or self.of_column(value) is not None
        )

    def place_of(self, users: Any) -> Place | None:
        """The live block among the `users` of a memory, if nothing was written to that."""
        return self._by_users.get(id(users))

    def values_at(self, place: Place) -> Any:
        """The values of the live block at a place."""
        return self._values[id(place)]

    def around(self, array: Any) -> tuple[Place, str, Part] | None:
        """Where an array lies in the memory of a live frame."""
        for place, name in self._memory.get(id(memory_of(array)), ()):
            part = part_of(array, place.addresses[name], place.layouts[name])
            if part is not None:
                return place, name, part
        return None

    def of_column(self, values: Any) -> Place | None:
        """The live block that holds these very values, which are an object of their own."""
        return self._by_values.get(id(values))

    def shown(self, frame: Any) -> list[tuple[int, ...]]:
        """The columns of each block of a frame whose memory others showed before the run."""
        return self._shown.get(id(frame), [])

    def as_found(self, frame: Any) -> Any:
        """What reads like a frame before the run, as far as it can be told."""
        places = [p for p in self._places if p.frame is frame and id(p) in self._values]
        blocks = [
            SimpleNamespace(
                ndim=2 if place.columns else 1,
                columns=place.columns,
                values=self._values[id(place)],
                refs=place.users,
            )
            for place in places
        ]
        return SimpleNamespace(_mgr=SimpleNamespace(blocks=blocks))

    def written(self, objects: Iterable[Any]) -> Any | None:
        """The first of `objects` that shows memory which the run wrote to through a live frame."""
        blocks = self._written(of_gone=False)
        held = [each for block in blocks for each in arrays_in(block.values).values()]
        for value in filter(is_free, objects):
            same = any(value is block.values for block in blocks)
            if same or any(_overlap(a, b) for a in arrays_in(value).values() for b in held):
                return value
        return None

    def is_written_memory_shown(self, objects: Iterable[Any]) -> bool:
        """Whether something besides `objects` shows memory which the run wrote to."""
        free = [each for each in objects if is_free(each)]
        return any(is_looked_into(block, free) for block in self._written(of_gone=True))

    def _written(self, *, of_gone: bool) -> list[Any]:
        """The stored blocks in whose memory something was written that is not theirs alone."""
        places = (p for p in self._places if of_gone or not isinstance(p.frame, Gone))
        unsafe = {id(place.users) for place in places} - self._by_users.keys()
        return [block for users in unsafe for block in self._stored.get(users, ())]


def _place(frame: Any, block: Any, contents: Contents) -> Place:
    arrays, columns = arrays_in(block.values), columns_of(block)
    return Place(
        frame,
        len(frame),
        columns,
        block.refs,
        {name: layout_of(array) for name, array in arrays.items()},
        {name: address_of(array) for name, array in arrays.items()},
        [contents.get((id(frame), position)) for position in columns or (0,)],
    )


def _same(now: Content, before: Content | None) -> bool:
    return before is not None and (now[0], *map(id, now[1])) == (before[0], *map(id, before[1]))


def _as_it_is(place: Place) -> Any | None:
    """The values of a live block now; None when pandas has put its columns elsewhere."""
    found = [b for b in blocks_of(place.frame) if columns_of(b) == place.columns]
    return found[0].values if found and found[0].refs is place.users else None


def _as_found(place: Place, values: Any) -> Any | None:
    """The values that a place had, by those of a block over the same memory."""
    if "" in place.layouts and is_array(values):
        return array_at(values, place.addresses[""] - address_of(values), place.layouts[""])
    arrays = arrays_in(values)
    whole = all(
        name in arrays and part_of(arrays[name], place.addresses[name], layout) == (0, layout)
        for name, layout in place.layouts.items()
    )
    return values if whole and len(values) == place.rows else None


def _shown(frame: Any) -> list[tuple[int, ...]]:
    return [columns_of(block) for block in blocks_of(frame) if len(users_of(block)) > 1]


def _overlap(array: Any, other: Any) -> bool:
    low, high = bounds(address_of(array), layout_of(array))
    first, last = bounds(address_of(other), layout_of(other))
    return bool(array.size and other.size and low < last and first < high)
