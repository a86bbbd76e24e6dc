from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from jupyterlab_cacheable.errors import StoreError
from jupyterlab_cacheable.store import Store
from jupyterlab_cacheable.store.folder import open_folder
from tests.store.samples import manifest, publish


def test_linked_store_is_refused(places):
    (places / "real").mkdir()
    (places / "store").symlink_to(places / "real")
    with pytest.raises(StoreError, match="is a link"):
        Store.open()
    assert list((places / "real").iterdir()) == []


@pytest.mark.parametrize("name", ["format-1", "tmp", "format-1/entries", "format-1/blobs"])
def test_linked_folder_inside_the_store_is_refused(places, name):
    root = Store.open().path
    (root / name).rename(places / "moved")
    (root / name).symlink_to(places / "moved")
    with pytest.raises(StoreError, match="link"):
        Store.open()


def test_linked_blob_folder_is_never_written_through(victim, places):
    (places / "elsewhere").mkdir()
    for number in range(256):
        (victim.folder.blobs / f"{number:02x}").symlink_to(places / "elsewhere")
    with pytest.raises(StoreError, match="link"):
        publish(victim, 1)
    assert list((places / "elsewhere").iterdir()) == []
    assert list(victim.folder.tmp.iterdir()) == []


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777, 0o720])
def test_store_that_others_can_write_is_refused(places, mode):
    Store.open().path.chmod(mode)
    with pytest.raises(StoreError, match="written by other users"):
        Store.open()


def test_store_that_others_can_read_is_closed_to_them(places):
    root = Store.open().path
    root.chmod(0o755)
    Store.open()
    assert stat.S_IMODE(root.stat().st_mode) == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_store_of_another_user_is_refused(places):
    os.chown(Store.open().path, 12345, 12345)
    with pytest.raises(StoreError, match="another user"):
        Store.open()


def test_root_and_home_are_refused(places, monkeypatch):
    home = places / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for place in (Path("/"), home, places / "x" / ".." / "home"):
        with pytest.raises(StoreError, match="folder"):
            Store.open(place)
    (places / "link").symlink_to(home)
    with pytest.raises(StoreError):
        Store.open(places / "link")
    assert list(home.iterdir()) == []


def test_folder_with_other_things_is_refused_and_left_alone(places):
    place = places / "store"
    place.mkdir(mode=0o700)
    (place / "thesis.tex").write_text("precious")
    with pytest.raises(StoreError, match="holds other things"):
        Store.open()
    assert [path.name for path in place.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize("text", ["something else", "x" * 5000])
def test_foreign_marker_is_not_ours(places, text):
    place = places / "store"
    place.mkdir(mode=0o700)
    (place / "STORE").write_text(text)
    with pytest.raises(StoreError):
        Store.open()


def test_empty_folder_becomes_a_store(places):
    (places / "store").mkdir()
    assert Store.open().path == places / "store"


def test_file_in_the_place_of_the_store_is_refused(places):
    (places / "store").write_text("x")
    with pytest.raises(StoreError, match="not a folder"):
        Store.open()


def test_store_interrupted_while_it_was_made_is_completed(places):
    place = places / "store"
    place.mkdir(mode=0o700)
    (place / "STORE").touch()
    publish(Store.open(), 1)


def test_without_create_nothing_is_made(places):
    with pytest.raises(StoreError, match="there is no store"):
        Store.open(create=False)
    assert not (places / "store").exists()
    (places / "store").mkdir(mode=0o700)
    with pytest.raises(StoreError, match="there is no store"):
        Store.open(create=False)
    Store.open()
    assert Store.open(create=False).path == places / "store"


def test_relative_path_is_made_absolute(places, monkeypatch):
    monkeypatch.chdir(places)
    assert Store.open(Path("a/../b")).path == places / "b"


def test_new_folders_above_the_store_are_private(places):
    before = os.umask(0)
    try:
        Store.open(places / "a" / "b" / "c")
    finally:
        os.umask(before)
    assert stat.S_IMODE((places / "a" / "b").stat().st_mode) == 0o700


def test_first_runs_at_once_make_one_store(places):
    script = "from jupyterlab_cacheable.store import Store; print(Store.open().identity)"
    started = [
        subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) for _ in range(6)
    ]
    found = {process.communicate()[0] for process in started}
    assert [process.returncode for process in started] == [0] * 6
    assert len(found) == 1


def test_only_old_temporary_files_of_ours_are_swept(places):
    tmp = Store.open().folder.tmp
    old = time.time() - 25 * 3600
    names = {"12-" + "a" * 16: old, "13-" + "b" * 16: time.time(), "notes": old}
    for name, when in names.items():
        (tmp / name).write_bytes(b"x")
        os.utime(tmp / name, (when, when))
    (tmp / ("14-" + "c" * 16)).symlink_to(places)
    Store.open()
    left = {path.name for path in tmp.iterdir()}
    assert left == {"13-" + "b" * 16, "notes", "14-" + "c" * 16}


def test_names_that_are_not_entries_are_not_listed(store):
    publish(store, 1)
    folder = store.folder.entries
    (folder / "zz").mkdir()
    (folder / "ab.txt").write_text("")
    other = folder / manifest(1).id[:2]
    (other / "x.json").write_text("")
    (other / (manifest(1).id + ".json.bak")).write_text("")
    (folder / "00").mkdir(exist_ok=True)
    (folder / "00" / f"{manifest(1).id}.json").write_text("")
    assert list(store.ids()) == [manifest(1).id]


def test_folder_paths_stay_inside(places):
    folder = open_folder(places / "store", True)
    assert folder.blob("sha256:" + "a" * 64) == folder.blobs / "aa" / ("a" * 64)
    assert folder.entry(manifest(1).id).is_relative_to(folder.entries)
    assert folder.temporary() != folder.temporary()
