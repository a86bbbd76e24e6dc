"""Reducers for polars: the columns go as Arrow buffers, which are not copied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from .. import rebuild_polars as rebuild

if TYPE_CHECKING:
    from . import Reduced, Stream


def reduce(value: Any, _stream: Stream) -> Reduced | None:
    """Return what to pickle in place of a frame or series, None for its own pickling."""
    if type(value) is pl.Series:
        return _columns(rebuild.series, value.to_frame())
    if type(value) is pl.DataFrame and value.width:
        return _columns(rebuild.frame, value)
    return None


def _columns(make: Any, frame: Any) -> Reduced | None:
    """None when Arrow, or a way back from it, is missing: a type that only polars has."""
    try:
        table = frame.to_arrow(compat_level=pl.CompatLevel.newest())
        if pl.from_arrow(table, rechunk=False).schema != frame.schema:
            return None
    except Exception:  # noqa: BLE001 -- whatever polars and Arrow raise for what they cannot do
        return None
    return make, (table, rebuild.orders_of(frame))
