"""The example notebooks behave the same plain, as misses on an empty store, and as hits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.examples.speed import only_imports, slow_cells, speed_up
from tests.oracle.report import timing
from tests.oracle.running import CellRun, Place, RunResult
from tests.oracle.trial import Trial, three_ways

NOTEBOOKS = sorted((Path(__file__).parents[2] / "examples").glob("*.ipynb"))
REQUIRED_SPEED_UP = 20

pytestmark = pytest.mark.timeout(300)  # three runs of one notebook, on a slow machine


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.stem)
def trial(
    request: pytest.FixtureRequest, settings: Path, tmp_path_factory: pytest.TempPathFactory
) -> Trial:
    """One notebook in three fresh kernels; the last two share a store that starts empty."""
    root = tmp_path_factory.mktemp("place")
    made = three_ways(request.param, Place(root, settings, root / "store"))
    print(f"\n{request.param.name}\n{timing(made)}")
    return made


def test_there_are_three_examples() -> None:
    assert len(NOTEBOOKS) == 3


def test_a_miss_and_a_hit_show_and_leave_what_a_plain_run_does(trial: Trial) -> None:
    assert trial.plain.stopped is None
    assert trial.sentences == []


def test_every_marked_cell_reports_an_outcome(trial: Trial) -> None:
    for cell in (*trial.miss.cells, *trial.hit.cells):
        assert (cell.outcome is not None) == cell.marked, cell.source


def test_nothing_hits_on_an_empty_store(trial: Trial) -> None:
    assert "HIT" not in trial.miss.words()


def test_what_missed_and_was_stored_hits(trial: Trial) -> None:
    for first, second in zip(trial.miss.cells, trial.hit.cells, strict=True):
        if first.word == "MISS" and "--no-save" not in first.source:
            assert second.word == "HIT", (second.source, second.outcome)


def test_slow_cells_hit(trial: Trial) -> None:
    slow = slow_cells(trial.plain)
    assert slow
    assert {trial.hit.cells[position].word for position in slow} == {"HIT"}


def test_slow_cells_are_many_times_faster(trial: Trial) -> None:
    assert speed_up(trial.plain, trial.hit) >= REQUIRED_SPEED_UP


def test_the_speed_up_is_the_ratio_of_the_slow_cells_alone() -> None:
    slow = CellRun("id", "work()", True, [], {}, 3.0, None)
    quick = replace(slow, seconds=0.1)
    imports = replace(slow, seconds=2.0, source="import json\nfrom math import pi")
    before = RunResult((quick, slow, imports), {})
    after = RunResult((quick, replace(slow, seconds=0.1), imports), {})
    assert slow_cells(before) == [1]
    assert only_imports(imports.source)
    assert speed_up(before, after) == pytest.approx(30)
