"""Classes and functions that a hit brings back look as those that a run has made."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version

import pytest

from tests.kernel.conftest import Kernels
from tests.kernel.kernels import Kernel

NAMES = "[n for n in vars(C) if n[:2] != '__']"
# What an earlier cell made, what the marked cell does, what a later cell sees.
CASES = {
    "the order of members": (
        "",
        "class C:\n    limit = 3\n    def f(self): pass\n    other = 4",
        NAMES,
    ),
    "the order of an enumeration": (
        "import enum",
        "class C(enum.Enum):\n    A = 1\n    B = 'x'\n    def f(self): pass\n    z = 3",
        f"{NAMES}, list(C), C.A.f()",
    ),
    "other names of members, and combined flags": (
        "import enum",
        "class E(enum.Enum):\n    A = 1\n    B = 1\n"
        "class F(enum.Flag):\n    R = 1\n    W = 2\n    RW = R | W",
        "list(E.__members__), E.B, list(F.__members__), F.R | F.W, (F.R | F.W) is F.RW",
    ),
    "the order under a base that looks at the names": (
        "from sklearn.base import BaseEstimator, TransformerMixin",
        "class C(TransformerMixin, BaseEstimator):\n    k = 1\n"
        "    def fit(self, X): return self\n    def transform(self, X): return X\n    z = 2",
        f"{NAMES}, C().fit([[1]]).transform([[1]])",
    ),
    "a named tuple": (
        "import collections, typing",
        "C = collections.namedtuple('C', 'x y')\n"
        "class D(typing.NamedTuple):\n    s: str\n    t: int = 3\n    def f(self): return 4\n"
        "class E(C):\n    __slots__ = ()\n    def n(self): return self.x\n"
        "d, e = D('q'), E(1, 2)",
        "[*vars(C)], d, d.f(), D.__new__.__doc__, vars(D)['_make'].__doc__, e, e.n(), C._fields",
    ),
    "class and static methods": (
        "",
        "class C:\n    @classmethod\n    def a(cls): 'a'\n    @staticmethod\n    def b(): 'b'",
        "vars(vars(C)['a']), vars(vars(C)['b']), C.a.__doc__",
    ),
    "a function that remembers": (
        "import functools",
        "@functools.cache\ndef f(x): 'square'; return x * x\nf(3)",
        "[*vars(f)], f.cache_info(), f.__doc__, f(3)",
    ),
    "registered with a class of another cell": (
        "import abc\nclass Shape(abc.ABC): pass\nclass Blob: pass",
        "Shape.register(Blob)",
        "isinstance(Blob(), Shape), issubclass(int, Shape)",
    ),
    "registered with an installed class": (
        "import collections.abc\nclass Mine: pass",
        "collections.abc.Sequence.register(Mine)",
        "isinstance(Mine(), collections.abc.Sequence)",
    ),
    "made and registered": (
        "import abc, collections.abc",
        "@collections.abc.Mapping.register\nclass Mine: pass\n"
        "class Shape(abc.ABC): pass\nShape.register(Mine)",
        "isinstance(Mine(), collections.abc.Mapping), isinstance(Mine(), Shape)",
    ),
    "the source of a closure of another cell's function": (
        "import inspect\ndef make():\n    def tick(): return 1\n    return tick",
        "tick = make()",
        "inspect.getsource(tick), tick()",
    ),
    "the source of a generated function": (
        "import inspect, sympy\nz = sympy.Symbol('z')",
        "f = sympy.lambdify(z, z**2 + 1)",
        "inspect.getsource(f), f(3)",
    ),
    "the order of the attributes of a library's object": (
        "from scipy import stats",
        "waiting = stats.expon(scale=2)",
        "[*vars(waiting.dist)], waiting.cdf(1)",
    ),
    "the one object of each type of numpy": (
        "import numpy as np",
        "a = np.arange(3.0); b = np.zeros((300, 700)); c = np.zeros(2, 'i4')",
        "a.dtype is np.dtype(float), b.dtype is a.dtype, c.dtype is np.dtype('int32')",
    ),
    "an object that passes everything on": (
        "class P:\n    def __init__(self, t): self._t = t\n"
        "    def __getattr__(self, name): return getattr(self._t, name)",
        "p = P([3, 1]); p.sort(); q = [p]",
        "p._t, p.index(3), q[0] is p, vars(p)",
    ),
    "an array that is locked and unlocked": (
        "import numpy as np",
        "a = np.arange(3000.0)",
        "[a.setflags(write=w) for w in (False, True)], a.base, a.flags.owndata",
    ),
    "texts by which objects are named": (
        "a = 'name'; b = 'part'; label = 'label'",
        "x, y, z = a, [b], label",
        "x is a, y[0] is b, z is label",
    ),
    "masked arrays and windows over an array of another cell": (
        "import numpy as np\nsky = np.arange(12.0).reshape(3, 4); bad = sky > 9",
        "a = np.ma.array(sky, mask=bad); b = np.ma.MaskedArray(sky, mask=bad, copy=False)\n"
        "w = np.lib.stride_tricks.sliding_window_view(sky, (2, 2))",
        "sky.put(0, 77), bad.put(1, True), a, b, w[0, 0], w.flags.writeable",
    ),
    "masked arrays over one memory": (
        "import numpy as np",
        "x = np.arange(5.0); a = np.ma.array(x, mask=[0, 1, 0, 0, 0]); b = a[1:]\n"
        "c = np.ma.array([1.0, 2.0]); d = np.ma.array([1, 2], mask=[1, 0], hard_mask=True)",
        "x.put([1, 2], 9), a, b, c.mask is np.ma.nomask, d.hardmask, d, c.fill_value",
    ),
    "generators that were spawned": (
        "import numpy as np\nrng = np.random.default_rng(3)",
        "streams = rng.spawn(2); drawn = streams[0].integers(100)",
        "drawn, rng.bit_generator.seed_seq.n_children_spawned, rng.spawn(1)[0].integers(100)",
    ),
    "columns of text under a grouping": (
        "import pandas as pd\ndf = pd.DataFrame({'k': ['a', 'b', 'a'], 'v': [1, 2, 3]})\n"
        "groups = df.groupby('k')",
        "for name, part in groups: part.loc[part.v.idxmax()]",
        "groups.ngroups, name, part.k.tolist(), groups.v.sum().to_dict()",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_hit_brings_back(case: str, kernels: Kernels) -> None:
    before, body, seen = CASES[case]
    if "groupby" in before and version("pandas").startswith("2."):
        pytest.skip("groups of frames of pandas 2 share memory with them")
    found = []
    for kernel in (kernels.plain, kernels.storing, kernels.hitting):
        kernel.run(f"%reset -f\n{before}", "before")
        ran = kernel.run(f"{'#' if kernel is kernels.plain else ''}%%cacheable\n{body}", "cell")
        if kernel is not kernels.plain:
            assert ran.word == ("MISS" if kernel is kernels.storing else "HIT"), ran.why
        found.append(kernel.value(f"({seen})"))
    assert found[0] == found[1] == found[2]


def test_the_formatter_of_numbers_is_that_of_a_run(start: Callable[..., Kernel]) -> None:
    """It is made for the first value shown, and obeys %precision for numpy's if numpy is there."""
    found = []
    for load in (False, True, True):
        kernel = start(load=load)
        kernel.run("%%cacheable\n3.5" if load else "3.5", "first")
        kernel.run("import numpy as np\n%precision 3", "second")
        found.append(kernel.run("np.float64(3)", "third").text)
    assert len(set(found)) == 1


def test_looking_at_the_formatters_does_not_make_them(start: Callable[..., Kernel]) -> None:
    found = []
    for load in (False, True):
        kernel = start(load=load)
        kernel.run("%%cacheable\nx = 1" if load else "x = 1", "first")
        kernel.run("import numpy as np\n%precision 3", "second")
        found.append(kernel.run("np.float64(3)", "third").text)
    assert found == ["3.000", "3.000"]


REFUSED = {
    "a module that a function changes": (
        "import json\ndef f(): json.orchard = 1",
        "f()",
        "f() sets json.orchard, which is not a variable of the notebook",
    ),
    "a module that a function imports and changes": (
        "def f():\n    import json\n    json.decoder.orchard = 1",
        "f()",
        "f() sets json.decoder.orchard, which is not a variable of the notebook",
    ),
    "an installed class that a method changes": (
        "import fractions\nclass B:\n    def f(self): fractions.Fraction.orchard = 1",
        "B().f()",
        "B.f() sets fractions.Fraction.orchard, which is not a variable of the notebook",
    ),
    "a registration between installed classes": (
        "import collections.abc, fractions",
        "collections.abc.Sized.register(fractions.Fraction)",
        "it registers fractions.Fraction with collections.abc.Sized, and both are installed",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_would_be_lost_is_refused(case: str, kernel: Kernel) -> None:
    before, body, sentence = REFUSED[case]
    kernel.run(before)
    ran = kernel.run(f"%%cacheable\n{body}")
    assert (ran.word, ran.why) == ("UNCACHED", sentence)


def test_a_setting_that_a_function_sets_is_no_change_of_a_module(kernel: Kernel) -> None:
    kernel.run("import pandas as pd\ndef f(): pd.options.display.max_rows = 7")
    assert kernel.run("%%cacheable\nf()").word == "MISS"
