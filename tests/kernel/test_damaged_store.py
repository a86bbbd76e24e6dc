"""Whatever happens to the bytes of a store, a cell gives its own value and nothing foreign runs."""

from __future__ import annotations

import os
import pickle
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.kernel.kernels import Kernel

Fault = Callable[[Path, random.Random, Path], None]
CELLS = 5


def cell(number: int) -> str:
    return f"%%cacheable\nvalue = [{number}, 'v' * 300]\nprint('ran', {number})\nvalue[0]"


def files(store: Path) -> list[Path]:
    found = [*store.rglob("entries/*/*.json"), *store.rglob("blobs/*/*")]
    return sorted(path for path in found if path.is_file())


def put(path: Path, data: bytes) -> None:
    before = path.read_bytes()
    assert data != before, "the fault did not fire"
    path.chmod(0o600)
    path.write_bytes(data)


def flip(store: Path, chosen: random.Random, _marker: Path) -> None:
    for path in files(store):
        data = bytearray(path.read_bytes())
        data[chosen.randrange(len(data))] ^= 1 << chosen.randrange(8)
        put(path, bytes(data))


def truncate(store: Path, chosen: random.Random, _marker: Path) -> None:
    for path in files(store):
        data = path.read_bytes()
        put(path, data[: chosen.randrange(len(data))])


def swap_entries(store: Path, _chosen: random.Random, _marker: Path) -> None:
    entries = sorted(store.rglob("entries/*/*.json"))
    contents = [path.read_bytes() for path in entries]
    for path, data in zip(entries, [*contents[1:], contents[0]], strict=True):
        put(path, data)


def swap_blobs(store: Path, _chosen: random.Random, _marker: Path) -> None:
    blobs = sorted(path for path in store.rglob("blobs/*/*") if path.is_file())
    contents = [path.read_bytes() for path in blobs]
    for path, data in zip(blobs, [*contents[1:], contents[0]], strict=True):
        put(path, data)


class Payload:
    """Pickles into a call that leaves a mark."""

    def __init__(self, marker: Path) -> None:
        self.marker = str(marker)

    def __reduce__(self) -> tuple[object, ...]:
        return os.system, (f"touch {self.marker}",)


def plant(store: Path, _chosen: random.Random, marker: Path) -> None:
    data = pickle.dumps({"variables": Payload(marker)})
    pickle.loads(data)
    assert marker.exists(), "the payload does not work"
    marker.unlink()
    for path in files(store):
        put(path, data)


def plant_in_container(store: Path, _chosen: random.Random, marker: Path) -> None:
    """The payload in the form of a real state blob."""
    from jupyterlab_cacheable.state.container import pack

    data = b"".join(pack(pickle.dumps({"variables": Payload(marker)}), []))
    for path in store.rglob("blobs/*/*"):
        if path.is_file():
            put(path, data)


@pytest.mark.parametrize(
    "fault", [flip, truncate, swap_entries, swap_blobs, plant, plant_in_container]
)
def test_every_fault_is_a_miss_with_a_reason(
    start: Callable[..., Kernel], isolated: Path, fault: Fault
) -> None:
    store, marker = isolated.parent / "store", isolated / "marker"
    kernel = start()
    for number in range(CELLS):
        assert kernel.run(cell(number)).word == "MISS"
    kept = isolated.parent / "kept"
    shutil.copytree(store, kept)
    reader = start()
    for number in range(CELLS):
        assert reader.run(cell(number)).word == "HIT"
    fault(store, random.Random(5), marker)
    for number in range(CELLS):
        ran = reader.run(cell(number))
        assert ran.word == "MISS"
        assert ran.why
        assert ran.text == f"ran {number}\n{number}"
        assert reader.value("(value[0], len(value[1]))") == f"({number}, 300)"
        again = reader.run(cell(number))
        assert (again.word, again.text) == ("HIT", f"ran {number}\n{number}")
    assert not marker.exists()


def test_entries_of_another_user_are_not_loaded(
    start: Callable[..., Kernel], isolated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start().run(cell(1))
    monkeypatch.setenv("XDG_DATA_HOME", str(isolated.parent / "another-user"))
    ran = start().run(cell(1))
    assert (ran.word, ran.text) == ("MISS", "ran 1\n1")
    assert "sign" in ran.why
