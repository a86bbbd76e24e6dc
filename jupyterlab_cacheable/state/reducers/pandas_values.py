"""Reducers for pandas: what frames show of one memory, and that pandas knows it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pandas as pd

from ...digest.copying import copies_on_write
from .. import rebuild_pandas
from ..frame_blocks import part_of
from ..memory import is_array

if TYPE_CHECKING:
    from . import Reduced, Stream

_internals: Any = sys.modules["pandas._libs.internals"]
_Block = _internals.Block
_BlockValuesRefs = _internals.BlockValuesRefs


def reduce(value: Any, stream: Stream) -> Reduced | None:
    """Return what to pickle in place of a part of a frame, None for all other values."""
    kind = type(value)
    if isinstance(value, _Block):
        return _reduce_block(value, stream) if copies_on_write() else _reduce_plainly(value)
    if not copies_on_write():
        return None
    if kind is _BlockValuesRefs:
        return _reduce_users(value, stream)
    if kind.__name__ == "SingleBlockManager":
        return rebuild_pandas.series_manager, (kind, value.blocks[0], value.axes[0])
    if isinstance(value, pd.api.extensions.ExtensionArray):
        place = stream.blocks.of_column(value)
        return None if place is None else (rebuild_pandas.column, place.named)
    users = vars(value).get("_references") if isinstance(value, pd.Index) else None
    return None if users is None else _reduce_index(value, users)


def _reduce_index(index: Any, users: Any) -> Reduced:
    maker, arguments, *_ = index.__reduce__()
    return rebuild_pandas.index, (maker, arguments, users)


def _reduce_plainly(block: Any) -> Reduced:
    reduced: Any = block.__reduce__()  # that of protocol 5 copies a block with gaps as a whole
    return tuple(reduced)


def _reduce_block(block: Any, stream: Stream) -> Reduced:
    values = block.values
    made = (block.mgr_locs.indexer, block.ndim, block.refs)
    place = stream.blocks.place_of(block.refs)
    if place is None:
        return rebuild_pandas.block, (values, *made)
    part = None
    if "" in place.layouts and is_array(values):
        part = part_of(values, place.addresses[""], place.layouts[""])
    if part is None and stream.blocks.values_at(place) is not values:
        return rebuild_pandas.block, (values, *made)
    return rebuild_pandas.live_block, (*place.named, part, *made)


def _reduce_users(users: Any, stream: Stream) -> Reduced:
    place = stream.blocks.place_of(users)
    return (rebuild_pandas.users, ()) if place is None else (rebuild_pandas.users_of, place.named)
