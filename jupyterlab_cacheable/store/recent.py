"""Manifests this process has verified lately, for showing only; a hit always reads the file."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from .manifest import Manifest

_MOST_BYTES = 32 * 1024 * 1024

Facts = tuple[int, int, int, int]


class Recent:
    """Least recently used first out; bounded by the bytes of the entry files."""

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._most = most_bytes
        self._bytes = 0
        self._known: OrderedDict[str, tuple[Facts, Manifest, int]] = OrderedDict()
        self._lock = Lock()

    @staticmethod
    def facts(path: Path) -> Facts | None:
        """What tells one state of a file from the next; None when there is no file."""
        try:
            found = path.lstat()
        except OSError:
            return None
        return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns

    def get(self, entry_id: str, path: Path) -> Manifest | None:
        """The manifest, unless its file at ``path`` has changed since."""
        facts = self.facts(path)
        with self._lock:
            known = self._known.get(entry_id)
            if known is None or known[0] != facts:
                return None
            self._known.move_to_end(entry_id)
            return known[1]

    def put(self, entry_id: str, facts: Facts | None, manifest: Manifest, size: int) -> None:
        """``facts`` were taken before the file was read, so a change in between is noticed."""
        if facts is None:
            return
        with self._lock:
            self._drop(entry_id)
            self._known[entry_id] = (facts, manifest, size)
            self._bytes += size
            while self._bytes > self._most:
                self._drop(next(iter(self._known)))

    def _drop(self, entry_id: str) -> None:
        known = self._known.pop(entry_id, None)
        if known is not None:
            self._bytes -= known[2]
