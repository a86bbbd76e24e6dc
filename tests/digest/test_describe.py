import collections
import enum
import math

import numpy as np
import pandas as pd
import pytest

from jupyterlab_cacheable.digest import describe

TEXT = pd.Series(["x"]).dtype  # object in pandas 2


class Noisy:
    def __repr__(self):
        raise AssertionError("code of the user was called")

    __str__ = __len__ = __iter__ = __repr__


class NoisyList(list):
    def __len__(self):
        raise AssertionError("code of the user was called")

    __repr__ = __iter__ = __len__


class Colour(enum.Enum):
    RED = 1


def function():
    pass


@pytest.mark.parametrize(
    ("value", "type_name", "summary"),
    [
        (None, "NoneType", "None"),
        (True, "bool", "True"),
        (300, "int", "300"),
        (-0.5, "float", "-0.5"),
        ("text", "str", "'text'"),
        ("two\nlines", "str", r"'two\nlines'"),
        ("x" * 10**6, "str", f"1000000 characters: '{'x' * 38}…"),
        (b"\x00", "bytes", r"b'\x00'"),
        (b"x" * 100, "bytes", f"100 bytes: b'{'x' * 46}…"),
        ([], "list", "0 items"),
        ([1], "list", "1 item: int"),
        ([1, "a", 2.0], "list", "3 items: int, str, float"),
        ([1, "a", 2.0, None], "list", "4 items: int, str, float, …"),
        (list(range(10**5)), "list", "100000 items: int"),
        ((Noisy(), 1), "tuple", "2 items: Noisy, int"),
        ({1}, "set", "1 item: int"),
        ({}, "dict", "0 keys"),
        ({"a": Noisy()}, "dict", "1 key: 'a'"),
        ({"a": 1, 2: 2, "c": 3, "d": 4}, "dict", "4 keys: 'a', 2, 'c', …"),
        ({Noisy(): 1}, "dict", "1 key"),
        (collections.Counter("a"), "Counter", "1 key: 'a'"),
        (range(3), "range", "range(0, 3)"),
        (function, "function", "function"),
        (Noisy, "type", "Noisy"),
        (math, "module", "math"),
        (len, "builtin_function_or_method", "len"),
        (Noisy(), "Noisy", ""),
        (NoisyList(), "NoisyList", ""),
        (Colour.RED, "Colour", ""),
        (np.zeros((1000, 3)), "ndarray", "1000×3 float64"),
        (np.zeros(3, "M8[s]"), "ndarray", "3 datetime64[s]"),
        (np.array(1), "ndarray", "int64"),
        (np.float32(0.5), "float32", "0.5"),
        (np.str_("a\nb"), "str_", "a b"),
        (pd.DataFrame(np.zeros((1000, 3))), "DataFrame", "1000×3 float64"),
        (
            pd.DataFrame({"a": [1], "b": [0.5], "c": ["x"]}),
            "DataFrame",
            f"1×3 int64, float64, {TEXT}",
        ),
        (pd.DataFrame(), "DataFrame", "0×0"),
        (pd.Series([1, 2]), "Series", "2 int64"),
        (pd.Index(["a"]), "Index", f"1 {TEXT}"),
        (pd.RangeIndex(5), "RangeIndex", "5 rows"),
        (pd.Timestamp("2020-01-02"), "Timestamp", "2020-01-02 00:00:00"),
    ],
)
def test_a_value_is_described_in_one_short_line(value, type_name, summary):
    assert describe(value) == (type_name, summary)


def test_a_number_that_cannot_be_printed_is_described():
    assert describe(10**5000) == ("int", "16610 bits")


def test_a_frame_with_attributes_that_cannot_be_copied_is_described():
    frame = pd.DataFrame({"a": [1]})
    frame.attrs["x"] = Noisy()
    assert describe(frame) == ("DataFrame", "1×1 int64")


def test_a_description_is_never_long():
    fields = np.dtype([(f"field_{i}", "i4") for i in range(100)])
    for value in (np.zeros(2, fields), ["x" * 1000], {"x" * 1000: 1}, 0.1 + 0.2, "\u20ac" * 100):
        assert len(describe(value)[1]) <= 60
