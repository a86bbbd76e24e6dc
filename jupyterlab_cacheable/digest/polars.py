"""Rules for polars. Only imported when the user imported polars.

A column counts by its data type and elements; chunks and where text lies in memory are accidents.
Columns never change, but a frame can be given others, so frames and series have an identity.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from .rule import Rule
from .undigestible import refuse

if TYPE_CHECKING:
    from .walker import Walker


def rule_of(kind: type) -> Rule | None:
    """Return the rule of a polars type, None when there is none."""
    if issubclass(kind, pl.DataFrame):
        return Rule(_frame)
    if issubclass(kind, pl.Series):
        return Rule(_series)
    if issubclass(kind, pl.DataType | type(pl.DataType)):
        return Rule(_dtype, mutable=False)
    return None


def _frame(walker: Walker, frame: Any) -> None:
    _check(frame, pl.DataFrame)
    walker.tag("polars.DataFrame", *frame.shape)
    for series in frame.get_columns():
        with walker.at((series.name,)):
            _column(walker, series)
        walker.mark(frame)


def _series(walker: Walker, series: Any) -> None:
    _check(series, pl.Series)
    walker.tag("polars.Series", len(series))
    _column(walker, series)


def _check(value: Any, kind: type) -> None:
    if type(value) is not kind:
        raise refuse(value, "it is of a class of its own")


def _column(walker: Walker, series: Any) -> None:
    walker.tag("column", series.name)
    _dtype(walker, series.dtype)
    if series.dtype == pl.Object or _has_own_format(series.dtype):
        walker.walk_items(series.to_list())
    else:
        _write_arrow(walker, series)


def _has_own_format(dtype: Any) -> bool:
    """True for a type, or one that holds one, that Arrow does not know or numbers its own way."""
    inner = getattr(dtype, "inner", None)
    fields = getattr(dtype, "fields", None) or []
    name = type(dtype).__name__
    return (
        name not in _KNOWN_TO_ARROW
        or (inner is not None and _has_own_format(inner))
        or any(_has_own_format(field.dtype) for field in fields)
    )


def _write_arrow(walker: Walker, series: Any) -> None:
    try:
        from .arrow import KNOWS_VIEWS, write_chunked
    except ImportError:
        walker.walk_items(series.to_list())
        return
    name = type(series.dtype).__name__
    if name in ("Categorical", "Enum"):
        series = series.cast(pl.String)
    level = pl.CompatLevel.newest() if KNOWS_VIEWS else pl.CompatLevel.oldest()
    write_chunked(walker, series.to_arrow(compat_level=level))


def _dtype(walker: Walker, dtype: Any) -> None:
    walker.tag("polars type", repr(dtype))
    if isinstance(dtype, pl.Enum):
        walker.walk_items(dtype.categories.to_list())


_KNOWN_TO_ARROW = frozenset(
    "Boolean Int8 Int16 Int32 Int64 UInt8 UInt16 UInt32 UInt64 Float32 Float64 Decimal String "
    "Binary Date Time Datetime Duration Null List Array Struct".split()
)
_KNOWN_TO_ARROW |= {"Categorical", "Enum"}
