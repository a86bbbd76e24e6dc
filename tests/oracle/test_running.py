"""Notebooks run in fresh kernels on fresh copies, and everything observable is kept."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.optional import HAS_TORCH, skip_without_torch
from tests.oracle.comparing import differences, in_part
from tests.oracle.marks import Marks
from tests.oracle.running import Options, Place, leaves_files, run
from tests.oracle.trial import three_ways

Write = Callable[..., Path]

SETTINGS = {
    "import os; os.environ['ORCHARD'] = '1'": "environment",
    "os.chdir('..')": "working folder",
    "import sys; sys.path.append('/nowhere')": "sys.path",
    "sys.setrecursionlimit(4000)": "recursion limit",
    "sys.unraisablehook = print": "hooks",
    "sys.stdout = sys.stderr": "output streams",
    "os.umask(0o077)": "file mode mask",
    "import signal; signal.signal(signal.SIGUSR1, print)": "signal handlers",
    "import gc; gc.disable()": "garbage collector",
    "import builtins; builtins.orchard = 1": "builtins",
    "import locale; locale.setlocale(locale.LC_ALL, 'C')": "locale",
    "import decimal; decimal.getcontext().prec = 5": "decimal context",
    "import logging; logging.getLogger('orchard').setLevel('DEBUG')": "logging",
    "import copyreg; copyreg.pickle(bytearray, print)": "copyreg",
    "import csv; csv.register_dialect('orchard')": "csv dialects",
    "import socket; socket.setdefaulttimeout(5)": "socket timeout",
    "import warnings; warnings.simplefilter('error')": "warnings filters",
    "import matplotlib; matplotlib.rcParams['lines.linewidth'] = 7": "matplotlib rcParams",
    "import numpy; numpy.set_printoptions(precision=2)": "numpy options",
    "import pandas; pandas.set_option('display.max_rows', 5)": "pandas options",
    "import polars; polars.Config.set_tbl_rows(3)": "environment, polars options",
    "import sklearn; sklearn.set_config(display='text')": "scikit-learn options",
    **(
        {"import torch; torch.set_default_dtype(torch.float64)": "torch options"}
        if HAS_TORCH
        else {}
    ),
    "%alias orchard echo": "magics",
    "%xmode Plain": "shell options",
}
PRELUDE = (
    "import locale, matplotlib.pyplot, numpy, pandas, polars, sklearn"
    + (", torch\n" if HAS_TORCH else "\n")
    + "locale.setlocale(locale.LC_ALL, 'C.UTF-8')"
)


def test_everything_that_a_cell_sends_is_kept(write: Write, place: Place) -> None:
    notebook = write(
        "from IPython.display import display, HTML, clear_output\nimport sys, os\n"
        "print('out'); print('err', file=sys.stderr); display(HTML('<b>'), display_id='d'); 1",
        "os.system('echo raw')\n%pinfo print",
        "display(HTML('<i>'), display_id='d', update=True);",
        "import threading\nt = threading.Thread(target=lambda: print('late')); t.start(); t.join()",
        "1 / 0",
        tags={5: "raises-exception"},
    )
    result = run(notebook, Marks.NONE, place)
    kinds = [[output["type"] for output in cell.outputs] for cell in result.cells]
    assert kinds[0] == ["stream", "stream", "display_data", "execute_result"]
    assert "raw" in result.cells[1].outputs[0]["content"]["text"]
    assert result.cells[1].reply["payload"][0]["source"] == "page"
    assert kinds[2] == []
    assert result.cells[0].outputs[2]["content"]["data"]["text/html"] == "<i>"
    assert "late" in result.cells[3].outputs[0]["content"]["text"]
    assert kinds[4] == ["error"]
    assert result.cells[4].reply["ename"] == "ZeroDivisionError"
    assert [cell.reply["execution_count"] for cell in result.cells] == [1, 2, 3, 4, 5]
    assert result.stopped is None


def test_two_executions_are_compared_in_full(write: Write, place: Place) -> None:
    first = run(write("x = [1.0]", "print('a')\nx[0]"), Marks.NONE, place)
    second = run(write("x = [1]", "print('b')\nx[0]"), Marks.NONE, place)
    assert differences(first, first) == []
    places = {(one.part, one.name.partition(" (")[0]) for one in differences(first, second)}
    assert places == {
        ("outputs", "cell 2"),
        ("variables", "x"),
        ("results", "2"),
        ("results", "_"),
        ("history", "In"),
        ("generators", "random"),
        ("files", "tiny.ipynb"),
    }


def test_a_run_stops_at_an_error_that_is_not_expected(write: Write, place: Place) -> None:
    notebook = write("x = 1", "1 / 0", "y = 1")
    stopped = run(notebook, Marks.NONE, place)
    assert (len(stopped.cells), stopped.stopped) == (2, "cell 2: ZeroDivisionError")
    assert set(stopped.states["variables"]) == {"x"}
    assert len(run(notebook, Marks.NONE, place, Options(allow_errors=True)).cells) == 3


def test_a_kernel_that_dies_ends_the_run(write: Write, place: Place) -> None:
    result = run(write("x = 1", "import os; os._exit(3)", "y = 1"), Marks.NONE, place)
    assert result.stopped == "cell 2: the kernel died"


def test_a_cell_that_takes_too_long_ends_the_run(write: Write, place: Place) -> None:
    notebook = write("import threading; threading.Event().wait()")
    result = run(notebook, Marks.NONE, place, Options(timeout=2))
    assert result.stopped == "cell 1: it took longer than 2 s"


def test_every_run_starts_from_the_same_files(write: Write, place: Place) -> None:
    notebook = write(
        "import pathlib, tempfile\n"
        "seen = sorted(str(p) for p in pathlib.Path().rglob('*'))\n"
        "pathlib.Path('made.txt').write_text('a'); pathlib.Path('data/in.csv').unlink()\n"
        "tempfile.mkstemp(); temporary = len(list(pathlib.Path(tempfile.gettempdir()).iterdir()))"
    )
    (notebook.parent / "data" / ".ipynb_checkpoints").mkdir(parents=True)
    (notebook.parent / "data" / "in.csv").write_text("1")
    results = [run(notebook, Marks.NONE, place) for _ in range(2)]
    assert not [one for one in differences(*results) if one.part not in ("generators",)]
    assert set(results[0].files) == {"tiny.ipynb", "made.txt"}
    assert "data/in.csv" in str(results[0].states["variables"]["seen"])
    assert "checkpoints" not in str(results[0].states["variables"]["seen"])
    assert sorted(path.name for path in notebook.parent.iterdir()) == ["data", "tiny.ipynb"]


def test_a_run_can_find_the_files_of_the_one_before(write: Write, place: Place) -> None:
    notebook = write("import pathlib; p = pathlib.Path('made'); was = p.exists(); p.touch()")
    first = run(notebook, Marks.NONE, place)
    second = run(notebook, Marks.NONE, place, as_left=True)
    assert leaves_files(notebook, first)
    assert [one.states["variables"]["was"] for one in (first, second)] == [
        ["bool", "False"],
        ["bool", "True"],
    ]
    assert not leaves_files(notebook, run(write("x = 1"), Marks.NONE, place))


def test_a_request_carries_the_id_of_its_cell_if_wanted(write: Write, place: Place) -> None:
    notebook = write("print(get_ipython().get_parent()['metadata'].get('cellId'))")
    shown = [
        run(notebook, Marks.NONE, place, Options(cell_ids=wanted)).cells[0]
        for wanted in (True, False)
    ]
    texts = [cell.outputs[0]["content"]["text"].strip() for cell in shown]
    assert texts == [shown[0].cell_id, "None"]


def test_modules_beside_the_notebook_and_what_is_put_into_others_are_described(
    write: Write, place: Place
) -> None:
    notebook = write(
        "import helper",
        "helper.count += 1",
        "import fractions; fractions.Fraction.half = lambda self: self / 2",
    )
    (notebook.parent / "helper.py").write_text("count = 1\ndef double(x): return 2 * x\n")
    states = run(notebook, Marks.NONE, place, Options(each_cell=True)).states
    changed = list(
        in_part("modules", states["modules after cell 1"], states["modules after cell 2"])
    )
    assert [one.name for one in changed] == ["helper"]
    assert "fractions.Fraction.half" in states["patched"]
    assert "fractions.Fraction.half" not in states["patched after cell 2"]


def test_every_setting_that_a_cell_changes_is_noticed(write: Write, place: Place) -> None:
    notebook = write(PRELUDE, *SETTINGS)
    result = run(notebook, Marks.NONE, place, Options(each_cell=True))
    assert result.stopped is None
    states = [result.states[f"settings after cell {n}"] for n in range(1, len(SETTINGS) + 2)]
    changed = [
        ", ".join(sorted({one.name for one in in_part("settings", *pair)}))
        for pair in itertools.pairwise(states)
    ]
    assert changed == list(SETTINGS.values())
    assert "cannot be read" not in str(states)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("random.seed(3)", "random"),
        ("numpy.random.seed(3)", "numpy.random"),
        ("torch.manual_seed(3)", "torch"),
    ],
)
def test_the_state_of_each_generator_is_noticed(
    source: str, name: str, write: Write, place: Place
) -> None:
    skip_without_torch(name)
    notebook = write(f"import random, numpy.random{', torch' if HAS_TORCH else ''}", source)
    states = run(notebook, Marks.NONE, place, Options(each_cell=True)).states
    changed = in_part(
        "generators", states["generators after cell 1"], states["generators after cell 2"]
    )
    assert [one.name for one in changed] == [name]


def test_open_figures_and_current_axes_are_noticed(write: Write, place: Place) -> None:
    notebook = write(
        "%matplotlib agg\nimport matplotlib.pyplot as plt; figure, axes = plt.subplots(1, 2)",
        "plt.sca(axes[0])",
        "plt.close('all')",
    )
    states = run(notebook, Marks.NONE, place, Options(each_cell=True)).states
    found = [states[f"settings after cell {n}"]["open figures"] for n in (1, 2, 3)]
    assert found == [[[1, [False, True]]], [[1, [True, False]]], []]


def test_three_runs_of_a_notebook_are_counted(write: Write, place: Place) -> None:
    notebook = write("x = 1", "%%time\ny = 2", "x + 1")
    heard: list[Any] = []
    trial = three_ways(notebook, place, say=heard.append)
    assert trial.found == ()
    assert (len(trial.marked), trial.stored, trial.hits, trial.refusals) == (2, 2, 2, [])
    assert [line.split()[0] for line in heard] == ["plain", "miss", "hit"]
