"""Reducers for numpy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..memory import memory_of

if TYPE_CHECKING:
    from . import Reduced, Stream

_SMALL = 1 << 20
"""Bytes up to which an array is copied: it then owns its memory and can be resized."""


def reduce(value: Any, stream: Stream) -> Reduced | None:
    """Return what to pickle in place of a small array of its own, None for all other values."""
    if type(value) is not np.ndarray or value.nbytes > _SMALL or value.dtype.hasobject:
        return None
    flags = value.flags
    memory = id(memory_of(value))
    if not (flags.owndata and flags.writeable and flags.forc):
        return None
    if memory in stream.shared or memory in stream.foreign:
        return None
    reduced: Any = value.__reduce__()  # the form that copies, unlike that of protocol 5
    return tuple(reduced)
