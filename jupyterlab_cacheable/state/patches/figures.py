"""Figures of matplotlib, what is drawn in them, and colour bars."""

from __future__ import annotations

import sys
from typing import Any

from .containers import put_dict
from .kind import Kind


def kind_of(value: Any) -> str | None:
    """The name of the kind of a matplotlib object."""
    bar = getattr(sys.modules.get("matplotlib.colorbar"), "Colorbar", ())
    kinds = (sys.modules["matplotlib.artist"].Artist, bar)
    return "artist" if isinstance(value, kinds) else None


def _put_artist(live: Any, content: dict[str, Any]) -> None:
    if hasattr(live, "__setstate__"):
        live.__setstate__(dict(content))
    else:
        put_dict(vars(live), list(content.items()))


KINDS = {
    "artist": Kind(
        lambda value: value.__getstate__(),
        lambda value: object.__new__(type(value)),
        _put_artist,
    )
}
