"""Reducers for numpy."""

from __future__ import annotations

import ctypes
import pickle
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ...digest.extent import byte_bounds
from .. import rebuild_numpy as rebuild
from .. import rebuild_standard
from ..memory import memory_of
from . import numpy_generators

if TYPE_CHECKING:
    from . import Reduced, Stream

_LOSES_SEEDS = np.__version__.startswith("1.")
_SMALL = 1 << 20
"""Bytes up to which an array is copied: it then owns its memory and can be resized."""


def reduce(value: Any, stream: Stream) -> Reduced | None:
    """Return what to pickle in place of an array or data type, None for its own pickling."""
    if isinstance(value, np.dtype):
        return _data_type(value)
    if type(value) is np.ma.MaskedArray:
        state = dict(vars(value))  # its own pickling would copy memory and fill in a mask
        return rebuild.masked, (value._data,), state, None, None, rebuild_standard.set_attributes
    if type(value) is not np.ndarray:
        return numpy_generators.reduce(value) if _LOSES_SEEDS else None
    memory = id(memory_of(value))
    if memory in stream.shared or memory in stream.foreign:
        return None
    if not value.flags.forc:
        return _with_gaps(value)
    if value.nbytes > _SMALL or value.dtype.hasobject:
        return None
    if not (value.flags.owndata and value.flags.writeable):
        return None
    # Its own pickling would turn foreign bytes around, and may leave the memory to the stream.
    order: Literal["C", "F"] = "C" if value.flags.c_contiguous else "F"
    return rebuild.copied, (value.tobytes(order), value.dtype, value.shape, order)


def _data_type(dtype: np.dtype[Any]) -> Reduced | None:
    """Keep the one object that numpy has for each of its own types, and apart integers of one size
    that C has two names for (long, long long).
    """
    if dtype.isbuiltin == 1 and np.dtype(dtype.char) is dtype:
        return np.dtype, (dtype.char,)
    if dtype.kind not in "iu" or dtype.metadata or np.dtype(dtype.str).char == dtype.char:
        return None
    return np.dtype, (dtype.byteorder + dtype.char,)


def _with_gaps(array: Any) -> Reduced | None:
    """Pickle an array so that its elements lie as far apart again as they do.

    Where gaps are small, they are pickled with the elements, and nothing is ever copied.
    """
    low, high = byte_bounds(array)
    start = array.__array_interface__["data"][0] - low
    place = (array.dtype, array.shape, array.strides, start, high - low, array.flags.writeable)
    if array.dtype.hasobject:
        return rebuild.spread_objects, (np.ascontiguousarray(array), *place[1:])
    if high - low <= 2 * array.nbytes + _SMALL:
        memory = (ctypes.c_char * (high - low)).from_address(low)
        return rebuild.over, (pickle.PickleBuffer(memory), *place[:4], place[5])
    return None
