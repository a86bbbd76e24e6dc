"""What a cell depends on without reading a name, each once found as a wrong hit.

A case has a set-up cell, an edit in another cell, and the marked cell between. After the edit the
marked cell must give what a kernel without us gives: by running, or by not having been stored.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kernel.conftest import Kernels

CASES = {
    "a name inside a query": (
        "import pandas as pd\ndf = pd.DataFrame({'a': [1, 2, 3]}); limit = 1",
        "print(len(df.query('a > @limit')))",
        "limit = 2",
    ),
    "a name inside a query that another cell wrote": (
        "import pandas as pd\ndf = pd.DataFrame({'a': [1, 2, 3]}); limit = 1; wanted = 'a > @limit'",
        "print(len(df.query(wanted)))",
        "limit = 2",
    ),
    "the method of an object handed to a function": (
        "class Rates:\n    k = 1\nrates = Rates()\ndef g(m): return m.k",
        "print(g(rates))",
        "Rates.k = 5",
    ),
    "a singleton kept by its class": (
        "class Config:\n    pass\nConfig.i = Config(); Config.i.rate = 1",
        "print(Config.i.rate)",
        "Config.i.rate = 2",
    ),
    "an alias of an enum": (
        "import enum\nclass Mode(enum.Enum):\n    FAST = 1\n    SLOW = 2\n    DEFAULT = 1",
        "print(Mode.DEFAULT.name)",
        "class Mode(enum.Enum):\n    FAST = 1\n    SLOW = 2\n    DEFAULT = 2",
    ),
    "metadata of a dataclass field": (
        "import dataclasses\n@dataclasses.dataclass\nclass D:\n    x: int = dataclasses.field(default=1, metadata={'u': 1})",
        "print(dataclasses.fields(D)[0].metadata['u'])",
        "@dataclasses.dataclass\nclass D:\n    x: int = dataclasses.field(default=1, metadata={'u': 2})",
    ),
    "whether two inputs are one object": (
        "a = [1]; b = a",
        "c = [a, b]\nprint(a is b)",
        "b = [1]",
    ),
    "the working folder": (
        "import os\nos.makedirs('inner', exist_ok=True)",
        "print(os.path.basename(os.getcwd()))",
        "os.chdir('inner')",
    ),
    "a path that comes to exist": (
        "import shutil\nfrom pathlib import Path\nplace = Path('made'); shutil.rmtree('made', True)",
        "print(place.exists())",
        "place.mkdir()",
    ),
    "a replaced function of a module": (
        "import math\noriginal = math.sqrt",
        "print(math.sqrt(4))",
        "math.sqrt = lambda x: 42",
    ),
    "a method added to a library's class": (
        "import pandas as pd\nframe = pd.DataFrame({'a': [1]})\npd.DataFrame.mine = lambda self: 1",
        "print(frame.mine())",
        "pd.DataFrame.mine = lambda self: 2",
    ),
    "the globals of a function": (
        "v = 1\ndef f(): pass",
        "print(f.__globals__['v'])",
        "v = 2",
    ),
    "a warnings filter": (
        "import warnings; warnings.resetwarnings(); warnings.simplefilter('ignore')",
        "warnings.warn('hey')\nprint('done')",
        "warnings.simplefilter('default')",
    ),
    "the level of a logger": (
        "import logging; log = logging.getLogger('mine'); log.setLevel(50)",
        "logging.getLogger('mine').warning('seen')\nprint('done')",
        "log.setLevel(10)",
    ),
    "a formatter of results": (
        "shell = get_ipython()",
        "12345",
        "shell.display_formatter.formatters['text/plain'].for_type(int, lambda v, p, c: p.text('N'))",
    ),
    "a result remembered by lru_cache": (
        "import functools\nK = 1\n@functools.lru_cache\ndef remembered(x): return x + K\nremembered(1); K = 2",
        "print(remembered(1))",
        "remembered.cache_clear()",
    ),
}
AFTER = (
    "import os, math; os.chdir({folder!r}); math.sqrt = globals().get('original', math.sqrt)\n"
    "import warnings; warnings.resetwarnings()\n"
    "get_ipython().display_formatter.formatters['text/plain'].type_printers.pop(int, None)"
)


def shown(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if "ipykernel_" not in line)


@pytest.mark.parametrize("name", CASES)
def test_an_edit_is_felt(kernels: Kernels, name: str) -> None:
    setup, cell, edit = CASES[name]
    storing, plain = kernels.storing, kernels.plain
    marked = f"%%cacheable --name {name.replace(' ', '-').replace(chr(39), '')}\n{cell}"
    try:
        for kernel in (storing, plain):
            kernel.run(AFTER.format(folder=str(kernels.folder)))
            assert kernel.run(setup).reply["status"] == "ok"
        first = storing.run(marked)
        assert shown(first.text) == shown(plain.run(cell).text)
        for kernel in (storing, plain):
            kernel.run(setup.partition("\n")[2] if "shutil" in setup else "pass")
            assert kernel.run(edit).reply["status"] == "ok"
        assert shown(storing.run(marked).text) == shown(plain.run(cell).text)
    finally:
        for kernel in (storing, plain):
            kernel.run(AFTER.format(folder=str(kernels.folder)))


@pytest.mark.parametrize(
    "cell",
    [
        "import edited\nprint(edited.rate())",
        "from edited import rate\nprint(rate())",
        "def g():\n    import edited\n    return edited.rate()\nprint(g())",
        "print(use(edited))",
        "print(vars(edited)['RATE'], edited.__version__)",
    ],
)
def test_an_edit_of_a_local_module_is_felt(kernels: Kernels, cell: str) -> None:
    """However the cell comes by the module."""
    module = Path(kernels.folder) / "edited.py"
    text = "RATE = {}\n__version__ = '{}'\ndef rate():\n    return RATE\n"
    seen = []
    for value in ("1", "1000"):
        module.write_text(text.replace("{}", value) + "#" * len(value))
        load = "import importlib, edited\nimportlib.reload(edited)\ndef use(m): return m.RATE"
        assert kernels.storing.run(load).reply["status"] == "ok"
        ran = kernels.storing.run(f"%%cacheable\n{cell}")
        assert ran.reply["status"] == "ok", ran.traceback
        seen.append(ran.text)
    assert seen[0].replace("1", "1000") == seen[1]


VALUES = {
    "functions that share a variable": (
        "def make():\n    n = 0\n    def inc():\n        nonlocal n\n        n += 1\n"
        "    return inc, lambda: n\ninc, get = make()",
        "(inc(), get())",
    ),
    "a NaN known by name": (
        "import numpy as np\nx = [np.nan, 1.0]",
        "(np.nan in x, {np.nan: 1}.get(x[0]))",
    ),
    "NaNs of its own": (
        "n, m = float('nan'), float('nan'); x = [n, m, n]",
        "(n in x, m in x, x[0] is x[2], x[0] is x[1])",
    ),
    "a class with a hash": (
        "class Point:\n    def __init__(self, x):\n        self.x = x\n"
        "    def __hash__(self):\n        return hash(self.x)\n"
        "    def __eq__(self, other):\n        return self.x == other.x\n"
        "points = {Point('a'): 1, Point('b'): 2}",
        "(points[Point('a')], Point('b') in points, [p.x for p in points])",
    ),
    "an array under a frame": (
        "import pandas as pd\nframe = pd.DataFrame({'a': [1, 2]}); under = frame['a'].values",
        "(under.flags.writeable, under.tolist())",
    ),
    "an array that cannot be written": (
        "import numpy as np\nfixed = np.array([{}, 1], object); fixed.setflags(write=False)",
        "fixed.flags.writeable",
    ),
    "a masked array without a mask": (
        "import numpy as np\nm = np.ma.array([1, 2, 3])",
        "(repr(m), m.mask is np.ma.nomask)",
    ),
    "a class that registers its subclasses": (
        "class B:\n    seen = []\n    def __init_subclass__(cls):\n        B.seen.append(cls.__name__)\n"
        "class D(B): pass",
        "B.seen",
    ),
    "a finalizer": (
        "class T:\n    def __del__(self):\n        print('gone')\nt = T()",
        "type(t).__name__",
    ),
    "a seed kept by name": (
        "from numpy.random import seed, rand\nseed(1); r = rand()",
        "(seed.__module__, r)",
    ),
    "a decimal division": ("from decimal import Decimal\nq = Decimal(1) / Decimal(3)", "q"),
}


@pytest.mark.parametrize("name", VALUES)
def test_a_value_comes_back_whole_or_is_not_stored(kernels: Kernels, name: str) -> None:
    cell, check = VALUES[name]
    plain = kernels.plain.run(cell)
    expected = kernels.plain.value(check)
    for kernel in (kernels.storing, kernels.hitting):
        ran = kernel.run(f"%%cacheable\n{cell}")
        assert ran.text == plain.text
        assert kernel.value(check) == expected


def test_a_syntax_error_is_not_called_stored(kernels: Kernels) -> None:
    ran = kernels.storing.run("%%cacheable\nfour = = 4")
    assert (ran.reply["status"], ran.word, ran.why) == ("error", "UNCACHED", "it did not run")
    assert ran.outcome["duration"] < 60
