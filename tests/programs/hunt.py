"""Hunt for programs that differ: ``python -m tests.programs.hunt --count 2000 --jobs 2``."""

from __future__ import annotations

import argparse
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

    def __str__(self) -> str:
        refused = sum(self.refusals.values())
        share = 100 * refused / max(1, self.marked)
        lines = [
            f"programs     {self.programs}",
            f"cell runs    {self.cells} ({self.errors} raised)",
            f"marked runs  {self.marked}: "
            + ", ".join(f"{word} {n}" for word, n in sorted(self.words.items())),
            f"refusals     {refused} ({share:.1f} % of the marked runs)",
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
    if verdict.difference is not None:
        print(f"seed {seed}: {verdict.difference}", flush=True)


def report(servers: Fleet, verdict: Verdict) -> str:
    """A differing program, made as small as it gets."""
    small, difference = shrink(servers, verdict)
    return f"seed {verdict.program.seed}: {difference}\n{small}\n{small.to_json()}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**9))
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--shrink", type=int, default=5, help="how many differences to shrink")
    options = parser.parse_args()
    print(f"seeds from {options.seed}", flush=True)
    begun = time.monotonic()
    totals = hunt(range(options.seed, options.seed + options.count), options.jobs)
    if totals.different:
        with fleet() as servers:
            for verdict in totals.different[: options.shrink]:
                print(report(servers, verdict), flush=True)
    print(f"{totals}\nin {time.monotonic() - begun:.0f} s")
    return 1 if totals.different or totals.broken else 0


if __name__ == "__main__":
    sys.exit(main())
