"""``npm run test:long``: run many random programs, plain and cached, and compare them.

Prints the programs that differ, made as small as they get, and what all of them did. Fails when
one differs, when a kernel dies, or when too many of the marked cells are refused.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from queue import Empty, Queue

from tests.programs.fleet import Fleet, Verdict, fleet
from tests.programs.shrink import shrink
from tests.programs.writer import write

MOST_REFUSED = 0.10
"""Of the runs of marked cells: more would make the hunt say little, and the product too shy."""
SOME = 100
"""So many programs are a sign of life."""


@dataclass
class Totals:
    """What all programs of a hunt did together."""

    programs: int = 0
    cells: int = 0
    marked: int = 0
    errors: int = 0
    words: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    different: list[Verdict] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def add(self, verdict: Verdict) -> None:
        self.programs += 1
        self.cells += verdict.cells
        self.marked += verdict.marked
        self.errors += verdict.errors
        self.words += verdict.words
        self.refusals += Counter({general(sentence): n for sentence, n in verdict.refusals.items()})
        if verdict.difference is not None:
            self.different.append(verdict)

    @property
    def share_refused(self) -> float:
        """Of the runs of marked cells."""
        return sum(self.refusals.values()) / max(1, self.marked)

    @property
    def is_good(self) -> bool:
        return not self.different and not self.broken and self.share_refused <= MOST_REFUSED

    def __str__(self) -> str:
        refused = sum(self.refusals.values())
        lines = [
            f"programs     {self.programs}",
            f"cell runs    {self.cells} ({self.errors} raised)",
            f"marked runs  {self.marked} ({self.words['FAILED']} raised)",
            f"hits         {self.words['HIT']}",
            f"misses       {self.words['MISS']} stored",
            f"refusals     {refused} ({100 * self.share_refused:.1f} % of the marked runs)",
            *(f"  {n:6} {sentence}" for sentence, n in self.refusals.most_common()),
            f"broken       {len(self.broken)}",
            f"differences  {len(self.different)}",
        ]
        return "\n".join(lines)


def general(sentence: str) -> str:
    """A refusal without the names that are in it."""
    return re.sub(r"'[^']*'|\w+\(\)", "…", sentence)


def hunt(seeds: Iterable[int], jobs: int, seconds: float = float("inf")) -> Totals:
    """Judge the program of every seed; each difference is printed as soon as it is found."""
    waiting: Queue[int] = Queue()
    for seed in seeds:
        waiting.put(seed)
    totals = Totals()
    end = time.monotonic() + seconds
    with ThreadPoolExecutor(jobs) as pool:
        for done in [pool.submit(work, waiting, totals, end) for _ in range(jobs)]:
            done.result()
    return totals


def work(waiting: Queue[int], totals: Totals, end: float) -> None:
    with fleet() as servers:
        while time.monotonic() < end:
            try:
                seed = waiting.get_nowait()
            except Empty:
                return
            judge(servers, seed, totals)


def judge(servers: Fleet, seed: int, totals: Totals) -> None:
    try:
        verdict = servers.judge(write(seed))
    except RuntimeError as error:
        totals.broken.append(f"seed {seed}: {error}")
        print(totals.broken[-1], flush=True)
        return
    totals.add(verdict)
    if totals.programs % SOME == 0:
        print(f"{totals.programs} programs, {totals.cells} cell runs", flush=True)
    if verdict.difference is not None:
        print(f"seed {seed}: {verdict.difference}", flush=True)


def report(servers: Fleet, verdict: Verdict) -> str:
    """A differing program, made as small as it gets."""
    small, difference = shrink(servers, verdict)
    return f"seed {verdict.program.seed}: {difference}\n{small}\n{small.to_json()}"


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="npm run test:long --",
        description="Run random programs, plain and cached, and compare.",
    )
    chance = random.SystemRandom().randrange(10**9)
    parser.add_argument("--seed", type=int, default=chance, help="the first one; else by chance")
    parser.add_argument("--count", type=int, default=2000, help="how many programs")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="at the same time")
    parser.add_argument("--shrink", type=int, default=5, help="how many differences to shrink")
    options = parser.parse_args()
    print(f"seeds {options.seed} to {options.seed + options.count - 1}", flush=True)
    begun = time.monotonic()
    totals = hunt(range(options.seed, options.seed + options.count), options.jobs)
    if totals.different:
        with fleet() as servers:
            for verdict in totals.different[: options.shrink]:
                print(report(servers, verdict), flush=True)
    print(f"{totals}\nin {time.monotonic() - begun:.0f} s")
    return 0 if totals.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
