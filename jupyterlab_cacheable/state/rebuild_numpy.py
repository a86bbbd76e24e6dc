"""Functions that a state stream calls to make numpy arrays. Only imported for such streams.

Their names are part of the stored format, like those of `rebuild`.
"""

from __future__ import annotations

from typing import Any

import numpy as np


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
