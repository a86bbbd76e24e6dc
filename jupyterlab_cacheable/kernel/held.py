"""Files that the process held open before a run, and that the run wrote: log files, mostly."""

from __future__ import annotations

import os
import stat
import sys

from .places import is_systems, shown

_HISTORY = "history.sqlite"
_Facts = tuple[int, int, int, int]  # device, inode, size, time


class HeldFiles:
    """Remembers the open files; writing to one raises no event, and a hit would not repeat it."""

    def __init__(self) -> None:
        self._before = {
            number: facts
            for number in _descriptors()
            if (facts := _facts(number)) is not None
            and not _is_kernels(number)
            and not is_systems(_path(number))
        }

    def holds(self, number: int) -> bool:
        """True when this descriptor stands for a file that was open before."""
        before, now = self._before.get(number), _facts(number)
        return before is not None and now is not None and before[:2] == now[:2]

    def sentences(self) -> list[str]:
        """One for each file that was written since."""
        return [
            f"it writes the file {shown(_path(number))}, which was opened before"
            for number, facts in self._before.items()
            if _is_changed(facts, _facts(number)) and _is_writable(number)
        ]


def _descriptors() -> list[int]:
    try:
        return [int(name) for name in os.listdir("/proc/self/fd")]
    except OSError:
        return []


def _is_changed(before: _Facts, now: _Facts | None) -> bool:
    """The same file with another size or time; the number may stand for another file by now."""
    return now is not None and now[:2] == before[:2] and now != before


def _facts(number: int) -> _Facts | None:
    try:
        found = os.fstat(number)
    except OSError:
        return None
    if not stat.S_ISREG(found.st_mode):
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def _is_kernels(number: int) -> bool:
    """The history of IPython, and the log that the kernel's own output may go to."""
    copies = [getattr(s, "_original_stdstream_copy", None) for s in (sys.stdout, sys.stderr)]
    return number <= 2 or number in copies or _HISTORY in os.path.basename(_path(number))


def _path(number: int) -> str:
    try:
        return os.readlink(f"/proc/self/fd/{number}")
    except OSError:
        return str(number)


def _is_writable(number: int) -> bool:
    try:
        with open(f"/proc/self/fdinfo/{number}") as file:
            text = next(line for line in file if line.startswith("flags:"))
    except (OSError, StopIteration):
        return True
    return bool(int(text.split()[1], 8) & (os.O_WRONLY | os.O_RDWR))
