"""While a cell runs, the frames among its inputs live only as long as its own code keeps them.

Pandas writes to a frame in place when no other frame shows its memory: `df = df[::-1]` followed by
`df.loc[0, 'a'] = 1` copies if somebody keeps the frame that `df` was. That must not be us.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any
from weakref import ref

from ..state.frame_blocks import is_frame
from ..state.references import Gone

Holder = dict[Any, Any] | list[Any]


class LettingGo(AbstractContextManager["LettingGo"]):
    """Has the `holders` keep no frame while it is open.

    Afterwards they hold the frames again, and a `Gone` in place of each that is no more, whose id
    is taken out of the sets of `ids`: another object may have got it.
    """

    def __init__(self, holders: Iterable[Holder], ids: Iterable[set[int]]) -> None:
        self._holders = [*holders]
        self._ids = [*ids]
        self._places: list[tuple[Holder, Any, int]] = []
        self._frames: dict[int, ref[Any]] = {}

    def __enter__(self) -> LettingGo:
        for holder in self._holders:
            for key, value in [*_items(holder)]:
                if is_frame(value):
                    self._frames.setdefault(id(value), ref(value))
                    self._places.append((holder, key, id(value)))
                    holder[key] = None
        return self

    def __exit__(self, *_exception: object) -> None:
        found = {number: frame() for number, frame in self._frames.items()}
        kept = {n: Gone() if frame is None else frame for n, frame in found.items()}
        for holder, key, number in self._places:
            holder[key] = kept[number]
        ended = {number for number, frame in found.items() if frame is None}
        for ids in self._ids:
            ids -= ended


def _items(holder: Holder) -> Iterable[tuple[Any, Any]]:
    return holder.items() if isinstance(holder, dict) else enumerate(holder)
