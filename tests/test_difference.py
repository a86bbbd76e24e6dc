"""Differences between key parts, in words."""

from __future__ import annotations

import pytest

from jupyterlab_cacheable.difference import (
    differing_parts,
    differing_upstream,
    first_line,
    reason_of,
    sentence,
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
    "the input 'x' has another value": {
        "inputs": {"x": {"digest": "xxh3-128:02", "type": "int", "summary": "2", "cell": "c1"}}
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


def test_many_changes_are_counted() -> None:
    changes = [Change("inputs", name, None, "a", "b") for name in "pqrs"]
    assert sentence(changes) == (
        "the input 'p' has another value, the input 'q' has another value and 2 more changed"
    )


def test_the_first_line_of_code_is_a_short_label() -> None:
    assert first_line("\n# remark\n  x = 1\n") == "x = 1"
    assert len(first_line("x = " + "1" * 100)) == 40
    assert first_line("# only a remark") == ""
