"""Two kernels on one store whose processes have different hash seeds."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from tests.kernel.conftest import isolate
from tests.kernel.kernels import Kernel
from tests.keys.records import Trial


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    with pytest.MonkeyPatch.context() as monkeypatch, contextlib.ExitStack() as stack:
        folder = isolate(tmp_path_factory.mktemp("keys"), monkeypatch)
        monkeypatch.setenv("PYTHONUSERBASE", str(folder.parent / "packages"))
        kernels = []
        for seed in ("1", "4242"):
            monkeypatch.setenv("PYTHONHASHSEED", seed)
            kernels.append(Kernel(folder))
            stack.callback(kernels[-1].stop)
        yield Trial(folder, *kernels)
