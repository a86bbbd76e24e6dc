"""Differences between runs are found, named by their place, and dropped where they vary."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.oracle.comparing import differences, places, without
from tests.oracle.running import CellRun, RunResult
from tests.oracle.trial import Plain, Trial, judged

HIT, MISS = {"outcome": "HIT"}, {"outcome": "MISS"}
CELL = CellRun("id", "work()", True, [], {"status": "ok"}, 2.0, None)


def printed(text: str, outcome: dict[str, Any] | None = None) -> CellRun:
    output = {"type": "stream", "content": {"name": "stdout", "text": text}}
    return replace(CELL, outputs=[output], outcome=outcome)


def result(*cells: CellRun, **variables: Any) -> RunResult:
    return RunResult(cells or (CELL,), {"variables": variables})


def judge(plain: RunResult, miss: RunResult, hit: RunResult, *again: RunResult) -> Trial:
    runs = [Plain(one, one) for one in (*again, plain, plain, plain)]
    return judged(Path("x.ipynb"), Plain(plain, plain), miss, hit, lambda: runs.pop(0))


def places_only(left: Any, right: Any) -> list[tuple[Any, ...]]:
    return [path for path, _, _ in places(left, right)]


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ([True], [1], [(0,)]),
        ([1, [2, 3]], [0, [2, 4]], [(0,), (1, 1)]),
        ([1, 2], [1, 2, 3], [()]),
        ({"a": 1, "b": 2}, {"a": 2, "c": 2}, [(), ("a",)]),
        ("a b c", "a x c", [("word 2",)]),
        ("a b\nc d\n", "a b\nc e\n", [("line 1", "word 2")]),
        ("a\nb", "a", [()]),
        (["%"], ["&"], [(0, "word 1")]),
        (1.0, 1.0, []),
    ],
)
def test_every_place_is_found(left: Any, right: Any, expected: list[tuple[Any, ...]]) -> None:
    assert places_only(left, right) == expected


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"cells": (printed("a"),)}, "outputs"),
        ({"cells": (replace(CELL, reply={"status": "error"}),)}, "reply"),
        ({"cells": ()}, "run"),
        ({"states": {"variables": {"x": ["int", "1"]}}}, "variables"),
        ({"states": {"settings": {"locale": "C"}}}, "settings"),
        ({"files": {"a.csv": "1"}}, "files"),
        ({"stopped": "cell 1: ValueError"}, "run"),
    ],
    ids=["outputs", "reply", "cells", "variables", "settings", "files", "end"],
)
def test_each_part_of_a_run_is_compared(changes: dict[str, Any], part: str) -> None:
    assert [one.part for one in differences(result(), replace(result(), **changes))] == [part]


def test_a_sentence_names_the_place_and_both_values() -> None:
    found = differences(result(x=["list", [["int", "1"]]]), result(x=["list", [["int", "2"]]]))
    assert [str(one) for one in found] == ["variables, x[1][0][1]: '1' became '2'"]


def test_what_varies_is_dropped_with_everything_in_it_and_nothing_else() -> None:
    plain, hit = (
        result(printed("t 1\nsum 5\n"), x=[1, [2]]),
        result(printed("t 2\nsum 6\n"), x=[5, [3]]),
    )
    varying = differences(plain, result(printed("t 3\nsum 5\n"), x=[1, "other"]))
    left = without(differences(plain, hit), varying)
    assert [str(one) for one in left] == [
        "outputs, cell 1 ('work()')[0].content.text.line 1.word 2: '5' became '6'",
        "variables, x[0]: 1 became 5",
    ]


def test_equal_runs_need_no_second_plain_run() -> None:
    def no() -> Plain:
        raise AssertionError

    plain = Plain(result(), result())
    assert judged(Path("x.ipynb"), plain, result(), result(), no).found == ()


def test_a_hit_is_compared_with_the_plain_run_that_found_the_same_files() -> None:
    plain = Plain(result(found=False), result(found=True))
    miss, hit = result(found=False), result(found=True)
    assert judged(Path("x.ipynb"), plain, miss, hit, lambda: plain).found == ()
    assert judged(Path("x.ipynb"), plain, miss, miss, lambda: plain).sentences == [
        "hit: variables, found: True became False"
    ]
    again = Plain(result(found=False), result(found=None))
    assert judged(Path("x.ipynb"), plain, miss, miss, lambda: again).found == ()


def test_a_wrong_hit_is_found() -> None:
    trial = judge(result(x=1), result(x=1), result(x=2))
    assert trial.sentences == ["hit: variables, x: 1 became 2"]
    assert trial.varies == ()


def test_a_miss_that_changes_something_is_found() -> None:
    trial = judge(result(x=1), result(x=2), result(x=1))
    assert trial.sentences == ["miss: variables, x: 1 became 2"]


def test_what_two_plain_runs_do_not_agree_in_is_reported_as_varying() -> None:
    trial = judge(result(x=1), result(x=2), result(x=2), result(x=3))
    assert trial.found == ()
    assert trial.varies == ("variables, x",)


def test_what_agreed_by_chance_is_asked_again() -> None:
    trial = judge(result(x=1), result(x=2), result(x=2), result(x=1), result(x=1), result(x=2))
    assert trial.found == ()


def test_a_hit_shows_what_was_stored_even_where_it_varies() -> None:
    plain, miss, other = (printed(f"{number}", MISS) for number in (1, 2, 4))
    hit = printed("3", HIT)
    trial = judge(result(plain), result(miss), result(hit), result(other))
    assert [kind for kind, _ in trial.found] == ["hit, not as stored"]
    as_stored = replace(miss, outcome=HIT)
    assert judge(result(plain), result(miss), result(as_stored), result(other)).found == ()


def test_variables_that_vary_are_those_that_were_stored_when_everything_hit() -> None:
    runs = result(x=1), result(replace(CELL, outcome=MISS), x=2), result(x=4)
    wrong = judge(*runs[:2], result(replace(CELL, outcome=HIT), x=3), runs[2])
    assert wrong.sentences == ["hit, not as stored: variables, x: 2 became 3"]
    ran_again = judge(*runs[:2], result(replace(CELL, outcome=MISS), x=3), runs[2])
    assert ran_again.found == ()


def test_generators_that_nothing_seeds_need_no_second_plain_run() -> None:
    def run(state: str, source: str = "x = 1") -> RunResult:
        return RunResult((replace(CELL, source=source),), {"generators": {"random": state}})

    assert judge(run("a"), run("b"), run("c")).found == ()
    seeded = [run(state, "random.seed(1)") for state in "abc"]
    assert judge(*seeded).found
    assert judge(run("a"), run("a"), run("c")).found


def test_figures_of_a_trial_count_marked_cells_alone() -> None:
    unmarked = replace(CELL, marked=False)
    refused = replace(CELL, outcome={"outcome": "UNCACHED", "reason": {"sentence": "it asks"}})
    trial = judge(
        result(CELL, unmarked, CELL),
        result(replace(CELL, outcome=MISS), unmarked, refused),
        result(replace(CELL, outcome=HIT), unmarked, refused),
    )
    assert (len(trial.marked), trial.stored, trial.hits) == (2, 1, 1)
    assert trial.refusals == [(3, "UNCACHED", "it asks")]
