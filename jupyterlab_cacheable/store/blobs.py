"""Blobs: immutable bytes under their own digest, and when one may go."""

from __future__ import annotations

import stat
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from ..errors import Damaged
from . import files
from .publish import Chunk, digest_file, give_name, map_file, write_temporary

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from .folder import Folder
    from .publish import Check
    from .references import References

BLOB_MODE = 0o444


class Put(NamedTuple):
    """A blob as `Blobs.put` left it."""

    digest: str
    size: int
    new: bool
    """False when the store already had a blob of this name."""


class Blobs:
    """The blobs of one store."""

    def __init__(self, folder: Folder, references: References) -> None:
        self._folder = folder
        self._references = references

    def put(self, chunks: Iterable[Chunk], check: Check | None = None) -> Put:
        """Store the chunks as one blob; raises OSError, and what `check` raises.

        `check` gets the bytes as `map` will give them, before the blob has its name.

        A blob that is there already is replaced by the same bytes: keeping it would cost as much
        (it would have to be read to know that it is whole) and would keep a rotten one for ever.
        Readers that have mapped the old file keep it.
        """
        written = write_temporary(self._folder, chunks, BLOB_MODE, check)
        target = self._folder.blob(written.digest)
        new = not self.exists(written.digest, written.size)
        try:
            give_name(written, target)
        except OSError as error:
            # Windows does not replace a file that somebody has mapped.
            if isinstance(error, PermissionError) and not new:
                return Put(written.digest, written.size, new)
            self.free([written.digest])
            raise
        return Put(written.digest, written.size, new)

    def exists(self, digest: str, size: int) -> bool:
        """Whether a file of this name and size is there; its bytes are checked when mapped."""
        path = self._folder.blob(digest)
        try:
            files.require_folder(path.parent)
            facts = path.lstat()
        except OSError:
            return False
        return stat.S_ISREG(facts.st_mode) and facts.st_size == size

    def map(self, digest: str, size: int) -> memoryview:
        """The content, checked, in a private copy-on-write mapping; raises Damaged.

        The file that is checked is the one that is mapped, whatever its name leads to by then. A
        mapping stays valid when the blob is removed or replaced.
        """
        try:
            return _map_checked(self._folder.blob(digest), digest, size)
        except FileNotFoundError:
            raise Damaged("one of its blobs is gone") from None
        except OSError as error:
            raise Damaged(f"one of its blobs cannot be read: {files.explain(error)}") from error

    def free(self, digests: Iterable[str]) -> int:
        """Remove those blobs that no manifest names; returns the bytes freed, never raises.

        No lock: a blob is first moved out of the way, then the manifests are read again. One
        that was published meanwhile either is seen here, and its blob put back, or has not yet
        checked that its blobs exist, and then finds this one missing (see `Store.publish`).
        """
        try:
            moved = self._move_away(set(digests))
            return self._settle(moved)
        except OSError:
            return 0

    def _move_away(self, digests: set[str]) -> dict[str, Path]:
        moved: dict[str, Path] = {}
        present = {digest for digest in digests if files.is_regular(self._folder.blob(digest))}
        for digest in present - self._references.scan() if present else ():
            away = self._folder.temporary()
            with suppress(OSError):
                files.rename(self._folder.blob(digest), away)
                moved[digest] = away
        return moved

    def _settle(self, moved: dict[str, Path]) -> int:
        freed = 0
        try:
            named = self._references.scan() if moved else set()
        except OSError:
            named = set(moved)
        for digest, away in moved.items():
            if digest in named:
                with suppress(OSError):
                    files.rename(away, self._folder.blob(digest))
                continue
            with suppress(OSError):
                size = away.lstat().st_size
                files.unlink(away)
                freed += size
        return freed


def _map_checked(path: Path, digest: str, size: int) -> memoryview:
    descriptor, facts = files.open_read(path)
    try:
        if facts.st_size != size:
            raise Damaged("one of its blobs has another size than it was stored with")
        if digest_file(descriptor) != digest:
            raise Damaged("one of its blobs is not what was stored")
        return map_file(descriptor, size)
    finally:
        files.close(descriptor)
