"""Frames and series of polars."""

from __future__ import annotations

import sys
from typing import Any

from .kind import Kind


def kind_of(value: Any) -> str | None:
    """The name of the kind of a polars object."""
    polars = sys.modules["polars"]
    return "table" if type(value) in (polars.DataFrame, polars.Series) else None


def _put(live: Any, content: Any) -> None:
    inner = "_s" if hasattr(content, "_s") else "_df"
    setattr(live, inner, getattr(content, inner))


KINDS = {"table": Kind(lambda value: value.clone(), lambda value: value.clone(), _put)}
