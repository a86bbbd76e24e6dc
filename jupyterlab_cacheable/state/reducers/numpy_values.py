"""Reducers for numpy."""

from __future__ import annotations

import ctypes
import pickle
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ...digest.arrays import memory_root, storage_under
from ...digest.extent import byte_bounds
from .. import rebuild_numpy as rebuild
from .. import rebuild_standard
from ..memory import base_of, memory_of
from ..rebuild import view
from ..unstorable import Unstorable
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
    if type(value) in _SUBCLASSES:
        return _of_subclass(value, stream)
    if isinstance(value, np.void):
        return _record(value, stream)
    tensor = _shared_tensor(value, stream)
    if tensor is not None:
        from .torch_values import reduce_array  # the tensor has imported torch

        return reduce_array(value, tensor, stream)
    if type(value) is not np.ndarray:
        return numpy_generators.reduce(value) if _LOSES_SEEDS else None
    if _is_shared(value, stream):
        return _over_subclass(value, stream)
    if not value.flags.forc:
        return _with_gaps(value)
    if value.nbytes > _SMALL or value.dtype.hasobject:
        return None
    if not (value.flags.owndata and value.flags.writeable):
        return None
    # Its own pickling would turn foreign bytes around, and may leave the memory to the stream.
    order: Literal["C", "F"] = "C" if value.flags.c_contiguous else "F"
    return rebuild.copied, (value.tobytes(order), value.dtype, value.shape, order)


_SUBCLASSES = {np.matrix: "matrix", np.recarray: "recarray"}


def _of_subclass(value: Any, stream: Stream) -> Reduced:
    """Pickle a matrix or an array of records as the plain array that it looks at.

    Its class goes by name: the module that the class says it is from may not be loaded.
    """
    name = _SUBCLASSES[type(value)]
    if _is_shared(value, stream):
        return rebuild.part_viewed, (name, *_place(value, stream))
    make = rebuild.owned if value.base is None else rebuild.viewed
    return make, (name, value.view(np.ndarray))


def _record(value: Any, stream: Stream) -> Reduced | None:
    """Pickle one record of an array, which can be written and looks into the memory of the array;
    its own pickling makes one that takes no change.
    """
    if value.dtype.names is None:
        return None
    if _shared_tensor(np.asarray(value), stream) is not None:
        raise Unstorable("it shares memory with a tensor")
    if isinstance(value.base, np.ndarray) and _is_shared(value, stream):
        return rebuild.record, _place(value, stream)
    return rebuild.own_record, (np.array(value),)


def _is_shared(value: Any, stream: Stream) -> bool:
    memories = {id(memory_root(value)), id(memory_of(value))}
    return not memories.isdisjoint(stream.shared) or not memories.isdisjoint(stream.foreign)


def _shared_tensor(value: Any, stream: Stream) -> Any | None:
    """The tensor that an array was made of, if somebody else looks into its memory."""
    storage = storage_under(value)
    if storage is None:
        return None
    others = storage[0] in stream.shared or storage[0] in stream.foreign
    return memory_root(value) if others else None


def _over_subclass(value: Any, stream: Stream) -> Reduced | None:
    """Pickle an array over the memory of a matrix or of an array of records as a view of it."""
    root = _root(value)
    if type(root) not in _SUBCLASSES or value is _plain(root, stream):
        return None
    return view, _place(value, stream)


def _place(value: Any, stream: Stream) -> Reduced:
    """A plain array, and where in its memory the elements of `value` lie: see `rebuild.view`."""
    root = _plain(_root(value), stream)
    if root.dtype.hasobject:
        raise Unstorable("it shares the memory of an array of objects")
    layout = (value.dtype, value.shape, value.strides)
    same = view(root, *layout, _distance(root, value), writable=False)
    base = stream.references.around(same)
    base = root if base is None else base
    return base, *layout, _distance(base, value), value.flags.writeable


def _distance(base: Any, value: Any) -> int:
    """Bytes from the first element of an array to that of a view of it."""
    start: int = value.__array_interface__["data"][0] - base.__array_interface__["data"][0]
    return start


def _root(value: Any) -> Any:
    """The last array in the chain of bases, whatever its class."""
    while isinstance(base_of(value), np.ndarray):
        value = base_of(value)
    return value


def _plain(root: Any, stream: Stream) -> Any:
    """An array as a plain one, the same one in all of the stream."""
    if type(root) not in _SUBCLASSES:
        return root
    return stream.kept.setdefault(("plain", id(root)), root.view(np.ndarray))


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
