"""A cell that raises is never stored, and its traceback is the one it has without a mark."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.fidelity.screen import stable
from tests.kernel.conftest import Kernels
from tests.kernel.kernels import Ran

SETUP = """
import asyncio, contextlib, functools, sys, warnings
sys.setrecursionlimit(600)
import numpy as np, pandas as pd
def outer(x):
    def inner(y):
        return 1 / y
    return inner(x)
class Unprintable(Exception):
    def __str__(self):
        raise RuntimeError('no text')
class Own(Exception):
    def __init__(self, code):
        super().__init__(f'code {code}')
        self.code = code
@contextlib.contextmanager
def manager():
    try:
        yield
    finally:
        raise KeyError('on the way out')
def decorated(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args)
    return wrapper
def generate():
    yield 1
    raise ValueError('in a generator')
async def wait(seconds):
    await asyncio.sleep(0)
    raise TimeoutError(seconds)
class Fails:
    def __repr__(self):
        raise ValueError('no repr')
    def _repr_html_(self):
        raise ValueError('no html')
    def __del__(self):
        pass
def deep(n):
    return deep(n + 1)
"""

CELLS = {
    "syntax error": "x = (1,\ny = 2",
    "invalid expression": "1 +",
    "indentation": "if True:\nx = 1",
    "unexpected indent": "x = 1\n  y = 2",
    "tabs and spaces": "if True:\n\tx = 1\n        y = 2",
    "unterminated text": "text = 'abc",
    "return outside": "x = 1\nreturn x",
    "await in a function": "def f():\n    await x",
    "invalid name of a keyword": "None = 1",
    "name": "x = 1\nundefined_name",
    "name in a function": "def f():\n    return undefined_name\nf()",
    "unbound local": "def f():\n    print(y)\n    y = 1\nf()",
    "attribute": "(1).nothing",
    "type": "'a' + 1",
    "key": "{'a': 1}['b']",
    "index": "[1, 2][5]",
    "division in a function of another cell": "outer(0)",
    "own class": "raise Own(3)",
    "class of the cell": "class Mine(ValueError):\n    pass\nraise Mine('mine')",
    "without text": "raise ValueError",
    "text that raises": "raise Unprintable",
    "chained": "try:\n    outer(0)\nexcept ZeroDivisionError as error:\n    raise Own(1) from error",
    "during handling": "try:\n    {}['a']\nexcept KeyError:\n    [][1]",
    "from none": "try:\n    1 / 0\nexcept ZeroDivisionError:\n    raise Own(2) from None",
    "with a note": "error = ValueError('x')\nerror.add_note('a note')\nraise error",
    "group": (
        "raise ExceptionGroup('several', [ValueError(1), ExceptionGroup('more', [TypeError('2')])])"
    ),
    "group that is left": (
        "try:\n    raise ExceptionGroup('g', [ValueError(1), TypeError(2)])\n"
        "except* ValueError:\n    print('one part')"
    ),
    "exit": "raise SystemExit(3)",
    "exit function": "import sys\nsys.exit('stop')",
    "interrupt": "raise KeyboardInterrupt",
    "generator exit": "raise GeneratorExit",
    "assertion": "x = 1\nassert x == 2, f'{x} is not 2'",
    "assertion over lines": "assert (\n    1 ==\n    2\n), (\n    'over '\n    'lines'\n)",
    "recursion": "deep(0)",
    "comprehension": "[1 / n for n in (1, 0)]",
    "generator expression": "sum(1 / n for n in (1, 0))",
    "generator function": "list(generate())",
    "exhausted": "next(iter([]))",
    "decorator": "@decorated\ndef f(x):\n    return x['a']\nf(1)",
    "decorator that raises": "@outer\ndef f():\n    pass",
    "class body": "class A:\n    x = 1\n    y = x / 0",
    "lambda": "(lambda x: x.y)(1)",
    "await": "await wait(1)",
    "async for": "async def numbers():\n    yield 1\n    1 / 0\nasync for n in numbers():\n    print(n)",
    "tasks": "await asyncio.gather(wait(1), wait(2))",
    "with": "with manager():\n    1 / 0",
    "finally": "try:\n    x = 1\nfinally:\n    1 / 0",
    "else": "for i in range(2):\n    pass\nelse:\n    raise LookupError('else')",
    "match": "match 3:\n    case int(n):\n        raise ValueError(n)",
    "after prints": "for i in range(3):\n    print(i)\ndisplay('x')\nraise ValueError('after')",
    "after figures": "import matplotlib.pyplot as plt\nplt.plot([1]); plt.title('t')\nraise ValueError('x')",
    "after a raw write": "import os\nos.write(1, b'raw\\n')\nraise OSError(2, 'No such thing')",
    "result that has no text": "Fails()",
    "display that has no text": "display(Fails())",
    "unicode": "b'\\xff'.decode()",
    "unicode in the text": "raise ValueError('Grüße 🎉')",
    "memory": "raise MemoryError('all of it')",
    "no module": "import no_such_module",
    "no name in a module": "from math import nothing",
    "local module": "import broken_module",
    "function of a local module": "import working_module\nworking_module.fail('x')",
    "file": "open('/nowhere/at/all')",
    "warning as an error": "with warnings.catch_warnings():\n    warnings.simplefilter('error')\n    warnings.warn('w')",
    "numpy": "np.zeros((2, 3)) @ np.zeros((2, 3))",
    "pandas": "pd.DataFrame({'a': [1]})['b']",
    "time magic": "%%time\nx = 1\nouter(0)",
    "line of a magic": "%time outer(0)",
    "magic in a magic": "%%time\n%%time\n1 / 0",
    "capture": "%%capture out\nprint('x')\nouter(0)",
    "no such magic": "%nothing",
    "no such cell magic": "%%nothing\nx = 1",
    "exec": "exec('x = 1\\n1 / 0')",
    "eval": "eval('1 +')",
    "deleted": "x = 1\ndel x\nx",
    "unpacking": "a, b = 1, 2, 3",
    "call": "outer()",
    "last line without an end": "x = 1\ny = x / 0",
    "long line": "value = " + " + ".join(["1"] * 60) + " + None",
}


@pytest.mark.parametrize("name", CELLS)
def test_a_raising_cell_raises_as_it_does_without_a_mark(kernels: Kernels, name: str) -> None:
    cell = CELLS[name]
    (kernels.folder / "broken_module.py").write_text("x = 1\n\ny = x.nothing\n")
    (kernels.folder / "working_module.py").write_text("def fail(x):\n    return x['y']\n")
    for kernel in (kernels.storing, kernels.plain):
        kernel.run(SETUP)
    plainly = cell if cell.startswith("%%") else f"# {name}\n{cell}"
    for _time in range(2):
        ran = kernels.storing.run(f"%%cacheable --name raising\n{cell}")
        plain = kernels.plain.run(plainly)
        assert plain.reply["status"] == "error" or "error" in [o["type"] for o in plain.outputs]
        assert shown(ran, "# %%cacheable --name raising") == shown(plain, f"# {name}")
        assert entries(kernels.folder) == []


RAW = "raw\n"


def shown(ran: Ran, mark: str) -> list[object]:
    """All that a failed run shows; the first line of its source and its numbers are not compared."""
    outputs = []
    # Raw writes reach a kernel through a pipe: before the traceback, after it, or after the cell.
    for output in [output for output in ran.outputs if output["content"].get("text") != RAW]:
        content = {n: v for n, v in output["content"].items() if n != "execution_count"}
        outputs.append({"type": output["type"], **content})
    parts = [outputs, {n: v for n, v in ran.reply.items() if n not in UNSTABLE}]
    return [comparable(part, mark) for part in parts]


UNSTABLE = {"execution_count", "engine_info"}


def comparable(value: object, mark: str) -> object:
    if isinstance(value, str):
        value = re.sub(r"\x1b\[[0-9;]*m", "", stable(value)).replace(mark, "THE MARK")
        return re.sub(r"In\s?\[\d+\]", "In[N]", re.sub(r"\b\d+\.py", "CELL.py", value))
    if isinstance(value, dict):
        return {name: comparable(inner, mark) for name, inner in value.items()}
    if isinstance(value, list):
        return [comparable(inner, mark) for inner in value]
    return value


def entries(folder: Path) -> list[Path]:
    return list((folder.parent / "store").rglob("*-*.json"))
