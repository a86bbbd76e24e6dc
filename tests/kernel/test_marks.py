"""A marked cell runs as an ordinary cell; a wrong mark says so before anything runs."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.kernel.kernels import Kernel

Start = Callable[..., Kernel]

FAILING = {
    "error": "def f(x):\n    return 1 / x\n\nf(0)",
    "syntax": "x = = 1",
    "name": "undefined_name",
    "exit": "import sys\nsys.exit(3)",
    "in a loop": "for i in range(3):\n    if i == 1:\n        raise KeyError(i)",
    "chained": "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise ValueError('v') from e",
    "await": "import asyncio\nawait asyncio.sleep(0)\nraise OSError('after await')",
    "group": "raise ExceptionGroup('g', [ValueError(1), TypeError(2)])",
    "in time": "%time 1 / 0",
}


def masked(text: str) -> str:
    """Without the parts that differ between any two runs: the temporary file's name, times."""
    text = re.sub(r"ipykernel_\d+/\d+", "ipykernel", text)
    return re.sub(r"(times|time|total): [^\n]*", "", text)


@pytest.mark.parametrize("name", FAILING)
def test_the_traceback_equals_that_of_the_unmarked_cell(start: Start, name: str) -> None:
    plain = start(load=False).run("# %%cacheable\n" + FAILING[name])
    marked = start().run("%%cacheable\n" + FAILING[name])
    assert marked.reply["status"] == plain.reply["status"]
    if name == "in time" and plain.reply["status"] == "ok":
        pytest.skip("this version of IPython only shows what a timed line raises")
    assert plain.reply["status"] == "error"
    expected = masked(plain.traceback).replace("# %%cacheable", "%%cacheable")
    shown = masked(marked.traceback).replace("# %%cacheable", "%%cacheable")
    # The prompt numbers differ because the extension was loaded by a cell of its own.
    assert re.sub(r"In\[\d+\]|In \[\d+\]", "", shown) == re.sub(
        r"In\[\d+\]|In \[\d+\]", "", expected
    )
    assert marked.reply["ename"] == plain.reply["ename"]
    evalues = [re.sub(r"\d+\.py", "", ran.reply["evalue"]) for ran in (marked, plain)]
    assert evalues[0] == evalues[1]


def test_await_works_and_is_stored(start: Start) -> None:
    cell = "%%cacheable\nimport asyncio\nx = await asyncio.sleep(0, 'slept')\nx"
    assert start().run(cell).word == "MISS"
    hit = start().run(cell)
    assert (hit.word, hit.text) == ("HIT", "'slept'")


def test_time_on_the_second_line_works_and_is_stored(start: Start) -> None:
    cell = "%%cacheable\n%%time\nx = sum(range(10))\nprint(x)"
    ran = start().run(cell)
    assert (ran.word, ran.why) == ("MISS", "it has not been stored before")
    assert "Wall time" in ran.text
    kernel = start()
    hit = kernel.run(cell)
    assert (hit.word, hit.text) == ("HIT", ran.text)
    assert kernel.value("x") == "45"


def test_output_is_live(kernel: Kernel) -> None:
    request = kernel.send(
        "%%cacheable\nimport threading\nprint('before', flush=True)\nthreading.Event().wait(1.0)\nprint('after')"
    )
    kernel.until_printed(request, "before")
    assert "after" in kernel.finish(request).text


WRONG = {
    "%%cacheable --vers 2": "unknown option --vers; did you mean --version?",
    "%%cacheable --name": "--name",
    "%%cacheable --ttl abc": "--ttl",
    "%%cacheable --ttl 0": "--ttl",
    "%%cacheable --version 'a b'": "--version",
    "%%cacheable --tag ''": "--tag",
    "%%cacheable\n%%cacheable": "twice",
    "%%cacheable\n#| cacheable": "twice",
    "#| cacheable: tll=1h": "tll",
    "before = 1\n%%cacheable": "must be the first line",
    "%%time\n%%cacheable": "must be the first line",
}


@pytest.mark.parametrize("mark", WRONG)
def test_a_wrong_mark_gives_one_clear_line_and_nothing_runs(kernel: Kernel, mark: str) -> None:
    ran = kernel.run(f"{mark}\nprint('it ran')\nafter = 1")
    assert ran.reply["status"] == "error"
    assert ran.reply["ename"] == "UsageError"
    line = ran.reply["evalue"]
    assert WRONG[mark] in line
    assert "\n" not in line
    assert "it ran" not in ran.text
    assert kernel.value("'after' in globals() or 'before' in globals()") == "False"


def test_an_empty_marked_cell_says_so(kernel: Kernel) -> None:
    ran = kernel.run("%%cacheable\n\n")
    assert (ran.reply["status"], ran.word, ran.why) == ("ok", "UNCACHED", "the cell is empty")
    assert ran.text == "%%cacheable: the cell is empty, there is nothing to store\n"


def test_loading_twice_and_unloading_leave_the_shell_in_order(kernel: Kernel) -> None:
    kernel.run("%load_ext jupyterlab_cacheable")
    count = "sum('cacheable' in type(t).__module__ for t in get_ipython().ast_transformers)"
    assert kernel.value(count) == "1"
    kernel.run("%unload_ext jupyterlab_cacheable")
    assert kernel.value(count) == "0"
    assert kernel.value("'send' in vars(get_ipython().display_pub.session)") == "False"
    assert kernel.run("%%cacheable\nx = 1").reply["status"] == "error"
    kernel.run("%reload_ext jupyterlab_cacheable")
    assert kernel.run("%%cacheable\nx = 1").word == "MISS"


def test_unmarked_cells_have_no_outcome(kernel: Kernel) -> None:
    assert "cacheable" not in kernel.run("x = 1").metadata
