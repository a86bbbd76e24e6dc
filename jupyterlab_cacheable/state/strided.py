"""Arrays with gaps in memory, stored without ever being copied as a whole.

The pickle protocol passes memory without a copy only when it has no gaps. In place of an array
that has some, a *stand-in* of one byte is pickled; the pickler's buffers then hold, instead of the
stand-in, a `Strided`, which copies the elements piece by piece while the blob is written.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from . import rebuild

if TYPE_CHECKING:
    from .container import Buffer


class Strided:
    """The elements of an array in C order, as they will stand in a blob."""

    readonly = False

    def __init__(self, array: Any) -> None:
        self._array = array
        self.nbytes = int(array.nbytes)

    def pieces(self) -> Iterator[memoryview]:
        """Yield the bytes; each piece is valid until the next one is asked for."""
        from ..digest.arrays import pieces_of  # imports numpy, which has made the array

        for piece in pieces_of(self._array):
            yield piece.data


class StandIns:
    """The stand-ins of one pickle stream."""

    def __init__(self) -> None:
        self._strided: dict[int, Strided] = {}
        self._kept: list[bytearray] = []

    def reduce(self, array: Any) -> tuple[Any, ...] | None:
        """What to pickle in place of an array with gaps; None for any other."""
        flags, dtype = array.flags, array.dtype
        if flags.forc or dtype.hasobject:
            return None
        stand_in = bytearray(1)
        self._kept.append(stand_in)
        self._strided[id(stand_in)] = Strided(array)
        place = (pickle.PickleBuffer(stand_in), dtype, array.shape, array.strides, flags.writeable)
        return rebuild.elements, place

    def real(self, buffer: pickle.PickleBuffer) -> Buffer:
        """What a buffer of the stream stands for."""
        raw = buffer.raw()
        return self._strided.get(id(raw.obj), raw)
