"""The oracle notices what it is there to notice, and nothing else."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import nbformat
import pytest

from tests.examples.namespace import changed_options, snapshot
from tests.examples.oracle import (
    CellRun,
    Marks,
    RunResult,
    differences,
    first_difference,
    normalised,
    only_imports,
    prepare,
    run,
    slow_cells,
    speed_up,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SETUP = """
import collections, dataclasses, enum, functools, numpy as np, pandas as pd
@dataclasses.dataclass
class Point:
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
}


def described(source: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(SETUP, "setup", "exec"), namespace)
    exec(compile(source, "cell", "exec"), namespace)
    return snapshot(namespace, {})


def result(namespace: Mapping[str, Any] | None = None, *cells: CellRun) -> RunResult:
    return RunResult(tuple(cells), dict(namespace or {}))


def cell(outputs: list[dict[str, Any]] | None = None, **changes: Any) -> CellRun:
    made = CellRun("id", "work()", True, normalised(outputs or []), 1, 2.0, None)  # type: ignore[arg-type]
    return replace(made, **changes)


def stream(text: str, name: str = "stdout") -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": text}


def image(data: str) -> dict[str, Any]:
    return {"output_type": "display_data", "metadata": {}, "data": {"image/png": data}}


@pytest.mark.parametrize(("left", "right"), DIFFERENT.values(), ids=DIFFERENT)
def test_a_planted_difference_in_the_namespace_is_noticed(left: str, right: str) -> None:
    found = differences(result(described(left)), result(described(right)))
    assert found
    assert all(sentence.startswith("variables, ") for sentence in found)


@pytest.mark.parametrize("source", [pair[0] for pair in DIFFERENT.values()], ids=DIFFERENT)
def test_the_same_code_run_twice_leaves_the_same_namespace(source: str) -> None:
    assert differences(result(described(source)), result(described(source))) == []


def test_a_kept_result_of_another_type_is_noticed() -> None:
    left, right = described("_oh = {3: 1}"), described("_oh = {3: True}")
    assert differences(result(left), result(right)) == ["results, 3[0]: 'int' became 'bool'"]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ([stream("a\n")], [stream("b\n")]),
        ([stream("a\n")], [stream("a\n", "stderr")]),
        ([stream("a\n")], []),
        ([stream("a"), stream("b", "stderr")], [stream("b", "stderr"), stream("a")]),
        ([image("AAAA")], [image("AAAB")]),
        ([image("0xAB")], [image("0xAC")]),
    ],
    ids=["text", "stream name", "missing", "order", "image", "image like an address"],
)
def test_a_planted_difference_in_the_outputs_is_noticed(
    left: list[dict[str, Any]], right: list[dict[str, Any]]
) -> None:
    assert differences(result({}, cell(left)), result({}, cell(right)))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ([stream("a\n"), stream("b\n")], [stream("a\nb\n")]),
        ([stream("[HIT] key=1 was computed\n", "stderr"), stream("a")], [stream("a")]),
        ([stream("<f at 0x7f00>")], [stream("<f at 0x7fff>")]),
        ([stream("1%\r2%\r3%\n")], [stream("3%\n")]),
        ([stream("Wall time: 2 s\n")], [stream("Wall time: 3 s\n")]),
        ([stream("/tmp/ipykernel_12/3.py:1")], [stream("/tmp/ipykernel_34/5.py:1")]),
    ],
    ids=["chunks", "status line", "address", "carriage return", "timing", "cell file"],
)
def test_what_varies_from_run_to_run_is_not_a_difference(
    left: list[dict[str, Any]], right: list[dict[str, Any]]
) -> None:
    assert differences(result({}, cell(left)), result({}, cell(right))) == []


def test_another_execution_count_is_noticed() -> None:
    assert differences(result({}, cell()), result({}, cell(execution_count=2)))


def test_an_option_that_was_set_is_noticed_and_one_that_exists_is_not() -> None:
    assert changed_options([("a", "", ""), ("", "1", "1"), ("b", "", ""), ("", "1", "2")]) == [
        ["b", "2"]
    ]


def test_true_is_not_one() -> None:
    assert first_difference([True], [1])


@pytest.mark.parametrize(
    "source",
    ["%%cacheable --ttl 1h\nx = 1", "# note\n#| cacheable: tag=a\nx = 1", "x = 1"],
    ids=["magic", "comment", "unmarked"],
)
def test_all_ways_of_marking_keep_the_line_of_the_code(source: str) -> None:
    plain, marked = prepare(source, Marks.NONE), prepare(source, Marks.ALL)
    assert plain.splitlines().index("x = 1") == marked.splitlines().index("x = 1")
    assert marked.startswith(("%%cacheable", "# note\n#| cacheable"))
    assert not plain.startswith("%%")


@pytest.mark.parametrize("source", ["%matplotlib inline\nx = 1", "%%time\nx = 1", "!ls"])
def test_a_cell_that_starts_with_another_magic_is_left_alone(source: str) -> None:
    assert prepare(source, Marks.ALL) == prepare(source, Marks.NONE) == source


def test_the_speed_up_is_the_ratio_of_the_slow_cells_alone() -> None:
    quick, slow = cell(seconds=0.1), cell(seconds=3.0)
    imports = cell(seconds=2.0, source="import json\nfrom math import pi")
    before = result({}, quick, slow, imports)
    after = result({}, quick, replace(slow, seconds=0.1), imports)
    assert slow_cells(before) == [1]
    assert only_imports(imports.source)
    assert speed_up(before, after) == pytest.approx(30)


def test_two_executions_are_compared_in_full(tmp_path: Path, sandbox: Path) -> None:
    first = executed(["x = [1.0]", "print('a')\nx[0]"], tmp_path, sandbox)
    second = executed(["x = [1]", "print('b')\nx[0]"], tmp_path, sandbox)
    assert differences(first, first) == []
    assert [
        re.match(r"\w+, \w+|cell \d", sentence)[0] for sentence in differences(first, second)
    ] == [
        "cell 2",
        "variables, x",
        "results, 3",
        "results, _",
    ]


def executed(sources: list[str], folder: Path, sandbox: Path) -> RunResult:
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    path = folder / "tiny.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return run(path, marked=Marks.NONE, store=folder / "store", sandbox=sandbox)
