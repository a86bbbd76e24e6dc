from __future__ import annotations

import errno
import json
import os
import stat
import threading

import pytest

from jupyterlab_cacheable.errors import Damaged, StoreError, Untrusted
from jupyterlab_cacheable.store import Removed, Store, files
from jupyterlab_cacheable.store.signature import seal
from tests.store.samples import (
    all_files,
    audit,
    blob_file,
    blobs,
    entry_file,
    manifest,
    parts,
    publish,
    read,
    value,
)


def test_published_entry_is_read_back(store):
    made = publish(store, 1)
    assert made == manifest(1).with_blobs(made.blobs)
    assert [(blob["role"], blob["size"]) for blob in made.blobs] == [
        ("state", len(b"".join(blobs(1)["state"]))),
        ("outputs", len(blobs(1)["outputs"][0])),
    ]
    assert store.get(made.id) == made
    assert read(store, 1) == ("hit", value(1), "")
    assert read(store, 2) == ("miss", None, "there is no entry")


def test_entry_is_read_back_by_another_store_of_the_same_user(store):
    publish(store, 1)
    assert read(Store.open(), 1)[0] == "hit"


def test_layout_and_modes_do_not_depend_on_the_umask(places):
    before = os.umask(0)
    try:
        store = Store.open()
        publish(store, 1)
        store.log_run({"at": "x"})
    finally:
        os.umask(before)
    root = store.path
    names = {str(path.relative_to(root)) for path in root.rglob("*")}
    made = manifest(1)
    state, outputs = blob_file(store, 1, "state").name, blob_file(store, 1, "outputs").name
    (log,) = (root / "format-1" / "runs").iterdir()
    assert names == {
        "STORE",
        "CACHEDIR.TAG",
        ".gitignore",
        "tmp",
        "locks",
        "format-1",
        "format-1/entries",
        f"format-1/entries/{made.id[:2]}",
        f"format-1/entries/{made.id[:2]}/{made.id}.json",
        "format-1/blobs",
        f"format-1/blobs/{state[:2]}",
        f"format-1/blobs/{state[:2]}/{state}",
        f"format-1/blobs/{outputs[:2]}",
        f"format-1/blobs/{outputs[:2]}/{outputs}",
        "format-1/runs",
        f"format-1/runs/{log.name}",
    }
    for path in [root, *root.rglob("*"), places / "data" / "jupyterlab-cacheable"]:
        mode = stat.S_IMODE(path.stat().st_mode)
        in_blobs = path.is_file() and "blobs" in path.parts
        assert mode == (0o700 if path.is_dir() else 0o444 if in_blobs else 0o600), path
    assert (root / ".gitignore").read_text() == "*\n"
    tag = (root / "CACHEDIR.TAG").read_text()
    assert tag.startswith("Signature: 8a477f597d28d172789f06886806bc55\n")


@pytest.mark.parametrize("umask", [0o777, 0o277])
def test_strict_umask_does_not_lock_the_user_out(places, umask):
    before = os.umask(umask)
    try:
        store = Store.open()
        publish(store, 1)
    finally:
        os.umask(before)
    assert read(store, 1)[0] == "hit"
    assert stat.S_IMODE(entry_file(store, 1).stat().st_mode) == 0o600


@pytest.fixture
def record(monkeypatch):
    """The file operations in order, as (name, path); a descriptor stands for its path."""
    events, paths = [], {}

    def watch(name):
        real = getattr(files, name)

        def watched(*arguments):
            result = real(*arguments)
            if name == "create":
                paths[result] = arguments[0]
            target = arguments[-1] if name == "rename" else arguments[0]
            events.append((name, paths.get(target, target)))
            return result

        monkeypatch.setattr(files, name, watched)

    for name in ("create", "fsync", "rename", "sync_folder", "unlink"):
        watch(name)
    return events


def test_blobs_are_on_disk_before_their_names_and_the_manifest_comes_last(store, record):
    publish(store, 1)
    entry = entry_file(store, 1)
    at = {event: place for place, event in reversed([*enumerate(record)])}
    manifest_named = at["rename", entry]
    for role in ("state", "outputs"):
        blob = blob_file(store, 1, role)
        named = at["rename", blob]
        synced = max(i for i, (name, _) in enumerate(record[:named]) if name == "fsync")
        created = max(i for i, (name, _) in enumerate(record[:named]) if name == "create")
        assert created < synced < named < at["sync_folder", blob.parent] < manifest_named
        assert record[created][1] == record[synced][1]
        assert record[created][1].parent == store.folder.tmp
        assert at["sync_folder", store.folder.blobs] < named
    assert record[manifest_named - 1][0] in ("sync_folder", "fsync")
    assert record[manifest_named + 1 :] == [("sync_folder", entry.parent)]


def test_entry_is_not_found_before_its_manifest_is_named(store, monkeypatch):
    seen = []
    real = files.rename

    def rename(source, target):
        seen.append(read(store, 1)[0])
        real(source, target)

    monkeypatch.setattr(files, "rename", rename)
    publish(store, 1)
    assert seen == ["miss"] * 3
    assert read(store, 1)[0] == "hit"


OPERATIONS = ["create", "write", "fsync", "set_mode", "rename", "sync_folder", "make_folder"]
ERRORS = {
    errno.ENOSPC: "the disk is full",
    errno.EACCES: "permission denied",
    errno.EIO: "input/output error",
    errno.EDQUOT: "quota",
    errno.EROFS: "read-only",
    errno.EMFILE: "too many open files",
    errno.ESTALE: "network file system",
    errno.EBADF: "the store cannot be used",
}


def failing(monkeypatch, operation, code, nth):
    """Make the nth call of one operation fail; returns the list of calls that did."""
    real, calls, fired = getattr(files, operation), [], []

    def fail(*arguments):
        calls.append(arguments)
        if len(calls) == nth:
            fired.append(arguments)
            raise OSError(code, os.strerror(code))
        return real(*arguments)

    monkeypatch.setattr(files, operation, fail)
    return fired


@pytest.mark.parametrize("code", ERRORS, ids=errno.errorcode.get)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_error_while_saving_leaves_nothing_behind(store, monkeypatch, operation, code):
    publish(store, 1)
    publish(store, 2)
    before = {path: path.read_bytes() for path in all_files(store.path)}
    nth = 0
    while True:
        nth += 1
        with monkeypatch.context() as patched:
            fired = failing(patched, operation, code, nth)
            refused = None
            try:
                publish(store, 3)
            except StoreError as error:
                refused = str(error)
        assert bool(refused) == bool(fired)
        if refused is None:
            break
        assert ERRORS[code] in refused
        assert "\n" not in refused
        assert read(store, 1) == ("hit", value(1), "")
        # After the manifest has its name, only the wait for the disk can fail: the entry is whole.
        if read(store, 3)[0] == "hit":
            assert operation == "sync_folder"
            store.remove([manifest(3).id])
        assert audit(store)["orphans"] == 0
        assert {path: path.read_bytes() for path in all_files(store.path)} == before
    assert nth > 3
    assert read(store, 3) == ("hit", value(3), "")


@pytest.mark.parametrize("operation", ["create", "rename"])
def test_second_error_during_clean_up_is_contained(victim, monkeypatch, operation):
    publish(victim, 1)
    fired = failing(monkeypatch, operation, errno.ENOSPC, 2)
    refused = failing(monkeypatch, "unlink", errno.EIO, 1)
    with pytest.raises(StoreError, match="the disk is full"):
        publish(victim, 2)
    assert fired
    assert refused
    assert read(victim, 1) == ("hit", value(1), "")
    assert read(victim, 2)[0] == "miss"


def test_interrupt_while_saving_leaves_nothing_behind(store, monkeypatch):
    real, calls = files.fsync, []

    def fsync(descriptor):
        calls.append(descriptor)
        if len(calls) == 2:
            raise KeyboardInterrupt
        real(descriptor)

    monkeypatch.setattr(files, "fsync", fsync)
    with pytest.raises(KeyboardInterrupt):
        publish(store, 1)
    assert audit(store) == {"entries": 0, "blobs": 0, "orphans": 0}


def test_partial_writes_are_continued(store, monkeypatch):
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: real(descriptor, data[:7]))
    publish(store, 1)
    assert read(store, 1) == ("hit", value(1), "")


@pytest.mark.parametrize(
    "chunks",
    [
        [],
        [b""],
        [b"", b"abc", bytearray(b"def"), memoryview(b"ghi")],
        [memoryview(b"12345678").cast("d"), memoryview(b"")],
        [memoryview(bytes(24)).cast("B", [2, 3, 4])],
        [b"x" * 3_000_001],
    ],
)
def test_chunks_of_every_kind_are_one_blob(store, chunks):
    made = store.publish(manifest(1), {"state": chunks})
    view = store.read_blob(made, "state")
    assert view.tobytes() == b"".join(bytes(memoryview(chunk)) for chunk in chunks)
    assert view.nbytes == made.blobs[0]["size"]
    assert view.readonly == (view.nbytes == 0)
    del view


def test_mapping_can_be_written_and_the_blob_stays_as_it_was(store):
    made = publish(store, 1)
    view = store.read_blob(made, "state")
    whole = view.tobytes()
    view[:] = bytes(len(view))
    assert store.read_blob(made, "state").tobytes() == whole


def test_mapping_outlives_its_entry(store):
    view = store.read_blob(publish(store, 1), "state")
    store.remove([manifest(1).id])
    assert view.tobytes() == b"".join(blobs(1)["state"])


def test_unknown_role_is_a_key_error(store):
    with pytest.raises(KeyError):
        store.read_blob(publish(store, 1), "pictures")


def test_rotten_blob_is_healed_by_saving_again(victim):
    publish(victim, 1)
    rotten = blob_file(victim, 1, "state")
    rotten.chmod(0o600)
    rotten.write_bytes(bytes(rotten.stat().st_size))
    assert read(victim, 1)[2] == "one of its blobs is not what was stored"
    publish(victim, 1)
    assert read(victim, 1) == ("hit", value(1), "")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"key": "v1:cell:" + "0" * 64}, "key or id"),
        ({"base": "0" * 64}, "key or id"),
        ({"id": manifest(2).id}, "key or id"),
        ({"conditions": {"x": 1}, "id": manifest(1).id}, "key or id"),
        ({"imports": {"x": float("nan")}}, "finite"),
        ({"source": "x" * 5_000_000}, "MiB"),
        ({"label": None}, "label"),
    ],
)
def test_manifest_that_could_not_be_found_again_is_refused(store, change, words):
    with pytest.raises(StoreError, match=words):
        publish(store, 1, **change)
    assert audit(store)["blobs"] == 0


def test_bad_role_is_refused_and_leaves_nothing(store):
    with pytest.raises(StoreError, match="blobs"):
        store.publish(manifest(1), {"../state": [b"x"]})
    assert audit(store)["blobs"] == 0


def test_same_id_is_replaced_and_the_old_blobs_go(store):
    publish(store, 1)
    made = store.publish(manifest(1), {"state": [b"other"]})
    assert store.get(made.id) == made
    assert audit(store) == {"entries": 1, "blobs": 1, "orphans": 0}


def test_lookup_finds_every_entry_of_a_base_newest_first(store):
    for upstream, second in ((1, 10), (2, 30), (3, 20)):
        publish(store, 1, upstream=upstream, created_at=f"2026-01-01T00:00:{second}.000Z")
    publish(store, 1, upstream=1, conditions={"a": 1}, created_at="2026-01-01T00:00:15.000Z")
    publish(store, 2)
    found = [item.manifest.created_at[17:19] for item in store.lookup(manifest(1).base)]
    assert found == ["30", "20", "15", "10"]


def test_lookup_puts_damaged_candidates_last_with_a_reason(victim):
    publish(victim, 1, upstream=1)
    publish(victim, 1, upstream=2)
    broken = manifest(1, upstream=2).id
    victim.folder.entry(broken).write_bytes(b"{")
    first, second = victim.lookup(manifest(1).base)
    assert first.manifest.parts["upstream"][0]["source"] == "snr = 1"
    assert (second.id, second.manifest) == (broken, None)
    assert second.reason.sentence == "its manifest cannot be read"
    assert second.reason.changes[0].part == "store"


def test_lookup_of_a_folder_that_is_a_link_is_a_miss(victim, places):
    publish(victim, 1)
    folder = entry_file(victim, 1).parent
    folder.rename(places / "moved")
    folder.symlink_to(places / "moved")
    (found,) = victim.lookup(manifest(1).base)
    assert found.manifest is None
    assert "link" in found.reason.sentence


@pytest.mark.parametrize("name", ["", "x", "../../x", "0" * 74, manifest(9).id])
def test_get_of_an_absent_id_is_a_key_error(store, name):
    with pytest.raises(KeyError):
        store.get(name)
    assert store.remove([name]) == Removed(0, 0)


def resealed(store, number, **changes):
    """A validly signed entry file with changed fields under the old name."""
    data = {**manifest(number).to_json(), **changes}
    text = json.dumps(data, sort_keys=True, separators=(",", ":")).encode()
    entry_file(store, number).write_bytes(seal(text, store._key))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"id": manifest(2).id}, "another entry"),
        ({"key": manifest(2).key}, "does not follow"),
        ({"base": manifest(2).base}, "does not follow"),
        ({"parts": parts(2)}, "does not follow"),
        ({"conditions": {"x": 1}}, "does not follow"),
        ({"format": 2}, "format 2 is not known"),
        ({"more": 1}, "malformed"),
        ({"blobs": [{"role": "state", "digest": "x", "size": 1}]}, "malformed"),
    ],
)
def test_signed_manifest_must_follow_from_its_own_parts(victim, changes, words):
    publish(victim, 1)
    resealed(victim, 1, **changes)
    with pytest.raises(Damaged, match=words):
        victim.get(manifest(1).id)


def test_unsigned_entry_is_untrusted(victim):
    publish(victim, 1)
    entry_file(victim, 1).write_bytes(manifest(1).encode())
    with pytest.raises(Untrusted, match="not signed"):
        victim.get(manifest(1).id)


def test_entries_of_another_user_are_untrusted(victim, places):
    publish(victim, 1)
    other = Store.open(secret=places / "other" / "secret")
    with pytest.raises(Untrusted, match="somebody else"):
        other.get(manifest(1).id)
    assert read(other, 1)[0] == "miss"
    assert isinstance(other.manifests([manifest(1).id])[manifest(1).id], Untrusted)
    assert read(victim, 1)[0] == "hit"


def test_formats_of_other_versions_are_left_alone(store):
    publish(store, 1)
    other = store.path / "format-2" / "entries" / "ab"
    other.mkdir(parents=True)
    (other / f"{manifest(2).id}.json").write_bytes(b"newer")
    (store.path / "format-2" / "blobs").mkdir()
    (store.path / "format-2" / "blobs" / "x").write_bytes(b"newer")
    before = {path: path.read_bytes() for path in all_files(store.path / "format-2")}
    again = Store.open()
    assert list(again.ids()) == [manifest(1).id]
    again.remove([*again.ids(), manifest(2).id])
    assert {path: path.read_bytes() for path in all_files(store.path / "format-2")} == before


def test_manifests_are_read_again_only_when_their_file_changed(victim, monkeypatch):
    ids = [publish(victim, number).id for number in range(3)]
    assert victim.manifests([*ids, manifest(9).id, "../x"]) == {id: victim.get(id) for id in ids}
    reads = []
    real = files.read
    monkeypatch.setattr(files, "read", lambda *rest: reads.append(rest) or real(*rest))
    assert victim.manifests(ids)[ids[0]].label == "fit 0"
    assert reads == []
    entry_file(victim, 0).write_bytes(b"")
    assert isinstance(victim.manifests(ids)[ids[0]], Damaged)
    assert len(reads) == 1


def test_recent_manifests_are_bounded_by_their_bytes(store, monkeypatch):
    ids = [publish(store, number).id for number in range(10)]
    size = entry_file(store, 0).stat().st_size
    store._recent._most = 4 * size
    store.manifests(ids)
    assert 2 <= len(store._recent._known) <= 4
    assert store._recent._bytes <= 4 * size


def test_remove_frees_the_entry_and_its_blobs(store):
    made = publish(store, 1)
    size = entry_file(store, 1).stat().st_size + sum(blob["size"] for blob in made.blobs)
    publish(store, 2)
    assert store.remove([made.id, made.id, manifest(9).id]) == Removed(1, size)
    assert audit(store) == {"entries": 1, "blobs": 2, "orphans": 0}
    assert read(store, 1)[0] == "miss"
    assert read(store, 2)[0] == "hit"


def test_remove_keeps_a_blob_that_another_entry_names(store):
    one = store.publish(manifest(1), {"state": [b"shared"], "outputs": [b"1"]})
    two = store.publish(manifest(2), {"state": [b"shared"], "outputs": [b"2"]})
    sizes = [entry_file(store, number).stat().st_size for number in (1, 2)]
    shared = store.folder.blob(two.blob("state")["digest"])
    changed = shared.stat().st_ctime_ns
    assert store.remove([one.id]) == Removed(1, sizes[0] + 1)
    assert shared.stat().st_ctime_ns == changed, "it was never out of its place, not for a moment"
    assert store.read_blob(two, "state").tobytes() == b"shared"
    assert store.remove([two.id]) == Removed(1, sizes[1] + 1 + len(b"shared"))
    assert audit(store)["blobs"] == 0


def test_blob_named_by_an_unreadable_manifest_is_kept(victim, places):
    made = victim.publish(manifest(1), {"state": [b"shared"]})
    other = Store.open(secret=places / "other" / "secret")
    other.publish(manifest(2), {"state": [b"shared"]})
    victim.remove([made.id])
    assert victim.folder.blob(made.blobs[0]["digest"]).exists()


def test_nothing_is_freed_while_a_manifest_cannot_be_read(victim, monkeypatch):
    made = publish(victim, 1)
    publish(victim, 2)
    real = files.read

    def read_some(path, limit):
        if path == entry_file(victim, 2):
            raise PermissionError(errno.EACCES, "no")
        return real(path, limit)

    monkeypatch.setattr(files, "read", read_some)
    assert victim.remove([made.id]).count == 1
    assert blob_file(victim, 1, "state").exists()


def test_remove_touches_only_regular_files_of_ours(victim, places):
    foreign = places / "foreign"
    foreign.write_text("precious")
    publish(victim, 1)
    folder = entry_file(victim, 1).parent
    link = folder / f"{manifest(1, upstream=7).id}.json"
    link.symlink_to(foreign)
    (folder / "notes.txt").write_text("mine")
    os.mkfifo(folder / f"{manifest(1, upstream=8).id}.json")
    victim.remove([*victim.ids(), "../../../foreign", "notes"])
    assert foreign.read_text() == "precious"
    assert link.is_symlink()
    assert (folder / "notes.txt").exists()
    assert not entry_file(victim, 1).exists()


@pytest.mark.parametrize("odd", ["link", "pipe", "folder"])
@pytest.mark.parametrize("what", ["entry", "blob"])
def test_odd_file_is_damage_and_never_blocks(victim, places, odd, what):
    publish(victim, 1)
    path = entry_file(victim, 1) if what == "entry" else blob_file(victim, 1, "state")
    path.rename(places / "moved")
    if odd == "link":
        path.symlink_to(places / "moved")
    elif odd == "pipe":
        os.mkfifo(path)
    else:
        path.mkdir()
    outcome, _, sentence = read(victim, 1)
    assert outcome == "miss"
    assert "cannot be read" in sentence


def test_huge_manifest_is_refused_without_reading_it(victim):
    publish(victim, 1)
    with entry_file(victim, 1).open("r+b") as file:
        file.truncate(1 << 40)
    with pytest.raises(Damaged, match="too large"):
        victim.get(manifest(1).id)


def test_entry_cleared_while_it_is_saved_is_not_half_there(store, monkeypatch):
    publish(store, 1)
    real = files.rename

    def rename(source, target):
        real(source, target)
        if target == entry_file(store, 1):
            blob_file(store, 1, "state").unlink()

    monkeypatch.setattr(files, "rename", rename)
    with pytest.raises(StoreError, match="cleared while it was being saved"):
        publish(store, 1)
    assert audit(store) == {"entries": 0, "blobs": 1, "orphans": 1}
    monkeypatch.undo()
    blob_file(store, 1, "outputs").unlink()


def test_blob_wanted_again_while_it_is_freed_is_put_back(store, monkeypatch):
    """Another process publishes the shared blob's second entry just after it was moved away."""
    publish(store, 1)
    other = Store.open()
    real, done = files.rename, []

    def rename(source, target):
        real(source, target)
        if target.parent == store.folder.tmp and not done:
            done.append(True)
            publish(other, 1)

    monkeypatch.setattr(files, "rename", rename)
    store.remove([manifest(1).id])
    assert done
    assert read(store, 1) == ("hit", value(1), "")


def test_many_threads_share_one_store(store):
    faults = []

    def work(number):
        try:
            for round_number in range(5):
                publish(store, number)
                assert read(store, number) == ("hit", value(number), "")
                store.manifests(store.ids())
                if round_number % 2:
                    store.remove([manifest(number).id])
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=work, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


def test_a_check_sees_what_was_written_before_the_entry_is_there(store):
    seen = []

    def check(view):
        seen.append((bytes(view), list(store.ids())))

    made = store.publish(manifest(1), {"state": [b"a", b"b"], "outputs": [b"c"]}, {"state": check})
    assert seen == [(b"ab", [])]
    assert list(store.ids()) == [made.id]


def test_what_a_check_raises_comes_through_and_leaves_nothing(store):
    def check(_view):
        raise KeyboardInterrupt

    before = all_files(store.path)
    with pytest.raises(KeyboardInterrupt):
        store.publish(manifest(1), {"outputs": [b"c"], "state": [b"ab"]}, {"state": check})
    assert all_files(store.path) == before
