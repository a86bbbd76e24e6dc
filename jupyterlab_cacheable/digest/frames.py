"""Rules for pandas. Only imported when the user imported pandas.

A frame counts column by column, so that the way pandas packs columns into blocks does not. What a
user can ask of a frame counts: labels with their names, frequency and time zone, data types,
``attrs`` and flags.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .arrays import (
    note_column,
    note_column_object,
    note_memory,
    note_values,
    write_array,
    write_dtype,
)
from .copying import copies_on_write
from .extent import byte_bounds
from .rule import Rule
from .undigestible import refuse

if TYPE_CHECKING:
    from .walker import Walker


def rule_of(kind: type) -> Rule | None:
    """Return the rule of a pandas type, None when there is none."""
    if kind in _RULES:
        return _RULES[kind]
    is_own = str(kind.__module__).partition(".")[0] == "pandas"
    if issubclass(kind, pd.tseries.offsets.BaseOffset) and is_own:
        return Rule(_offset, mutable=False)
    if issubclass(kind, pd.api.extensions.ExtensionDtype) and is_own:
        return Rule(_dtype, mutable=False)
    return None


# -- frames, series, indexes --------------------------------------------------------------------


def _frame(walker: Walker, frame: Any) -> None:
    walker.tag("pandas.DataFrame", *frame.shape)
    walker.walk(frame.columns, ".columns")
    walker.mark(frame)
    walker.walk(frame.index, ".index")
    walker.mark(frame)
    # The columns by position: names can repeat, and taking a series would copy `attrs`.
    for position, name in enumerate(frame.columns):
        with walker.at((name,)):
            _write_column(walker, frame._get_column_array(position), (id(frame), position))
    _write_notes(walker, frame)


def _series(walker: Walker, series: Any) -> None:
    walker.tag("pandas.Series")
    walker.walk(series.name, ".name")
    walker.walk(series.index, ".index")
    walker.mark(series)
    if isinstance(series.dtype, np.dtype) and series.dtype.kind not in "OTV":
        walker.trace(series, len(series))
    _write_column(walker, series.array, (id(series), 0))
    _write_notes(walker, series)


_INTERNAL: Any = pd.DataFrame._internal_names_set  # type: ignore[attr-defined]
_OWN_NAMES = _INTERNAL | {"_mgr", "_attrs", "_flags", "_name", "_typ"}


def _write_notes(walker: Walker, holder: Any) -> None:
    for name in vars(holder).keys() - _OWN_NAMES:
        raise refuse(
            holder, f"the attribute '{name}' was set on it; use attrs or a column for that"
        )
    walker.tag("notes", holder.flags.allows_duplicate_labels)
    walker.walk(holder.attrs, ".attrs")


# Frames copy their data when it is changed, but share index objects, whose names can be changed in
# place: an index has an identity.


def _index(walker: Walker, index: Any) -> None:
    walker.tag("pandas.Index", type(index).__name__)
    walker.walk(index.name, ".name")
    walker.walk(getattr(index, "freq", None), ".freq")
    write_values(walker, index.array)


def _range_index(walker: Walker, index: Any) -> None:
    walker.tag("pandas.RangeIndex", index.start, index.stop, index.step)
    walker.walk(index.name, ".name")


def _multi_index(walker: Walker, index: Any) -> None:
    walker.tag("pandas.MultiIndex", index.nlevels, index.sortorder)
    with walker.temporary(levels := list(index.levels)):
        for name, level, codes in zip(index.names, levels, index.codes, strict=True):
            walker.walk(name, ".names")
            walker.walk(level, ".levels")
            write_array(walker, codes)


# -- columns ------------------------------------------------------------------------------------


def write_values(walker: Walker, values: Any) -> None:
    """Write the values of a column, series or index: a pandas array or a plain one."""
    if type(values) is pd.arrays.NumpyExtensionArray:  # text columns are of a subclass
        values = values.to_numpy()
    if isinstance(values, np.ndarray):
        write_array(walker, values)
        return
    write = _COLUMNS.get(type(values))
    if write is None:
        raise refuse(values, "columns of this type have no digest")
    walker.tag("column", type(values).__name__, len(values))
    _dtype(walker, values.dtype)
    write(walker, values)


def _write_column(walker: Walker, values: Any, key: tuple[int, int]) -> None:
    """Write a column, and where an array looks into it: what is written to one changes both."""
    if type(values) is pd.arrays.NumpyExtensionArray:
        values = values.to_numpy()
    is_plain = isinstance(values, np.ndarray)
    if is_plain and values.flags.writeable and values.nbytes:
        low, high = byte_bounds(values)
        walker.note_span(low, high - low, "numpy" if copies_on_write() else "pandas")
    if copies_on_write():
        for memory in [values] if is_plain else _memory_in(values):
            note_column(walker, memory)
        if not is_plain:
            note_column_object(walker, values)
    walker.write_content(key, lambda: write_values(walker, values))


def write_content(walker: Walker, values: Any) -> None:
    """Write a column that is in no frame as if it were; its digest is in ``contents``."""
    walker.write_content((0, 0), lambda: write_values(walker, values))


def _array(walker: Walker, values: Any) -> None:
    walker.tag("pandas array")
    for memory in _memory_in(values):
        note_memory(walker, memory)
    if copies_on_write():
        note_values(walker, values)
    write_values(walker, values)


def _memory_in(values: Any) -> Iterator[Any]:
    """The numpy arrays that a column of its own type is made of."""
    for name in ("_ndarray", "_data", "_mask"):
        if isinstance(memory := getattr(values, name, None), np.ndarray):
            yield memory


def _masked(walker: Walker, values: Any) -> None:
    mask = values._mask
    data = values._data
    if mask.any():
        data = data.copy()
        data[mask] = 0  # what stands under a missing value is an accident
    write_array(walker, mask)
    write_array(walker, data)


def _dates(walker: Walker, values: Any) -> None:
    walker.walk(getattr(values, "freq", None), ".freq")
    write_array(walker, values.asi8)


def _periods(walker: Walker, values: Any) -> None:
    write_array(walker, values.asi8)


def _intervals(walker: Walker, values: Any) -> None:
    for side in (values.left, values.right):
        write_values(walker, side.array)


def _categories(walker: Walker, values: Any) -> None:
    write_array(walker, values.codes)


def _sparse(walker: Walker, values: Any) -> None:
    walker.tag("sparse", values.kind)
    write_array(walker, values.sp_index.to_int_index().indices)
    write_values(walker, values.sp_values)


def _strings(walker: Walker, values: Any) -> None:
    # None for what is missing, whatever stands for it, keeps the elements plain and quick.
    write_array(walker, values.to_numpy(dtype=object, na_value=None))


def _arrow(walker: Walker, values: Any) -> None:
    from .arrow import write_chunked

    write_chunked(walker, values._pa_array)


_COLUMNS: dict[type, Callable[[Walker, Any], None]] = {
    pd.arrays.ArrowExtensionArray: _arrow,
    pd.arrays.ArrowStringArray: _arrow,
    pd.arrays.BooleanArray: _masked,
    pd.Categorical: _categories,
    pd.arrays.DatetimeArray: _dates,
    pd.arrays.FloatingArray: _masked,
    pd.arrays.IntegerArray: _masked,
    pd.arrays.IntervalArray: _intervals,
    pd.arrays.PeriodArray: _periods,
    pd.arrays.SparseArray: _sparse,
    pd.arrays.StringArray: _strings,
    pd.arrays.TimedeltaArray: _dates,
}


# -- data types ---------------------------------------------------------------------------------


def _dtype(walker: Walker, dtype: Any) -> None:
    if isinstance(dtype, np.dtype):
        write_dtype(walker, dtype)
        return
    walker.tag("pandas dtype", type(dtype).__name__)
    match dtype:
        case pd.CategoricalDtype():
            walker.walk(dtype.ordered, ".ordered")
            walker.walk(dtype.categories, ".categories")
        case pd.DatetimeTZDtype():
            walker.tag("unit", dtype.unit)
            walker.walk(dtype.tz, ".tz")
        case pd.PeriodDtype():
            walker.walk(dtype.freq, ".freq")
        case pd.IntervalDtype():
            walker.tag("closed", dtype.closed)
            _optional_dtype(walker, dtype.subtype)
        case pd.SparseDtype():
            walker.walk(dtype.fill_value, ".fill_value")
            _dtype(walker, dtype.subtype)
        case pd.StringDtype():
            walker.tag("storage", dtype.storage)
            walker.walk(dtype.na_value, ".na_value")
        case _:  # the name says it all: Int64, boolean, double[pyarrow]
            walker.tag("name", str(dtype))


def _optional_dtype(walker: Walker, dtype: Any) -> None:
    walker.tag("absent" if dtype is None else "present")
    if dtype is not None:
        _dtype(walker, dtype)


# -- scalars ------------------------------------------------------------------------------------


def _timestamp(walker: Walker, value: Any) -> None:
    walker.tag("pandas.Timestamp", value.unit, value.fold)
    write_array(walker, np.asarray(value.asm8))
    walker.walk(value.tzinfo, ".tzinfo")


def _timedelta(walker: Walker, value: Any) -> None:
    walker.tag("pandas.Timedelta", value.unit)
    write_array(walker, np.asarray(value.asm8))


def _period(walker: Walker, value: Any) -> None:
    walker.tag("pandas.Period", value.ordinal)
    walker.walk(value.freq, ".freq")


def _interval(walker: Walker, value: Any) -> None:
    walker.tag("pandas.Interval", value.closed)
    walker.walk(value.left, ".left")
    walker.walk(value.right, ".right")


def _missing(walker: Walker, value: Any) -> None:
    walker.tag("pandas missing", type(value).__name__)


def _offset(walker: Walker, value: Any) -> None:
    walker.tag("pandas offset", type(value).__name__, value.n, value.normalize)
    with walker.temporary(parameters := value.kwds):
        walker.walk_pairs(parameters.items(), len(parameters))


_INDEXES = (pd.Index, pd.DatetimeIndex, pd.TimedeltaIndex, pd.PeriodIndex, pd.IntervalIndex)

_RULES: dict[type, Rule] = {
    pd.DataFrame: Rule(_frame),
    pd.Series: Rule(_series),
    **dict.fromkeys((*_INDEXES, pd.CategoricalIndex), Rule(_index)),
    pd.RangeIndex: Rule(_range_index),
    pd.MultiIndex: Rule(_multi_index),
    **dict.fromkeys((*_COLUMNS, pd.arrays.NumpyExtensionArray), Rule(_array)),
    pd.Timestamp: Rule(_timestamp, mutable=False),
    pd.Timedelta: Rule(_timedelta, mutable=False),
    pd.Period: Rule(_period, mutable=False),
    pd.Interval: Rule(_interval, mutable=False),
    type(pd.NaT): Rule(_missing, mutable=False),
    type(pd.NA): Rule(_missing, mutable=False),
}
