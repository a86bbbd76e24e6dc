"""A process killed at any point of saving or removing costs at most a recompute."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from jupyterlab_cacheable.store import Store
from tests.store.samples import all_files, manifest, publish, read, value


def killed(action, nth):
    """Whether the process died before its nth file operation; it must do nothing else wrong."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.store.crash", action, str(nth)],
        capture_output=True,
        cwd=Path(__file__).parents[2],
        timeout=60,
    )
    assert ran.stderr == b""
    assert ran.returncode in (0, 137)
    return ran.returncode == 137


@pytest.mark.parametrize("action", ["publish", "remove"])
def test_process_killed_at_every_file_operation(victim, action):
    for number in (1, 2):
        publish(victim, number)
    outcomes, nth = [], 0
    while True:
        nth += 1
        if action == "publish":
            victim.remove([manifest(3).id])
        else:
            publish(victim, 3)
        before = len(all_files(victim.folder.tmp))
        if not killed(action, nth):
            break
        fresh = Store.open()
        assert len(all_files(fresh.folder.tmp)) <= before + 2
        assert read(fresh, 1) == ("hit", value(1), "")
        assert read(fresh, 2) == ("hit", value(2), "")
        outcome, found, sentence = read(fresh, 3)
        outcomes.append(outcome)
        assert found == value(3) if outcome == "hit" else sentence == "there is no entry"
        publish(fresh, 3)
        assert read(fresh, 3) == ("hit", value(3), "")
    assert len(outcomes) > 5
    assert set(outcomes) == {"hit", "miss"}
    for path in all_files(victim.folder.tmp):
        os.utime(path, (0, 0))
    assert all_files(Store.open().folder.tmp) == []
