"""Memory that was looked at is given up, and what was written there stays."""

from __future__ import annotations

import mmap
import re
from pathlib import Path

import numpy as np
import pytest

from jupyterlab_cacheable.state.scratch import Scratch

SIZE = 64 * mmap.PAGESIZE

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/smaps").exists(), reason="only Linux tells what a mapping takes"
)


@pytest.fixture
def blob(tmp_path: Path) -> memoryview:
    path = tmp_path / "blob"
    path.write_bytes(b"x" * SIZE)
    with path.open("rb") as file:
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))


def address(memory: memoryview) -> int:
    return int(np.frombuffer(memory, np.uint8).__array_interface__["data"][0])


def resident(memory: memoryview) -> int:
    """Bytes of the mapping that are in the memory of this process."""
    text = Path("/proc/self/smaps").read_text()
    found = re.search(rf"^{address(memory):x}-.*?^Rss:\s*(\d+) kB", text, re.M | re.S)
    assert found
    return int(found[1]) * 1024


def test_what_was_looked_at_goes_and_comes_back(blob: memoryview) -> None:
    scratch, start = Scratch(blob), address(blob)
    assert sum(blob) == ord("x") * SIZE
    assert resident(blob) == SIZE
    scratch.release(start, start + SIZE // 2)
    assert resident(blob) == SIZE // 2
    assert sum(blob) == ord("x") * SIZE


def test_pages_that_are_not_whole_stay(blob: memoryview) -> None:
    scratch, start = Scratch(blob), address(blob)
    assert sum(blob)
    scratch.release(start + 1, start + SIZE - 1)
    assert resident(blob) == 2 * mmap.PAGESIZE


def test_what_was_written_stays(blob: memoryview) -> None:
    scratch, start = Scratch(blob), address(blob)
    blob[SIZE // 2] = 1
    scratch.release(start, start + SIZE)
    assert blob[SIZE // 2] == 1


def test_other_memory_is_left_alone(blob: memoryview) -> None:
    other = np.ones(SIZE)
    start = address(memoryview(other))
    Scratch(blob).release(start, start + other.nbytes)
    Scratch(memoryview(b"x" * SIZE)).release(0, SIZE)
    assert other.sum() == SIZE
