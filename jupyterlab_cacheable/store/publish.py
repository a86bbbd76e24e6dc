"""Giving bytes a name in the store: all of them, on disk, before the name appears."""

from __future__ import annotations

import hashlib
import mmap
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from . import files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from .folder import Folder

_PIECE = 1024 * 1024
"""Hashed and written piece by piece, so that the second finds it in the processor's cache."""

_UNSYNCED = 64 * _PIECE
"""Made to last on the way: nothing can interrupt a sync, and one of gigabytes takes seconds."""

Chunk = bytes | bytearray | memoryview

if TYPE_CHECKING:
    Check = Callable[[memoryview], None]


class Written(NamedTuple):
    """A complete, synced file under a temporary name."""

    path: Path
    digest: str
    size: int


def write_temporary(
    folder: Folder, chunks: Iterable[Chunk], mode: int, check: Check | None = None
) -> Written:
    """Write and sync the chunks, hashing on the way; leaves no file behind when it raises.

    `check` gets the written bytes as a reader will, and may raise what it likes.
    """
    path = folder.temporary()
    descriptor = files.create(path)
    try:
        digest, size = _write(descriptor, chunks)
        files.set_mode(descriptor, mode)
        if check is not None:
            check(map_file(descriptor, size))
        files.fsync(descriptor)
    except BaseException:
        files.close(descriptor)
        discard(path)
        raise
    files.close(descriptor)
    return Written(path, digest, size)


def give_name(written: Written, target: Path) -> None:
    """Move the file to its final name and make the name last; leaves no temporary file."""
    try:
        files.make_folder(target.parent)
        files.rename(written.path, target)
    except BaseException:
        discard(written.path)
        raise
    files.sync_folder(target.parent)


def discard(path: Path) -> None:
    """Remove a file of ours; what cannot be removed now is swept later."""
    with suppress(OSError):
        files.unlink(path)


def map_file(descriptor: int, size: int) -> memoryview:
    """The open file in a private copy-on-write mapping, which outlives the descriptor."""
    if size == 0:
        return memoryview(b"")
    return memoryview(mmap.mmap(descriptor, size, access=mmap.ACCESS_COPY))


def digest_file(descriptor: int) -> str:
    """The digest of an open file, read from its beginning with a small buffer.

    Reading through a mapping instead would make the whole content part of this process.
    """
    digest = hashlib.sha256()
    for piece in files.pieces(descriptor, bytearray(_PIECE)):
        digest.update(piece)
    return _text(digest.hexdigest())


def _text(digest: str) -> str:
    return f"sha256:{digest}"


def _write(descriptor: int, chunks: Iterable[Chunk]) -> tuple[str, int]:
    digest, size, synced = hashlib.sha256(), 0, 0
    for chunk in chunks:
        view = memoryview(chunk)
        if view.nbytes == 0:
            continue
        flat = view.cast("B")
        for start in range(0, flat.nbytes, _PIECE):
            piece = flat[start : start + _PIECE]
            digest.update(piece)
            files.write(descriptor, piece)
        size += flat.nbytes
        if size - synced >= _UNSYNCED:
            files.fsync(descriptor)
            synced = size
    return _text(digest.hexdigest()), size
