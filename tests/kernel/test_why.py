"""`%cacheable why`: what it tells of a cell before and after it ran, and that nothing else happens."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.kernel.kernels import Kernel

Start = Callable[..., Kernel]

SETUP = """
import numpy as np
import pandas as pd

rate = 3
options = {'model': {'depth': 2}}
frame = pd.DataFrame({'item': ['a', 'b'], 'price': [1.0, 2.0]})
array = np.zeros(3000)

def scaled(x):
    return x * rate
"""
CELL = """%%cacheable --always --name fit
out = scaled(2), frame['price'].sum(), array.sum(), options['model']['depth']
"""
ID = "3fa9c2d1-5b6e"


def asked(kernel: Kernel, line: str = "") -> dict[str, Any]:
    """The answer as data, which is also what is shown as JSON."""
    ran = kernel.run(f"%cacheable why {line} --json")
    (output,) = ran.outputs
    data = output["content"]["data"]
    assert json.loads(data["text/plain"]) == data["application/json"]
    return dict(data["application/json"])


def test_the_last_cell_is_explained_with_the_lines_that_were_edited(kernel: Kernel) -> None:
    kernel.run(SETUP, "setup")
    kernel.run(CELL, ID)
    ran = kernel.run(CELL.replace("out = ", "# better\nout = 1, "), ID)
    answer = asked(kernel)
    assert (answer["label"], answer["cell"]) == ("fit", ID)
    assert answer["last"] == ran.outcome
    (change,) = answer["last"]["reason"]["changes"]
    old, new = (f"out = {head}scaled(2), " for head in ("", "1, "))
    rest = "frame['price'].sum(), array.sum(), options['model']['depth']"
    lines = ["@@ -1 +1,2 @@", f"-{old}{rest}", "+# better", f"+{new}{rest}"]
    assert change["diff"] == lines
    assert answer["now"]["forecast"] == "hit"
    assert answer["now"]["entry"] == ran.outcome["entry"]
    shown = kernel.run("%cacheable why").text.splitlines()
    assert shown[0] == "fit (3fa9c2d1)"
    assert shown[1].startswith("  last run: MISS in ")
    assert shown[1].endswith(": the code of this cell was edited")
    assert shown[2:7] == ["    code", *(f"      {line}" for line in lines)]
    assert shown[7].startswith("  now: it would be instant, with the result of 2")


EDITS = {
    "rate = 4": ("inputs", "rate", "went from 3 to 4"),
    "options['model']['depth'] = 5": ("inputs", "options", "differs at ['model']['depth']"),
    "frame['price'] = [1.0, 2.5]": ("inputs", "frame", "has other values in column 'price'"),
    "array[1234] = 1": ("inputs", "array", "differs first in elements 1,200 to 1,299"),
    "array = np.zeros(7)": ("inputs", "array", "has another shape: 7 instead of 3000"),
    "def scaled(x):\n    return x + rate": ("definitions", "scaled", None),
    "del rate": ("inputs", "rate", "is not defined"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_before_it_runs_the_part_that_differs_is_named(kernel: Kernel, edit: str) -> None:
    kernel.run(SETUP, "setup")
    kernel.run(CELL, ID)
    kernel.run(edit, "edit")
    now = asked(kernel, "fit")["now"]
    assert now["forecast"] == "run"
    told = {(c["part"], c["name"]): c["detail"] for c in now["reason"]["changes"]}
    part, name, detail = EDITS[edit]
    assert told[part, name] == detail
    if edit != "del rate":
        assert kernel.run(CELL, ID).outcome["reason"] == now["reason"]


def test_an_edited_function_shows_the_lines_of_both(kernel: Kernel) -> None:
    kernel.run(SETUP, "setup")
    kernel.run(CELL, ID)
    kernel.run(SETUP.replace("x * rate", "x * rate + 1"), "setup")
    reason = kernel.run(CELL, ID).outcome["reason"]
    assert reason["sentence"] == "the definition of 'scaled' was edited"
    diff = [
        "@@ -1,2 +1,2 @@",
        " def scaled(x):",
        "-    return x * rate",
        "+    return x * rate + 1",
    ]
    assert reason["changes"][0]["diff"] == diff


@pytest.mark.parametrize("name", ["fit", "out", "3fa9", '"fit"'])
def test_a_cell_is_found_by_label_variable_and_id(start: Start, name: str) -> None:
    kernel = start()
    kernel.run(SETUP, "setup")
    kernel.run(CELL, ID)
    kernel.run("%%cacheable --always\nother = 1", "other-cell")
    assert asked(kernel, name)["cell"] == ID
    assert asked(kernel)["cell"] == "other-cell"
    again = start()
    again.run(SETUP, "setup")
    answer = asked(again, name)
    assert (answer["cell"], answer["last"], answer["now"]["forecast"]) == (ID, None, "hit")
    assert "it has not run in this session" in again.run(f"%cacheable why {name}").text


def test_asking_runs_and_restores_nothing(start: Start) -> None:
    cell = "%%cacheable --always --name loud\nprint('it runs')\nmade.append(1)\nleft = len(made)"
    first = start()
    first.run("made = []", "setup")
    first.run(cell, "loud")
    kernel = start()
    kernel.run("made = []", "setup")
    ran = kernel.run("%cacheable why loud")
    assert "it would be instant" in ran.text
    assert "it runs" not in ran.text
    assert kernel.value("(made, 'left' in dir())") == "([], False)"
    assert kernel.run(cell, "loud").word == "HIT"


def test_a_cell_that_nobody_knows_is_refused_with_those_that_are_known(kernel: Kernel) -> None:
    nothing = "UsageError: %cacheable why: no marked cell has run yet; there are no entries either"
    assert kernel.run("%cacheable why").text.strip() == nothing
    kernel.run("%%cacheable --name alpha\na = 1", "a")
    kernel.run("%%cacheable\nb = [1]", "b")
    ran = kernel.run("%cacheable why gamma")
    assert "no marked cell is known as 'gamma'; known are 'b = [1]', 'alpha'" in ran.text
    wrong = kernel.run("%cacheable stats").text
    assert "there is no command 'stats'; use %cacheable why [CELL] [--json]" in wrong
    assert asked(kernel, "b = [1]")["cell"] == "b"


def test_why_a_cell_was_not_cached(kernel: Kernel) -> None:
    kernel.run("%%cacheable\nimport subprocess\nsubprocess.run(['true'])", "cell")
    answer = asked(kernel)
    assert answer["last"]["outcome"] == "UNCACHED"
    assert answer["last"]["reason"]["sentence"] in kernel.run("%cacheable why").text


def test_options_that_make_a_cell_run(kernel: Kernel) -> None:
    kernel.run("%%cacheable --name one --force\na = 1", "a")
    assert asked(kernel, "one")["now"]["reason"]["sentence"] == "--force was given"


def test_a_result_that_is_stored_later_is_told_when_it_is(kernel: Kernel) -> None:
    ran = kernel.run("%%cacheable --always\nimport numpy as np\nbig = np.ones(3 * 10**7)", "big")
    assert ran.replied["saving"]
    answer = asked(kernel)
    assert answer["last"] == ran.outcome
    assert not answer["last"]["saving"]


def test_the_answer_can_be_kept(kernel: Kernel) -> None:
    kernel.run("%%cacheable\na = 1", "a")
    kernel.run("w = %cacheable why")
    assert kernel.value("w.to_dict()['label']") == "'a = 1'"
    assert kernel.value("repr(w).splitlines()[0]") == "'a = 1 (a)'"


def test_an_upstream_edit_that_changes_no_input_is_told_line_by_line(kernel: Kernel) -> None:
    cell = "%%cacheable --name up\ny = x + z"
    kernel.run("x = 1\nz = 1", "setup")
    kernel.run(cell, "cell")
    kernel.run("x = 2 - 1\nz = 2", "setup")
    reason = kernel.run(cell, "cell").outcome["reason"]
    (upstream,) = [change for change in reason["changes"] if change["part"] == "upstream"]
    assert upstream["diff"] == ["@@ -1,2 +1,2 @@", "-x = 1", "-z = 1", "+x = 2 - 1", "+z = 2"]
    assert reason["sentence"] == "the input 'z' went from 1 to 2"
