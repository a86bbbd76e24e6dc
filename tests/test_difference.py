"""Differences between key parts, in words."""

from __future__ import annotations

import pytest

from jupyterlab_cacheable.difference import (
    differing_parts,
    differing_upstream,
    first_line,
    reason_of,
    sentence,
    with_diffs,
)
from jupyterlab_cacheable.outcome import Change


def parts(**changes: object) -> dict:
    made = {
        "code": {
            "digest": "sha256:aa",
            "semicolon": False,
            "interactivity": "last_expr",
            "future": 0,
        },
        "definitions": {"f": {"digest": "sha256:ff", "cell": "c1"}},
        "upstream": [{"cell": "c1", "code": "sha256:11", "source": "x = 1", "names": ["x"]}],
        "inputs": {"x": {"digest": "xxh3-128:01", "type": "int", "summary": "1", "cell": "c1"}},
        "files": {},
        "env": {},
        "vars": {},
        "packages": {"numpy": "2.4.0"},
        "options": {"version": "1", "name": None},
        "python": {"implementation": "cpython", "version": "3.11", "magic": "a7"},
    }
    return {**made, **changes}


CASES = {
    "the code of this cell was edited": {"code": {**parts()["code"], "digest": "sha256:bb"}},
    "the semicolon at the end changed": {"code": {**parts()["code"], "semicolon": True}},
    "the definition of 'f' was edited": {
        "definitions": {"f": {"digest": "sha256:ee", "cell": "c1"}}
    },
    "the cell no longer uses 'f'": {"definitions": {}},
    "the input 'x' went from 1 to 2": {
        "inputs": {"x": {"digest": "xxh3-128:02", "type": "int", "summary": "2", "cell": "c1"}}
    },
    "the input 'x' went from 1 (int) to 1 (int64)": {
        "inputs": {"x": {"digest": "xxh3-128:02", "type": "int64", "summary": "1", "cell": "c1"}}
    },
    "the input 'x' is an Estimator instead of an int": {
        "inputs": {"x": {"digest": "xxh3-128:02", "type": "Estimator", "summary": "", "cell": "c1"}}
    },
    "'x' is not defined": {
        "inputs": {"x": {"digest": "absent", "type": "nothing", "summary": "", "cell": None}}
    },
    "numpy went from 2.4.0 to 2.5.0": {"packages": {"numpy": "2.5.0"}},
    "the option --version went from 1 to 2": {"options": {"version": "2", "name": None}},
    "version went from 3.11 to 3.12": {"python": {**parts()["python"], "version": "3.12"}},
}


@pytest.mark.parametrize("words", CASES)
def test_each_part_has_its_sentence(words: str) -> None:
    changes = differing_parts(parts(), parts(**CASES[words]))
    assert reason_of(changes).sentence == words
    assert len(changes) == 1


def test_equal_parts_do_not_differ_whatever_only_explains() -> None:
    moved = parts(
        definitions={"f": {"digest": "sha256:ff", "cell": "elsewhere"}},
        inputs={"x": {"digest": "xxh3-128:01", "type": "int", "summary": "one", "cell": None}},
    )
    assert differing_parts(parts(), moved) == ()


def test_an_edited_upstream_cell_shows_both_sources() -> None:
    cell = {"cell": "c1", "code": "sha256:22", "source": "x = 2", "names": ["x"]}
    assert differing_upstream(parts(), parts(upstream=[cell])) == (
        Change("upstream", "x", "c1", "x = 1", "x = 2"),
    )
    assert differing_upstream(parts(), parts()) == ()


def upstream(cell: str | None, code: str, *names: str) -> dict:
    return {"cell": cell, "code": code, "source": f"source {code}", "names": list(names)}


A, EDITED = upstream("c1", "a", "x", "y"), ("source a", "source b")
UPSTREAM = {
    "an edited cell": ([A], [upstream("c1", "b", "x", "y")], {("x, y", *EDITED)}),
    "without ids": ([upstream(None, "a", "x")], [upstream(None, "b", "x")], {("x", *EDITED)}),
    "with other names": ([A], [upstream("c1", "b", "z")], {("z", *EDITED)}),
    "a part of it was run again": (
        [A],
        [upstream("c1", "a", "y"), upstream("c1", "b", "x")],
        {("x", *EDITED)},
    ),
    "another cell took a name": (
        [A],
        [upstream("c1", "a", "y"), upstream("c2", "b", "x")],
        {("x", None, "source b")},
    ),
    "only the names": ([A], [upstream("c1", "a", "x")], {("x", "source a", "source a")}),
    "it did not run": ([A], [], {("x, y", "source a", None)}),
    "another id": ([A], [{**A, "cell": "c9"}], set()),
}


@pytest.mark.parametrize("case", UPSTREAM)
def test_upstream_cells_are_compared_with_what_they_were(case: str) -> None:
    old, new, told = UPSTREAM[case]
    changes = differing_upstream(parts(upstream=old), parts(upstream=new))
    assert {(change.name, change.old, change.new) for change in changes} == told


def test_the_code_of_the_cell_is_compared_where_both_sources_are_known() -> None:
    edited = parts(code={**parts()["code"], "digest": "sha256:bb"})
    changes = differing_parts(parts(), edited)
    (change,) = with_diffs(changes, parts(), edited, ("a\nb\nc", "a\nB\nc"))
    assert change.diff == ("@@ -1,3 +1,3 @@", " a", "-b", "+B", " c")


def test_an_edited_upstream_cell_shows_the_lines() -> None:
    cell = {"cell": "c1", "code": "sha256:22", "source": "x = 2", "names": ["x"]}
    edited = parts(upstream=[cell])
    changes = differing_upstream(parts(), edited)
    (change,) = with_diffs(changes, parts(), edited, ("", ""))
    assert change.diff == ("@@ -1 +1 @@", "-x = 1", "+x = 2")


def test_an_edited_function_shows_its_lines_only() -> None:
    def defined(body: str, digest: str) -> dict:
        source = f"import time\n\n@cache\ndef f(x):\n    return {body}\n\nother = 1"
        cell = {"cell": "c1", "code": digest, "source": source, "names": ["f"]}
        return parts(definitions={"f": {"digest": digest, "cell": "c1"}}, upstream=[cell])

    old, new = defined("x", "sha256:11"), defined("x + 1", "sha256:22")
    (change,) = with_diffs(differing_parts(old, new), old, new, ("", ""))
    assert change.diff == (
        "@@ -1,3 +1,3 @@",
        " @cache",
        " def f(x):",
        "-    return x",
        "+    return x + 1",
    )
    changes = (*differing_parts(old, new), *differing_upstream(old, new))
    assert [change.part for change in changes] == ["definitions", "upstream"]
    assert sentence(changes) == "the definition of 'f' was edited"


def test_many_changes_are_counted() -> None:
    changes = [Change("inputs", name, None, "a", "b") for name in "pqrs"]
    assert sentence(changes) == (
        "the input 'p' has another value, the input 'q' has another value and 2 more changed"
    )


def test_an_upstream_cell_is_named_unless_its_effect_is() -> None:
    edited = Change("upstream", "x, y", "c1", "x = y = 1", "x = y = 2")
    moved = [Change("inputs", name, "c1", "1", "2", "went from 1 to 2") for name in "xy"]
    assert sentence([moved[0], edited]) == "the input 'x' went from 1 to 2"
    assert sentence([*moved, edited]) == (
        "the input 'x' went from 1 to 2 and the input 'y' went from 1 to 2"
    )
    other = Change("inputs", "z", None, "1", "2")
    assert sentence([other, edited]) == (
        "the input 'z' has another value and the upstream cell that defines 'x, y' was edited"
    )


def test_the_first_line_of_code_is_a_short_label() -> None:
    assert first_line("\n# remark\n  x = 1\n") == "x = 1"
    assert len(first_line("x = " + "1" * 100)) == 40
    assert first_line("# only a remark") == ""
