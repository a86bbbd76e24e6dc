"""One notebook three ways: what a hit did otherwise than a run, and what varies by itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .comparing import Difference, differences, not_as_stored, without
from .marks import Marks
from .running import CellRun, Options, Place, RunResult, leaves_files, run

MOST_PLAIN_RUNS = 3
SEEDED = re.compile(r"seed|set_state|setstate|random_state")


@dataclass(frozen=True)
class Trial:
    """The three runs of a notebook and what was found; `varies` names what two plain runs do not
    agree in."""

    notebook: Path
    plain: RunResult
    miss: RunResult
    hit: RunResult
    found: tuple[tuple[str, Difference], ...]
    varies: tuple[str, ...]

    @property
    def marked(self) -> list[tuple[int, CellRun, CellRun]]:
        """Number, miss and hit of every marked cell."""
        pairs = zip(self.miss.cells, self.hit.cells, strict=False)
        return [(at, a, b) for at, (a, b) in enumerate(pairs, start=1) if a.marked]

    @property
    def cacheable(self) -> list[tuple[int, CellRun, CellRun]]:
        """The marked cells but for those that the notebook says have to be refused."""
        return [row for row in self.marked if not row[1].refusable]

    @property
    def stored(self) -> int:
        words = ("MISS", "FORCED", "EXPIRED", "HIT")
        return sum(miss.word in words for _, miss, _ in self.cacheable)

    @property
    def hits(self) -> int:
        return sum(hit.word == "HIT" for _, _, hit in self.cacheable)

    @property
    def not_refused(self) -> list[int]:
        """Numbers of the cells that had to be refused by name and were not."""
        rows = [row for row in self.marked if row[1].refusable]
        return [
            at for at, *runs in rows if any(r.word != "UNCACHED" or not r.sentence for r in runs)
        ]

    @property
    def sentences(self) -> list[str]:
        return [f"{kind}: {difference}" for kind, difference in self.found]

    @property
    def refusals(self) -> list[tuple[int, str, str]]:
        """Number, outcome and reason of every marked cell that did not hit."""
        return [
            (at, hit.word, hit.sentence or miss.sentence)
            for at, miss, hit in self.marked
            if hit.word != "HIT"
        ]


def three_ways(
    notebook: Path,
    place: Place,
    options: Options | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Trial:
    """Run a notebook plain, as misses and as hits; and plain again while something differs.

    Where the notebook leaves files, hits find them as the misses left them, and are compared with
    a second plain run that finds those of the first.
    """

    def ran(name: str, marked: Marks, *, as_left: bool = False) -> RunResult:
        result = run(notebook, marked, place, options, as_left=as_left)
        say(f"{name} {sum(cell.seconds for cell in result.cells):.1f} s")
        return result

    def plainly(name: str) -> Plain:
        first = ran(name, Marks.NONE)
        if not leaves_files(notebook, first):
            return Plain(first, first)
        return Plain(first, ran(f"{name}, second time", Marks.NONE, as_left=True))

    plain = plainly("plain")
    miss = ran("miss", Marks.ALL)
    hit = ran("hit", Marks.ALL, as_left=plain.second is not plain.first)
    return judged(notebook, plain, miss, hit, lambda: plainly("plain again"))


@dataclass(frozen=True)
class Plain:
    """A plain run, and the one that a hit has to equal: the same, or one after it."""

    first: RunResult
    second: RunResult

    def differences(self, other: Plain) -> list[Difference]:
        """What varies from one plain run to another."""
        found = differences(self.first, other.first)
        if self.second is not self.first:
            found += differences(self.second, other.second)
        return found


def judged(
    notebook: Path,
    plain: Plain,
    miss: RunResult,
    hit: RunResult,
    run_again: Callable[[], Plain],
) -> Trial:
    """Compare the runs; `run_again` runs plain once more, to know what varies by itself."""
    found = [
        *(("miss", one) for one in differences(plain.first, miss)),
        *(("hit", one) for one in differences(plain.second, hit)),
    ]
    varying = unseeded(plain.first, miss, hit)
    for _ in range(MOST_PLAIN_RUNS):
        if not without((one for _, one in found), varying):
            break
        varying += plain.differences(run_again())
    real = [pair for pair in found if without([pair[1]], varying)]
    known = {one.where for kind, one in real if kind == "hit"}
    real += [
        ("hit, not as stored", one) for one in not_as_stored(miss, hit) if one.where not in known
    ]
    names = dict.fromkeys(f"{one.part}, {one.name}" for one in varying)
    return Trial(notebook, plain.first, miss, hit, tuple(real), tuple(names))


def unseeded(plain: RunResult, miss: RunResult, hit: RunResult) -> list[Difference]:
    """Generators that three runs left in three states, in a notebook that seeds nothing: what
    another plain run would show as well, known without it."""
    if any(SEEDED.search(cell.source) for cell in plain.cells):
        return []
    known = {one.where for one in differences(miss, hit) if one.part.startswith("generators")}
    first = {one.where for one in differences(plain, hit) if one.part.startswith("generators")}
    return [
        one
        for one in differences(plain, miss)
        if one.part.startswith("generators") and one.where in known & first
    ]
