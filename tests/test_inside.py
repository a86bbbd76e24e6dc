"""What differs inside of two values, told from what is kept beside their digests."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from jupyterlab_cacheable.digest import describe, digest, facts_of
from jupyterlab_cacheable.inside import difference_inside

FRAME = pd.DataFrame({"price": [1.0, 2.0], "name": ["a", "b"], "count": [3, 4]})
BIG = np.arange(100_000, dtype=float).reshape(10_000, 10)
SERIES = pd.Series(np.arange(1000.0), name="s")


def row(value: Any) -> dict[str, Any]:
    found = digest(value, definition=lambda _: None)
    kind, summary = describe(value)
    made = {"digest": found.text, "type": kind, "summary": summary, "cell": None}
    return made | {"facts": facts_of(value, found)}


def told(old: Any, new: Any) -> str | None:
    return difference_inside(row(old), row(new))


def at(array: np.ndarray, *place: int) -> np.ndarray:
    changed = array.copy(order="K")
    changed[place] = -1
    return changed


CASES = {
    "went from 1 to 2": (1, 2),
    "went from 1 (int) to 1 (int64)": (1, np.int64(1)),
    "went from None to 'a'": (None, "a"),
    "is a list instead of a tuple": ((1,), [1]),
    "differs at [2]": ([1, 2, 3], [1, 2, 4]),
    "differs at ['model']['rate']": ({"model": {"rate": 1}}, {"model": {"rate": 2}}),
    "has ['b'] now": ({"a": 1}, {"a": 1, "b": 2}),
    "has no ['b'] any more": ({"a": 1, "b": 2}, {"a": 1}),
    "has another shape: 2×3 instead of 3×2": (np.zeros((3, 2)), np.zeros((2, 3))),
    "has another dtype: float32 instead of float64": (np.zeros(3), np.zeros(3, "f4")),
    "differs first at element 1": (np.zeros(3), at(np.zeros(3), 1)),
    "differs first in elements 40 to 49": (np.zeros(300), at(np.zeros(300), 44)),
    "differs first in rows 2,000 to 2,499": (BIG, at(BIG, 2345, 3)),
    "differs first in rows 9,500 to 9,999": (BIG, at(BIG, 9999, 9)),
    "differs first at column 1": (BIG.T.copy().T, at(BIG.T.copy().T, 77, 1)),
    "has other values in column 'price'": (FRAME, FRAME.assign(price=[1.0, 2.5])),
    "has other values in columns 'price' and 'count'": (FRAME, FRAME.assign(price=0.0, count=0)),
    "has other values in columns 'price', 'name' and 1 more": (
        FRAME,
        FRAME.assign(price=0.0, name="", count=0),
    ),
    "has a new column 'tax'": (FRAME, FRAME.assign(tax=1)),
    "has lost the columns 'price' and 'name'": (FRAME, FRAME[["count"]]),
    "has another dtype in column 'count': float64 instead of int64": (
        FRAME,
        FRAME.assign(count=[3.0, 4.0]),
    ),
    "has 1 row instead of 2": (FRAME, FRAME.head(1)),
    "has another index": (FRAME, FRAME.set_axis([1, 2])),
    "has other column names": (FRAME, FRAME.rename_axis(columns="kind")),
    "differs first in rows 500 to 549": (SERIES, SERIES.where(SERIES != 501, -1)),
    "has another index ": (SERIES, SERIES.set_axis(SERIES.index + 1)),
}


@pytest.mark.parametrize("words", CASES)
def test_the_place_that_differs_is_named(words: str) -> None:
    assert told(*CASES[words]) == words.strip()


def test_nothing_is_said_where_nothing_is_known() -> None:
    assert told({1, 2}, {1, 3}) is None
    assert told("a" * 100, "b" * 100) is None
    assert difference_inside({**row(FRAME), "facts": {}}, row(FRAME.assign(price=0))) is None
    one, other = row([1]), row([2])
    del one["facts"], other["facts"]
    assert difference_inside(one, other) is None


def test_a_value_that_is_gone_or_new() -> None:
    absent = {"digest": "absent", "type": "nothing", "summary": "not defined", "cell": None}
    assert difference_inside(absent, row(1)) == "is defined now"
    assert difference_inside(row(1), absent) == "is not defined"


def test_a_polars_frame_tells_its_first_differing_column() -> None:
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame({"a": [1, 2], "b": [3, 4], "c": [5, 6]})
    changed = frame.with_columns(b=pl.lit(0), c=pl.lit(0))
    assert told(frame, changed).startswith("has another dtype in column 'b'")
    changed = frame.with_columns(b=pl.col("b") + 1, c=pl.col("c") + 1)
    assert told(frame, changed) == "has other values in column 'b'"


@pytest.mark.parametrize(
    "value",
    [
        list(range(10**5)),
        {str(n): {str(m): [m] for m in range(100)} for n in range(100)},
        pd.DataFrame(np.zeros((3, 500))).add_prefix("a long name of a column " * 9),
        np.zeros(10**6),
        ["x" * 10**6] * 99,
    ],
    ids=["list", "dict", "frame", "array", "texts"],
)
def test_what_is_kept_is_small(value: Any) -> None:
    facts = row(value)["facts"]
    assert facts
    assert len(json.dumps(facts)) < 8000


def test_an_array_in_a_list_says_nothing_of_its_rows() -> None:
    inner = np.zeros(3)
    assert told([inner], [at(inner, 1)]) is None


def test_nothing_that_is_kept_makes_a_digest() -> None:
    """The places in an array are marked while it is read once, without any trace in the digest."""
    for rows in (1, 31, 32, 33, 64, 1000, 70_001):
        array = np.arange(rows * 3).reshape(rows, 3)
        alone, inside = digest(array, definition=lambda _: None), row(array)
        assert alone.text == inside["digest"]
        assert len(alone.trail) <= 32
        assert len(alone.trail) == -(-rows // alone.step)
