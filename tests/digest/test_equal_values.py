"""Values that are equal must have one digest, however and wherever they were made."""

import collections
import copy
import json
import os
import pickle
import subprocess
import sys
import types

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from tests.digest.zoo import ARRAYS, CONTAINERS, FRAME, FRAMES, SCALARS, TIMES, Colour, Point

ZOO = [*SCALARS, *TIMES, *CONTAINERS, *ARRAYS, *FRAMES]
CHANGED_BY_PICKLE = (types.BuiltinFunctionType, types.MethodType, types.MappingProxyType)


# numpy 1 does not pickle what a generator was seeded with.
LOSES_SEEDS = np.__version__.startswith("1.")
SEEDED = (np.random.Generator, np.random.RandomState, np.random.BitGenerator) if LOSES_SEEDS else ()


def pickled(values):
    """Yield the values that can be pickled, each with its copy."""
    for value in values:
        try:
            yield value, pickle.loads(pickle.dumps(value, 5))
        except (TypeError, AttributeError, pickle.PicklingError):
            continue


def is_lost_by_numpy(value, twin):
    """What numpy itself does not pickle: byte order of dates, hardness and absence of masks,
    that an array cannot be written."""
    hard = getattr(value, "hardmask", False) != getattr(twin, "hardmask", False)
    nomask = getattr(value, "mask", None) is np.ma.nomask
    return (
        isinstance(value, SEEDED)
        or hard
        or nomask
        or is_read_only(value)
        or has_gaps(value)
        or value.dtype == np.dtype(">M8[s]")
    )


def has_gaps(value):
    return isinstance(value, np.ndarray) and not value.flags.forc


def is_read_only(value):
    return isinstance(value, np.ndarray) and not value.flags.writeable


def test_a_pickle_round_trip_changes_nothing(text):
    pairs = list(pickled(ZOO))
    assert len(pairs) >= 600
    changed = [pair for pair in pairs if text(pair[0]) != text(pair[1])]
    assert [pair for pair in changed if not is_lost_by_numpy(*pair)] == []


def test_a_deep_copy_changes_nothing(text):
    values = [
        value
        for value in ZOO
        if not isinstance(value, (*CHANGED_BY_PICKLE, *SEEDED))
        and not is_read_only(value)
        and not has_gaps(value)
    ]
    assert [value for value in values if text(value) != text(copy.deepcopy(value))] == []


def test_asking_twice_changes_nothing(text):
    assert [text(value) for value in ZOO] == [text(value) for value in ZOO]


@pytest.mark.parametrize("seed", ["1", "4242"])
def test_another_process_finds_the_same(text, seed):
    script = (
        "import json, sys, warnings\n"
        "from tests.digest.conftest import define\n"
        "from tests.digest.test_equal_values import ZOO\n"
        "from jupyterlab_cacheable.digest import digest\n"
        "print(json.dumps([digest(value, definition=define).text for value in ZOO]))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", script]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout) == [text(value) for value in ZOO]


def reordered(elements):
    """Equal sets that were filled in other orders, with others in between."""
    forward, backward, crowded = set(), set(), set(range(1000, 1100))
    for element in elements:
        forward.add(element)
        crowded.add(element)
    for element in reversed(elements):
        backward.add(element)
    crowded -= set(range(1000, 1100))
    return [forward, backward, crowded]


def built(base):
    """Equal strings, of which some are interned and some are not."""
    return [base, "".join(list(base)), sys.intern("".join(list(base))), base[:1] + base[1:]]


def anew(values):
    """An equal tuple that is another object."""
    return tuple(iter(values))


def grown():
    frame = pd.DataFrame(index=FRAME.index)
    for name in FRAME:
        frame[name] = FRAME[name]
    return frame


ROWS = np.arange(24.0).reshape(4, 6)
TEXT_KIND = "string[pyarrow]" if pd.__version__.startswith("2.") else "str"
TEXT = ["x", None, "yz", ""]
CHUNKED = pa.chunked_array(
    [pa.array(["x", None], pa.large_string()), pa.array(["yz", ""], pa.large_string())]
)
SLICED = pa.array(["no", *TEXT, "no"], pa.large_string())[1:5]
MASKED = pd.array([1, None, 3])
OTHER_MASKED = pd.arrays.IntegerArray(np.array([1, 77, 3]), np.array([False, True, False]))
PADDED = np.zeros(3, np.dtype([("a", "i1"), ("b", "i8")], align=True))
DIRTY = np.frombuffer(bytearray(b"\xff" * PADDED.nbytes), PADDED.dtype).copy()
DIRTY["a"], DIRTY["b"] = 0, 0
DAYS = pd.date_range("2020", periods=4)
SAME = {
    "set of int": reordered(list(range(50))),
    "set of str": reordered([str(i) for i in range(50)]),
    "set of mixed": reordered([1, "1", b"1", 2.5, None, (1, 2), frozenset({1, 2})]),
    "set of tuples": reordered([(i, str(i)) for i in range(50)]),
    "set of frozensets": reordered([frozenset({i, i + 1}) for i in range(20)]),
    "set of enum members": reordered(list(Colour)),
    "frozenset": [frozenset(each) for each in reordered(list("abcdef"))],
    "set inside": [{"a": each} for each in reordered(list("abcdef"))],
    "str": built("abc"),
    "list of str": [[each, each] for each in built("abc")] + [list(built("abc")[:2])],
    "tuple shared or not": [((1, "a"),) * 2, ((1, "a"), anew((1, "a")))],
    "tuple of tuples shared or not": [[((1,), 2)] * 3, [((1,), 2), (anew((1,)), 2), ((1,), 2)]],
    "frozenset shared or not": [[frozenset({1})] * 2, [frozenset({1}), frozenset([1])]],
    "tuple around one list": [
        (lambda part: [(part, 1)] * 2)([]),
        (lambda part: [(part, 1), (part, 1)])([]),
    ],
    "big number": [[10**30] * 2, [10**30, int("1" + "0" * 30)]],
    "object with shared text": [Point(a="x" * 9, b="x" * 9), Point(a="x" * 9, b="".join(["x"] * 9))],
    "deque": [collections.deque([1, 2]), collections.deque(range(1, 3))],
    "counter": [collections.Counter("aab"), collections.Counter({"a": 2, "b": 1})],
    "range": [range(0, 10, 2), range(0, 10, 2)],
    "array view": [ROWS[:2], ROWS[:2].copy(), np.array(ROWS[:2].tolist())],
    "array column": [ROWS[:, 1], ROWS.copy()[:, 1], ROWS.T[1]],
    "array reversed": [ROWS[::-1, ::-1], ROWS.copy()[::-1, ::-1]],
    "array in Fortran order": [ROWS.T, np.asfortranarray(ROWS.T.copy()), ROWS.copy().T],
    "array unaligned": [
        np.frombuffer(bytearray(b"\0" + np.arange(4.0).tobytes()), np.uint8)[1:].view(float),
        np.arange(4.0),
    ],
    "array of native order": [np.zeros(2, "<f8"), np.zeros(2, "=f8"), np.zeros(2)],
    "array of objects": [np.array(["a", 1], object), np.array(["a", 1, 2], object)[:2]],
    "array of long doubles": [
        np.array([1, 2], np.longdouble),
        np.frombuffer(bytearray(b"\xaa" * 32), np.longdouble).copy() * 0 + [1, 2],
    ],
    "structured with dirty padding": [PADDED, DIRTY, PADDED[:].copy()],
    "structured view": [np.zeros(6, PADDED.dtype)[:3], PADDED],
    "masked": [np.ma.array([1, 2, 3], mask=[0, 1, 0]), np.ma.array([1, 99, 3], mask=[0, 1, 0])],
    "masked default fill": [np.ma.array([1]), np.ma.array([1], fill_value=999999)],
    "generator": [np.random.default_rng(3), np.random.Generator(np.random.PCG64(3))],
    "frame of one block": [
        pd.DataFrame(ROWS, columns=list("abcdef")),
        pd.DataFrame({name: ROWS[:, i] for i, name in enumerate("abcdef")}),
        pd.DataFrame(np.asfortranarray(ROWS), columns=list("abcdef")),
    ],
    "frame grown": [FRAME, grown(), FRAME.copy(), FRAME[:], pd.concat([FRAME["a"], FRAME["b"]], axis=1)],
    "frame of slices": [FRAME[1:], FRAME[1:].copy(), FRAME.drop(index=0)],
    "frame with attrs set and removed": [
        FRAME,
        (lambda frame: frame.attrs.update(a=1) or frame.attrs.clear() or frame)(FRAME.copy()),
    ],
    "text column in chunks": [
        pd.Series(TEXT, dtype=TEXT_KIND),
        pd.Series(pd.array(CHUNKED, dtype=TEXT_KIND)),
        pd.concat([pd.Series(part, dtype=TEXT_KIND) for part in (TEXT[:2], TEXT[2:])], ignore_index=True),
        pd.Series(pd.array(SLICED, dtype=TEXT_KIND)),
        pd.Series(["no", *TEXT, "no"], dtype=TEXT_KIND)[1:5].reset_index(drop=True),
    ],
    "text column of Python objects": [
        pd.Series(TEXT, dtype=pd.StringDtype("python")),
        pd.Series([*TEXT, "no"], dtype=pd.StringDtype("python"))[:4],
    ],
    "arrow numbers": [
        pd.array([1, None, 3], dtype="int64[pyarrow]"),
        pd.array([0, 1, None, 3], dtype="int64[pyarrow]")[1:],
        pd.array(pa.chunked_array([[1, None], [3]], pa.int64()), dtype="int64[pyarrow]"),
        pd.array(pa.Array.from_buffers(
            pa.int64(), 3, [pa.py_buffer(b"\x05"), pa.py_buffer(np.array([1, 77, 3]))]
        ), dtype="int64[pyarrow]"),
    ],
    "arrow numbers without missing": [
        pd.array([1, 2], dtype="int64[pyarrow]"),
        pd.array(pa.Array.from_buffers(
            pa.int64(), 2, [pa.py_buffer(b"\xff"), pa.py_buffer(np.array([1, 2]))]
        ), dtype="int64[pyarrow]"),
    ],
    "arrow booleans": [
        pd.array([True, None, False], dtype="bool[pyarrow]"),
        pd.array([False, True, None, False], dtype="bool[pyarrow]")[1:],
    ],
    "arrow lists": [
        pd.array([[1], [2, 3]], dtype=pd.ArrowDtype(pa.list_(pa.int64()))),
        pd.array([[0], [1], [2, 3]], dtype=pd.ArrowDtype(pa.list_(pa.int64())))[1:],
    ],
    "nullable numbers": [MASKED, OTHER_MASKED],
    "nullable column": [pd.Series(MASKED), pd.Series(OTHER_MASKED)],
    "categorical": [pd.Categorical(["a", "b"]), pd.Categorical.from_codes([0, 1], ["a", "b"])],
    "days": [DAYS, pd.DatetimeIndex(list(DAYS), freq="D")],
    "days with zone": [DAYS.tz_localize("UTC"), pd.date_range("2020", periods=4, tz="UTC")],
    "sparse": [pd.arrays.SparseArray([0, 1, 0]), pd.arrays.SparseArray(np.array([0, 1, 0]))],
    "index": [pd.Index([1, 2]), pd.Index([0, 1, 2])[1:], pd.Index(np.array([1, 9, 2])[::2])],
    "multi-index": [
        pd.MultiIndex.from_product([[1, 2], ["a"]]),
        pd.MultiIndex.from_tuples([(1, "a"), (2, "a")]),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", SAME)
def test_how_a_value_was_made_does_not_count(text, name):
    assert len({text(value) for value in SAME[name]}) == 1
