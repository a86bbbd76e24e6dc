"""The one place where stored bytes are unpickled.

Callers have checked before, in this order: the entry's signature, its key parts, the digest of the
blob. Nothing here checks again, and nothing else in the package unpickles.
"""

from __future__ import annotations

import gc
import marshal
import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from . import rebuild
from .container import unpack
from .references import Path

Resolve = Callable[[Path], Any]


class CannotRestore(Exception):
    """The stream could not be read back; the message says why in a few words."""


class _Stream:
    """The file that the unpickler reads: pieces of the blob, none of which is kept.

    Its calls are where a long unpickling notices an interrupt.
    """

    def __init__(self, stream: memoryview) -> None:
        self._rest = stream

    def read(self, size: int) -> bytes:
        piece, self._rest = self._rest[:size], self._rest[size:]
        return bytes(piece)

    def readinto(self, target: bytearray | memoryview) -> int:
        view = memoryview(target)
        piece, self._rest = self._rest[: view.nbytes], self._rest[view.nbytes :]
        view[: piece.nbytes] = piece
        return piece.nbytes

    def readline(self) -> bytes:
        """Protocol 5 has no lines; the unpickler insists that there could be some."""
        raise pickle.UnpicklingError("the stream has a line")


class _StateUnpickler(pickle.Unpickler):
    def __init__(self, stream: _Stream, buffers: list[memoryview], resolve: Resolve) -> None:
        super().__init__(stream, buffers=buffers)
        self._resolve = resolve
        self._numbers: dict[int, Any] = {}

    def persistent_load(self, path: Path) -> Any:
        if path[0] == "number":
            _, number, marshalled = path
            made = marshal.loads(marshalled)  # noqa: S302 -- as checked as the stream itself
            return self._numbers.setdefault(number, made)
        return self._resolve(path)


def load(
    blob: memoryview,
    namespace: dict[str, Any],
    recompile: rebuild.Recompile,
    resolve: Resolve,
) -> dict[str, Any]:
    """Read a state blob back into a dictionary of variables; `namespace` is not changed.

    Functions are rebuilt onto `namespace`; `resolve` finds the live object that a path leads to.
    Arrays are slices of `blob`, so they are as writable as the mapping behind it.

    Raises
    ------
    CannotRestore
        a name, class or module that the stream needs is not there any more, or its own code failed.
    """
    try:
        stream, buffers = unpack(blob)
        with rebuild.onto(namespace, recompile), _collector_off():
            loaded = _StateUnpickler(_Stream(stream), buffers, resolve).load()
    except Exception as error:  # restored classes run their own code, which may raise anything
        raise CannotRestore(f"{type(error).__name__}: {error}".splitlines()[0]) from error
    if not isinstance(loaded, dict):
        raise CannotRestore("the stream does not hold variables")
    return loaded


@contextmanager
def _collector_off() -> Iterator[None]:
    """Unpickling makes many objects and no garbage: collecting meanwhile costs 2-3 times more."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
