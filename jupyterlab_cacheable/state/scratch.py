"""Memory of a blob that is read back only to be checked: given up again once it was looked at.

Reading through a mapping makes every page part of the process until the mapping goes, which for a
big blob would double what the process takes.
"""

from __future__ import annotations

import mmap
import os
import sys
from typing import Any

_DROP = getattr(mmap, "MADV_DONTNEED", None)
_PAGE = mmap.PAGESIZE

# Bits of an entry of /proc/self/pagemap.
_PRESENT = 1 << 63
_SWAPPED = 1 << 62
_OF_A_FILE = 1 << 61


class Scratch:
    """A private mapping of a blob."""

    def __init__(self, blob: memoryview) -> None:
        self._mapping = blob.obj if isinstance(blob.obj, mmap.mmap) else None
        self._start = self._end = 0
        if self._mapping is not None and (address := _address(blob)) is not None:
            self._start, self._end = address, address + len(self._mapping)

    def release(self, first: int, last: int) -> None:
        """Give up the whole pages between two addresses, unless something was written there.

        They come back, as the file has them, when they are looked at again.
        """
        first, last = -(-first // _PAGE) * _PAGE, last // _PAGE * _PAGE
        if self._mapping is None or _DROP is None or not self._start <= first < last <= self._end:
            return
        if _is_unwritten(first, last):
            self._mapping.madvise(_DROP, first - self._start, last - first)


def _is_unwritten(first: int, last: int) -> bool:
    """Whether all pages in memory are still those of the file; False when it cannot be told."""
    size = (last - first) // _PAGE * 8
    try:
        with open("/proc/self/pagemap", "rb", buffering=0) as pagemap:
            found = os.pread(pagemap.fileno(), size, first // _PAGE * 8)
    except OSError:
        return False
    pages: Any = memoryview(found).cast("Q")
    return len(found) == size and all(
        page & _OF_A_FILE or not page & (_PRESENT | _SWAPPED) for page in pages
    )


def _address(memory: memoryview) -> int | None:
    """Where the memory lies; None without numpy, which nearly all big values come from."""
    numpy: Any = sys.modules.get("numpy")
    if numpy is None:
        return None
    return int(numpy.frombuffer(memory, numpy.uint8).__array_interface__["data"][0])
