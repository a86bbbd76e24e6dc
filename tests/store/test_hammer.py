"""Many processes, one store: no exception, and every value belongs to its key.

`CACHEABLE_HAMMER_SECONDS` sets how long (default 4).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

from jupyterlab_cacheable.store import Store
from tests.store.samples import audit

PROCESSES = 8
KEYS = 50
SECONDS = float(os.environ.get("CACHEABLE_HAMMER_SECONDS", "4"))


def test_eight_processes_share_fifty_keys(places):
    command = [sys.executable, "-m", "tests.store.hammer", str(SECONDS), str(KEYS)]
    started = [
        subprocess.Popen(
            [*command, str(seed)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        for seed in range(PROCESSES)
    ]
    counts: Counter[str] = Counter()
    for process in started:
        out, error = process.communicate(timeout=SECONDS * 5 + 60)
        assert (process.returncode, error) == (0, "")
        counts.update(json.loads(out))
    counts.update({f"left {name}": number for name, number in audit(Store.open()).items()})
    print(dict(counts))
    assert counts["wrong"] == 0
    for operation in ("publish", "hit", "miss", "list", "remove"):
        assert counts[operation] > PROCESSES, counts
