"""Audit events about files and folders, told as the deeds of a run."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit

from .asking import Asking
from .deeds import Deeds
from .places import acting, outside_frame, shown

_WRITING = os.O_WRONLY | os.O_RDWR
# These only ask the entries for their kinds, or tell of the rest by reading.
_LISTERS = frozenset({"os", "glob", "pathlib", "shutil"})
_ANONYMOUS = getattr(os, "O_TMPFILE", 0)


class Events:
    """Sorts the audit events of one run; `hear` takes those of `NAMES`."""

    def __init__(self, deeds: Deeds, asking: Asking) -> None:
        self._deeds, self._asking = deeds, asking

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        """One event, before it happens."""
        if not _is_clearing():
            _LISTENERS[event](self, *arguments)

    def _open(self, path: Any, mode: Any, flags: Any) -> None:
        bits = flags if isinstance(flags, int) else 0
        if isinstance(path, int):
            self._asking.use(path)
        elif _ANONYMOUS and bits & _ANONYMOUS == _ANONYMOUS:
            pass  # a file that never has a name
        elif _caller()[0] == "dbm":
            self._deeds.refuse(f"it opens the database {shown(os.fsdecode(path))} (dbm, shelve)")
        else:
            self._open_path(os.fsdecode(path), _way(mode, bits))

    def _open_path(self, path: str, way: str) -> None:
        if way == "create" and _asks_for_temporary():
            self._deeds.is_temporary(path)
        getattr(self._deeds, way)(path)

    def _rename(self, source: Any, target: Any, *folders: int) -> None:
        paths = [self._at(source, *folders[:1]), self._at(target, *folders[1:2])]
        if None not in paths:
            self._deeds.move(str(paths[0]), str(paths[1]))

    def _remove(self, path: Any, folder: int = -1) -> None:
        if (text := self._at(path, folder)) is not None:
            self._deeds.remove(text, must_exist=not _caller_has("unlink", "missing_ok"))

    def _mkdir(self, path: Any, _mode: int, folder: int = -1) -> None:
        if (text := self._at(path, folder)) is None:
            return
        if _asks_for_temporary():
            self._deeds.is_temporary(text)
        self._deeds.make_folder(text, _may_exist())

    def _rmdir(self, path: Any, folder: int = -1) -> None:
        if (text := self._at(path, folder)) is not None:
            self._deeds.remove_folder(text)

    def _rmtree(self, path: Any, folder: int | None = None) -> None:
        self._rmdir(path, -1 if folder is None else folder)

    def _link(self, _source: Any, target: Any, *_folders: Any) -> None:
        self._deeds.refuse(f"it creates the link {shown(os.fsdecode(target))}")

    def _truncate(self, path: Any, *_length: Any) -> None:
        if (text := self._at(path)) is not None:
            self._deeds.update(text)

    def _adjust(self, path: Any, *_details: Any) -> None:
        if (text := self._at(path)) is not None:
            self._deeds.adjust(text)

    def _list(self, path: Any = None, *_rest: Any) -> None:
        if (text := self._at("." if path is None else path)) is not None:
            self._deeds.list(text)

    def _scan(self, path: Any = None) -> None:
        """The entries may be asked for their facts, where no stand-in can hear it."""
        if (text := self._at("." if path is None else path)) is not None:
            listed = _caller()[0] in _LISTERS
            self._deeds.list(text, "names" if listed else "entries")

    def _connect(self, database: Any, *_rest: Any) -> None:
        text = os.fsdecode(database)
        if text.startswith("file:"):
            parts = urlsplit(text)
            if "mode=memory" in parts.query:
                return
            text = unquote(parts.path)
        if text not in ("", ":memory:"):
            self._deeds.database(text)

    def _at(self, path: Any, folder: Any = -1) -> str | None:
        """The path, of an open descriptor or relative to an open folder too; None when unknown."""
        try:
            if isinstance(path, int):
                return os.readlink(f"/proc/self/fd/{path}")
            base = "" if folder in (-1, None) else os.readlink(f"/proc/self/fd/{folder}")
        except OSError:
            self._deeds.refuse("it uses an open folder or file in a way that cannot be followed")
            return None
        return os.path.join(base, os.fsdecode(path))


def _way(mode: Any, flags: int) -> str:
    """The method of `Deeds` for the way in which a file is opened."""
    letters = mode if isinstance(mode, str) else ""
    if "x" in letters or (flags & os.O_EXCL and flags & os.O_CREAT):
        return "create"
    if "w" in letters or flags & os.O_TRUNC:
        return "write"
    if "a" in letters or "+" in letters or flags & _WRITING or flags & os.O_CREAT:
        return "update"
    return "read"


def _caller() -> tuple[str, str]:
    return acting(outside_frame())


def _asks_for_temporary() -> bool:
    return _caller()[0] == "tempfile"


def _is_clearing() -> bool:
    """True inside `shutil.rmtree`, which tells what it is about to remove before it does."""
    name, function = _caller()
    return name == "shutil" and "_rmtree" in function


def _caller_has(function: str, argument: str) -> bool:
    frame = outside_frame()
    return (
        frame is not None
        and frame.f_code.co_name == function
        and bool(frame.f_locals.get(argument))
    )


def _may_exist() -> bool:
    """True when a folder is made for whoever needs it, as with ``exist_ok``."""
    frame = outside_frame()
    if frame is None or frame.f_code.co_name not in ("makedirs", "mkdir"):
        return False
    # A parent folder that `makedirs` makes on the way may exist too.
    above = frame.f_back is not None and frame.f_back.f_code is frame.f_code
    return bool(frame.f_locals.get("exist_ok")) or (frame.f_code.co_name == "makedirs" and above)


_LISTENERS: dict[str, Callable[..., None]] = {
    "open": Events._open,
    "os.rename": Events._rename,
    "os.remove": Events._remove,
    "os.mkdir": Events._mkdir,
    "os.rmdir": Events._rmdir,
    "shutil.rmtree": Events._rmtree,
    "os.link": Events._link,
    "os.symlink": Events._link,
    "os.truncate": Events._truncate,
    "os.chmod": Events._adjust,
    "os.chown": Events._adjust,
    "os.utime": Events._adjust,
    "os.setxattr": Events._adjust,
    "os.listdir": Events._list,
    "os.scandir": Events._scan,
    "sqlite3.connect": Events._connect,
}
NAMES = frozenset(_LISTENERS)
