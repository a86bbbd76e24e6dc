"""What it would take to store values, told from a look at some of their parts.

Storing digests a value, pickles it, writes it, and reads it back to compare. The figures below are
those of an ordinary machine; they only have to tell a blink from a wait. No code of the user runs.
"""

from __future__ import annotations

import gc
import sys
from collections import deque
from collections.abc import Iterable, Sequence
from itertools import islice
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

SHORT = 0.05
"""Seconds that nobody notices: shorter saves are not put off, and their price is not asked."""

_MOST_PARTS = 1_000
_SAMPLE = 64

# Seconds.
_BASE = 0.005
_ATOM = 1e-6
_CONTAINER = 3e-6
_OBJECT = 50e-6
_BUFFER = 100e-6
_BYTE = 2.5e-9

_TEXT = (str, bytes, bytearray)
_ATOMS = (int, float, complex, bool, type(None), *_TEXT)
_BY_NAME = (type, ModuleType, FunctionType, BuiltinFunctionType)
_LIBRARIES = frozenset({"numpy", "pyarrow", "torch", "polars"})


def seconds_to_store(values: Iterable[object], size: int = 0) -> float:
    """About how long it takes to store the values, and `size` bytes besides."""
    estimate = _Estimate()
    for value in values:
        estimate.add(value)
    return _BASE + size * _BYTE + estimate.seconds


def in_words(seconds: float) -> str:
    """A duration with two digits: 12 ms, 1.5 s."""
    scale, unit = (1000, "ms") if seconds < 0.95 else (1, "s")
    return f"{float(f'{seconds * scale:.2g}'):g} {unit}"


class _Estimate:
    """Adds up the parts of values; large containers stand for what a sample of them holds."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._left = _MOST_PARTS
        self._seen: set[int] = set()

    def add(self, value: object) -> None:
        waiting: deque[tuple[object, float]] = deque([(value, 1.0)])
        while waiting and self._left > 0:
            self._left -= 1
            part, times = waiting.popleft()
            inside = self._weigh(part, times)
            if inside is not None and inside.parts:
                share = times * inside.count / len(inside.parts)
                waiting.extend((one, share) for one in inside.parts)
        self.seconds += sum(times for _, times in waiting) * _CONTAINER

    def _weigh(self, part: object, times: float) -> _Inside | None:
        """Count one part, `times` times; what has to be looked at inside of it, if anything."""
        kind = type(part)
        if kind in _ATOMS:
            length = len(part) if isinstance(part, _TEXT) else 0
            self.seconds += times * (_ATOM + length * _BYTE)
            return None
        if id(part) in self._seen or isinstance(part, _BY_NAME):
            self.seconds += times * _ATOM
            return None
        self._seen.add(id(part))
        size = _buffer_size(part, kind)
        if size is not None:
            self.seconds += times * (_BUFFER + size * _BYTE)
            return _objects_of(part)
        inside = _inside(part, kind)
        is_plain = kind in (list, tuple, dict, set, frozenset)
        self.seconds += times * (_CONTAINER if is_plain else _OBJECT)
        return inside


class _Inside:
    """Some parts of a container, which has ``count`` of them; all are given when it is None."""

    def __init__(self, parts: Sequence[object], count: int | None = None) -> None:
        self.count = len(parts) if count is None else count
        if count is None and len(parts) > _SAMPLE:
            step = self.count / _SAMPLE
            parts = [parts[int(place * step)] for place in range(_SAMPLE)]
        self.parts = parts


def _inside(part: Any, kind: type) -> _Inside:
    if kind in (list, tuple):
        return _Inside(part)
    if kind in (dict, set, frozenset):
        some = list(islice(part.items() if kind is dict else part, _SAMPLE))
        if kind is not dict:
            return _Inside(some, len(part))
        return _Inside([one for pair in some for one in pair], 2 * len(part))
    return _Inside([one for one in gc.get_referents(part) if one is not kind])


def _buffer_size(part: Any, kind: type) -> int | None:
    """Bytes of an array or table of a library; None for anything else."""
    home = str(kind.__module__).partition(".")[0]
    if home not in _LIBRARIES:
        return None
    try:
        size = part.estimated_size() if home == "polars" else part.nbytes
    except Exception:  # noqa: BLE001 -- whatever the library raises, it is no array
        return None
    return size if isinstance(size, int) else None


def _objects_of(part: Any) -> _Inside | None:
    """The objects that an array of numpy refers to."""
    numpy = sys.modules.get("numpy")
    if numpy is None or type(part) is not numpy.ndarray or not part.dtype.hasobject:
        return None
    some = list(islice(part.flat, _SAMPLE))
    return _Inside(some, part.size)
