"""Giving bytes a name in the store: all of them, on disk, before the name appears."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from . import files

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .folder import Folder

_PIECE = 1024 * 1024
"""Hashed and written piece by piece, so that the second finds it in the processor's cache."""

Chunk = bytes | bytearray | memoryview


class Written(NamedTuple):
    """A complete, synced file under a temporary name."""

    path: Path
    digest: str
    size: int


def write_temporary(folder: Folder, chunks: Sequence[Chunk], mode: int) -> Written:
    """Write and sync the chunks, hashing on the way; leaves no file behind when it raises."""
    path = folder.temporary()
    descriptor = files.create(path)
    try:
        digest, size = _write(descriptor, chunks)
        files.set_mode(descriptor, mode)
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


def _write(descriptor: int, chunks: Sequence[Chunk]) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
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
    return f"sha256:{digest.hexdigest()}", size
