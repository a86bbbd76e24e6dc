from __future__ import annotations

import pytest

from jupyterlab_cacheable.store import Store
from tests.store.samples import audit


@pytest.fixture(autouse=True)
def places(tmp_path, monkeypatch):
    """A user of its own for every test: secret, cache and store in a fresh folder."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("CACHEABLE_DIR", str(tmp_path / "store"))
    return tmp_path


@pytest.fixture
def store(places):
    """A store that checks itself when the test is over."""
    opened = Store.open()
    yield opened
    assert audit(opened)["orphans"] == 0


@pytest.fixture
def victim(places):
    """A store that a test may damage."""
    return Store.open()
