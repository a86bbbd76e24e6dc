"""What a file or folder is like, as short texts that can be compared later.

An *aspect* is one question about a path, and `look` answers it with a short text:

    content   "xxh3-128:<hex>" over every byte, "absent", "folder", "unreadable" or "special"
    names     "xxh3-128:<hex>" over the sorted names and kinds in a folder, "absent", "unreadable"
    entries   the same over their sizes and times of change too
    exists, file, folder, link, entry     "yes" or "no"; "entry" counts a broken link too
    size      the number of bytes, "absent"
    facts     mode, owner, group, size and time of the last change of content, "absent"
    own facts the same of a link itself
    target    where a link leads, "no link"
    access N  "yes" or "no", by the mode bits N of `os.access`

Digests are remembered for the life of the process by device, inode, size and both times, unless
a time was younger than two seconds when the bytes were read: a second change could hide behind it.
"""

from __future__ import annotations

import os
import stat as modes
import time
from collections.abc import Callable
from os import access, lstat, readlink, scandir, stat
from typing import NamedTuple

import xxhash

_PIECE = 1 << 20
_YOUNG = 2_000_000_000  # nanoseconds
_MOST_REMEMBERED = 50_000


class Facts(NamedTuple):
    """What the system tells of a file without reading it."""

    device: int
    inode: int
    mode: int
    size: int
    mtime: int
    ctime: int

    @property
    def is_young(self) -> bool:
        """True when the file changed so lately that another change might not show here."""
        return max(self.mtime, self.ctime) > time.time_ns() - _YOUNG


class Changing(Exception):
    """A file changed while it was being read."""


_remembered: dict[Facts, str] = {}


def facts_of(path: str) -> Facts | None:
    """The facts of what a path leads to, None when there is nothing that can be asked."""
    try:
        return _facts(stat(path))
    except (OSError, ValueError):
        return None


def look(path: str, aspect: str) -> str:
    """The answer to one question about a path; raises Changing, and KeyError for no aspect."""
    name, _, rest = aspect.partition(" ")
    if name == "access":
        return _yes(_can(path, int(rest)))
    return _ASPECTS[aspect](path)


def _facts(found: os.stat_result) -> Facts:
    return Facts(
        found.st_dev,
        found.st_ino,
        found.st_mode,
        found.st_size,
        found.st_mtime_ns,
        found.st_ctime_ns,
    )


def _content(path: str) -> str:
    try:
        facts = _facts(stat(path))
        if modes.S_ISDIR(facts.mode):
            return "folder"
        if not modes.S_ISREG(facts.mode):
            return "special"
        return _remembered.get(facts) or _digest(path)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return "absent"
    except OSError:
        return "unreadable"


def _digest(path: str) -> str:
    state, buffer = xxhash.xxh3_128(), bytearray(_PIECE)
    with open(path, "rb", buffering=0) as file:
        before = _facts(os.fstat(file.fileno()))
        while count := file.readinto(buffer):
            state.update(memoryview(buffer)[:count])
        after = _facts(os.fstat(file.fileno()))
    if before != after:
        raise Changing(path)
    text = f"xxh3-128:{state.hexdigest()}"
    if not after.is_young:
        if len(_remembered) >= _MOST_REMEMBERED:
            _remembered.clear()
        _remembered[after] = text
    return text


def _listing(path: str, describe: Callable[[os.DirEntry[str]], bytes]) -> str:
    try:
        with scandir(path) as entries:
            found = sorted((os.fsencode(entry.name), describe(entry)) for entry in entries)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return "absent"
    except OSError:
        return "unreadable"
    # A name holds no NUL, so the joined text tells exactly the names and what is said of them.
    text = b"\0".join(name + b"\0" + kind for name, kind in found)
    return f"xxh3-128:{xxhash.xxh3_128(text).hexdigest()}"


def _kind(entry: os.DirEntry[str]) -> bytes:
    link = b"link to " if entry.is_symlink() else b""
    try:
        return link + (b"folder" if entry.is_dir() else b"file" if entry.is_file() else b"other")
    except OSError:
        return link + b"other"


def _kind_and_facts(entry: os.DirEntry[str]) -> bytes:
    try:
        found = entry.stat()
    except OSError:
        return _kind(entry)
    return _kind(entry) + f" {_facts_text(found)}".encode()


def _mode_of(path: str, ask: Callable[[str], os.stat_result] = stat) -> int:
    try:
        return ask(path).st_mode
    except (OSError, ValueError):
        return 0


def _size(path: str) -> str:
    try:
        return str(stat(path).st_size)
    except (OSError, ValueError):
        return "absent"


def _told(path: str, ask: Callable[[str], os.stat_result]) -> str:
    try:
        found = ask(path)
    except (OSError, ValueError):
        return "absent"
    return _facts_text(found)


def _facts_text(found: os.stat_result) -> str:
    return f"{found.st_mode:o} {found.st_uid} {found.st_gid} {found.st_size} {found.st_mtime_ns}"


def _target(path: str) -> str:
    try:
        return readlink(path)
    except (OSError, ValueError):
        return "no link"


def _can(path: str, mode: int) -> bool:
    try:
        return access(path, mode)
    except (OSError, ValueError):
        return False


def _yes(answer: bool) -> str:
    return "yes" if answer else "no"


_ASPECTS: dict[str, Callable[[str], str]] = {
    "content": _content,
    "names": lambda path: _listing(path, _kind),
    "entries": lambda path: _listing(path, _kind_and_facts),
    "exists": lambda path: _yes(bool(_mode_of(path))),
    "file": lambda path: _yes(modes.S_ISREG(_mode_of(path))),
    "folder": lambda path: _yes(modes.S_ISDIR(_mode_of(path))),
    "link": lambda path: _yes(modes.S_ISLNK(_mode_of(path, lstat))),
    "entry": lambda path: _yes(bool(_mode_of(path, lstat))),
    "size": _size,
    "facts": lambda path: _told(path, stat),
    "own facts": lambda path: _told(path, lstat),
    "target": _target,
}
