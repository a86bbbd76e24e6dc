"""Storing and restoring big values takes almost no memory besides the values themselves."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.kernel.conftest import Kernels
from tests.kernel.kernels import Kernel, Ran
from tests.optional import HAS_TORCH, skip_without_torch

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(), reason="only Linux tells a process's peak memory"
)

SIZE = int(os.environ.get("CACHEABLE_TEST_BYTES", 256_000_000))
"""Bytes of the big values; `CACHEABLE_TEST_BYTES=1000000000` measures with a gigabyte."""

ALLOWED = 0.05

HELPERS = """
import gc, re
from pathlib import Path

def facts():
    text = Path("/proc/self/status").read_text()
    return {name: 1024 * int(size) for name, size in re.findall(r"(Vm\\w+):\\s*(\\d+) kB", text)}

def restart_peak():
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")
    return facts()["VmRSS"]
"""

# Each leaves `SIZE` bytes, needs no more than that while it runs, and binds nothing but `v`.
CELLS = {
    "array": "v = np.full({size} // 8, 1.5)",
    "frame": "v = pd.DataFrame({{c: np.full({size} // 80, 1.5) for c in 'abcdefghij'}}, copy=False)",
    "frame of rows": "v = pd.DataFrame(np.full(({size} // 80, 10), 1.5), copy=False)",
    "sliced frame": "v = pd.DataFrame(np.full((10, {size} // 80 + 1), 1.5).T, copy=False).iloc[1:]",
    "array with gaps": "v = np.full(({size} // 80, 10), 1.5)[:, :9]",
    "views": "v = [np.full({size} // 8, 1.5)]\nv.append(v[0][10:])",
    "torch": "v = torch.full(({size} // 8,), 1.5, dtype=torch.float64)",
    "polars": "v = pl.DataFrame({{'x': np.full({size} // 8, 1.5)}})",
}

CHECK = {
    "views": "[float(one.sum()) for one in v]",
    "polars": "v['x'].sum()",
    "torch": "float(v.sum())",
}

# A small cell of the same kind, so that modules and buffers are there before anything is measured.
WARM = 8_000_000


def peak_of(kernel: Kernel, source: str) -> tuple[int, Ran]:
    """How far the resident memory of the kernel rose while the cell ran, and what became of it."""
    kernel.run("before = restart_peak()")
    ran = kernel.run(source, timeout=240)
    return int(kernel.value("facts()['VmHWM'] - before")), ran


@pytest.fixture(scope="module")
def prepared(kernels: Kernels) -> Kernels:
    for kernel in (kernels.storing, kernels.hitting, kernels.plain):
        kernel.run(HELPERS)
        kernel.run(
            f"import numpy as np, pandas as pd, polars as pl{', torch' if HAS_TORCH else ''}"
        )
    return kernels


@pytest.mark.parametrize("kind", CELLS)
def test_peak_memory(kind: str, prepared: Kernels) -> None:
    skip_without_torch(kind)
    storing, hitting, plain = prepared.storing, prepared.hitting, prepared.plain
    mark, cell, warm = (
        "%%cacheable --always\n",
        CELLS[kind].format(size=SIZE),
        CELLS[kind].format(size=WARM),
    )
    for kernel, source in ((storing, mark + warm), (hitting, mark + warm), (plain, warm)):
        kernel.run(source)
        kernel.run("v = None")
    needed, _ = peak_of(plain, cell)
    missed, stored = peak_of(storing, mark + cell)
    took, hit = peak_of(hitting, mark + cell)
    print(f"{kind}: plain {needed:,}, miss {missed - needed:+,}, hit {took:+,} of {SIZE:,} bytes")
    assert (stored.word, hit.word) == ("MISS", "HIT"), (stored.why, hit.why)
    check = CHECK.get(kind, "float(np.asarray(v).sum())")
    assert hitting.value(check) == plain.value(check)
    assert missed - needed <= ALLOWED * SIZE
    assert took <= ALLOWED * SIZE


def test_nothing_keeps_the_values_of_a_cell_alive(prepared: Kernels) -> None:
    kernel = prepared.storing
    kernel.run("import weakref\nx, y = np.full(10, 1.5), np.full(3_000_000, 1.5)")
    for mark in ("%%cacheable", "%%cacheable --always", "%%cacheable --verify"):
        kernel.run(f"{mark}\ntotal = float(x.sum())")
        kernel.run(f"{mark}\nz = y + 1")
    kernel.run("values = [weakref.ref(value) for value in (x, y, z)]\ndel x, y, z")
    assert kernel.value("[gc.collect() and None or value() for value in values]") == str([None] * 3)
