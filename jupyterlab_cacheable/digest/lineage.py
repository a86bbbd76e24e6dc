"""Digests of matplotlib figures by how they came to be, for this session.

What a figure will look like hangs on thousands of small objects that drawing changes, so its
content says little. Its *lineage* does: the entry of the cell that last made or changed it, which
names all that the figure was made from. A stamp of the figure tells whether anything else changed
it since; then its lineage is not known.
"""

from __future__ import annotations

import marshal
import sys
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum, auto
from typing import Any

import xxhash


class Reading(Enum):
    """What the digest of a figure is wanted for."""

    KEY = auto()
    """Where it comes from; figures of unknown lineage are refused."""
    AFTER = auto()
    """Whether a run changed it: whatever a cell can reach counts as changed."""
    STORED = auto()
    """Whether it came back from the store: what the figure is made of, roughly."""


reading: ContextVar[Reading] = ContextVar("reading", default=Reading.KEY)


@contextmanager
def read_for(purpose: Reading) -> Iterator[None]:
    """Digest figures for this purpose while it is open."""
    token = reading.set(purpose)
    try:
        yield
    finally:
        reading.reset(token)


class _Lineages:
    """Figure -> the text of its lineage and its stamp at that time."""

    def __init__(self) -> None:
        self._known: weakref.WeakKeyDictionary[Any, tuple[str, bytes]] = weakref.WeakKeyDictionary()

    def put(self, figure: Any, text: str) -> None:
        """Note that `figure` is as the entry named by `text` left it."""
        self._known[figure] = (text, stamp(figure))

    def get(self, figure: Any) -> str | None:
        """The lineage of a figure, None when it is not known."""
        text, then = self._known.get(figure, (None, b""))
        return text if text is not None and stamp(figure) == then else None


LINEAGES = _Lineages()


def is_figure(value: object) -> bool:
    """Whether a value is an outermost figure; matplotlib need not be loaded."""
    module = sys.modules.get("matplotlib.figure")
    return module is not None and isinstance(value, module.Figure)


def name_figures(figures: list[Any], entry: str) -> None:
    """Note that the figures are as the entry with this id left them.

    Of the id, the part that stands for the sources of upstream cells does not count.
    """
    base, _, conditions = entry.split("-")
    for number, figure in enumerate(figures):
        LINEAGES.put(figure, f"{base}-{conditions} {number}")


def artists(figure: Any) -> list[Any]:
    """A figure, all artists in it and its colour bars, in an order that its making decides.

    Ticks are left out: they come and go with drawing.
    """
    from matplotlib.axis import Axis

    found: list[Any] = []
    pending = [figure]
    while pending:
        artist = pending.pop()
        found.append(artist)
        if "_colorbar" in vars(artist):
            found.append(artist._colorbar)
        is_axis = isinstance(artist, Axis)
        inner = [artist.label, artist.offsetText] if is_axis else artist.get_children()
        pending.extend(reversed(inner))
    return list({id(artist): artist for artist in found}.values())


# What drawing changes every time.
VOLATILE = frozenset(
    "_stale stale_callback _remove_method canvas _canvas_callbacks callbacks _callbacks _parents "
    "_invalid _inverted _cachedRenderer _renderer _imcache _window_extents _transformed_path "
    "_subslice _invalidx _invalidy _path _axobservers _transOffset".split()
)
_PLAIN = frozenset({type(None), bool, int, float, complex, str, bytes})
_DEEPEST = 6


def stamp(figure: Any) -> bytes:
    """A digest of a figure that is good for this process: objects of no interest count by id."""
    written = xxhash.xxh3_128()
    everything = artists(figure)
    seen = set(map(id, everything))
    for artist in everything:
        written.update(marshal.dumps((type(artist).__name__, id(artist)), 2))
        _stamp_attributes(written, artist, seen, 0)
    return written.digest()


def _stamp_attributes(written: Any, value: Any, seen: set[int], depth: int) -> None:
    for name, inner in vars(value).items():
        if name not in VOLATILE:
            written.update(name.encode("utf-8", "surrogatepass"))
            _stamp(written, inner, seen, depth)


def _stamp(written: Any, value: Any, seen: set[int], depth: int) -> None:
    if hasattr(value, "item") and not getattr(value, "shape", True):
        value = value.item()  # drawing turns numbers of numpy into numbers of Python
    kind = type(value)
    if kind in _PLAIN:
        written.update(marshal.dumps(value, 2))
    elif kind.__module__ == "numpy" and hasattr(value, "tobytes") and not value.dtype.hasobject:
        written.update(str((value.dtype, value.shape)).encode())
        written.update(value.tobytes())
    elif id(value) in seen or depth > _DEEPEST:
        written.update(marshal.dumps(("seen", id(value)), 2))
    elif kind in (list, tuple, dict):
        seen.add(id(value))
        written.update(marshal.dumps((kind.__name__, len(value)), 2))
        for inner in (*value, *(value.values() if kind is dict else ())):
            _stamp(written, inner, seen, depth + 1)
    elif kind.__module__.startswith("matplotlib.") and hasattr(value, "__dict__"):
        seen.add(id(value))
        written.update(kind.__name__.encode())
        _stamp_attributes(written, value, seen, depth + 1)
    else:
        written.update(marshal.dumps((kind.__name__, id(value)), 2))
