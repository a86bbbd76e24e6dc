"""What a cell changes in place is changed in place by a hit, for everybody who holds it."""

from __future__ import annotations

from importlib.metadata import version

import pytest

from tests.kernel.conftest import Kernels

PANDAS_2 = version("pandas").startswith("2.")

GENERIC = """import functools
@functools.singledispatch
def show(v): return 'any'
@show.register
def _(v: int): return 'number'"""
RECORDS = "import numpy as np\na = np.array([(1, 2.0), (3, 4.0)], [('n', 'i4'), ('x', 'f8')])"

CASES = {
    "list": ("x = [1, 2]; other = x", "x.append(3)", "x, other, x is other"),
    "list in a dictionary": (
        "x = [1]; box = {'x': x, 'y': 2}",
        "box['x'].append(2)",
        "x, box, box['x'] is x",
    ),
    "dictionary keeps its order": (
        "d = {'b': 1, 'a': 2}; other = d",
        "d.pop('b'); d['c'] = 3; d['b'] = 4",
        "d, other is d, list(other)",
    ),
    "set": ("s = {1, 2}; other = s", "s.add(3)", "sorted(s), other is s"),
    "deque": (
        "import collections\nq = collections.deque([1], maxlen=2); other = q",
        "q.append(2); q.append(3)",
        "q, other is q",
    ),
    "default dictionary": (
        "import collections\nd = collections.defaultdict(list); other = d",
        "d['a'].append(1)",
        "d, other is d, other['new']",
    ),
    "counter": (
        "import collections\nc = collections.Counter('aab'); other = c",
        "c.update('bb')",
        "c, other is c, c.most_common()",
    ),
    "bytearray": ("b = bytearray(b'ab'); other = b", "b.extend(b'c')", "b, other is b"),
    "popped item goes on living": (
        "x = [[1], [2]]; kept = x[0]",
        "x.pop(0).append(9)",
        "x, kept",
    ),
    "variable that is part of what changed": (
        "x = [[1], [2]]; kept = x[1]",
        "x.append(x[0]); last = x[1]; last.append(5)",
        "x, x[0] is x[2], last is kept",
    ),
    "cycle": ("x = [1]; x.append(x); y = x", "x.append(2)", "len(y), y[1] is y, x is y"),
    "replaced by an equal copy": (
        "x = [[1]]; inner = x[0]",
        "x[0] = list(x[0])",
        "x, x[0] is inner, inner",
    ),
    "changed and bound anew": (
        "x = [1]; old = x",
        "x.append(2); x = x + [3]",
        "x, old, x is old",
    ),
    "changed and deleted": ("x = [1]; old = x", "x.append(2); del x", "old, 'x' in globals()"),
    "object": (
        "class C: pass\nc = C(); c.a = 1; other = c",
        "c.a += 1; c.b = [c]; del c.a; c.z = 0",
        "vars(other).keys(), other.b[0] is c",
    ),
    "object with slots": (
        "class C:\n    __slots__ = ('a', 'b')\nc = C(); c.a = 1; other = c",
        "c.b = c.a; del c.a",
        "other.b, hasattr(other, 'a'), other is c",
    ),
    "object that is a list": (
        "class L(list): pass\nx = L([1]); other = x",
        "x.append(2); x.note = 'n'",
        "other, other.note, type(other) is L",
    ),
    "class attribute": (
        "class C:\n    total = 0\n    log = []\nc = C()",
        "C.total += 1; C.log.append('a'); C.new = 5",
        "c.total, c.log, C.new, sorted(n for n in vars(C) if n[0] != '_')",
    ),
    "class attribute through an instance": (
        "class C:\n    total = 0\n    def up(self):\n        type(self).total += 1\nc = C()",
        "c.up()",
        "C.total, c.total, vars(c)",
    ),
    "class gets a method": (
        "class C:\n    n = 1\nc = C()",
        "def double(self):\n    return 2 * self.n\nC.double = double",
        "c.double(), C.double is double",
    ),
    "closure": (
        "def make():\n    n = 0\n    def up():\n        nonlocal n\n        n += 1\n        return n"
        "\n    return up\nup = make(); other = up",
        "a = up()",
        "a, other(), up is other",
    ),
    "two closures over one cell": (
        "def make():\n    n = [0]\n    def up():\n        n[0] += 1\n    def get():\n"
        "        return n[0]\n    return up, get\nup, get = make()",
        "up(); up()",
        "get()",
    ),
    "memory of a decorator": (
        "def memo(f):\n    known = {}\n    def g(n):\n        if n not in known:\n"
        "            known[n] = f(n)\n        return known[n]\n    g.known = known\n    return g\n"
        "calls = []\n@memo\ndef square(n):\n    calls.append(n)\n    return n * n",
        "s = square(4)",
        "s, square(4), calls, square.known",
    ),
    "mutable default": (
        "def add(x, to=[]):\n    to.append(x)\n    return to",
        "r = add(1)",
        "add(2), r, r is add.__defaults__[0]",
    ),
    "function attribute": ("def f(): pass", "f.count = 3; f.seen = []", "f.count, f.seen"),
    "array": (
        "import numpy as np\na = np.arange(6.0); view = a[2:4]; box = [a]",
        "a[3] = 9; a *= 2",
        "a, view, box[0] is a, np.shares_memory(a, view)",
    ),
    "array through a view": (
        "import numpy as np\na = np.arange(6.0); view = a[2:4]",
        "view[:] = 0",
        "a, view, np.shares_memory(a, view)",
    ),
    "implementations of a generic function": (
        f"{GENERIC}\nother = show",
        "@show.register\ndef of_text(v: str): return 'text'\nshow.label = 'all'",
        "show('a'), show(1), show(None), other is show, show.registry[str] is of_text, show.label",
    ),
    "implementation for a class of another cell": (
        f"{GENERIC}\nclass Own: pass\n@show.register\ndef _(v: Own): return 'own'",
        "show.register(int, lambda v: 'new'); n = show(2)",
        "show(Own()), show(1), n, Own in show.registry, list(show.registry)[1] is int",
    ),
    "array of records over an array": (
        RECORDS,
        "rec = a.view(np.recarray); rec.n[0] = 9; row = a[1]; made = np.matrix('1 2'); up = made.T",
        "rec.base is a, row.__setitem__('n', 7), rec.__setitem__(0, (8, 8.0)), a, rec, row,"
        " row.base is a, made.__setitem__((0, 0), 5), up, type(up).__name__",
    ),
    "record of its own": (
        RECORDS,
        "row = a[0].copy(); a['n'][0] = 5",
        "row.__setitem__('n', 7), row, a",
    ),
    "array and a view of it": (
        "import numpy as np\na = np.arange(6.0); view = a[2:4]",
        "view[:] = 0; a[0] = 7; w = a[1:3]",
        "a, view, w, np.shares_memory(w, view), np.shares_memory(a, w)",
    ),
    "view of a view": (
        "import numpy as np\nv = np.arange(6.0)[1:]; other = v",
        "w = v[2:4]; w += 1",
        "v, w, np.shares_memory(v, w), other is v",
    ),
    "array of objects": (
        "import numpy as np\na = np.array([[1], {'b': 2}, None], dtype=object); inner = a[0]",
        "a[0].append(5); a[2] = a[0]",
        "a.tolist(), a[2] is inner",
    ),
    "array made read-only": (
        "import numpy as np\na = np.arange(3); other = a",
        "a[0] = 4; a.flags.writeable = False",
        "a, other.flags.writeable",
    ),
    "frame": (
        "import pandas as pd\ndf = pd.DataFrame({'a': [1, 2]}); other = df",
        "df['b'] = df.a * 2; df.loc[7] = [0, 0]",
        "df, other is df, df.dtypes, other.index",
    ),
    "frame in place": (
        "import pandas as pd\ndf = pd.DataFrame({'a': [2, None, 1]}); other = df",
        "df.dropna(inplace=True); df.sort_values('a', inplace=True); df.rename(columns={'a': 'b'},"
        " inplace=True)",
        "other, other is df, df.b.sum()",
    ),
    "names of an index": (
        "import pandas as pd\ndf = pd.DataFrame({'a': [1]}); other = df; rows = df.index",
        "df.index.name = 'row'; df.columns.name = 'c'",
        "other, rows.name, rows is df.index",
    ),
    "column taken before": (
        "import pandas as pd\ndf = pd.DataFrame({'a': [1, 2], 'b': [3, 4]}); col = df['a']",
        "df['a'] += 10; df.loc[0, 'b'] = 0",
        "df, col",
    ),
    "series": (
        "import pandas as pd\ns = pd.Series([1, 2], name='n'); other = s",
        "s[0] = 9; s.name = 'm'; s.attrs['k'] = 1",
        "other, other.name, other.attrs, other is s",
    ),
    "spawned generators": (
        "import numpy as np; a = np.random.default_rng(3); other = a",
        "child = a.spawn(1)[0].random()",
        "child, a.spawn(2)[1].random(), other is a",
    ),
    "generator": (
        "import numpy as np\nrng = np.random.default_rng(3); other = rng",
        "draw = rng.normal(size=2)",
        "draw, other.normal(), other is rng",
    ),
    "legacy generator": (
        "import numpy as np\nrng = np.random.RandomState(3); other = rng",
        "draw = rng.normal()",
        "draw, other.normal(), other is rng",
    ),
    "items of a loop": (
        "class P:\n    def __init__(s): s.v = 0\nps = [P(), P()]; first = ps[0]",
        "for i, p in enumerate(ps):\n    p.v = i + 1",
        "[p.v for p in ps], first.v, p is ps[1], i",
    ),
    "attributes by name": (
        "class P:\n    size = 1\np = P(); other = p",
        "for name in 'ab':\n    setattr(p, name, 1)\nsetattr(P, 'size', 4); delattr(p, 'a')",
        "vars(other), other is p, P.size, setattr",
    ),
    "linked objects": (
        "class N:\n    def __init__(s, v): s.v, s.next = v, None\nhead = N(1); tail = head",
        "for v in (2, 3):\n    tail.next = N(v)\n    tail = tail.next",
        "head.next.next is tail, tail.v, head.next.v",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_hit_changes_what_the_run_changed(kernels: Kernels, name: str) -> None:
    before, change, look = CASES[name]
    if PANDAS_2 and "pandas" in before:
        before = f"import pandas; pandas.options.mode.copy_on_write = True\n{before}"
    for source in (before, "#%%cacheable\n" + change):
        assert kernels.plain.run(source).reply["status"] == "ok"
    truth = kernels.plain.value(f"({look},)")

    kernels.storing.run(before)
    stored = kernels.storing.run("%%cacheable\n" + change)
    assert (stored.word, kernels.storing.value(f"({look},)")) == ("MISS", truth), stored.why

    kernels.hitting.run(before)
    hit = kernels.hitting.run("%%cacheable\n" + change)
    assert (hit.word, kernels.hitting.value(f"({look},)")) == ("HIT", truth), hit.why


REFUSED = {
    "another shape": ("import numpy as np; a = np.arange(4)", "a.shape = (2, 2)", "ndarray"),
    "another size": (
        "import numpy as np; a = np.arange(4)",
        "a.resize(6, refcheck=False)",
        "ndarray",
    ),
    "another type": ("import numpy as np; a = np.arange(4)", "a.dtype = float", "ndarray"),
    "a default of another shape": (
        "import numpy as np\ndef a(kept=np.zeros(4)):\n    kept.shape = (2, 2)",
        "a()",
        "ndarray",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_change_that_cannot_be_made_again_is_refused(kernels: Kernels, name: str) -> None:
    before, change, kind = REFUSED[name]
    kernels.storing.run(before)
    ran = kernels.storing.run("%%cacheable\n" + change)
    assert ran.word == "UNCACHED"
    assert ran.why == (
        f"it changes its input 'a', and this change of a {kind} cannot be made in place"
    )


@pytest.mark.skipif(not PANDAS_2, reason="frames of pandas 3 never share what is written")
def test_a_frame_whose_memory_others_may_show_is_not_changed(kernels: Kernels) -> None:
    kernels.storing.run("import pandas as pd; pd.options.mode.copy_on_write = False")
    kernels.storing.run("a = pd.DataFrame({'x': [1]}); column = a['x']")
    ran = kernels.storing.run("%%cacheable\na['x'] += 10")
    assert ran.word == "UNCACHED"
    assert ran.why == "it changes its input 'a', and a DataFrame cannot be changed in place"
