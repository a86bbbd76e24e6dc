import collections
import copy
import dataclasses
import enum
import functools
import gc
import itertools
import marshal
import mmap
import queue
import re
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import types
import weakref

import matplotlib.figure
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyterlab_cacheable.digest import Digest, Undigestible, digest
from tests.digest.conftest import define


class Box:
    def __init__(self, **attributes):
        self.__dict__.update(attributes)


class SlottedBox:
    __slots__ = ("__private", "inner")

    def __init__(self, inner, private=0):
        self.inner = inner
        self.__private = private


@dataclasses.dataclass(frozen=True, slots=True)
class Frozen:
    a: object = 0


class Reducing:
    def __reduce__(self):
        return Reducing, ()


class Stating:
    def __getstate__(self):
        return {}


class Restoring:
    def __setstate__(self, state):
        pass


class Arguing:
    def __getnewargs__(self):
        return ()


class OwnFrame(pd.DataFrame):
    pass


class OwnArray(np.ndarray):
    pass


class OwnThread(threading.Thread):
    pass


class Lines(list):
    def __iter__(self):
        raise AssertionError("code of the user was called")

    __len__ = __repr__ = __eq__ = __hash__ = __iter__


class Mapping(dict):
    def items(self):
        raise AssertionError("code of the user was called")

    __len__ = __iter__ = __getitem__ = __repr__ = items


# -- the result


def test_the_result_names_its_algorithm(walk):
    found = walk([1])
    assert isinstance(found, Digest)
    assert re.fullmatch(r"xxh3-128:[0-9a-f]{32}", found.text)


def test_parts_are_the_mutable_objects(walk):
    inner, box = {"a": (1, "text")}, Box(x=[])
    value = [inner, (box, box)]
    assert walk(value).parts == {id(each) for each in (value, inner, box, vars(box), box.x)}


def test_parts_of_immutable_values_are_none(walk):
    for value in (1, "a", (1, ("b",)), frozenset({1}), Frozen, len, np.float64(1)):
        assert walk(value).parts == set()


def test_parts_of_objects_without_attributes_are_not_shared_by_accident(walk):
    class Dot:
        __slots__ = ("x",)

    digests = [walk([Dot(), Dot()]) for _ in range(20)]
    everything = [number for found in digests for number in found.parts]
    assert len(everything) == len(set(everything))


def test_parts_outlive_what_the_object_is_made_of(walk):
    box = Box()
    found = walk(box)
    vars(box)["x"] = []
    box.__dict__ = {}
    assert found.parts.isdisjoint(id(each) for each in [{"y": n} for n in range(1000)])


def test_parts_reach_into_plain_trees_and_sets(walk):
    leaf = []
    assert id(leaf) in walk([{"a": [leaf]}]).parts
    box = Box()
    assert id(box) in walk({box, 1}).parts


def test_parts_of_arrays_are_their_memory(walk):
    base = np.zeros((4, 4))
    view, other = base[1:, ::2].T, base[:1]
    assert walk(view).parts & walk(other).parts == {id(base)}
    assert id(view) in walk(view).parts
    assert walk(view.copy()).parts.isdisjoint(walk(base).parts)
    assert walk([view]).parts & walk(base).parts == {id(base)}


def test_parts_of_arrays_over_foreign_memory_meet(walk):
    memory = bytearray(16)
    one, two = np.frombuffer(memory, np.int32), np.frombuffer(memory, np.int64)
    assert walk(one).parts & walk(two).parts
    assert id(memory) in walk(memory).parts


def test_parts_of_records_and_masked_arrays_are_their_memory(walk):
    table = np.zeros(3, [("a", "i4")])
    assert walk(table[1]).parts & walk(table).parts
    masked = np.ma.array(np.zeros(3), mask=[0, 1, 0])
    assert walk(masked[1:]).parts & walk(masked).parts


def test_parts_of_frames_are_their_indexes_not_their_data(walk):
    frame = pd.DataFrame({"a": [1, 2]})
    twin = pd.DataFrame({"b": [1, 2]}, index=frame.index)
    assert walk(frame).parts & walk(twin).parts == {id(frame.index)}
    other = frame.copy()
    assert walk(other).parts.isdisjoint(walk(frame).parts) == (other.index is not frame.index)
    column = frame["a"]
    assert id(column.index) in walk(column).parts


def test_parts_of_generators_meet_in_their_bit_generator(walk):
    bits = np.random.PCG64(1)
    one, two = np.random.Generator(bits), np.random.Generator(bits)
    assert walk(one).parts & walk(two).parts == {id(bits)}


def test_no_id_of_a_temporary_object_is_reported_twice(walk):
    generators = [np.random.default_rng(i) for i in range(20)]
    frames = [pd.DataFrame({"a": [i]}).set_index(["a"], append=True) for i in range(20)]
    found = [walk(value) for value in (*generators, *frames)]
    gc.collect()
    for one, two in itertools.combinations(found, 2):
        assert one.parts.isdisjoint(two.parts)


def test_packages_are_those_of_the_types_met(walk):
    assert walk([1]).packages == set()
    assert walk({"a": [np.zeros(1)]}).packages == {"numpy"}
    assert "pandas" in walk([pd.Timestamp(0)]).packages
    assert {"pandas", "pyarrow"} <= walk(pd.Series(["x"], dtype="string[pyarrow]")).packages


def test_no_value_is_changed(walk):
    masked = np.ma.array([1, 2], mask=[0, 1])
    frame = pd.DataFrame({"a": [1, None]}, dtype="Int64")
    before = masked._fill_value, frame.copy()
    walk([masked, frame])
    assert masked._fill_value is before[0]
    pd.testing.assert_frame_equal(frame, before[1])


def test_no_package_is_imported():
    script = (
        "import sys\n"
        "from jupyterlab_cacheable.digest import describe, digest\n"
        "class numpy: pass\n"
        "numpy.__module__ = 'numpy'\n"
        "digest([1, {'a': {2}}, numpy()], definition=lambda value: 'code')\n"
        "describe([1])\n"
        "print({'IPython', 'numpy', 'pandas', 'pyarrow', 'tornado'} & set(sys.modules))"
    )
    environment = {"PYTHONPATH": ":".join(sys.path)}
    command = [sys.executable, "-c", script]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"


# -- identity


def test_sharing_counts_where_it_can_be_seen(text):
    part = [1]
    assert text([part, part]) != text([part, [1]])
    assert text({"a": part, "b": (part,)}) != text({"a": part, "b": ([1],)})
    assert text([1.5, part, {2: part}]) == text([1.5, *(lambda x: (x, {2: x}))([1])])
    array = np.zeros(3)
    assert text([array, array]) != text([array, array.copy()])
    assert text([array, array[1:]]) != text([array, array[1:].copy()])
    assert text([array[:1], array[1:]]) == text([np.zeros(1), np.zeros(2)])


def test_which_object_is_shared_counts(text):
    def make(pick):
        one, two = Box(), Box()
        return [{one, 1}, {two, 2}, (one, two)[pick]]

    assert text(make(0)) == text(make(0)) != text(make(1))


def test_which_of_equal_definitions_stands_where_counts(text):
    def make(pick):
        equal = [type("Kind", (), {"__module__": __name__}) for _ in range(2)]
        instances = [kind() for kind in (equal[0], equal[1], equal[pick])]
        return (*instances, *equal, equal[pick])

    assert text(make(0)) == text(make(0)) != text(make(1))
    assert text(make(0)[:3]) != text(make(1)[:3])
    assert text(make(0)[3:]) != text(make(1)[3:])


def test_cycles_end(text):
    def ring(length):
        boxes = [Box() for _ in range(length)]
        for box, after in zip(boxes, boxes[1:] + boxes[:1], strict=True):
            box.after = after
        return boxes[0]

    assert text(ring(3)) == text(ring(3)) == text(copy.deepcopy(ring(3))) != text(ring(4))


def test_objects_in_a_set_are_found_in_any_order(text):
    def make(order):
        return {Box(n=n, inner=[n]) for n in order}

    assert text(make(range(9))) == text(make(reversed(range(9)))) != text(make(range(8)))


def test_equal_objects_in_a_set_cannot_be_told_apart(walk):
    with pytest.raises(Undigestible, match="cannot be told apart"):
        walk({Box(), Box()})


# -- objects of the notebook


def test_the_class_and_the_state_of_an_object_count(text):
    values = [Box(), Box(a=1), Box(a=2), SlottedBox(1), SlottedBox(2), SlottedBox(1, 1), Frozen(1)]
    values += [
        Frozen(2),
        Lines([1]),
        Lines([2]),
        Mapping(a=1),
        Mapping(a=2),
        Mapping(b=1),
        [1],
        {"a": 1},
    ]
    assert len({text(value) for value in values}) == len(values)


def test_attributes_of_a_subclass_of_a_builtin_count(text):
    plain, extended = Lines([1]), Lines([1])
    extended.extra = 1
    assert text(plain) != text(extended)


def test_bound_methods_count_by_function_and_object(text):
    class Counter:
        def __init__(self, n):
            self.n = n

        def one(self):
            pass

        def two(self):
            pass

    found = {text(Counter(n).one) for n in (1, 2)} | {text(Counter(1).two), text(Counter(1))}
    assert len(found) == 4


@pytest.mark.parametrize("kind", [Reducing, Stating, Restoring, Arguing])
def test_a_class_with_its_own_pickling_is_refused(walk, kind):
    with pytest.raises(Undigestible, match="its class defines its own pickling"):
        walk(kind())


def test_an_object_of_an_unknown_class_is_refused():
    with pytest.raises(Undigestible, match="the definition of its class is not known"):
        digest(Box(), definition=lambda value: None)


def test_the_gaps_between_the_elements_of_an_array_count(text):
    rows = np.arange(24).reshape(4, 6)
    views = [rows[::2], rows[::2].copy(), rows[:2], rows[:2].T, rows.T[:, :2]]
    assert len({text(view) for view in views}) == len(views) - 1


# -- refusals


def refused(walk, value, name=""):
    with pytest.raises(Undigestible) as caught:
        walk(value, name)
    return caught.value


def opened():
    return tempfile.TemporaryFile()


@pytest.mark.parametrize(
    ("make", "type_name", "why"),
    [
        (opened, "_io.BufferedRandom", "file"),
        (lambda: (i for i in ()), "generator", "generator"),
        (socket.socket, "socket.socket", "network connection"),
        (threading.Lock, "_thread.lock", "lock"),
        (threading.RLock, "_thread.RLock", "lock"),
        (threading.Thread, "threading.Thread", "thread"),
        (OwnThread, "tests.digest.test_walker.OwnThread", "thread"),
        (lambda: iter([]), "list_iterator", "iterator"),
        (lambda: map(len, []), "map", "iterator"),
        (itertools.count, "itertools.count", "iterator"),
        (lambda: memoryview(b""), "memoryview", "view of memory"),
        (lambda: weakref.ref(Box), "weakref.ReferenceType", "weak reference"),
        (sys._getframe, "frame", "frame"),
        (queue.Queue, "queue.Queue", "queue"),
        (lambda: list(re.finditer("a", "aa"))[1], "re.Match", "many matches"),
        (matplotlib.figure.Figure, "matplotlib.figure.Figure", "figure"),
        (
            lambda: np.zeros(1).view(OwnArray),
            "tests.digest.test_walker.OwnArray",
            "class of its own",
        ),
        (lambda: np.memmap(tempfile.TemporaryFile(), shape=1), "numpy.memmap", "memmap"),
        (lambda: types.ModuleType("loose"), "module", ""),
        (lambda: np.nditer(np.zeros(1)), "numpy.nditer", "iterator"),
    ],
)
def test_what_has_no_digest_is_refused_by_its_real_type(walk, make, type_name, why):
    value = make()
    if isinstance(value, types.ModuleType):
        found = None
        with pytest.raises(Undigestible) as caught:
            digest(value, definition=lambda each: None)
        found = caught.value
    else:
        found = refused(walk, value)
    assert found.type_name == type_name
    assert why in found.why
    assert str(found) == f"the value is a {type_name}: {found.why}"


def test_a_raised_exception_is_refused(walk):
    with pytest.raises(ValueError) as caught:
        int("x")
    assert "traceback" in refused(walk, caught.value).why


def test_coroutines_are_refused(walk):
    async def work():
        pass

    waiting = work()
    assert refused(walk, waiting).type_name == "coroutine"
    waiting.close()


FILE = opened()
COLUMN = pd.Series([1, FILE], dtype=object)


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (FILE, "df"),
        ([FILE], "df[0]"),
        ({"a": [1, 2, 3, FILE]}, "df['a'][3]"),
        ({"a": (1, {2: {FILE}})}, "df['a'][1][2]{...}"),
        ({FILE: 1}, "df.keys()"),
        ({Frozen(FILE): 1}, "df.keys().a"),
        (Box(inner=Box(x=[FILE])), "df.inner.x[0]"),
        (SlottedBox(FILE), "df.inner"),
        (types.SimpleNamespace(a=FILE), "df.a"),
        (collections.defaultdict(list, {(1, 2): FILE}), "df[(1, 2)]"),
        ({(Frozen(), 1): FILE}, "df[<tuple>]"),
        (collections.deque([FILE]), "df[0]"),
        (functools.partial(len, FILE), "df.args[0]"),
        (np.array([1, FILE], object), "df[1]"),
        (np.array([[1, FILE]], object), "df[(0, 1)]"),
        (pd.DataFrame({"c": COLUMN}), "df['c'][1]"),
        (pd.DataFrame([[1, FILE]], columns=["c", "c"]), "df['c'][0]"),
        (COLUMN, "df[1]"),
        ([{"deep": pd.DataFrame({"c": COLUMN})}], "df[0]['deep']['c'][1]"),
    ],
)
def test_a_refusal_says_where_the_object_is(walk, value, path):
    assert refused(walk, value, "df").path == path


def test_a_refusal_finds_the_attributes_of_a_frame(walk):
    frame = pd.DataFrame({"a": [1]})
    frame.attrs["x"] = FILE
    found = refused(walk, frame, "df")
    assert str(found) == "df.attrs['x'] is a _io.BufferedRandom: it is a file"


def test_nesting_without_end_is_refused(walk):
    deep, deeper = [], [object]
    for _ in range(100_000):
        deep, deeper = [deep], [deeper]
    for value in (deep, deeper):
        assert refused(walk, value, "x").why == "it is nested too deeply"
        assert refused(walk, value, "x").path == "x"


def test_a_refused_value_can_be_asked_for_again(walk):
    value = [1, FILE]
    assert str(refused(walk, value)) == str(refused(walk, value))


# -- any plain value

SCALAR = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.integers(),
    st.sampled_from([0.0, -0.0, 1.0, float("nan"), float("inf")]),
    st.floats(),
    st.text(max_size=3),
    st.binary(max_size=3),
    st.just(...),
    st.complex_numbers(max_magnitude=2),
)
HASHABLE = st.recursive(
    SCALAR,
    lambda inner: st.one_of(st.tuples(inner, inner), st.frozensets(inner, max_size=3)),
    max_leaves=4,
)
PLAIN = st.recursive(
    SCALAR,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(HASHABLE, inner, max_size=3),
        st.sets(HASHABLE, max_size=3),
        st.frozensets(HASHABLE, max_size=3),
        st.lists(inner, max_size=3).map(collections.deque),
    ),
    max_leaves=8,
)


def strict(value):
    """A value as hashable facts: equal exactly when type and content are equal, bit by bit."""
    kind = type(value).__name__
    if isinstance(value, float):
        return kind, struct.pack("<d", value)
    if isinstance(value, complex):
        return kind, struct.pack("<dd", value.real, value.imag)
    if isinstance(value, dict):
        return kind, tuple((strict(key), strict(each)) for key, each in value.items())
    if isinstance(value, set | frozenset):
        elements = [strict(each) for each in value]
        return kind, frozenset((each, elements.count(each)) for each in elements)
    if isinstance(value, list | tuple | collections.deque):
        return kind, tuple(strict(each) for each in value)
    return kind, value


@settings(max_examples=400, deadline=None)
@given(PLAIN, PLAIN)
def test_plain_values_have_equal_digests_exactly_when_they_are_equal(one, two):
    same = digest(one, definition=define).text == digest(two, definition=define).text
    assert same == (strict(one) == strict(two))


@settings(max_examples=200, deadline=None)
@given(PLAIN)
def test_a_copy_of_a_plain_value_has_the_same_digest(value):
    twin = copy.deepcopy(value)
    assert digest(value, definition=define).text == digest(twin, definition=define).text


@settings(max_examples=200, deadline=None)
@given(st.recursive(SCALAR, lambda inner: st.lists(inner, max_size=3), max_leaves=6))
def test_the_quick_path_and_the_careful_one_tell_the_same_values_apart(value):
    """A set inside sends the whole value the careful way; it must tell apart what marshal does."""
    changed = [value, True]
    assert marshal.dumps(value, 2) != marshal.dumps(changed, 2)
    careful = [digest([each, {1}], definition=define).text for each in (value, changed)]
    assert careful[0] != careful[1]


class Kind(enum.Flag):
    A = 1
    B = 2


def test_combined_flags_count(text):
    assert len({text(Kind.A), text(Kind.B), text(Kind.A | Kind.B), text(Kind(0))}) == 4


def test_arrays_in_a_set_of_objects_are_found_in_any_order(text):
    memory = np.zeros(4)

    def make(order):
        return {Box(n=n, view=memory[n:]) for n in order}

    assert text(make(range(3))) == text(make((2, 0, 1)))


def test_arrays_over_one_mapping_are_not_shared_unless_they_overlap(walk):
    mapping = memoryview(mmap.mmap(-1, 64))
    one, two = np.frombuffer(mapping[:32]), np.frombuffer(mapping[32:])
    assert walk(one).parts.isdisjoint(walk(two).parts)
    assert walk(one).parts & walk(one[1:]).parts


def test_attributes_that_are_no_text_are_refused(walk):
    box = Box()
    vars(box)[1] = 2
    assert "not all text" in refused(walk, box).why


def test_types_without_a_name_of_their_own_have_a_digest(text):
    kinds = [
        type(None),
        type(...),
        types.FunctionType,
        types.GeneratorType,
        type(len),
        type({}.keys()),
    ]
    assert len({text(kind) for kind in kinds}) == len(kinds)
