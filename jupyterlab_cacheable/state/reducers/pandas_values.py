"""Reducers for pandas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import Reduced, Stream

_BLOCK = ("pandas.core.internals.blocks", "NumpyBlock")


def reduce(value: Any, stream: Stream) -> Reduced | None:  # noqa: ARG001 -- as of all reducers
    """Return what to pickle in place of a block of columns, None for all other values."""
    kind = type(value)
    if (kind.__module__, kind.__name__) != _BLOCK:
        return None
    reduced: Any = value.__reduce__()  # that of protocol 5 copies a block with gaps as a whole
    return tuple(reduced)
