"""Functions that a state stream calls to make polars values. Only imported for such streams.

Their names are part of the stored format, like those of `rebuild`.
"""

from __future__ import annotations

from typing import Any

import polars as pl


def frame(table: Any, orders: list[str]) -> Any:
    """A frame over the buffers of an Arrow table, whose columns are known to be sorted or not."""
    made: Any = pl.from_arrow(table, rechunk=False)
    for number, order in enumerate(orders):
        if order:
            column = made.to_series(number).set_sorted(descending=order == "descending")
            made.replace_column(number, column)
    return made


def series(table: Any, orders: list[str]) -> Any:
    """A series over the buffers of the only column of an Arrow table."""
    return frame(table, orders).to_series(0)


def orders_of(frame: Any) -> list[str]:
    """Whether polars knows of each column that it is sorted."""
    return [_order(flags) for flags in frame.flags.values()]


def _order(flags: dict[str, bool]) -> str:
    if flags.get("SORTED_ASC"):
        return "ascending"
    return "descending" if flags.get("SORTED_DESC") else ""
