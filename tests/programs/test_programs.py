"""Random programs: whatever a user does with a notebook, a hit is as good as a run.

The program of a seed is always the same; ``npm run test:long`` runs many more. A program that once
differed stays in ``cases``, made as small as it gets.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.programs.fleet import Fleet, fleet
from tests.programs.program import read_case
from tests.programs.shrink import shrink
from tests.programs.writer import write

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sessions are forked")

PROGRAMS = 200
AT_ONCE = 5
CASES = sorted(Path(__file__).with_name("cases").glob("*.json"))


@pytest.fixture(scope="module")
def servers() -> Iterator[Fleet]:
    with fleet() as made:
        yield made


@pytest.mark.parametrize("first", range(0, PROGRAMS, AT_ONCE))
def test_no_hit_can_be_told_from_a_run(servers: Fleet, first: int) -> None:
    hits = 0
    for seed in range(first, first + AT_ONCE):
        verdict = servers.judge(write(seed))
        if verdict.difference is not None:
            small, difference = shrink(servers, verdict, trials=40)
            pytest.fail(f"seed {seed}: {difference}\n{small}")
        hits += verdict.words["HIT"]
    assert hits, "nothing was restored, so nothing was tried"


@pytest.mark.parametrize("path", CASES, ids=[path.stem for path in CASES])
def test_what_once_differed_does_not(servers: Fleet, path: Path) -> None:
    program = read_case(path)
    verdict = servers.judge(program)
    assert verdict.difference is None, f"{verdict.difference}\n{program}"


def test_a_program_is_known_by_its_seed() -> None:
    assert write(7) == write(7)
    assert write(7) != write(8)
