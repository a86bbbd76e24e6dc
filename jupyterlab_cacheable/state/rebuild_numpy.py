"""Functions that a state stream calls to make numpy arrays. Only imported for such streams.

Their names are part of the stored format, like those of `rebuild`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .rebuild import view


def over(
    memory: Any,
    dtype: Any,
    shape: tuple[int, ...],
    strides: tuple[int, ...],
    start: int,
    writable: bool,
) -> Any:
    """An array over bytes of the blob, whose first element lies `start` bytes into them."""
    base = np.frombuffer(memory, np.uint8)  # what a view of the array has as its base, too
    made: Any = np.ndarray(shape, dtype, base, start, strides)
    made.flags.writeable = writable
    return made


def copied(elements: bytes, dtype: Any, shape: tuple[int, ...], order: Any) -> Any:
    """An array that owns its memory."""
    made: Any = np.ndarray(shape, dtype, elements, order=order)
    return made.copy(order)


def masked(data: Any) -> Any:
    """A masked array over the memory of `data`; its mask and the like follow."""
    return data.view(np.ma.MaskedArray)


def viewed(name: str, array: Any) -> Any:
    """An array of a class of numpy's own over the memory of `array`."""
    return array.view(getattr(np, name))


def owned(name: str, array: Any) -> Any:
    """An array of a class of numpy's own that owns its memory."""
    made = viewed(name, array).copy(order="K")
    made.flags.writeable = array.flags.writeable
    return made


def part_viewed(
    name: str,
    base: Any,
    dtype: Any,
    shape: tuple[int, ...],
    strides: tuple[int, ...],
    offset: int,
    writable: bool,
) -> Any:
    """An array of a class of numpy's own over a part of the memory of `base`, see `view`."""
    if not base.flags.c_contiguous:
        return viewed(name, view(base, dtype, shape, strides, offset, writable))
    kind: Any = getattr(np, name)
    made: Any = np.ndarray.__new__(kind, shape, dtype, base, offset, strides)
    made.flags.writeable = writable
    return made


def record(
    base: Any,
    dtype: Any,
    shape: tuple[int, ...],
    strides: tuple[int, ...],
    offset: int,
    writable: bool,
) -> Any:
    """One record of an array, which looks into the memory of `base`; the place as in `view`."""
    if base.ndim == 1 and base.dtype == dtype and offset % base.strides[0] == 0:
        found = base[offset // base.strides[0]]
        if found.flags.writeable == writable and found.dtype.type is dtype.type:
            return found
    return view(base, dtype, shape, strides, offset, writable)[()]


def own_record(array: Any) -> Any:
    """A record that looks into no array, and can be written."""
    return array[()].copy()


def spread_objects(
    elements: Any,
    shape: tuple[int, ...],
    strides: tuple[int, ...],
    start: int,
    size: int,
    writable: bool,
) -> Any:
    """An array of objects that lie as far apart as they did, with nothing in between."""
    memory = np.empty(-(-size // elements.itemsize), elements.dtype)
    made: Any = np.ndarray(shape, elements.dtype, memory, start, strides)
    made[...] = elements
    made.flags.writeable = writable
    return made


def bit_generator(kind: Any, seeds: Any, state: dict[str, Any]) -> Any:
    """A bit generator with what it was seeded with, which the old way of seeding left out."""
    made = kind(seeds)
    if seeds is None:
        made._legacy_seeding(0)
    made.state = state
    return made
