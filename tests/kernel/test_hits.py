"""A hit in a fresh kernel equals the run it stands for."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.kernel.conftest import Kernels
from tests.kernel.kernels import Kernel

Start = Callable[..., Kernel]

SLOW = "%%cacheable\nprint('working')\ntotal = sum(i * i for i in range(1000))\ntotal"


def test_the_second_run_is_a_hit_also_in_a_fresh_kernel(start: Start) -> None:
    first, second = start(), start()
    ran = first.run(SLOW)
    assert (ran.word, ran.outcome["variables"]) == ("MISS", ["total"])
    again = first.run(SLOW)
    assert again.word == "HIT"
    fresh = second.run(SLOW)
    assert fresh.word == "HIT"
    assert second.value("total") == "332833500"
    for hit in (again, fresh):
        assert [o["type"] for o in hit.outputs] == [o["type"] for o in ran.outputs]
        assert hit.text == ran.text


def test_the_result_becomes_out_and_underscore(start: Start) -> None:
    start().run(SLOW)
    kernel = start()
    hit = kernel.run(SLOW)
    assert hit.word == "HIT"
    count = hit.outputs[-1]["content"]["execution_count"]
    assert count == hit.reply["execution_count"]
    assert kernel.value("(_, _2, Out[2])") == "(332833500, 332833500, 332833500)"


OUTPUT_CELLS = {
    "print": "print('a'); print('b', end='')",
    "stderr": "import sys\nprint('oops', file=sys.stderr)\nprint('fine')",
    "rich": "from IPython.display import HTML, Markdown, display\ndisplay(HTML('<b>x</b>'), Markdown('*y*'))",
    "update": (
        "from IPython.display import display\nh = display('one', display_id='d1')\n"
        "print('between')\nh.update('two')\nh = None"
    ),
    "clear": "from IPython.display import clear_output\nprint('gone')\nclear_output()\nprint('kept')",
    "clear wait": (
        "from IPython.display import clear_output\nfor i in range(3):\n"
        "    clear_output(wait=True)\n    print('step', i)"
    ),
    "frame": "import pandas as pd\npd.DataFrame({'a': [1, 2]})",
    "figure": "import matplotlib.pyplot as plt\nplt.plot([1, 3, 2]);",
    "tqdm": (
        "from tqdm import tqdm\nn = 0\nfor i in tqdm(range(5), bar_format='{n_fmt}/{total_fmt}'):\n"
        "    n += i"
    ),
    "raw descriptor": "import os\nwritten = os.write(1, b'raw bytes\\n')",
    "warning": "import warnings\nwarnings.warn('careful')",
    "semicolon": "41 + 1;",
    "nothing": "pass",
    "latex and json": "from IPython.display import JSON, Latex, display\ndisplay(Latex('$x$'), JSON({'a': 1}))",
    "logging": "import logging\nlogging.getLogger('x').warning('logged')",
    "time": "%time numbers = list(range(10))",
    "svg": "from IPython.display import SVG, display\ndisplay(SVG('<svg xmlns=\"http://www.w3.org/2000/svg\"/>'))",
}


@pytest.mark.parametrize("name", OUTPUT_CELLS)
def test_outputs_of_a_hit_equal_those_of_the_run(kernels: Kernels, name: str) -> None:
    cell = f"%%cacheable --name output-{name.replace(' ', '-')}\n{OUTPUT_CELLS[name]}"
    ran = kernels.storing.run(cell)
    assert (ran.word, ran.why) == ("MISS", "it has not been stored before")
    hit = kernels.hitting.run(cell)
    assert (hit.word, hit.why) == ("HIT", "")
    assert visible(hit.outputs) == visible(ran.outputs)
    assert bool(ran.outputs) == (name not in ("semicolon", "nothing"))


def visible(outputs: list[dict]) -> list[tuple]:
    """What stays on screen, worked out here by applying clears and updates one by one."""
    shown: list[tuple] = []
    clearing = False
    for output in outputs:
        kind, content = output["type"], output["content"]
        if kind == "clear_output":
            clearing = content["wait"]
            if not clearing:
                shown = []
            continue
        if clearing:
            shown, clearing = [], False
        if kind == "stream":
            if shown and shown[-1][:2] == (kind, content["name"]):
                content = {**content, "text": shown.pop()[2] + content["text"]}
            shown.append((kind, content["name"], content["text"]))
            continue
        identity = content.get("transient", {}).get("display_id")
        if kind == "update_display_data":
            shown = [
                (old[0], content["data"], identity) if old[-1] == identity else old for old in shown
            ]
            continue
        shown.append((kind, content["data"], identity))
    return shown


VALUES = {
    "numbers": "a, b, c, d = 1, 2.5, 1 + 2j, True",
    "containers": "a = [1, {'x': (2, 3)}]; b = {3, 4}; c = frozenset({5}); d = a",
    "arrays": "import numpy as np\na = np.arange(12.0).reshape(3, 4)\nb = a[1:]\nc = a.T.copy(order='F')",
    "frames": (
        "import pandas as pd\na = pd.DataFrame({'x': [1.5, None], 'y': ['p', 'q']}, index=['i', 'j'])\n"
        "b = a['x']\nc = pd.Series(pd.Categorical(['u', 'v', 'u']))"
    ),
    "functions": "K = 3\ndef f(x, y=K):\n    return x * y + K\ng = lambda z: f(z) + 1",
    "classes": (
        "class P:\n    n = 2\n    def __init__(self, v):\n        self.v = v\n    def twice(self):\n"
        "        return self.v * self.n\np = P(21)"
    ),
    "dataclass": (
        "from dataclasses import dataclass, field\n@dataclass(order=True)\nclass D:\n    a: int\n"
        "    b: list = field(default_factory=list)\nd = D(1, [2])"
    ),
    "enum": "import enum\nclass Colour(enum.Enum):\n    RED = 1\nred = Colour.RED",
    "closure": "def make(n):\n    def add(x):\n        return x + n\n    return add\nadd5 = make(5)",
    "imports": "import math as m\nfrom collections import OrderedDict\nimport os.path\nx = m.pi",
    "loop variables": "total = 0\nfor i, _ in enumerate('abc'):\n    total += i",
    "dates": "import datetime as dt\nfrom decimal import Decimal\nd = dt.date(2020, 1, 2); x = Decimal('1.10')",
}
CHECKS = {
    "numbers": "(a, b, c, d)",
    "containers": "(a, b, c, d is a)",
    "arrays": "(a.tolist(), np.shares_memory(a, b), b.tolist(), c.flags.f_contiguous, a.flags.writeable)",
    "frames": "(a.to_dict(), a.dtypes.astype(str).to_dict(), b.name, c.cat.categories.tolist())",
    "functions": "(f(2), g(2), f.__globals__ is globals(), f.__defaults__)",
    "classes": "(p.twice(), type(p) is P, P.n, P.__module__)",
    "dataclass": "(d, D(0) < d, D(5))",
    "enum": "(red is Colour.RED, list(Colour))",
    "closure": "(add5(1), make(2)(3))",
    "imports": "(m.cos(0), OrderedDict, os.path.sep, x)",
    "loop variables": "(total, i, _)",
    "dates": "(d, x)",
}


@pytest.mark.parametrize("name", VALUES)
def test_variables_of_a_hit_equal_those_of_the_run(kernels: Kernels, name: str) -> None:
    cell, check = "%%cacheable\n" + VALUES[name], CHECKS[name]
    kernels.plain.run(VALUES[name])
    expected = kernels.plain.value(check)
    ran = kernels.storing.run(cell)
    assert (ran.word, ran.outcome["entry"] is None) == ("MISS", False), ran.why
    assert kernels.hitting.run(cell).word == "HIT"
    assert kernels.hitting.value(check) == expected


def test_objects_of_other_cells_are_not_copied(start: Start) -> None:
    cells = [
        "class C:\n    pass\ndata = [1, 2]\nhelper = lambda: 7",
        "%%cacheable\nc = C()\nboth = (data, 3)\nsame = data\ncall = helper\n",
    ]
    for expected in ("MISS", "HIT"):
        kernel = start()
        kernel.run(cells[0])
        assert kernel.run(cells[1]).word == expected
        check = "(type(c) is C, both[0] is data, same is data, call is helper)"
        assert kernel.value(check) == "(True, True, True, True)"


def test_deleted_and_maybe_bound_names_are_as_a_run_leaves_them(start: Start) -> None:
    setup = "gone = 1\nkept = 'old'\nflag = False"
    cell = "%%cacheable\ndel gone\nif flag:\n    kept = 'new'\nfor k in []:\n    pass\nx = 5"
    for expected in ("MISS", "HIT"):
        kernel = start()
        kernel.run(setup)
        assert kernel.run(cell).word == expected
        assert (
            kernel.value("('gone' in globals(), kept, 'k' in globals(), x)")
            == "(False, 'old', False, 5)"
        )


def test_generators_are_left_as_a_run_leaves_them(start: Start) -> None:
    cell = "%%cacheable\nimport numpy as np\nimport random\nnp.random.seed(1)\nrandom.seed(2)\nx = np.random.rand(), random.random()"
    values = set()
    for expected in ("MISS", "HIT", "HIT"):
        kernel = start()
        kernel.run("import numpy as np, random")
        assert kernel.run(cell).word == expected
        values.add(kernel.value("(x, np.random.rand(), random.random())"))
    plain = start(load=False)
    plain.run(cell.partition("\n")[2])
    values.add(plain.value("(x, np.random.rand(), random.random())"))
    assert len(values) == 1


@pytest.mark.parametrize(
    "cell",
    [
        "import numpy as np\nfor seed in (1, 2):\n    r = np.random.default_rng(seed).random()",
        "from random import random, seed as sow\nsow(3); r = random()",
    ],
)
def test_the_word_seed_needs_no_generator_to_be_as_it_was(start: Start, cell: str) -> None:
    for word in ("MISS", "HIT"):
        kernel = start()
        kernel.run("import numpy, random")
        ran = kernel.run(f"%%cacheable\n{cell}")
        assert ran.word == word, ran.why


def test_a_seed_set_by_another_cell_counts(start: Start) -> None:
    kernel = start()
    kernel.run("import random; random.seed(1)")
    assert kernel.run("%%cacheable\nx = random.random()").word == "MISS"
    value = kernel.value("x")
    kernel.run("random.seed(1)")
    assert kernel.run("%%cacheable\nx = random.random()").word == "HIT"
    assert kernel.value("x") == value
    kernel.run("random.seed(2)")
    ran = kernel.run("%%cacheable\nx = random.random()")
    assert (ran.word, ran.why) == (
        "MISS",
        "the state of the generator random changed since it was stored",
    )
    assert kernel.value("x") != value


def test_a_restored_array_can_be_changed_without_touching_the_store(start: Start) -> None:
    cell = "%%cacheable\nimport numpy as np\na = np.zeros(100_000)"
    start().run(cell)
    kernel = start()
    assert kernel.run(cell).word == "HIT"
    kernel.run("a[:] = 7")
    assert kernel.run(cell).word == "HIT"
    assert kernel.value("a.sum()") in ("0.0", "np.float64(0.0)")


def test_tracebacks_into_restored_functions_show_the_cell_on_screen(start: Start) -> None:
    cell = "%%cacheable\ndef broken(x):\n    y = x + 1\n    return y / 0"
    start().run(cell)
    kernel = start()
    moved = "%%cacheable\n\n# a comment\n\n" + cell.partition("\n")[2]
    assert kernel.run(moved).word == "HIT"
    traceback = kernel.run("broken(1)").traceback
    assert "return y / 0" in traceback
    assert kernel.value("__import__('inspect').getsource(broken)").startswith("'def broken(x)")


UNSURE = {
    "a handler that runs deletes its name": (
        "e = 'old'\nw = 'old'",
        "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    w = 1",
        "('e' in globals(), w)",
    ),
    "a handler that does not run leaves the name alone": (
        "e = 'old'",
        "try:\n    y = 1\nexcept ZeroDivisionError as e:\n    pass",
        "(e, y)",
    ),
    "a branch that is not taken leaves the name alone": (
        "kept = 'old'",
        "if len('a') == 2:\n    kept = 'new'",
        "kept",
    ),
    "a loop that does not run leaves its variable alone": (
        "k = 'old'",
        "for k in []:\n    pass",
        "k",
    ),
    "a name bound to the object it had": ("x = 5", "x = 5\nif x == 5:\n    z = x", "(x, z)"),
    "a name bound through global in a function": (
        "n = 1\ndef bump():\n    global n\n    n = n + 1",
        "bump()",
        "n",
    ),
}


@pytest.mark.parametrize("name", UNSURE)
@pytest.mark.parametrize("known", [True, False])
def test_names_that_a_cell_may_bind(kernels: Kernels, name: str, known: bool) -> None:
    """Whether the name existed when the entry was stored must not matter for the hit."""
    setup, cell, check = UNSURE[name]
    cell = f"%%cacheable --version {'2' if known else '1'}\n{cell}"
    needed = setup.partition("\n")[2] if "bump" in setup else ""
    clear = "for _n in 'e w kept k x z y'.split(): globals().pop(_n, None)\n"
    kernels.storing.run(clear + (setup if known or needed else ""))
    assert kernels.storing.run(cell).word == "MISS"
    kernels.plain.run(clear + setup)
    kernels.plain.run(cell.partition("\n")[2])
    kernels.hitting.run(clear + setup)
    ran = kernels.hitting.run(cell)
    assert (ran.word, ran.why) == ("HIT", "")
    assert kernels.hitting.value(check) == kernels.plain.value(check)


def test_parts_of_objects_of_other_cells_stay_parts_of_them(start: Start) -> None:
    setup = (
        "import numpy as np, pandas as pd\n"
        "rows = [{'a': 1}, {'a': [2]}]\nframe = pd.DataFrame({'x': [1, 2]})\narray = np.arange(6.0)"
    )
    cell = (
        "%%cacheable\nfor row in rows:\n    pass\nview = array[2:]\nturned = array.reshape(2, 3).T\n"
        "columns = frame.columns\nother = pd.DataFrame(1, index=frame.index, columns=['q'])"
    )
    check = (
        "(row is rows[-1], np.shares_memory(view, array), turned.tolist(), columns is frame.columns,"
        " other.index is frame.index)"
    )
    values = []
    for expected in ("MISS", "HIT"):
        kernel = start()
        kernel.run(setup)
        assert kernel.run(cell).word == expected
        kernel.run("array[3] = -1; rows[-1]['a'].append(3)")
        values.append((kernel.value(check), kernel.value("(row, view.tolist())")))
    plain = start(load=False)
    plain.run(setup)
    plain.run(cell.partition("\n")[2])
    plain.run("array[3] = -1; rows[-1]['a'].append(3)")
    values.append((plain.value(check), plain.value("(row, view.tolist())")))
    assert len(set(values)) == 1
