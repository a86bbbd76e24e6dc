"""Functions that a state stream calls to make frames of pandas. Only imported for such streams.

Their names are part of the stored format, like those of `rebuild`. A live block is named by its
frame, its columns there and the layouts of its arrays.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from .frame_blocks import (
    Layout,
    Part,
    array_at,
    arrays_in,
    blocks_of,
    bounds,
    columns_of,
    is_looked_into,
    layout_of,
)

_internals: Any = sys.modules["pandas._libs.internals"]
_BlockValuesRefs = _internals.BlockValuesRefs
_unpickle_block = _internals._unpickle_block


def users() -> Any:
    """What blocks over one memory tell pandas that they are."""
    return _BlockValuesRefs()


def users_of(frame: Any, columns: tuple[int, ...], layouts: dict[str, Layout]) -> Any:
    """The users of a live block; new ones when it is not there any more as it was."""
    live = _find(frame, columns, layouts)
    return _BlockValuesRefs() if live is None else live.refs


def block(values: Any, columns: Any, dimensions: int, users: Any) -> Any:
    """A block of columns that is one of the `users` of its memory."""
    made = _unpickle_block(values, columns, dimensions)
    return type(made)(made.values, made.mgr_locs, dimensions, users)


def live_block(
    frame: Any,
    columns: tuple[int, ...],
    layouts: dict[str, Layout],
    part: Part | None,
    *made: Any,
) -> Any:
    """A block over the memory of a live one, or what is `part` of it.

    Over a copy when pandas keeps the columns in another way now, which nobody can tell.
    """
    live = _find(frame, columns, layouts)
    if live is None:
        return block(_copy(frame, columns, layouts, part), *made)
    return block(live.values if part is None else array_at(live.values, *part), *made)


def looking(
    frame: Any,
    columns: tuple[int, ...],
    layouts: dict[str, Layout],
    name: str,
    part: Part,
    writable: bool,
) -> Any:
    """An array over the memory of a live block."""
    found: Any = array_at(arrays_in(_live(frame, columns, layouts).values)[name], *part)
    found.flags.writeable = writable
    return found


def column(frame: Any, columns: tuple[int, ...], layouts: dict[str, Layout]) -> Any:
    """The values of a live block that pandas keeps in an object of their own type."""
    return _live(frame, columns, layouts).values


def series_manager(kind: Any, block: Any, axis: Any) -> Any:
    """What a series keeps its block in."""
    return kind(block, axis)


def index(maker: Any, arguments: Any, users: Any) -> Any:
    """An index that is one of the `users` of its memory."""
    made = maker(*arguments)
    made._references = users
    users.add_index_reference(made)
    return made


def _live(frame: Any, columns: tuple[int, ...], layouts: dict[str, Layout]) -> Any:
    found = _find(frame, columns, layouts)
    if found is None:
        raise ValueError("a frame keeps its columns in another way now")
    return found


def _find(frame: Any, columns: tuple[int, ...], layouts: dict[str, Layout]) -> Any | None:
    for found in blocks_of(frame):
        if columns_of(found) == columns:
            arrays = arrays_in(found.values)
            now = {name: layout_of(array) for name, array in arrays.items()}
            return found if now == layouts else None
    return None


def _copy(
    frame: Any, columns: tuple[int, ...], layouts: dict[str, Layout], part: Part | None
) -> Any:
    """What a block would show, over memory of its own that is laid out as that was."""
    blocks = [b for b in blocks_of(frame) if b.ndim == 1 or {*columns_of(b)} & {*columns}]
    if part is None or any(is_looked_into(found) for found in blocks):
        raise ValueError("a frame keeps its columns in another way now")
    dtype, shape, strides = layouts[""]
    low, high = bounds(0, layouts[""])
    memory: Any = np.empty(-(-(high - low) // dtype.itemsize), dtype)
    whole: Any = np.ndarray(shape, dtype, memory, -low, strides)
    if not columns:
        whole[...] = frame.array
    for number, position in enumerate(columns):
        whole[number] = frame._get_column_array(position)
    return array_at(whole, *part)
