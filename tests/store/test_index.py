from __future__ import annotations

import os
import random
import shutil
import sqlite3
import stat
import time

import pytest

from jupyterlab_cacheable.config import index_path
from jupyterlab_cacheable.errors import StoreError
from jupyterlab_cacheable.store import Store
from jupyterlab_cacheable.store import index as index_module
from jupyterlab_cacheable.store import table as table_module
from jupyterlab_cacheable.store.index import Index
from tests.store.samples import blob_file, entry_file, manifest, publish


@pytest.fixture
def index(store):
    made = Index(store)
    yield made
    made.close()


def listed(index):
    index.refresh()
    return sorted(row.id for row in index.rows())


def on_disk(store):
    return sorted(store.ids())


def hit(store, number, saved=2.0, at="2026-02-01T00:00:00.000Z", outcome="HIT"):
    entry = manifest(number).id
    store.log_run({"at": at, "outcome": outcome, "entry": entry, "key": "k", "saved": saved})


def test_row_tells_what_the_manifest_says(store, index):
    made = publish(store, 1, expires_at="2027-01-01T00:00:00.000Z")
    hit(store, 1, saved=2.0)
    hit(store, 1, saved=3.5, at="2026-03-01T00:00:00.000Z")
    index.refresh()
    (row,) = index.rows()
    assert row == index.row(made.id)
    size = entry_file(store, 1).stat().st_size + sum(blob["size"] for blob in made.blobs)
    assert row._asdict() == {
        "id": made.id,
        "key": made.key,
        "label": "fit 1",
        "notebook": "/home/ada/1.ipynb",
        "cell_id": "cell-1",
        "created_at": made.created_at,
        "duration": 12.5,
        "size": size,
        "tags": ["fit"],
        "expires_at": "2027-01-01T00:00:00.000Z",
        "hits": 2,
        "last_used_at": "2026-03-01T00:00:00.000Z",
        "saved": 5.5,
        "problem": None,
        "sentence": None,
    }
    assert index.row(manifest(2).id) is None


def test_refresh_follows_what_happens_on_disk(store, index):
    assert listed(index) == []
    for number in range(20):
        publish(store, number)
    assert listed(index) == on_disk(store)
    store.remove([manifest(3).id, manifest(4).id])
    assert listed(index) == on_disk(store)
    assert len(index.rows()) == 18
    publish(store, 1, label="renamed")
    index.refresh()
    assert index.row(manifest(1).id).label == "renamed"


def test_settled_folders_are_not_listed_again(store, index, monkeypatch):
    publish(store, 1)
    folder = entry_file(store, 1).parent
    old = time.time() - 60
    os.utime(folder, (old, old))
    index.refresh()
    seen = []
    real = index_module.Index._list
    monkeypatch.setattr(
        index_module.Index, "_list", lambda *rest: seen.append(rest[2]) or real(*rest)
    )
    index.refresh()
    assert seen == []
    publish(store, 2)
    index.refresh()
    assert seen == [entry_file(store, 2).parent.name]
    index.refresh()
    assert len(seen) == 2, "a folder that changed just now may change again within its clock's tick"


def test_change_within_one_tick_of_the_clock_is_seen(store, index):
    publish(store, 1)
    index.refresh()
    folder = entry_file(store, 1).parent
    facts = folder.stat()
    other = manifest(1, conditions={"a": 1})
    publish(store, 1, conditions={"a": 1})
    os.utime(folder, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert other.id in listed(index)


def test_index_survives_the_process(store):
    for number in range(5):
        publish(store, number)
    hit(store, 1)
    first = Index(store)
    rows = (first.refresh(), first.rows())[1]
    first.close()
    again = Index(Store.open())
    again.refresh()
    assert again.rows() == rows
    assert again.stats().hits == 1
    again.close()


def test_first_question_needs_no_refresh(store, index):
    publish(store, 1)
    assert len(index.rows()) == 1


def test_rows_can_be_filtered_sorted_and_paged(store, index):
    for number in range(9):
        publish(store, number, tags=["Größe"] if number == 4 else [])
    hit(store, 7)
    index.refresh()
    labels = [row.label for row in index.rows(sort="label", descending=False)]
    assert labels == [f"fit {number}" for number in range(9)]
    assert [row.label for row in index.rows(limit=2, offset=1)] == ["fit 7", "fit 6"]
    assert {row.label for row in index.rows(notebook="/home/ada/1.ipynb")} == {
        "fit 1",
        "fit 4",
        "fit 7",
    }
    assert index.rows(notebook="/nowhere") == []
    assert [row.label for row in index.rows(q="GRÖSSE")] == ["fit 4"]
    assert [row.label for row in index.rows(q="größe")] == ["fit 4"]
    assert [row.label for row in index.rows(q="FIT 4")] == ["fit 4"]
    assert len(index.rows(q="model")) == 9
    assert index.rows(q="%") == []
    assert index.rows(q="' OR 1=1 --") == []
    assert index.rows(sort="hits", limit=1)[0].label == "fit 7"
    assert index.rows(sort="used", limit=1)[0].label == "fit 7"
    for sort in ("created", "label", "size", "duration", "hits", "used"):
        up = [row.id for row in index.rows(sort=sort, descending=False)]
        assert up == [row.id for row in index.rows(sort=sort)][::-1]


def test_totals_count_a_shared_blob_once(store, index):
    one = store.publish(manifest(1), {"state": [b"s" * 1000]})
    two = store.publish(manifest(4), {"state": [b"s" * 1000]})
    store.publish(manifest(2), {"state": [b"t" * 10]})
    index.refresh()
    files = [entry_file(store, number).stat().st_size for number in (1, 4, 2)]
    assert index.count_bytes() == (3, sum(files) + 1010)
    assert index.count_bytes(notebook="/home/ada/1.ipynb") == (2, files[0] + files[1] + 1000)
    assert index.count_bytes(q="fit 2") == (1, files[2] + 10)
    assert index.references(one.blobs[0]["digest"]) == sorted([one.id, two.id])
    assert index.references("sha256:" + "0" * 64) == []


def test_stats_count_outcomes_of_all_processes(store, index):
    publish(store, 1)
    publish(store, 2)
    for outcome in ("HIT", "WAITED", "MISS", "FORCED", "EXPIRED", "UNCACHED"):
        hit(store, 1, outcome=outcome, saved=1.0 if outcome in ("HIT", "WAITED") else 0.0)
    hit(Store.open(), 2)
    index.refresh()
    stats = index.stats()
    assert (stats.entries, stats.hits, stats.misses, stats.saved) == (2, 3, 3, 4.0)
    assert stats.bytes == index.count_bytes().bytes
    assert {(item.notebook, item.entries) for item in stats.by_notebook} == {
        ("/home/ada/1.ipynb", 1),
        ("/home/ada/2.ipynb", 1),
    }
    index.refresh()
    assert index.stats() == stats


def test_hostile_run_lines_change_nothing(store, index):
    publish(store, 1)
    good = {"at": "2026-01-01T00:00:00.000Z", "outcome": "HIT", "entry": manifest(1).id}
    for change in (
        {"outcome": "hit"},
        {"outcome": ["HIT"]},
        {"outcome": None},
        {"at": "now"},
        {"at": 3},
        {"at": {}},
    ):
        store.log_run({**good, **change})
    for saved in ("x", -1, 1e300, True, [1], None, 10**400):
        store.log_run({**good, "saved": saved})
    store.log_run({**good, "entry": "../../x"})
    store.log_run({**good, "entry": 7})
    index.refresh()
    row = index.rows()[0]
    assert row.saved == 0.0
    assert row.hits == 7
    assert index.stats().hits == 9


def test_nearest_prefers_the_same_cell_of_the_same_notebook(store, index):
    def entry(number, notebook, cell, label, second):
        return publish(
            store,
            number,
            notebook=notebook,
            cell_id=cell,
            label=label,
            created_at=f"2026-01-01T00:00:{second}.000Z",
        ).id

    same = [entry(1, "/a", "c", "x", "01"), entry(2, "/a", "c", "y", "02")]
    moved = entry(3, "/b", "c", "x", "09")
    labelled = entry(4, "/a", "d", "x", "08")
    entry(5, "/b", "d", "x", "07")
    entry(6, "/a", "d", "z", "07")
    index.refresh()
    assert index.nearest("/a", "c", "x") == [same[1], same[0], moved, labelled]
    assert index.nearest(None, None, "x") == []
    assert index.ids("/b") == [moved, manifest(5).id]
    assert len(index.ids()) == 6


def test_problem_entries_are_listed_without_their_content(victim, places):
    publish(victim, 1, label="secret plan")
    publish(victim, 2, label="secret plan")
    stranger = Store.open(secret=places / "stranger" / "secret")
    publish(stranger, 3, label="secret plan", tags=["x"])
    entry_file(victim, 1).write_bytes(b"{")
    publish(victim, 4)
    index = Index(victim)
    index.refresh()
    rows = {row.id: row for row in index.rows()}
    assert [rows[manifest(number).id].problem for number in (1, 2, 3, 4)] == [
        "damaged",
        None,
        "untrusted",
        None,
    ]
    for number in (1, 3):
        row = rows[manifest(number).id]
        assert (row.key, row.label, row.notebook, row.tags) == ("", "", None, [])
        assert row.sentence
        assert row.size == entry_file(victim, number).stat().st_size
    assert [row.id for row in index.rows(q="secret")] == [manifest(2).id]
    assert index.nearest("/home/ada/0.ipynb", "cell-3", "secret plan") == []
    assert index.stats().entries == 4


def test_half_surrogates_do_not_stop_the_listing(store, index):
    publish(store, 1, label="a\ud800", notebook="/n\udcff.ipynb", tags=["\ud800"], cell_id="\udfff")
    index.refresh()
    (row,) = index.rows(notebook="/n\udcff.ipynb")
    assert row.label == "a?"
    assert index.rows(q="a\ud800") == [row]


def test_index_is_private(store):
    before = os.umask(0)
    try:
        index = Index(store)
        publish(store, 1)
        index.refresh()
    finally:
        os.umask(before)
    path = index_path(store.path)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    index.close()


@pytest.fixture
def full(store):
    """A closed index of ten entries and its file."""
    for number in range(10):
        publish(store, number)
        os.utime(entry_file(store, number).parent, (1, 1))
    hit(store, 1)
    index = Index(store)
    index.refresh()
    index.close()
    path = index_path(store.path)
    assert [item.name for item in path.parent.iterdir()] == [path.name]
    return path


def check(store):
    index = Index(store)
    assert listed(index) == on_disk(store)
    assert index.stats().hits == 1
    for row in index.rows():
        found = store.get(row.id)
        assert (row.label, row.notebook, row.key) == (found.label, found.notebook, found.key)
    index.close()


def test_deleted_index_is_rebuilt(store, full):
    full.unlink()
    check(store)
    assert full.exists()


@pytest.mark.parametrize("text", [b"", b"x" * 10_000, b"SQLite format 3\x00" + b"\xff" * 5000])
def test_file_that_is_no_database_is_rebuilt(store, full, text):
    full.write_bytes(text)
    check(store)


def test_truncated_index_is_rebuilt(store, full):
    for keep in (1, 100, 4096, 5000, full.stat().st_size - 1):
        data = full.read_bytes()
        full.write_bytes(data[:keep])
        check(store)


def test_damaged_bytes_are_noticed_and_the_index_rebuilt(store, full):
    numbers = random.Random(20260101)
    data = full.read_bytes()
    for _ in range(60):
        damaged = bytearray(data)
        for _ in range(numbers.choice([1, 4, 64])):
            damaged[numbers.randrange(len(data))] ^= numbers.randrange(1, 256)
        assert damaged != data
        full.write_bytes(damaged)
        check_complete(store)


def check_complete(store):
    """No exception and no entry lost or invented; what a run log counted may be off."""
    index = Index(store)
    assert listed(index) == on_disk(store)
    for row in index.rows():
        assert row.label == store.get(row.id).label
    index.stats()
    index.close()


def test_lost_rows_are_noticed(store, full):
    with sqlite3.connect(full) as table:
        table.execute("DELETE FROM entry WHERE id = ?", [manifest(3).id])
    table.close()
    check(store)


def test_changed_row_is_noticed(store, full):
    with sqlite3.connect(full) as table:
        table.execute("UPDATE entry SET label = 'fake' WHERE id = ?", [manifest(3).id])
    table.close()
    check(store)


@pytest.mark.parametrize("version", [0, 99])
def test_other_schema_is_rebuilt(store, full, version):
    table = sqlite3.connect(full)
    table.execute(f"PRAGMA user_version = {version}")
    table.commit()
    table.close()
    check(store)


def test_index_of_another_secret_is_rebuilt(victim, places):
    publish(victim, 1)
    index = Index(victim)
    index.refresh()
    assert index.rows()[0].problem is None
    index.close()
    other = Index(Store.open(secret=places / "other" / "secret"))
    assert other.rows()[0].problem == "untrusted"
    other.close()
    assert Index(victim).rows()[0].problem is None


def test_locked_index_is_worked_around(store, full, monkeypatch):
    monkeypatch.setattr(table_module, "BUSY_SECONDS", 0.1)
    holder = sqlite3.connect(full, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    publish(store, 11)
    check(store)
    holder.execute("ROLLBACK")
    holder.close()
    check(store)


@pytest.mark.parametrize("odd", ["folder", "link", "parent is a file", "parent is open to all"])
def test_where_no_file_can_be_the_table_lives_in_memory(store, full, odd, places):
    if odd == "folder":
        full.unlink()
        full.mkdir()
    elif odd == "link":
        full.rename(places / "elsewhere")
        full.symlink_to(places / "elsewhere")
    elif odd == "parent is a file":
        full.unlink()
        full.parent.rmdir()
        full.parent.write_text("x")
    else:
        full.parent.chmod(0o777)
    check(store)


def test_store_that_vanished_is_one_clear_error(victim):
    index = Index(victim)
    index.refresh()
    shutil.rmtree(victim.path)
    with pytest.raises(StoreError, match="vanished"):
        index.refresh()


def test_removed_blobs_do_not_hide_their_entry(victim):
    publish(victim, 1)
    index = Index(victim)
    blob_file(victim, 1, "state").unlink()
    index.refresh()
    assert len(index.rows()) == 1
