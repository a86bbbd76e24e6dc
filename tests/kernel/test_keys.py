"""What changes a key and what does not: the part that differs is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.kernel.kernels import Kernel, Ran

Start = Callable[..., Kernel]

SETUP = """
import numpy as np
import pandas as pd

RATE = 3

def inner(x):
    return x * RATE

def outer(x):
    return inner(x) + 1

class Model:
    scale = 2

    def fit(self, values):
        return sum(values) * self.scale

frame = pd.DataFrame({'a': [1, 2, 3], 'b': ['x', 'y', 'z']})
array = np.arange(3)
table = {'k': [1, 2]}
"""
CELL = """%%cacheable
# the result
out = outer(2), Model().fit([1, 2]), frame['a'].sum(), array.sum(), sum(table['k']), 'text', len('ab')
print(out)
"""


def stored(start: Start, setup: str = SETUP, cell: str = CELL) -> Kernel:
    kernel = start()
    kernel.run(setup, "setup")
    ran = kernel.run(cell, "cell")
    assert (ran.word, ran.why) == ("MISS", "it has not been stored before")
    return kernel


HARMLESS = {
    "a comment": (SETUP, CELL.replace("# the result", "# another remark\n# in two lines")),
    "the layout": (
        SETUP,
        CELL.replace("out = outer(2),", "out = (\n    outer( 2 ),").replace(
            "len('ab')", "len('ab')\n)"
        ),
    ),
    "the quotes": (SETUP, CELL.replace("'", '"')),
    "a comment upstream": (SETUP.replace("RATE = 3", "RATE = 3  # per year"), CELL),
    "the layout upstream": (
        SETUP.replace("return x * RATE", "return (x\n            * RATE)"),
        CELL,
    ),
    "another spelling of the mark": (SETUP, CELL.replace("%%cacheable", "#| cacheable")),
    "verbosity": (SETUP, CELL.replace("%%cacheable", "%%cacheable --verbose")),
    "a tag": (SETUP, CELL.replace("%%cacheable", "%%cacheable --tag fit")),
    "an unused function upstream": (SETUP + "\ndef unused():\n    return 1\n", CELL),
    "an unused variable upstream": (SETUP + "\nunused = 1\n", CELL),
}


@pytest.mark.parametrize("edit", HARMLESS)
def test_an_edit_that_cannot_change_the_result_hits(start: Start, edit: str) -> None:
    stored(start)
    setup, cell = HARMLESS[edit]
    kernel = start()
    kernel.run(setup, "setup")
    ran = kernel.run(cell, "cell")
    assert (ran.word, ran.why) == ("HIT", "")


def test_the_position_of_the_cell_does_not_count(start: Start) -> None:
    stored(start)
    kernel = start()
    kernel.run("unrelated = 1", "new")
    kernel.run(SETUP, "moved")
    kernel.run("unrelated = 2", "other")
    assert kernel.run(CELL, "elsewhere").word == "HIT"


MEANINGFUL = {
    "a constant": (SETUP, CELL.replace("'text'", "'other'"), ("code", None)),
    "an integer that becomes a float": (
        SETUP,
        CELL.replace("outer(2)", "outer(2.0)"),
        ("code", None),
    ),
    "the constant of a function two levels down": (
        SETUP.replace("RATE = 3", "RATE = 4"),
        CELL,
        ("inputs", "RATE"),
    ),
    "a function two levels down": (
        SETUP.replace("return x * RATE", "return x + RATE"),
        CELL,
        ("definitions", "inner"),
    ),
    "a function one level down": (SETUP.replace("+ 1", "+ 2"), CELL, ("definitions", "outer")),
    "a method": (SETUP.replace("sum(values) *", "max(values) *"), CELL, ("definitions", "Model")),
    "a class attribute": (SETUP.replace("scale = 2", "scale = 5"), CELL, ("definitions", "Model")),
    "a value in a frame": (SETUP.replace("[1, 2, 3]", "[1, 2, 4]"), CELL, ("inputs", "frame")),
    "a type in a frame": (SETUP.replace("[1, 2, 3]", "[1., 2., 3.]"), CELL, ("inputs", "frame")),
    "the type of an array": (
        SETUP.replace("np.arange(3)", "np.arange(3, dtype='int32')"),
        CELL,
        ("inputs", "array"),
    ),
    "a value deep in a container": (
        SETUP.replace("{'k': [1, 2]}", "{'k': [1, 3]}"),
        CELL,
        ("inputs", "table"),
    ),
    "the version": (
        SETUP,
        CELL.replace("%%cacheable", "%%cacheable --version 2"),
        ("options", "version"),
    ),
    "a default argument": (
        SETUP.replace("def inner(x):", "def inner(x, y=2):"),
        CELL,
        ("definitions", "inner"),
    ),
    "the semicolon at the end": (SETUP, CELL.rstrip() + ";", ("code", "semicolon")),
}


@pytest.mark.parametrize("edit", MEANINGFUL)
def test_an_edit_that_can_change_the_result_misses_and_names_the_part(
    start: Start, edit: str
) -> None:
    stored(start)
    setup, cell, part = MEANINGFUL[edit]
    kernel = start()
    kernel.run(setup, "setup")
    ran = kernel.run(cell, "cell")
    assert ran.word == "MISS"
    assert part in ran.parts
    others = {p for p in ran.parts if p[0] not in (part[0], "upstream")}
    assert others == set()


def test_going_back_to_earlier_code_hits_again(start: Start) -> None:
    kernel = stored(start)
    assert kernel.run(CELL.replace("'text'", "'other'"), "cell").word == "MISS"
    assert kernel.run(CELL, "cell").word == "HIT"


def test_an_upstream_edit_that_gives_the_same_values_hits_and_says_so(start: Start) -> None:
    stored(start)
    kernel = start()
    kernel.run(SETUP.replace("RATE = 3", "RATE = 1 + 2"), "setup")
    ran = kernel.run(CELL, "cell")
    assert ran.word == "HIT"
    assert "same inputs, though an upstream cell was edited" in ran.outcome["notes"]
    again = kernel.run(CELL, "cell")
    assert (again.word, again.outcome["notes"]) == ("HIT", [])


def test_the_outcome_names_the_upstream_cells(start: Start) -> None:
    kernel = start()
    kernel.run("a = 1", "first")
    kernel.run("b = a + 1", "second")
    kernel.run("unrelated = 0", "third")
    assert kernel.run("%%cacheable\nc = b", "cell").outcome["upstream"] == ["first", "second"]


def test_a_change_in_place_between_runs_is_seen(start: Start) -> None:
    kernel = stored(start)
    kernel.run("table['k'].append(3)")
    ran = kernel.run(CELL, "cell")
    assert (ran.word, ran.parts & {("inputs", "table")}) == ("MISS", {("inputs", "table")})


def test_options_decide_what_is_done(start: Start) -> None:
    kernel = start()
    cell = "x = 1"
    assert kernel.run(f"%%cacheable --no-save\n{cell}").outcome["entry"] is None
    assert kernel.run(f"%%cacheable\n{cell}").word == "MISS"
    assert kernel.run(f"%%cacheable --no-save\n{cell}").word == "HIT"
    forced = kernel.run(f"%%cacheable --force\n{cell}")
    assert (forced.word, forced.why) == ("FORCED", "--force was given")
    assert kernel.run(f"%%cacheable --name other\n{cell}").word == "MISS"
    assert kernel.run(f"%%cacheable --name other\n{cell}").outcome["key"].startswith("v1:other:")


def test_an_entry_expires(start: Start) -> None:
    kernel = start()
    assert kernel.run("%%cacheable --ttl 1s\nx = 1").word == "MISS"
    ran = wait_for(lambda: kernel.run("%%cacheable --ttl 1s\nx = 1"), "EXPIRED")
    assert "expired at" in ran.why


def wait_for(run: Callable[[], Ran], word: str) -> Ran:
    for _ in range(200):
        ran = run()
        if ran.word == word:
            return ran
    raise AssertionError(f"never {word}")


def test_verbose_lines_are_shown_but_never_stored(start: Start) -> None:
    kernel = start()
    ran = kernel.run("%%cacheable --verbose\nprint('x')")
    key = ran.outcome["key"][-64:][:16]
    assert ran.text == f"[MISS] key={key} computing... (it has not been stored before)\nx\n"
    hit = kernel.run("%%cacheable --verbose\nprint('x')")
    at = hit.outcome["computed_at"]
    assert hit.text == f"[HIT] key={key} was computed on {at}\nx\n"
    assert kernel.run("%%cacheable\nprint('x')").text == "x\n"
    refused = kernel.run("%%cacheable --verbose\ng = (i for i in 'ab')")
    assert refused.text.endswith(
        "[UNCACHED] the variable 'g' (generator) cannot be stored: it is a generator\n"
    )


def test_objects_without_attributes_share_nothing_by_accident(
    kernel: Kernel, isolated: Path
) -> None:
    kernel.run(
        "class Dot:\n    __slots__ = ('x',)\n    def __init__(self, x): self.x = x\n"
        "a, b, c, d = (Dot(n) for n in range(4))"
    )
    ran = kernel.run("%%cacheable\ntotal = a.x + b.x + c.x + d.x")
    assert ran.word == "MISS", ran.why
    (entry,) = (isolated.parent / "store").rglob("*-*.json")
    manifest = json.loads(json.loads(entry.read_text())["signed"])
    assert set(manifest["parts"]["inputs"]) == {"a", "b", "c", "d"}
