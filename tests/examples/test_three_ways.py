"""The example notebooks behave the same plain, as misses on an empty store, and as hits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.examples.oracle import (
    REPOSITORY,
    Marks,
    RunResult,
    differences,
    report,
    run,
    slow_cells,
    speed_up,
)

if TYPE_CHECKING:
    from pathlib import Path

NOTEBOOKS = sorted((REPOSITORY / "examples").glob("*.ipynb"))
REQUIRED_SPEED_UP = 20

pytestmark = pytest.mark.timeout(300)  # three runs of one notebook, on a slow machine


@dataclass(frozen=True)
class ThreeWays:
    plain: RunResult
    miss: RunResult
    hit: RunResult


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.stem)
def three_ways(
    request: pytest.FixtureRequest, sandbox: Path, tmp_path_factory: pytest.TempPathFactory
) -> ThreeWays:
    """One notebook in three fresh kernels; the last two share a store that starts empty."""
    store = tmp_path_factory.mktemp("place") / "store"
    plain = run(request.param, marked=Marks.NONE, store=store, sandbox=sandbox)
    miss = run(request.param, marked=Marks.ALL, store=store, sandbox=sandbox)
    hit = run(request.param, marked=Marks.ALL, store=store, sandbox=sandbox)
    ways = ThreeWays(plain, miss, hit)
    print(f"\n{request.param.name}\n{report(plain, miss, hit)}")
    return ways


def test_there_are_three_examples() -> None:
    assert len(NOTEBOOKS) == 3


def test_a_miss_shows_and_leaves_what_a_plain_run_does(three_ways: ThreeWays) -> None:
    assert differences(three_ways.plain, three_ways.miss) == []


def test_a_hit_shows_and_leaves_what_a_plain_run_does(three_ways: ThreeWays) -> None:
    assert differences(three_ways.plain, three_ways.hit) == []


def test_every_marked_cell_reports_an_outcome(three_ways: ThreeWays) -> None:
    for cell in (*three_ways.miss.cells, *three_ways.hit.cells):
        assert (cell.outcome is not None) == cell.marked, cell.source


def test_nothing_hits_on_an_empty_store(three_ways: ThreeWays) -> None:
    assert "HIT" not in three_ways.miss.words()


def test_what_missed_and_was_stored_hits(three_ways: ThreeWays) -> None:
    for first, second in zip(three_ways.miss.cells, three_ways.hit.cells, strict=True):
        if first.word == "MISS" and "--no-save" not in first.source:
            assert second.word == "HIT", (second.source, second.outcome)


def test_slow_cells_hit(three_ways: ThreeWays) -> None:
    slow = slow_cells(three_ways.plain)
    assert slow
    assert {three_ways.hit.cells[position].word for position in slow} == {"HIT"}


def test_slow_cells_are_many_times_faster(three_ways: ThreeWays) -> None:
    assert speed_up(three_ways.plain, three_ways.hit) >= REQUIRED_SPEED_UP
