"""What a run asks the file system without opening anything: which functions, and what they ask."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from .deeds import Deeds
from .held import HeldFiles
from .places import acting, outside_frame, shown
from .probes import Probes, Tell, path_of

# Functions of Python's library that ask, and the aspect that their answer tells.
_ASPECTS = {
    "exists": "exists",
    "lexists": "entry",
    "isfile": "file",
    "isdir": "folder",
    "islink": "link",
    "is_file": "file",
    "is_dir": "folder",
    "is_symlink": "link",
    "getsize": "size",
    "realpath": "link",
    "_joinrealpath": "link",
    "resolve": "link",
    "_resolve": "link",
}
_ASKERS = frozenset({"genericpath", "posixpath", "ntpath", "pathlib"})
# What these ask for themselves is known from what they do.
_DOERS: dict[str, set[str] | None] = {
    "PIL": {"save"},  # to clean up after a failure
    "shutil": None,
    "tempfile": None,
    "os": {"makedirs"},
    "pathlib": {"mkdir"},
}
_NAMES = ("stat", "lstat", "access", "readlink", "getcwd", "getcwdb")
_DESCRIPTOR_READERS = ("read", "pread", "readv", "preadv", "write", "pwrite", "writev", "pwritev")


class Asking:
    """Turns calls of functions of `os` into questions of the run."""

    def __init__(self, deeds: Deeds, held: HeldFiles) -> None:
        self._deeds, self._held = deeds, held

    def watch(self, probes: Probes) -> None:
        """Stand in for the functions of `os` until `probes` is closed."""
        for name, tell in self._tells():
            probes.replace(os, name, tell)

    def _tells(self) -> Iterator[tuple[str, Tell]]:
        yield "open", self._open
        yield "stat", self._stat
        yield "lstat", self._lstat
        yield "access", self._access
        yield "readlink", lambda args, kwargs: self._ask(args, kwargs, "target")
        yield "getcwd", lambda _args, _kwargs: self._deeds.ask_folder()
        yield "getcwdb", lambda _args, _kwargs: self._deeds.ask_folder()
        for name in _DESCRIPTOR_READERS:
            yield name, self._descriptor

    def _stat(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        own = kwargs.get("follow_symlinks") is False
        self._ask(args, kwargs, _aspect_asked() or ("own facts" if own else "facts"))

    def _lstat(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self._ask(args, kwargs, _aspect_asked() or "own facts")

    def _access(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self._ask(args, kwargs, f"access {path_of(args, kwargs, 1, 'mode')}")

    def _ask(self, args: tuple[Any, ...], kwargs: dict[str, Any], aspect: str) -> None:
        path = path_of(args, kwargs, 0, "path")
        if aspect == _NOTHING or isinstance(path, int) or path is None:
            return
        text = os.fsdecode(path)
        if kwargs.get("dir_fd") is not None:
            self._deeds.refuse(f"it asks about {shown(text)} relative to an open folder")
        elif text and "\0" not in text:
            self._deeds.ask(text, aspect)

    def _open(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        frame = outside_frame()
        clears = frame is not None and "_rmtree" in frame.f_code.co_name
        if kwargs.get("dir_fd") is not None and not clears:
            self._deeds.refuse(f"it opens {shown(os.fsdecode(args[0]))} relative to an open folder")

    def _descriptor(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        descriptor = path_of(args, kwargs, 0, "fd")
        if isinstance(descriptor, int):
            self.use(descriptor)

    def use(self, descriptor: int) -> None:
        """A descriptor is read or written, of which only those opened by the run are known."""
        if self._held.holds(descriptor):
            self._deeds.refuse("it uses a file that another cell opened")


_NOTHING = "nothing"


def is_asking(value: object) -> bool:
    """True for one of the functions of `os` themselves that are stood in for."""
    found = (vars(os).get(name) for name in (*_NAMES, *_DESCRIPTOR_READERS))
    return any(value is function for function in found if function is not None)


def _aspect_asked() -> str | None:
    """The aspect that the asking function of Python's library tells; None for other callers."""
    frame, asked = outside_frame(), None
    while frame is not None:
        module, function = acting(frame)
        doer = _DOERS.get(module, set())
        if doer is None or function in doer:
            return _NOTHING
        if module not in _ASKERS:
            break
        asked = _ASPECTS.get(function) or asked
        frame = frame.f_back
    return asked
