"""Cells that this version cannot store exactly run as usual and say why nothing is stored."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.kernel.conftest import Kernels
from tests.kernel.kernels import Kernel

Start = Callable[..., Kernel]

SETUP = """
import numpy as np, pandas as pd, os, random, io, socket, threading, warnings
frame = pd.DataFrame({'a': [1, 2]})
items = [1, 2]
array = np.arange(4)
nested = [[1], [2]]
some = bytearray(8)
stream = io.StringIO('x')
class Counter:
    n = 0
def collect(x, kept=[]):
    return kept
put = setattr
from importlib import reload as again
def bump():
    Counter.n += 1
class Meta(type):
    seen = []
class Behind(metaclass=Meta): pass
def bucket(word):
    return hash(word) % 8
"""

REFUSED = {
    "generator": ("g = (i for i in 'ab')", "the variable 'g' (generator) cannot be stored"),
    "open file": ("f = open('data.csv')", "the variable 'f' (TextIOWrapper) cannot be stored"),
    "file removed": (
        "os.remove('data' + '.csv')",
        "it removes 'data.csv', which must be there before",
    ),
    "whole environment": (
        "everything = dict(os.environ)",
        "it goes through all environment variables; read those it needs by name",
    ),
    "command line": ("import sys\nwords = sys.argv", "it reads the command line"),
    "socket": ("s = socket.socket()", "the variable 's' (socket) cannot be stored"),
    "lock in a container": (
        "d = {'lock': threading.Lock()}",
        "the variable 'd' (dict) cannot be stored, because of a _thread.lock in it",
    ),
    "last value": (
        "(i for i in 'ab')",
        "its last value (generator) cannot be stored: it is a generator; use display() or end the line with ;",
    ),
    "shell command": ("!echo hello", "it runs a shell command"),
    "other magic": ("%cd .", "it uses the magic %cd"),
    "subprocess": (
        "import subprocess\nr = subprocess.run(['true'])\nr = 1",
        "it starts a process ('true')",
    ),
    "eval": ("x = eval('1 + 1')", "it uses eval(), so the names that it touches cannot be known"),
    "address": ("n = id(Counter)", "it uses id(), whose results mean nothing in another kernel"),
    "hash": (
        "def bucket(word):\n    return hash(word) % 8\nn = bucket('a')",
        "it uses hash(), whose results mean nothing in another kernel",
    ),
    "hash of a function": (
        "n = bucket('a')",
        "bucket() uses hash(), whose results mean nothing in another kernel",
    ),
    "module attribute": ("np.extra = 1", "it sets attributes of 'np', which it imports"),
    "module attribute by name": (
        "setattr(random, 'extra', 1)",
        "it sets attributes of 'random', which it imports",
    ),
    "module attribute by name, in a library's loop": (
        "done = list(map(setattr, [random], ['extra'], [1]))",
        "it sets attributes of 'random', which it imports",
    ),
    "attribute of a library's class by name": (
        "setattr(pd.DataFrame, 'extra', 1)",
        "it sets attributes of 'DataFrame', which it imports",
    ),
    "attribute of a library's function by name": (
        "setattr(np.median, 'extra', 1); delattr(np.median, 'extra')",
        "it sets attributes of 'median', which it imports",
    ),
    "reloading": (
        "import importlib\nimportlib.reload(random)\nNone",
        "it loads 'random' again, which changes a module; do that in a cell without %%cacheable",
    ),
    "reloading by another name": (
        "again(random)\nNone",
        "it uses 'again', which was taken out of its module and cannot be followed",
    ),
    "setting by another name": (
        "put(random, 'extra', 1)",
        "it uses 'put', which was taken out of its module and cannot be followed",
    ),
    "a class behind a class": (
        "Behind.seen.append(1)",
        "it changes its input 'Meta', a class that it only reaches through others; "
        "change it where it is defined",
    ),
    "implementation for a function of a library": (
        "from IPython.utils.generics import complete_object as c\nc.register(Counter, print)\ndel c",
        "it registers something with IPython.utils.generics.complete_object, which is installed",
    ),
    "exception with a traceback": (
        "try:\n    1 / 0\nexcept Exception as e:\n    v = e",
        "the variable 'v' (ZeroDivisionError) cannot be stored: it is an exception that was raised "
        "and holds a traceback; keep str() of it, or clear it with .with_traceback(None)",
    ),
    "exception of an exception": (
        "try:\n    try:\n        1 / 0\n    except Exception as e:\n        raise OSError from e\n"
        "except OSError as e:\n    v = e.with_traceback(None)",
        "the variable 'v' (OSError) cannot be stored: "
        "it is an exception that holds the one it was raised from; keep str() of it",
    ),
    "memory of numpy and of Python": (
        "looks = np.frombuffer(some, 'u1')",
        "the variable 'looks' shares memory with 'some'; "
        "make one of them from a copy (.copy(), .clone(), copy=True)",
    ),
    "empty": ("", "the cell is empty"),
    "thread": (
        "t = threading.Thread(target=threading.Event().wait, daemon=True, name='waiter'); t.start(); del t",
        "the thread 'waiter' that it started is still running",
    ),
    "task": (
        "import asyncio\nasync def later():\n    await asyncio.sleep(60)\nasyncio.create_task(later());",
        "the task 'later (",
    ),
    "widget": (
        "from comm import create_comm\nc = create_comm(target_name='jupyter.widget')\ndel c",
        "it shows a widget",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_the_reason_names_what_was_found(kernels: Kernels, name: str) -> None:
    (kernels.folder / "data.csv").write_text("a,b\n1,2\n")
    cell, why = REFUSED[name]
    kernels.storing.run(f"import os; os.chdir({str(kernels.folder)!r})\n{SETUP}")
    ran = kernels.storing.run("%%cacheable\n" + cell)
    assert ran.reply["status"] == "ok", ran.traceback
    assert ran.word == "UNCACHED"
    assert ran.why.startswith(why)
    assert ran.outcome["entry"] is None
    assert entries(kernels.folder) == []


def entries(folder: Path) -> list[Path]:
    return list((folder.parent / "store").rglob("*-*.json"))


def test_a_cell_that_raises_is_not_stored(kernel: Kernel, isolated: Path) -> None:
    ran = kernel.run("%%cacheable\nx = 1\nraise ValueError('no')")
    assert (ran.reply["status"], ran.word, ran.why) == (
        "error",
        "UNCACHED",
        "it did not run to its end",
    )
    assert entries(isolated) == []


def test_an_interrupted_cell_is_not_stored(kernel: Kernel, isolated: Path) -> None:
    request = kernel.send("%%cacheable\nprint('started', flush=True)\nwhile True:\n    pass")
    kernel.until_printed(request, "started")
    kernel.interrupt()
    ran = kernel.finish(request)
    assert ran.reply["ename"] == "KeyboardInterrupt"
    assert ran.word == "UNCACHED"
    assert entries(isolated) == []
    assert kernel.run("%%cacheable\nx = 1").word == "MISS"


def test_input_is_not_stored(kernel: Kernel) -> None:
    ran = kernel.run("%%cacheable\ntry:\n    x = input('?')\nexcept Exception:\n    x = 0")
    assert ran.word in ("UNCACHED", "MISS")
    assert kernel.run("%%cacheable\nx = 1").word == "MISS"


def test_a_local_module_counts_by_its_loaded_code(start: Start, isolated: Path) -> None:
    module = isolated / "mine.py"
    module.write_text("RATE = 2\ndef double(x):\n    return x * RATE\ndef other():\n    return 1\n")
    cell = "%%cacheable\ny = mine.double(4)"
    kernel = start()
    assert kernel.run("%%cacheable\nimport mine").why.startswith(
        "it imports the local module 'mine'"
    )
    kernel.run("import mine")
    assert kernel.run(cell).word == "MISS"
    module.write_text("RATE = 2\ndef double(x):\n    return x * RATE\ndef other():\n    return 2\n")
    assert kernel.run(cell).word == "HIT"
    fresh = start()
    fresh.run("import mine")
    assert fresh.run(cell).word == "HIT"
    module.write_text("RATE = 3\ndef double(x):\n    return x * RATE\ndef other():\n    return 2\n")
    edited = start()
    edited.run("import mine")
    ran = edited.run(cell)
    assert (ran.word, ran.parts) == ("MISS", {("inputs", "mine.RATE")})


def test_a_last_value_beside_what_out_keeps_is_refused(kernel: Kernel) -> None:
    kernel.run("'earlier'")
    ran = kernel.run("%%cacheable\nlen(Out)")
    assert ran.why == (
        "it changes its input 'Out', which keeps the last value of the cell too; end it with ;"
    )
    assert kernel.run("%%cacheable\nlen(Out);").word == "MISS"


def test_an_artist_that_another_cell_has_made_is_not_taken_out(kernel: Kernel) -> None:
    kernel.run("%matplotlib inline\nimport matplotlib.pyplot as plt")
    kernel.run("%%cacheable\nfig, ax = plt.subplots(); marks = ax.plot([1, 2]); plt.close(fig)")
    ran = kernel.run("%%cacheable\nmarks[0].remove()")
    assert ran.why == (
        "it changes its input 'marks', which now holds a matplotlib.lines.Line2D: "
        "it belongs to no figure; add it, or remove it, in the cell that makes it"
    )


def test_a_local_module_that_only_the_cell_makes_known_is_refused(
    start: Start, isolated: Path
) -> None:
    (isolated / "more").mkdir()
    (isolated / "more" / "gauge.py").write_text("SCALE = 2\n")
    cell = "%%cacheable\nimport os, sys\nsys.path.append(os.path.abspath('more'))\nimport gauge"
    ran = start().run(cell)
    assert (ran.word, ran.why) == (
        "UNCACHED",
        "it imports the local module 'gauge' first; import it in a cell above",
    )


def test_display_settings_of_another_cell_count(start: Start) -> None:
    cell = "%%cacheable\nimport pandas as pd\npd.DataFrame({'a': range(100)})"
    kernel = start()
    assert kernel.run(cell).word == "MISS"
    assert kernel.run(cell).word == "HIT"
    kernel.run("pd.set_option('display.max_rows', 4)")
    ran = kernel.run(cell)
    assert (ran.word, ran.why) == ("MISS", "the pandas options changed since it was stored")
    kernel.run("pd.reset_option('display.max_rows')")
    assert kernel.run(cell).word == "HIT"


def test_a_fault_in_our_own_code_only_costs_the_entry(kernel: Kernel) -> None:
    kernel.run(
        "import jupyterlab_cacheable.kernel.entry as v\n"
        "def broken(*a, **k): raise RuntimeError('planted')\nv.collect = broken"
    )
    ran = kernel.run("%%cacheable\nx = 41 + 1\nx")
    fault = "a fault in jupyterlab-cacheable while storing the result: RuntimeError('planted')"
    assert (ran.reply["status"], ran.text) == ("ok", f"42{fault}\n")
    assert (ran.word, ran.why) == ("UNCACHED", fault)
