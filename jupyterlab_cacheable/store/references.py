"""Which blobs the manifests on disk name."""

from __future__ import annotations

import re
import stat
from threading import Lock
from typing import TYPE_CHECKING

from . import files
from .signature import MAX_ENTRY_BYTES

if TYPE_CHECKING:
    from pathlib import Path

    from .folder import Folder

_DIGEST = re.compile(rb"sha256:[0-9a-f]{64}")

Facts = tuple[int, int, int]


def named_digests(entry: bytes) -> frozenset[str]:
    """Every digest that occurs in the text of an entry file, signed or not, whole or not.

    More than the blobs it names, never less: a blob is only removed when nothing like its name
    stands in any manifest, one that this version cannot read included.
    """
    return frozenset(found.decode("ascii") for found in _DIGEST.findall(entry))


class References:
    """The digests named by all manifests; reads a manifest again only when its file changed."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._known: dict[str, tuple[Facts, frozenset[str]]] = {}
        self._lock = Lock()

    def scan(self) -> set[str]:
        """Raises OSError when a manifest cannot be read: then nothing is known to be unnamed."""
        with self._lock:
            known = {
                entry_id: named
                for entry_id in self._ids()
                if (named := self._named(entry_id)) is not None
            }
            self._known = known
        return set().union(*(named for _, named in known.values()))

    def _ids(self) -> list[str]:
        folder = self._folder
        return [entry_id for prefix in folder.prefixes() for entry_id in folder.ids(prefix)]

    def _named(self, entry_id: str) -> tuple[Facts, frozenset[str]] | None:
        path = self._folder.entry(entry_id)
        try:
            facts = _facts(path)
            if facts is None:
                return None
            known = self._known.get(entry_id)
            if known is not None and known[0] == facts:
                return known
            return facts, named_digests(files.read(path, MAX_ENTRY_BYTES))
        except FileNotFoundError:
            return None


def _facts(path: Path) -> Facts | None:
    found = path.lstat()
    if not stat.S_ISREG(found.st_mode):
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
