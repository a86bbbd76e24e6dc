# ruff: noqa: DTZ001 - dates without a zone are values too
"""Values that are almost equal: within a group, each differs from all the others."""

import array
import collections
import datetime
import decimal
import enum
import fractions
import functools
import math
import operator
import pathlib
import re
import struct
import types
import unicodedata
import uuid
import warnings
import zoneinfo

import numpy as np
import pandas as pd
import pyarrow as pa

UTC = datetime.UTC


class Colour(enum.Enum):
    RED = 1
    GREEN = 2


class Level(enum.IntEnum):
    ONE = 1


class Shape(enum.Enum):
    RED = 1


class Point:
    def __init__(self, **attributes):
        self.__dict__.update(attributes)


class Other(Point):
    pass


class Slotted:
    __slots__ = ("a", "b")

    def __init__(self, **attributes):
        for name, value in attributes.items():
            setattr(self, name, value)


class Listed(list):
    pass


class Worded(str):
    pass


Pair = collections.namedtuple("Pair", "a b")
Twin = collections.namedtuple("Twin", "a b")


def nan(payload, sign=0):
    return struct.unpack("<d", struct.pack("<Q", (sign << 63) | 0x7FF8000000000000 | payload))[0]


def shared(make):
    """Two containers that differ only in whether their elements are one object."""
    one, two = make(), make()
    return [[one, one], [one, two]]


def cycle():
    values = []
    values.append(values)
    return values


def longer_cycle():
    values = [[]]
    values[0].append(values)
    return values


def with_attrs(frame, **attrs):
    frame = frame.copy()
    frame.attrs.update(attrs)
    return frame


def renamed(frame, **names):
    frame = frame.copy()
    for axis, name in names.items():
        setattr(frame, axis, getattr(frame, axis).rename(name))
    return frame


SCALARS = [
    None, False, True, 0, 1, -1, 2, 2**31, 2**63, 2**64, -(2**63), 0.0, -0.0, 1.0, 2.0, math.inf, -math.inf,
    nan(0), nan(1), nan(0, 1), 5e-324, 1.0 + 2**-52, 0j, 1j, complex(0, -0.0), complex(-0.0, 0),
    complex(1, 0), "", "0", "1", "None", "True", "a", "A", "a ", " a", "aa", "\0", "a\0", "\0a",
    "\u00e9", "e\u0301", "\ufb01", "fi", "\ud800", "\udc00", "\U00010000", "1.0", b"", b"0", b"1",
    b"a", b"a\0", b"\xe9", bytearray(b""), bytearray(b"a"), bytearray(b"a\0"), ..., NotImplemented,
    unicodedata.normalize("NFD", "\u212b"), "\u212b", "\u00c5",
    decimal.Decimal(0), decimal.Decimal("-0"), decimal.Decimal("0.0"), decimal.Decimal(1),
    decimal.Decimal("1.0"), decimal.Decimal("1.00"), decimal.Decimal("1E+1"), decimal.Decimal(10),
    decimal.Decimal("nan"), decimal.Decimal("snan"), decimal.Decimal("nan1"), decimal.Decimal("inf"),
    fractions.Fraction(0), fractions.Fraction(1), fractions.Fraction(1, 2), fractions.Fraction(2),
    uuid.UUID(int=0), uuid.UUID(int=1), range(0), range(1), range(1, 1), range(0, 1, 2), range(2),
    slice(None), slice(0), slice(0, None), slice(0, 1), slice(0, 1, 1), slice(1),
    pathlib.PurePosixPath("a"), pathlib.PureWindowsPath("a"), pathlib.Path("a"), pathlib.Path("a/b"),
    re.compile("a"), re.compile(b"a"), re.compile("a", re.I), re.compile("a", re.A), re.compile("b"),
    Colour.RED, Colour.GREEN, Shape.RED, Level.ONE, Worded("a"), Worded("b"),
    int, bool, float, str, list, dict, type, object, len, abs, operator.add, operator.sub,
    math.sin, math.cos, str.upper, bytes.upper, str.lower, list[int], list[str], dict[str, int],
    int | None, int | str,
]  # fmt: skip

TIMES = [
    datetime.date(2020, 1, 1), datetime.date(2020, 1, 2), datetime.datetime(2020, 1, 1),
    datetime.datetime(2020, 1, 1, fold=1), datetime.datetime(2020, 1, 1, tzinfo=UTC),
    datetime.datetime(2020, 1, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=1))),
    datetime.datetime(2020, 1, 1, 0, 0, 0, 1), datetime.datetime(2020, 1, 1, 0, 0, 1),
    datetime.datetime(2020, 1, 1, tzinfo=zoneinfo.ZoneInfo("UTC")),
    datetime.datetime(2020, 1, 1, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin")),
    datetime.datetime(2020, 1, 1, tzinfo=zoneinfo.ZoneInfo("Europe/Paris")),
    datetime.time(0), datetime.time(1), datetime.time(0, fold=1), datetime.time(0, tzinfo=UTC),
    datetime.timedelta(0), datetime.timedelta(1), datetime.timedelta(seconds=1),
    datetime.timedelta(microseconds=1), datetime.timedelta(-1), UTC,
    datetime.timezone(datetime.timedelta(hours=1)), datetime.timezone(datetime.timedelta(hours=1), "X"),
    zoneinfo.ZoneInfo("UTC"), zoneinfo.ZoneInfo("Europe/Berlin"),
    np.datetime64("2020-01-01"), np.datetime64("2020-01-01", "s"), np.datetime64("2020-01-01", "ns"),
    np.datetime64("NaT"), np.datetime64("NaT", "s"), np.timedelta64(1, "D"), np.timedelta64(1, "s"),
    np.timedelta64(86400, "s"), pd.Timestamp("2020-01-01"), pd.Timestamp("2020-01-01", tz="UTC"),
    pd.Timestamp("2020-01-01").as_unit("ns"), pd.Timestamp("2020-01-01").as_unit("ms"),
    pd.Timestamp("2020-01-01", tz="Europe/Berlin"), pd.Timestamp("2020-01-02"),
    pd.Timedelta(1, "D"), pd.Timedelta(1, "s"), pd.Timedelta(1, "D").as_unit("s"), pd.NaT, pd.NA,
    pd.Period("2020-01", "M"), pd.Period("2020-02", "M"), pd.Period("2020-01-01", "D"),
    pd.Interval(0, 1), pd.Interval(0, 1, "left"), pd.Interval(0, 1, "both"), pd.Interval(0, 2),
    pd.Interval(0.0, 1.0), pd.offsets.Day(1), pd.offsets.Day(2), pd.offsets.Hour(24),
    pd.offsets.MonthEnd(), pd.offsets.MonthBegin(), pd.offsets.MonthEnd(2), pd.offsets.MonthEnd(normalize=True),
    pd.offsets.DateOffset(months=1), pd.offsets.DateOffset(days=1), pd.offsets.DateOffset(months=2),
    pd.offsets.CustomBusinessDay(), pd.offsets.CustomBusinessDay(weekmask="Mon"),
]  # fmt: skip

CONTAINERS = [
    [], (), {}, set(), frozenset(), [None], (None,), {None}, frozenset({None}), {None: None}, [[]], [()],
    ([],), ((),), [{}], ({},), [[[]]], [(), ()], [0], [False], [0.0], [-0.0], ["0"], ["", ""],
    [""], ["ab"], ["a", "b"], ["", "ab"], ["ab", ""], [["a"], "b"], [["a", "b"]], [["a"], ["b"]],
    ["a", ["b"]], ["a,b"], [b"a", "b"], [b"ab"], ("a", "b"), ("ab",), (("a",), "b"), ("a", ("b",)),
    {"a": "b"}, {"b": "a"}, {"a": ["b"]}, {"ab": ""}, {"": "ab"}, {"a": 1, "b": 2}, {"b": 2, "a": 1},
    {"a": 1}, {"a": True}, {"a": 1.0}, {1: "a"}, {True: "a"}, {1.0: "a"}, [("a", 1)], [["a", 1]],
    {"a"}, {"b"}, {"a", "b"}, frozenset({"a"}), {1}, {True}, {1.0}, {-1.0}, {0.0}, {-0.0}, {b"a"},
    {(1, 2)}, {(1, True)}, {frozenset({1})}, {frozenset({2})}, {frozenset({True})}, {nan(0)}, {nan(1)},
    {1, "1"}, {1, b"1"}, {decimal.Decimal(2)}, {decimal.Decimal("2.0")}, {decimal.Decimal(2), 1},
    {"k": {1, 2}}, {"k": [1, 2]}, {"k": (1, 2)}, {"k": frozenset({1, 2})}, [{1}, {2}], [{1, 2}], [{2}, {1}],
    *shared(list), *shared(dict), *shared(set), *shared(lambda: [set()]), *shared(bytearray),
    *shared(lambda: np.zeros(2)), *shared(lambda: Point(a=1)), *shared(collections.deque),
    cycle(), longer_cycle(), [cycle()], [[], [[]]], [[[]], []],
    collections.deque(), collections.deque([1]), collections.deque([1], 1), collections.deque([1], 2),
    collections.deque(["1"]), collections.OrderedDict(), collections.OrderedDict(a=1, b=2),
    collections.OrderedDict(b=2, a=1), collections.defaultdict(None), collections.defaultdict(list),
    collections.defaultdict(dict), collections.defaultdict(list, a=1), collections.Counter(),
    collections.Counter("ab"), collections.Counter("ba"), collections.Counter("aab"), Pair(1, 2), Pair(2, 1),
    Twin(1, 2), Pair(1, 2.0), (1, 2), [1, 2], types.SimpleNamespace(), types.SimpleNamespace(a=1),
    types.SimpleNamespace(a=1.0), types.MappingProxyType({}), types.MappingProxyType({"a": 1}),
    array.array("i"), array.array("i", [1]), array.array("l", [1]), array.array("b", [1]),
    array.array("B", [1]), array.array("f", [1]), Point(), Point(a=1), Point(a=1.0), Point(b=1),
    Point(a=1, b=2), Point(b=2, a=1), Other(), Other(a=1), Slotted(), Slotted(a=1), Slotted(b=1),
    Slotted(a=1, b=1), Slotted(a=None), Listed(), Listed([1]), Listed([[1]]), [Listed()], Point, Other,
    functools.partial(len), functools.partial(abs), functools.partial(len, 1), functools.partial(len, x=1),
    functools.partial(len, "x", 1), [].append, [1].append, [].extend, "a".upper, "b".upper,
    Point().__init__, Other().__init__, ValueError(), ValueError(1), ValueError("1"), ValueError(1, 2),
    KeyError(1), [1] * 65536, [1] * 65537, [1] * 131072, ["a"] * 65536 + ["b"],
    dict.fromkeys(range(65537)), dict.fromkeys(range(65536)), {i: i for i in range(65537)},
]  # fmt: skip


def structured(*fields, **options):
    return np.zeros(2, np.dtype(list(fields), **options))


with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # numpy advises against matrices
    MATRIX = np.matrix([[1, 2]])
SQUARE = np.arange(9.0).reshape(3, 3)
STRINGS = (
    []
    if np.__version__.startswith("1.")
    else [
        np.array(["a", "b"], np.dtypes.StringDType()),
        np.array(["a", "b"], np.dtypes.StringDType(na_object=None)),
        np.array(["a", None], np.dtypes.StringDType(na_object=None)),
    ]
)
ARRAYS = [
    *(np.zeros(4, kind) for kind in "? b B h H i I l L e f d g F D G O S1 S2 U1 U2 V1 V2 M8[s] M8[ms]".split()),
    *(np.zeros(4, kind) for kind in ("m8[s]", "m8[D]", ">i4", ">f8", ">f4", ">M8[s]", ">U1")),
    *(np.zeros(shape) for shape in ((), 0, 1, 2, (1, 2), (2, 1), (0, 1), (1, 0), (0, 0), (1, 1), (2, 2))),
    np.full(2, -0.0), np.full(2, nan(0)), np.full(2, nan(1)), np.array([0.0, -0.0]),
    np.array([-0.0, 0.0]), SQUARE, SQUARE.T, SQUARE[::-1], SQUARE[:, ::-1], SQUARE.T.copy("C"),
    SQUARE.copy("F"), SQUARE.ravel(), SQUARE[:2], SQUARE[:, :2], SQUARE[::2],
    np.array([1, 2]), np.array([2, 1]), np.array([1, 2], ">i8"), np.array([1 << 56, 2 << 56]),
    np.array([1.0, 2.0]), np.array(1), np.array([1]), np.array([[1]]), np.int64(1), 1, [1],
    np.array([1, 2], object), np.array([1, 2.0], object), np.array([1, True], object),
    np.array(["1", "2"], object), np.array([[1], 2], object), np.array([(1,), 2], object),
    np.array([[1, 2], [3, 4]], object), np.array([[1, 3], [2, 4]], object).T, np.array([1, 2, 3, 4], object),
    np.array(["a", "b"]), np.array(["a", "b"], "U2"), np.array([b"a", b"b"]), np.array(["a", "b"], object),
    np.array(["ab", ""]), *STRINGS,
    structured(("a", "i4")), structured(("b", "i4")), structured(("a", "i4"), ("b", "i4")),
    structured(("b", "i4"), ("a", "i4")), structured(("a", "i8")), structured(("a", "f4"), ("b", "i4")),
    structured(("a", "i1"), ("b", "i4")), structured(("a", "i1"), ("b", "i4"), align=True),
    structured(("a", "i4", (2,))), structured(("a", "i4", (1, 2))), structured(("a", [("c", "i4")])),
    structured((("title", "a"), "i4")), structured(("a", "O")), np.rec.array([(0,), (0,)], [("a", "i4")]),
    MATRIX, np.array([[1, 2]]), np.ma.array([1, 2]), np.ma.array([1, 2], mask=[0, 1]),
    np.ma.array([1, 2], mask=[1, 0]), np.ma.array([1, 2], mask=[1, 1]), np.ma.array([1, 2], fill_value=7),
    np.ma.array([1, 2], hard_mask=True), np.ma.array([1.0, 2.0]), np.ma.masked,
    *(kind(1) for kind in (np.int8, np.uint8, np.int16, np.int32, np.uint64, np.float16, np.float32)),
    *(kind(1) for kind in (np.float64, np.longdouble, np.complex64, np.complex128, np.bool_)),
    np.float32(-0.0), np.float32(0.0), np.str_("a"), np.bytes_(b"a"), np.str_("b"), np.void(b"a"), "a", b"a",
    *(np.dtype(kind) for kind in ("i4", "i8", ">i4", "f4", "O", "U1", "M8[s]", "M8[ns]", [("a", "i4")])),
    np.dtype([("b", "i4")]), np.dtype(("i4", (2,))), np.dtype([("a", "i4")], align=True),
    np.random.default_rng(1), np.random.default_rng(2), np.random.Generator(np.random.MT19937(1)),
    np.random.RandomState(1), np.random.RandomState(2), np.random.PCG64(1), np.random.SeedSequence(1),
    np.random.SeedSequence(2), np.random.Generator(np.random.Philox(1)), np.sin, np.cos, np.add,
]  # fmt: skip

FRAME = pd.DataFrame({"a": [1, 2], "b": [3.0, 4.0]})
DAYS = pd.date_range("2020", periods=3)
MISSING_AS_NAN = (
    [] if pd.__version__.startswith("2.2") else [pd.StringDtype("pyarrow", na_value=np.nan)]
)
FRAMES = [
    FRAME, FRAME[["b", "a"]], FRAME[["a"]], FRAME[[]], FRAME[:0], FRAME[:1], FRAME[::-1], FRAME.T,
    FRAME.astype({"a": "float"}), FRAME.astype({"a": "int32"}), FRAME.astype({"a": "Int64"}),
    FRAME.astype({"a": "category"}), FRAME.astype(object), FRAME.astype(str), FRAME.astype({"a": "int64[pyarrow]"}),
    FRAME.rename(columns={"a": "A"}), FRAME.rename(columns={"a": "b"}), FRAME.rename(columns={"a": 0}),
    FRAME.set_index("a"), FRAME.set_index("a", drop=False), FRAME.set_index(["a", "b"]),
    renamed(FRAME, index="i"), renamed(FRAME, columns="c"), renamed(FRAME, index=0), renamed(FRAME, index="c"),
    with_attrs(FRAME, x=1), with_attrs(FRAME, x=2), with_attrs(FRAME, y=1),
    FRAME.set_flags(allows_duplicate_labels=False), FRAME.set_axis([0, 1]), FRAME.set_axis([1, 2]),
    FRAME.set_axis([0.0, 1.0]), FRAME.set_axis(["0", "1"]), FRAME.set_axis(pd.RangeIndex(0, 4, 2)),
    FRAME.set_axis(pd.Index([0, 1], dtype="Int64")), FRAME.set_axis(DAYS[:2]), FRAME.to_numpy(),
    FRAME.to_dict(), pd.DataFrame(), pd.DataFrame(index=[0, 1]), pd.DataFrame({"a": ["x", None]}),
    pd.DataFrame({"a": ["x", None]}, dtype=object), pd.DataFrame({"a": ["x", None]}, dtype="string"),
    pd.DataFrame({"a": ["x", None]}, dtype=pd.StringDtype("python")), pd.DataFrame({"a": ["x", ""]}),
    pd.DataFrame({"a": ["x", np.nan]}, dtype=object), pd.DataFrame({"a": ["x", pd.NA]}, dtype=object),
    pd.DataFrame({"a": ["", "x"]}), pd.DataFrame({"a": ["xy", ""]}), pd.DataFrame({"a": [None, "x"]}),
    pd.DataFrame([[1, 2]], columns=["a", "a"]), pd.DataFrame([[2, 1]], columns=["a", "a"]),
    pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", "b"), ("a", "c")])),
    FRAME["a"], FRAME["b"], FRAME["a"].rename("b"), FRAME["a"].rename(None), FRAME["a"].array, FRAME["a"].to_numpy(),
    FRAME["a"].astype("Int64"), FRAME["a"].astype("Int64").array, with_attrs(FRAME["a"], x=1),
    FRAME["a"].index, pd.Index([0, 1]), pd.Index([0, 1], name="n"), pd.Index([0.0, 1.0]), pd.Index([0, 1], dtype=object),
    pd.RangeIndex(2, name="n"), pd.RangeIndex(0, 4, 2), pd.RangeIndex(0, 3, 2),
    pd.Index(["a", "b"]), pd.Index(["a", "b"], dtype=object), pd.Index(["a", "b"], dtype="category"),
    DAYS, DAYS.rename("n"), DAYS.tz_localize("UTC"), DAYS.tz_localize("Europe/Berlin"), DAYS.as_unit("ns"),
    DAYS.as_unit("s"), DAYS[:2], DAYS[::2], pd.DatetimeIndex(list(DAYS)), pd.date_range("2020", periods=3, freq="W"),
    DAYS.to_series(), DAYS.to_period("D"), DAYS.to_period("W"), DAYS - DAYS[0], DAYS.array, DAYS.to_numpy(),
    pd.timedelta_range("1D", periods=3), pd.timedelta_range("1h", periods=3),
    pd.interval_range(0, 3), pd.interval_range(0, 3, closed="left"), pd.interval_range(0.0, 3.0),
    pd.interval_range(pd.Timestamp("2020"), periods=3), pd.interval_range(pd.Timestamp("2020", tz="UTC"), periods=3),
    pd.MultiIndex.from_product([[1, 2], ["a"]]), pd.MultiIndex.from_product([["a"], [1, 2]]),
    pd.MultiIndex.from_product([[1, 2], ["a"]], names=["x", "y"]), pd.MultiIndex.from_product([[1, 2], ["b"]]),
    pd.MultiIndex.from_product([[1, 2], ["a"]], names=["y", "x"]),
    pd.Categorical(["a", "b"]), pd.Categorical(["b", "a"]), pd.Categorical(["a", "b"], categories=["b", "a"]),
    pd.Categorical(["a", "b"], ordered=True), pd.Categorical(["a", "b"], categories=["a", "b", "c"]),
    pd.Categorical(["a", None]), pd.Categorical([1, 2]), pd.Categorical([1.0, 2.0]),
    pd.array([1, None]), pd.array([None, 1]), pd.array([1, 0]), pd.array([1, None], dtype="Int32"),
    pd.array([1, None], dtype="UInt64"), pd.array([1.0, None]), pd.array([1.0, 0.0]), pd.array([True, None]),
    pd.array([True, False]), pd.array([1, None], dtype="int64[pyarrow]"), pd.array([1, 0], dtype="int64[pyarrow]"),
    pd.array([1, 0], dtype="int32[pyarrow]"), pd.array([True, None], dtype="bool[pyarrow]"),
    pd.array([True, False], dtype="bool[pyarrow]"), pd.array(["a", None], dtype=pd.ArrowDtype(pa.string())),
    pd.array([b"a", None], dtype=pd.ArrowDtype(pa.binary())),
    pd.array([[1], [2, 3]], dtype=pd.ArrowDtype(pa.list_(pa.int64()))),
    pd.array([[1, 2], [3]], dtype=pd.ArrowDtype(pa.list_(pa.int64()))),
    pd.arrays.SparseArray([0, 0, 1]), pd.arrays.SparseArray([0, 1, 0]), pd.arrays.SparseArray([0, 0, 1], fill_value=1),
    pd.arrays.SparseArray([0.0, 0.0, 1.0]), pd.arrays.SparseArray([0, 0, 1], kind="block"), np.array([0, 0, 1]),
    pd.Int64Dtype(), pd.Int32Dtype(), pd.BooleanDtype(), pd.StringDtype("python"), pd.StringDtype("pyarrow"),
    *MISSING_AS_NAN, pd.CategoricalDtype(), pd.CategoricalDtype(["a"]),
    pd.CategoricalDtype(["a"], ordered=True), pd.DatetimeTZDtype(tz="UTC"), pd.DatetimeTZDtype("s", tz="UTC"),
    pd.DatetimeTZDtype(tz="Europe/Berlin"), pd.PeriodDtype("D"), pd.PeriodDtype("W"), pd.IntervalDtype("int64"),
    pd.IntervalDtype("int64", "left"), pd.IntervalDtype("float64"), pd.SparseDtype(), pd.SparseDtype("int64"),
    pd.SparseDtype("int64", 1), pd.DataFrame, pd.Series, pd.concat, pd.merge,
]  # fmt: skip
