"""The description of a namespace tells apart what a user could tell apart, and nothing else."""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import Any

import pytest

from tests.optional import skip_without_torch
from tests.oracle.comparing import Difference, in_states
from tests.oracle.namespace import variables_and_results
from tests.oracle.namespace.surroundings import changed_options

SETUP = """
import collections, dataclasses, enum, functools, io, itertools, logging, re, weakref
import numpy as np, pandas as pd
@dataclasses.dataclass
class Point:
    x: int = 0
    def norm(self): return abs(self.x)
@dataclasses.dataclass(frozen=True)
class Frozen:
    x: int = 0
class Slotted:
    __slots__ = ("a",)
    def __init__(self, a): self.a = a
class Colour(enum.Enum):
    RED = 1
    BLUE = 2
frame = pd.DataFrame({"a": [1, 2], "b": [0.5, 1.5]})
"""

DIFFERENT = {
    "bool for int": ("v = 1", "v = True"),
    "float for int": ("v = 1", "v = 1.0"),
    "negative zero": ("v = 0.0", "v = -0.0"),
    "bytes for str": ("v = 'a'", "v = b'a'"),
    "tuple for list": ("v = [1]", "v = (1,)"),
    "a name less": ("v = w = 1", "v = 1"),
    "dict order": ("v = {'a': 1, 'b': 2}", "v = {'b': 2, 'a': 1}"),
    "dict kind": ("v = {'a': 1}", "v = collections.OrderedDict(a=1)"),
    "default factory": ("v = collections.defaultdict(list)", "v = collections.defaultdict(set)"),
    "deque length": ("v = collections.deque([1], 3)", "v = collections.deque([1], 4)"),
    "enum member": ("v = Colour.RED", "v = Colour.BLUE"),
    "lost sharing": ("v = [1]; w = v", "v = [1]; w = [1]"),
    "lost sharing inside": ("v = [1]; w = {'k': v}", "v = [1]; w = {'k': [1]}"),
    "lost cycle": ("v = [1]; v.append(v)", "v = [1]; v.append([1])"),
    "array values": ("v = np.array([1, 2])", "v = np.array([1, 3])"),
    "array dtype": ("v = np.zeros(2, 'f8')", "v = np.zeros(2, 'f4')"),
    "array byte order": ("v = np.zeros(2, '<i4')", "v = np.zeros(2, '>i4')"),
    "array shape": ("v = np.zeros((2, 3))", "v = np.zeros((3, 2))"),
    "array memory order": ("v = np.zeros((2, 3))", "v = np.zeros((2, 3), order='F')"),
    "array writable": ("v = np.zeros(2)", "v = np.zeros(2); v.flags.writeable = False"),
    "array view": ("v = np.arange(4); w = v[1:]", "v = np.arange(4); w = v[1:].copy()"),
    "array view offset": (
        "v = np.zeros(4); w = v[1:3]",
        "v = np.zeros(4); w = v[2:4]",
    ),
    "array NaN": ("v = np.array([np.nan])", "v = np.array([-np.nan])"),
    "array mask": ("v = np.ma.array([1, 2], mask=[0, 1])", "v = np.ma.array([1, 2], mask=[0, 0])"),
    "array subclass": ("v = np.zeros((2, 2)).view(np.matrix)", "v = np.zeros((2, 2))"),
    "object array": (
        "v = np.array([1, 'a'], dtype=object)",
        "v = np.array([1.0, 'a'], dtype=object)",
    ),
    "numpy scalar": ("v = np.int64(1)", "v = np.int32(1)"),
    "generator state": (
        "v = np.random.default_rng(1)",
        "v = np.random.default_rng(1); v.random()",
    ),
    "frame column order": ("v = frame[['a', 'b']]", "v = frame[['b', 'a']]"),
    "frame dtype": ("v = frame", "v = frame.astype({'a': 'int32'})"),
    "frame index name": ("v = frame", "v = frame.rename_axis('n')"),
    "frame columns name": ("v = frame", "v = frame.rename_axis(columns='n')"),
    "frame index kind": ("v = frame", "v = frame.set_axis([0, 1])"),
    "frame attrs": ("v = frame", "v = frame.copy(); v.attrs['unit'] = 'm'"),
    "frame missing values": (
        "v = pd.array([1, None], dtype='Int64')",
        "v = pd.array([1, 0], dtype='Int64')",
    ),
    "series name": ("v = frame['a']", "v = frame['a'].rename('z')"),
    "categories": (
        "v = pd.Series(['a', 'b'], dtype=pd.CategoricalDtype(['a', 'b']))",
        "v = pd.Series(['a', 'b'], dtype=pd.CategoricalDtype(['b', 'a']))",
    ),
    "time zone": (
        "v = pd.Series(pd.to_datetime(['2026-01-01']))",
        "v = pd.Series(pd.to_datetime(['2026-01-01'])).dt.tz_localize('UTC')",
    ),
    "instance attribute": ("v = Point(1)", "v = Point(2)"),
    "slot": ("v = Slotted(1)", "v = Slotted(2)"),
    "instance of a copied class": (
        "v = Point(1)",
        "v = dataclasses.make_dataclass('Point', ['x'])(1)",
    ),
    "function body": ("def v(x): return x + 1", "def v(x): return x + 2"),
    "function constant type": ("def v(): return 1", "def v(): return 1.0"),
    "function default": ("def v(x=1): return x", "def v(x=2): return x"),
    "function doc": ("def v():\n 'one'", "def v():\n 'two'"),
    "function line": ("def v(): return 1", "\ndef v(): return 1"),
    "function globals": ("def v(): return w", "exec('def v(): return w', {}, globals())"),
    "nested function": (
        "def v():\n def w(): return 1\n return w",
        "def v():\n def w(): return 2\n return w",
    ),
    "closure": (
        "def make(n):\n def w(): return n\n return w\nv = make(1)",
        "def make(n):\n def w(): return n\n return w\nv = make(2)",
    ),
    "partial": ("v = functools.partial(int, base=2)", "v = functools.partial(int, base=8)"),
    "method": ("class v:\n def f(self): return 1", "class v:\n def f(self): return 2"),
    "class attribute": ("class v: a = 1", "class v: a = 2"),
    "base class": ("class v(Point): pass", "class v(Slotted): pass"),
    "property": (
        "class v:\n @property\n def f(self): return 1",
        "class v:\n @property\n def f(self): return 2",
    ),
    "module": ("import json as v", "import math as v"),
    "lost sharing in a tuple": ("v = [1]; w = (v,)", "v = [1]; w = ([1],)"),
    "lost cycle through a tuple": ("v = []; v.append((v,))", "v = []; v.append(([],))"),
    "very deep": (
        "v = []\nfor _ in range(3000): v = [v]",
        "v = [1]\nfor _ in range(3000): v = [v]",
    ),
    "one of many": ("v = list(range(2000))", "v = [*range(1999), 0]"),
    "one of many by type": ("v = [0] * 2000", "v = [*[0] * 1999, False]"),
    "shared element of a set": (
        "v = Frozen(1); w = {v, Frozen(2)}",
        "v = Frozen(1); w = {Frozen(1), Frozen(2)}",
    ),
    "shared closure": (
        "def make():\n n = [0]\n def a(): return n\n def b(): return n\n return a, b\nv, w = make()",
        "def make():\n n = [0]\n def a(): return n\n def b(): return n\n return a, b\nv, w = make()[0], make()[1]",
    ),
    "shared cell": (
        "def make():\n n = 0\n def a(): return n\n def b(): return n\n return a, b\nv, w = make()",
        "def make():\n n = 0\n def a(): return n\n def b(): return n\n return a, b\nv, w = make()[0], make()[1]",
    ),
    "attribute of a list": (
        "class L(list): pass\nv = L([1])",
        "class L(list): pass\nv = L([1]); v.x = 1",
    ),
    "str of a subclass": ("class S(str): pass\nv = S('a')", "class S(str): pass\nv = 'a'"),
    "value of a subclass of int": (
        "class I(int): pass\nv = I(1)",
        "class I(int): pass\nv = I(2)",
    ),
    "class of other cells copied": (
        "v = [Point(1)]",
        "import types; other = types.new_class('Point', Point.__bases__, {}, lambda n: n.update({k: m for k, m in vars(Point).items() if k not in ('__dict__', '__weakref__')})); v = [other(1)]; del other, types",
    ),
    "base class copied": (
        "class v(Point): pass",
        "import types; other = types.new_class('Point', (), {}, lambda n: n.update({k: m for k, m in vars(Point).items() if k not in ('__dict__', '__weakref__')}))\nclass v(other): pass\ndel other, types",
    ),
    "member order": ("class v:\n b = 1\n a = 2", "class v:\n a = 2\n b = 1"),
    "virtual subclass": (
        "import abc\nclass v(abc.ABC): pass\nv.register(int)",
        "import abc\nclass v(abc.ABC): pass",
    ),
    "a subclass more": (
        "class v: pass",
        "class v: pass\ndef make():\n class sub(v): pass\n return sub\nkeep = [make()]\n_hidden = keep; del make",
    ),
    "metaclass": (
        "class M(type): pass\nclass v(metaclass=M): pass",
        "class M(type): pass\nclass v: pass",
    ),
    "enum value": (
        "class v(enum.Enum):\n A = 1",
        "class v(enum.Enum):\n A = 1.0",
    ),
    "enum member that is not the class's": (
        "v = Colour.RED",
        "v = object.__new__(Colour); v.__dict__.update(vars(Colour.RED))",
    ),
    "remembered calls": (
        "@functools.lru_cache\ndef v(x): return x",
        "@functools.lru_cache\ndef v(x): return x\nv(1)",
    ),
    "registered type": (
        "@functools.singledispatch\ndef v(x): return x",
        "@functools.singledispatch\ndef v(x): return x\nv.register(int, str)",
    ),
    "annotation": ("def v(x: int): pass", "def v(x: float): pass"),
    "argument of an exception": ("v = ValueError('a')", "v = ValueError('b')"),
    "cause": ("v = ValueError(); v.__cause__ = KeyError(1)", "v = ValueError()"),
    "traceback": (
        "try:\n 1 / 0\nexcept ZeroDivisionError as error: v = error",
        "try:\n 1 / 0\nexcept ZeroDivisionError as error: v = error.with_traceback(None)",
    ),
    "generator's place": (
        "def g():\n yield 1\n yield 2\nv = g()",
        "def g():\n yield 1\n yield 2\nv = g(); next(v)",
    ),
    "iterator's place": ("v = iter([1, 2])", "v = iter([1, 2]); next(v)"),
    "counter's place": ("v = itertools.count(1)", "v = itertools.count(2)"),
    "text in memory": ("v = io.StringIO('a')", "v = io.StringIO('b')"),
    "place in memory": ("v = io.StringIO('ab')", "v = io.StringIO('ab'); v.read(1)"),
    "closed": ("v = io.StringIO()", "v = io.StringIO(); v.close()"),
    "match": ("v = re.match('a', 'ab')", "v = re.match('a', 'ac')"),
    "bytearray": ("v = bytearray(b'a')", "v = bytearray(b'b')"),
    "memory view": ("v = memoryview(b'a')", "v = memoryview(bytearray(b'a'))"),
    "dead reference": (
        "w = Point(1); v = weakref.ref(w)",
        "w = Point(1); v = weakref.ref(Point(1))",
    ),
    "logger of its own": ("v = logging.getLogger('t')", "v = logging.Logger('t')"),
    "bound to another": ("w = [1]; v = w.append", "w = [1]; v = [1].append"),
    "bound method of a copy": ("w = Point(1); v = w.norm", "w = Point(1); v = Point(1).norm"),
    "array in a structure": (
        "v = np.array([(1, 2.0)], dtype=[('a', 'i1'), ('b', 'f8')])",
        "v = np.array([(1, 3.0)], dtype=[('a', 'i1'), ('b', 'f8')])",
    ),
    "array of strings": (
        "v = np.array(['a', 'b'], dtype=np.dtypes.StringDType())",
        "v = np.array(['a', 'c'], dtype=np.dtypes.StringDType())",
    ),
    "shared object in an array": (
        "w = [1]; v = np.array([w, None], dtype=object)",
        "w = [1]; v = np.array([[1], None], dtype=object)",
    ),
    "fill value": ("v = np.ma.array([1], fill_value=1)", "v = np.ma.array([1], fill_value=2)"),
    "global generator": ("v = np.random.mtrand._rand", "v = np.random.RandomState(1)"),
    "shared bit generator": (
        "v = np.random.default_rng(1); w = np.random.Generator(v.bit_generator)",
        "v = np.random.default_rng(1); w = np.random.default_rng(1)",
    ),
    "frame over an array": (
        "w = np.zeros((2, 2)); v = pd.DataFrame(w, copy=False)",
        "w = np.zeros((2, 2)); v = pd.DataFrame(w, copy=True)",
    ),
    "shared index": (
        "i = pd.Index([1, 2]); v = pd.DataFrame({'a': [1, 2]}, index=i); w = [v.index]",
        "i = pd.Index([1, 2]); v = pd.DataFrame({'a': [1, 2]}, index=i); w = [i.copy()]",
    ),
    "frequency": (
        "v = pd.date_range('2026-01-01', periods=3)",
        "v = pd.DatetimeIndex(pd.date_range('2026-01-01', periods=3), freq=None)",
    ),
    "NaN kinds in objects": (
        "v = pd.Series([None, 1], dtype=object)",
        "v = pd.Series([float('nan'), 1], dtype=object)",
    ),
    "string storage": (
        "v = pd.Series(['a'], dtype=pd.StringDtype('python'))",
        "v = pd.Series(['a'], dtype=object)",
    ),
    "grouping": ("v = frame.groupby('a')", "v = frame.groupby('b')"),
}

LIBRARIES = {
    "polars type": ("pl.Series('a', [1], dtype=pl.Int8)", "pl.Series('a', [1], dtype=pl.Int16)"),
    "polars missing": ("pl.Series('a', [1, None])", "pl.Series('a', [1, 0])"),
    "polars name": ("pl.DataFrame({'a': [1]})", "pl.DataFrame({'b': [1]})"),
    "polars sortedness": ("pl.Series('a', [1, 2])", "pl.Series('a', [1, 2]).sort()"),
    "polars expression": ("pl.col('a') + 1", "pl.col('a') + 2"),
    "polars query": (
        "pl.LazyFrame({'a': [1]}).filter(pl.col('a') > 0)",
        "pl.LazyFrame({'a': [1]}).filter(pl.col('a') > 1)",
    ),
    "arrow type": ("pa.array([1], pa.int8())", "pa.array([1], pa.int16())"),
    "arrow chunks": ("pa.chunked_array([[1], [2]])", "pa.chunked_array([[1, 2]])"),
    "arrow metadata": (
        "pa.table({'a': [1]})",
        "pa.table({'a': [1]}).replace_schema_metadata({'k': 'v'})",
    ),
    "tensor type": ("torch.zeros(2)", "torch.zeros(2, dtype=torch.float64)"),
    "tensor bits": ("torch.tensor([0.0])", "torch.tensor([-0.0])"),
    "tensor strides": ("torch.zeros(2, 3)", "torch.zeros(3, 2).T"),
    "tensor gradient wanted": ("torch.zeros(2)", "torch.zeros(2, requires_grad=True)"),
    "tensor parameter": ("torch.zeros(2)", "torch.nn.Parameter(torch.zeros(2), False)"),
    "tensor history": (
        "torch.zeros(2, requires_grad=True) * 2",
        "(torch.zeros(2, requires_grad=True) * 2).detach().requires_grad_()",
    ),
    "tied weights": ("(lambda t: [t, t[:1]])(torch.zeros(2))", "[torch.zeros(2), torch.zeros(1)]"),
    "tensor over an array": (
        "(lambda a: [a, torch.from_numpy(a)])(np.zeros(2))",
        "[np.zeros(2), torch.from_numpy(np.zeros(2))]",
    ),
    "module's mode": ("torch.nn.Dropout()", "torch.nn.Dropout().eval()"),
    "sparse kind": ("scipy.sparse.csr_array([[1]])", "scipy.sparse.csc_array([[1]])"),
    "sparse value": ("scipy.sparse.csr_array([[1]])", "scipy.sparse.csr_array([[2]])"),
    "estimator's parameter": ("linear_model.Ridge(alpha=1)", "linear_model.Ridge(alpha=1.0)"),
    "fitted estimator": (
        "tree.DecisionTreeClassifier(random_state=0).fit([[0], [1]], [0, 1])",
        "tree.DecisionTreeClassifier(random_state=0).fit([[0], [1]], [1, 0])",
    ),
    "symbol's assumption": ("sympy.Symbol('x')", "sympy.Symbol('x', positive=True)"),
    "expression": ("sympy.Integer(1)", "sympy.Float(1)"),
    "edge data": ("networkx.Graph([(1, 2, {'w': 1})])", "networkx.Graph([(1, 2, {'w': 2})])"),
    "edge order": ("networkx.Graph([(1, 2), (1, 3)])", "networkx.Graph([(1, 3), (1, 2)])"),
    "line of a figure": ("drawing([1, 2])", "drawing([1, 3])"),
    "colour of a figure": ("drawing([1, 2])", "drawing([1, 2], color='r')"),
    "resolution of a figure": ("drawing([1, 2])", "drawing([1, 2], dpi=50)"),
    "title of axes": ("drawing([1, 2]).axes[0]", "drawing([1, 2], title='a').axes[0]"),
    "label that is not drawn": ("drawing([1]).axes[0]", "drawing([1], label='a').axes[0]"),
    "colour map": ("matplotlib.colormaps['hot']", "matplotlib.colormaps['cool']"),
}
IMPORTS = {
    "pl": "import polars as pl",
    "pa": "import pyarrow as pa",
    "torch": "import numpy as np, torch",
    "scipy": "import scipy.sparse",
    "linear_model": "from sklearn import linear_model",
    "tree": "from sklearn import tree",
    "sympy": "import sympy",
    "networkx": "import networkx",
    "matplotlib": "import matplotlib",
    "drawing": """
from matplotlib.figure import Figure
def drawing(values, color="b", dpi=100, title="", label=""):
    figure = Figure(dpi=dpi)
    axes = figure.add_subplot()
    axes.plot(values, color=color, label=label)
    axes.set_title(title)
    return figure
""",
}

SAME = {
    "what a generic function has looked up": (
        "@functools.singledispatch\ndef v(x): return x",
        "@functools.singledispatch\ndef v(x): return x\nv(1)",
    ),
    "equal strings": ("v = w = 'a b'", "v = 'a b'; w = ' '.join('ab')"),
    "equal tuples": ("v = (1, 2); w = v", "v = (1, 2); w = tuple([1, 2])"),
    "equal dates": (
        "import datetime; v = datetime.date(2026, 1, 1); w = v; del datetime",
        "import datetime; v, w = (datetime.date(2026, 1, 1) for _ in 'ab'); del datetime",
    ),
    "order of a set": ("v = {'a', 'b'}", "v = {'b', 'a'}"),
    "set of objects": ("v = {Frozen(1), Frozen(2)}", "v = {Frozen(2), Frozen(1)}"),
    "padding of a structure": (
        "v = np.zeros(1, dtype=np.dtype('i1,i8', align=True))",
        "v = np.frombuffer(b'\\0' + b'x' * 7 + b'\\0' * 8, np.dtype('i1,i8', align=True)).copy()",
    ),
    "blocks of a frame": (
        "v = pd.DataFrame({'a': [1], 'b': [2]})",
        "v = pd.DataFrame({'a': [1]}); v['b'] = [2]",
    ),
    "views of frames": ("v = frame[['a']]", "v = frame[['a']].copy()"),
    "address": (
        "class v:\n def __repr__(self): return 'x'",
        "class v:\n def __repr__(self): return 'x'",
    ),
}


def described(source: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(SETUP, "setup", "exec"), namespace)
    exec(compile(source, "cell", "exec"), namespace)
    return variables_and_results(namespace, {})


def differences(left: str, right: str) -> list[Difference]:
    return list(in_states(described(left), described(right)))


def skip_without_string_type(source: str) -> None:
    if "StringDType" in source:
        pytest.importorskip("numpy", "2")


def library_cell(expression: str) -> str:
    imports = [
        text
        for name, text in IMPORTS.items()
        if f"{name}." in expression or f"{name}(" in expression
    ]
    return "\n".join([*imports, f"v = {expression}"])


@pytest.mark.parametrize(("left", "right"), DIFFERENT.values(), ids=DIFFERENT)
def test_a_planted_difference_is_noticed(left: str, right: str) -> None:
    skip_without_torch(left, right)
    if "itertools.count" in left and sys.version_info >= (3, 14):
        pytest.skip("itertools do not tell their place any more")
    skip_without_string_type(left)
    found = differences(left, right)
    assert found
    assert {one.part for one in found} == {"variables"}


@pytest.mark.parametrize("source", [pair[0] for pair in DIFFERENT.values()], ids=DIFFERENT)
def test_the_same_code_run_twice_leaves_the_same(source: str) -> None:
    skip_without_string_type(source)
    assert differences(source, source) == []


@pytest.mark.parametrize(("left", "right"), LIBRARIES.values(), ids=LIBRARIES)
def test_a_planted_difference_in_an_object_of_a_library_is_noticed(left: str, right: str) -> None:
    skip_without_torch(left, right)
    found = differences(library_cell(left), library_cell(right))
    assert {one.name for one in found} == {"v"}


@pytest.mark.parametrize("source", [pair[0] for pair in LIBRARIES.values()], ids=LIBRARIES)
def test_objects_of_libraries_made_twice_are_the_same(source: str) -> None:
    skip_without_torch(source)
    assert differences(library_cell(source), library_cell(source)) == []


@pytest.mark.parametrize(("left", "right"), SAME.values(), ids=SAME)
def test_what_a_user_cannot_rely_on_is_no_difference(left: str, right: str) -> None:
    if "frame[['a']]" in left and version("pandas").startswith("2."):
        pytest.skip("frames of pandas 2 share what is written")
    assert differences(left, right) == []


def test_every_value_can_be_described() -> None:
    sources = [pair for pairs in (DIFFERENT, SAME) for pair in pairs.values()]
    new = version("numpy") >= "2"
    known = [source for pair in sources for source in pair if new or "StringDType" not in source]
    texts = [str(described(source)) for source in known]
    assert not [text for text in texts if "cannot be described" in text]


def test_a_value_whose_description_fails_is_named() -> None:
    broken = "class v(dict):\n def __init__(self): self.default_factory = None\nv = v()"
    lines = "class Bad:\n default_factory = property(lambda self: 1 / 0)\nclass v(Bad, dict): pass\nv = v()"
    assert "cannot be described" not in str(described(broken))
    assert "ZeroDivisionError" in str(described(lines)["variables"]["v"])


def test_describing_a_figure_leaves_it_as_it_is() -> None:
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(library_cell("drawing([1, 2])"), namespace)
    figure = namespace["v"]
    before = figure.canvas, figure.stale, figure.axes[0].stale
    variables_and_results(namespace, {})
    assert (figure.canvas, figure.stale, figure.axes[0].stale) == before


def test_a_kept_result_of_another_type_is_noticed() -> None:
    found = differences("_oh = {3: 1}", "_oh = {3: True}")
    assert {str(one) for one in found} == {
        "results, 3[0]: 'int' became 'bool'",
        "results, 3[1]: '1' became 'True'",
    }


def test_an_option_that_was_set_is_noticed_and_one_that_exists_is_not() -> None:
    assert changed_options([("a", "", ""), ("", "1", "1"), ("b", "", ""), ("", "1", "2")]) == [
        ["b", "2"]
    ]
