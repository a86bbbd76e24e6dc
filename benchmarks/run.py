"""Speed as ratios measured in one run; `npm run bench` prints them and fails above the limits.

Absolute times depend on the machine and on what else it does, so every figure is a ratio of two
things that were measured in turn, round by round, in this run.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.kernel.kernels import Kernel

UNMARKED = "x = 1"
SLOW = """%%cacheable
import hashlib
data = b'x'
for _ in range(1_500_000):
    data = hashlib.sha256(data).digest()
data.hex()
"""

# Values that take a while to store, and what makes them.
BIG = {
    "array of 80 MB": "v = np.arange(10_000_000.0)",
    "frame of 80 MB": "v = pd.DataFrame({c: np.arange(1_000_000.0) for c in 'abcdefghij'})",
    "500,000 tuples": "v = [(i, str(i)) for i in range(500_000)]",
}
PREPARE = """
import os, pickle, time
import numpy as np, pandas as pd
from jupyterlab_cacheable.kernel.cost import seconds_to_store

def pickled(value):
    start = time.perf_counter()
    with open('plain', 'wb') as file:
        pickle.dump(value, file, protocol=5)
        file.flush()
        os.fsync(file.fileno())
    return time.perf_counter() - start
"""


@dataclass
class Figure:
    """One ratio, its limit (None: only shown) and what it means."""

    name: str
    ratio: float
    limit: float | None

    @property
    def met(self) -> bool:
        return self.limit is None or self.ratio <= self.limit


def measure(run: Callable[[], object]) -> float:
    """Seconds of one call."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def unmarked_cell(folder: Path, rounds: int = 400) -> Figure:
    """Round trip of an unmarked cell with the extension loaded, as a ratio to one without it."""
    kernels = [Kernel(folder, load=False), Kernel(folder)]
    times: list[list[float]] = [[], []]
    try:
        for _ in range(30):
            for kernel in kernels:
                kernel.run(UNMARKED)
        for turn in range(rounds):
            for which in (turn % 2, 1 - turn % 2):
                times[which].append(measure(lambda k=kernels[which]: k.run(UNMARKED)))
    finally:
        for kernel in kernels:
            kernel.stop()
    without, with_extension = (statistics.median(values) for values in times)
    return Figure("unmarked cell, with / without the extension", with_extension / without, 1.05)


def hit_against_run(folder: Path) -> list[Figure]:
    """A hit in a fresh kernel as a ratio to the run that was stored, with and without the time
    that a session's first marked cell takes to load the rest of the package."""
    first = Kernel(folder)
    run = measure(lambda: first.run(SLOW))
    first.stop()
    second = Kernel(folder)
    loading = measure(lambda: second.run(SLOW))
    hit = min(measure(lambda: second.run(SLOW)) for _ in range(5))
    second.stop()
    return [
        Figure("hit / run of about one second", hit / run, 0.05),
        Figure("first hit of a session / the same run", loading / run, None),
    ]


def saving(folder: Path, rounds: int = 5) -> list[Figure]:
    """What storing adds to a run, before the reply and in all, as ratios to pickle + fsync; and
    what it was thought to take, as a ratio to what it took."""
    kernel = Kernel(folder)
    try:
        kernel.run(PREPARE)
        kernel.run("%%cacheable\nwarm = 1")
        return [figure for kind in BIG for figure in _saving(kernel, kind, rounds)]
    finally:
        kernel.stop()


def _saving(kernel: Kernel, kind: str, rounds: int) -> list[Figure]:
    visible, whole, pickled, guessed = [], [], [], []
    for turn in range(rounds):
        source = f"{BIG[kind]}\nturn = {turn}"
        plain = measure(lambda s=source: kernel.run(s))
        pickled.append(float(kernel.value("pickled(v)")))
        guessed.append(float(kernel.value("seconds_to_store([v])")))
        start = time.perf_counter()
        request = kernel.send(f"%%cacheable --always\n{source}")
        answered = kernel.answered(request)
        visible.append(time.perf_counter() - start - plain)
        if answered.replied["saving"]:
            kernel.saved(request)
        whole.append(time.perf_counter() - start - plain)
    before, after, other, guess = map(statistics.median, (visible, whole, pickled, guessed))
    return [
        Figure(f"{kind}: wait for its miss / pickle + fsync", before / other, 0.45),
        Figure(f"{kind}: stored / pickle + fsync", after / other, None),
        Figure(f"{kind}: expected time to store / time it took", guess / after, None),
    ]


def extension_import(rounds: int = 7) -> Figure:
    """What loading the extension adds to a kernel's imports, as a ratio to `import sqlite3`."""
    base = "import IPython, ipykernel.ipkernel, cloudpickle, platformdirs, yaml, xxhash"
    extra = "import jupyterlab_cacheable.kernel.extension"
    ours, sqlite = [], []
    for _ in range(rounds):
        ours.append(_timed_import(base, extra))
        sqlite.append(_timed_import("import IPython.core", "import sqlite3"))
    ratio = statistics.median(ours) / statistics.median(sqlite)
    return Figure("loading the extension / import sqlite3", ratio, None)


def _timed_import(before: str, statement: str) -> float:
    import subprocess

    code = (
        f"{before}\nimport time\nstart = time.perf_counter()\n{statement}\n"
        "print(time.perf_counter() - start)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(ran.stdout)


def main() -> int:
    """Print every figure; 1 when one is above its limit."""
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        for variable, name in (
            ("CACHEABLE_DIR", "store"),
            ("XDG_DATA_HOME", "data"),
            ("XDG_CACHE_HOME", "cache"),
            ("IPYTHONDIR", "ipython"),
        ):
            os.environ[variable] = str(root / name)
        work = root / "work"
        work.mkdir()
        figures = [unmarked_cell(work), *hit_against_run(work), *saving(work), extension_import()]
    for figure in figures:
        limit = "" if figure.limit is None else f"  (limit {figure.limit})"
        print(f"{'ok ' if figure.met else 'NOT'} {figure.ratio:8.3f}  {figure.name}{limit}")
    return 0 if all(figure.met for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
