"""The project's own notebooks behave the same plain, as misses, and as hits."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.optional import skip_without_torch
from tests.oracle.report import details, percentage, table
from tests.oracle.running import Place
from tests.oracle.trial import Trial, three_ways

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
FEWEST_NOTEBOOKS = 30
LOWEST_PERCENTAGE = 95.0

pytestmark = pytest.mark.timeout(300)  # three runs or more of one notebook, on a slow machine


@pytest.fixture(scope="module")
def trials() -> dict[str, Trial]:
    """The figures of the notebooks that ran, for the sum at the end."""
    return {}


def test_there_are_enough_notebooks() -> None:
    assert len(NOTEBOOKS) >= FEWEST_NOTEBOOKS


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_hit_equals_a_run(notebook: Path, trials: dict[str, Trial], place: Place) -> None:
    skip_without_torch(notebook.read_text(encoding="utf-8"))
    trial = trials[notebook.stem] = three_ways(notebook, place)
    print(f"\n{details(trial)}")
    assert trial.plain.stopped is None
    assert trial.sentences == []
    assert trial.not_refused == []


def test_nearly_every_cell_that_can_be_is_stored_and_hits(trials: dict[str, Trial]) -> None:
    print(f"\n{table(list(trials.values()))}")
    assert percentage(list(trials.values())) >= LOWEST_PERCENTAGE
