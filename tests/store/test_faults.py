"""Damage to real stores, read back in a fresh process: no wrong value, nothing executed.

Each trial works on its own copy of one store and proves that its fault was applied.
"""

from __future__ import annotations

import json
import os
import pickle
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from jupyterlab_cacheable.store import Store
from tests.store.samples import all_files, blob_file, entry_file, manifest, publish

NUMBERS = range(6)
SEED = int(os.environ.get("CACHEABLE_FAULT_SEED", "20260101"))


@pytest.fixture
def original(places):
    store = Store.open(places / "original")
    for number in NUMBERS:
        publish(store, number)
    return store


@pytest.fixture
def random_numbers():
    print("seed", SEED)
    return random.Random(SEED)


def copy(original, name):
    target = original.path.with_name(name)
    shutil.copytree(original.path, target, copy_function=shutil.copy2)
    return Store.open(target)


def owners(store):
    """Path of each manifest and blob -> the number whose entry it belongs to."""
    found = {}
    for number in NUMBERS:
        found[entry_file(store, number)] = number
        for role in ("state", "outputs"):
            found[blob_file(store, number, role)] = number
    assert set(found) == set(all_files(store.folder.entries)) | set(all_files(store.folder.blobs))
    return found


def overwrite(path, data):
    before = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(data)
    assert path.read_bytes() != before, "the fault was not applied"


def read_back(stores):
    names = [str(store.path) for store in stores]
    numbers = [str(number) for number in NUMBERS]
    ran = subprocess.run(
        [sys.executable, "-m", "tests.store.reader", *names, "--", *numbers],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        timeout=100,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == ""
    report = json.loads(ran.stdout)
    assert list(report) == names
    return [report[name] for name in names]


def expect(reports, damaged):
    """Exactly the damaged entries are misses, each with a reason; all others are right."""
    assert len(reports) == len(damaged)
    for report, hurt in zip(reports, damaged, strict=True):
        assert hurt
        assert report["listed"] == report["ids"]
        for number in NUMBERS:
            outcome, right, sentence = report[str(number)]
            if number in hurt:
                assert outcome == "miss"
                assert sentence
            else:
                assert (outcome, right, sentence) == ("hit", True, "")


def trial(original, count, apply):
    """Apply ``apply(store, files)``, which returns the numbers it damaged, to fresh copies."""
    stores = [copy(original, f"trial-{turn}") for turn in range(count)]
    damaged = [apply(store, owners(store)) for store in stores]
    expect(read_back(stores), damaged)


def test_whole_store_is_all_hits(original):
    (report,) = read_back([copy(original, "whole")])
    assert all(report[str(number)] == ["hit", True, ""] for number in NUMBERS)
    assert report["listed"] == len(NUMBERS)


def test_flipped_bits(original, random_numbers):
    def flip(store, files):
        path = random_numbers.choice(sorted(files))
        data = bytearray(path.read_bytes())
        data[random_numbers.randrange(len(data))] ^= 1 << random_numbers.randrange(8)
        overwrite(path, bytes(data))
        return {files[path]}

    trial(original, 30, flip)


def test_truncated_and_extended_files(original, random_numbers):
    def cut(store, files):
        path = random_numbers.choice(sorted(files))
        data = path.read_bytes()
        keep = random_numbers.randrange(len(data))
        overwrite(
            path, random_numbers.choice([data[:keep], data[:keep], data + data[:keep] + b"x"])
        )
        return {files[path]}

    trial(original, 10, cut)


def test_zero_filled_files(original, random_numbers):
    def clear(store, files):
        path = random_numbers.choice(sorted(files))
        overwrite(path, bytes(path.stat().st_size))
        return {files[path]}

    trial(original, 10, clear)


def test_lost_files(original, random_numbers):
    def lose(store, files):
        path = random_numbers.choice(sorted(files))
        path.unlink()
        assert not path.exists()
        return {files[path]}

    trial(original, 10, lose)


@pytest.mark.parametrize("what", ["manifest", "state", "signature"])
def test_swapped_entries(original, random_numbers, what):
    def place(store, number):
        return blob_file(store, number, "state") if what == "state" else entry_file(store, number)

    def swap(store, files):
        one, two = random_numbers.sample(NUMBERS, 2)
        first, second = place(store, one).read_bytes(), place(store, two).read_bytes()
        if what == "signature":
            left, right = json.loads(first), json.loads(second)
            left["signed"], right["signed"] = right["signed"], left["signed"]
            second, first = json.dumps(left).encode(), json.dumps(right).encode()
        overwrite(place(store, one), second)
        overwrite(place(store, two), first)
        return {one, two}

    trial(original, 10, swap)


class Marker:
    """Unpickling this leaves a file behind."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (os.mkdir, (self.path,))


def test_planted_pickles(original, random_numbers, places):
    marker = places / "executed"
    poison = pickle.dumps(Marker(str(marker)))

    def plant(store, files):
        path = random_numbers.choice(sorted(files))
        size = path.stat().st_size
        overwrite(path, random_numbers.choice([poison, poison + bytes(max(0, size - len(poison)))]))
        return {files[path]}

    trial(original, 10, plant)
    assert not marker.exists()
    pickle.loads(poison)
    assert marker.exists(), "the planted pickle would not have shown itself"


def test_entry_planted_with_its_own_manifest(original, places):
    """A poisoned blob with a matching manifest, signed with somebody else's secret."""
    marker = places / "executed"
    poison = pickle.dumps(Marker(str(marker)))
    target = copy(original, "planted")
    stranger = Store.open(target.path, secret=places / "stranger" / "secret")
    before = entry_file(target, 0).read_bytes()
    stranger.publish(manifest(0), {"state": [poison], "outputs": [b"[]"]})
    assert entry_file(target, 0).read_bytes() != before
    expect(read_back([target]), [{0}])
    assert not marker.exists()


def test_store_of_another_user_is_all_misses(original, places):
    """What a clone of a repository with a complete store in it is to whoever opens it."""
    clone = places / "clone"
    stranger = Store.open(clone, secret=places / "stranger" / "secret")
    for number in NUMBERS:
        publish(stranger, number)
    (report,) = read_back([stranger])
    for number in NUMBERS:
        outcome, _, sentence = report[str(number)]
        assert outcome == "miss"
        assert "signed by somebody else" in sentence
