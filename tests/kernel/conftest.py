"""Fixtures: real kernels on a store of the test's own."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.kernel.kernels import Kernel


def isolate(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point store, secret and settings into `folder`; returns a folder for the notebook."""
    for variable, name in (
        ("CACHEABLE_DIR", "store"),
        ("XDG_DATA_HOME", "data"),
        ("XDG_CACHE_HOME", "cache"),
        ("IPYTHONDIR", "ipython"),
        ("JUPYTER_RUNTIME_DIR", "runtime"),
    ):
        monkeypatch.setenv(variable, str(folder / name))
    monkeypatch.delenv("PYTEST_CURRENT_TEST", raising=False)
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    work = folder / "work"
    work.mkdir()
    return work


@pytest.fixture
def isolated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An own store, secret and settings; returns the notebook's folder."""
    return isolate(tmp_path, monkeypatch)


@pytest.fixture
def start(isolated: Path) -> Iterator[Callable[..., Kernel]]:
    """Start a fresh kernel on the test's store, as often as wanted."""
    with contextlib.ExitStack() as stack:

        def start(**options: Any) -> Kernel:
            kernel = Kernel(isolated, **options)
            stack.callback(kernel.stop)
            return kernel

        yield start


@pytest.fixture
def kernel(start: Callable[..., Kernel]) -> Kernel:
    return start()


@dataclass(frozen=True)
class Kernels:
    """Three processes on one store: one that stores, one that only ever hits, one without us."""

    folder: Path
    storing: Kernel
    hitting: Kernel
    plain: Kernel


@pytest.fixture(scope="module")
def kernels(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernels]:
    """Shared by the tests of a module whose cells do not depend on each other."""
    with pytest.MonkeyPatch.context() as monkeypatch, contextlib.ExitStack() as stack:
        folder = isolate(tmp_path_factory.mktemp("kernels"), monkeypatch)
        made = [Kernel(folder), Kernel(folder), Kernel(folder, load=False)]
        for kernel in made:
            stack.callback(kernel.stop)
            kernel.run("%matplotlib inline")
        yield Kernels(folder, *made)
