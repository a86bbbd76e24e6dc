"""Two kernels and eight processes work on one store at once.

`CACHEABLE_HAMMER_SECONDS` sets how long (default 4).
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from tests.kernel.kernels import Kernel

KEYS = 50
PROCESSES = 8
MOST_SECONDS = 60
SECONDS = float(os.environ.get("CACHEABLE_HAMMER_SECONDS", "4"))


def test_every_value_belongs_to_its_key(isolated: Path) -> None:
    kernels = [Kernel(isolated), Kernel(isolated)]
    command = [sys.executable, "-m", "tests.store.hammer", str(SECONDS), str(KEYS)]
    hammers = [
        subprocess.Popen(
            [*command, str(seed)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        for seed in range(PROCESSES)
    ]
    outcomes: Counter[str] = Counter()
    chosen = random.Random(7)
    try:
        started = time.monotonic()
        while time.monotonic() < started + SECONDS or not met(outcomes):
            assert time.monotonic() < started + MOST_SECONDS, dict(outcomes)
            # Both kernels get the same cells, at the same time, so that they meet in the store.
            number, force = chosen.randrange(KEYS), chosen.choice(["", " --force"])
            cell = f"%%cacheable{force}\nvalue = [{number}] * 500\nprint(sum(value))"
            requests = [kernel.send(cell) for kernel in kernels]
            for kernel, request in zip(kernels, requests, strict=True):
                ran = kernel.finish(request)
                assert ran.text == f"{number * 500}\n"
                outcomes[ran.word] += 1
                assert ran.word in ("MISS", "HIT", "FORCED"), ran.why
                assert kernel.value("value == [value[0]] * 500 and value[0]") == str(number)
        for hammer in hammers:
            out, error = hammer.communicate(timeout=SECONDS * 5 + 60)
            assert (hammer.returncode, error) == (0, "")
            assert json.loads(out).get("wrong", 0) == 0
    finally:
        for hammer in hammers:
            hammer.kill()
        for kernel in kernels:
            kernel.stop()
    print(dict(outcomes))


def met(outcomes: Counter[str]) -> bool:
    """Whether entries were used, and replaced while others use them."""
    return outcomes["HIT"] > 0 and outcomes["FORCED"] > 0
