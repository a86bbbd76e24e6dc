"""What `--file`, `--env` and `--var` put into the key."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyterlab_cacheable.analysis.mark import Options
from jupyterlab_cacheable.config import Declared
from jupyterlab_cacheable.errors import Uncacheable
from jupyterlab_cacheable.kernel.declared import Wanted, refuse_changed
from tests.digest.test_paths import POSIX, plant

NAMES = st.sampled_from(["a", "b", "ab", "a.csv", "[a]", "é"])
CONTENTS = st.sampled_from(["", "a", "b", "\0"])
TREES = st.recursive(
    st.none(), lambda inner: st.dictionaries(NAMES, inner, max_size=3), max_leaves=8
).map(lambda tree: tree or {})


def wanted(folder: Path, *files: str, **options: object) -> Wanted:
    return Wanted(Options(files=files, **options), Declared(folder))


def digests(folder: str | Path, *files: str, **options: object) -> dict[str, str]:
    rows = wanted(Path(folder), *files, **options).files(str(folder)).rows
    return {name: row["digest"] for name, row in rows.items()}


def contents(folder: str) -> dict[str, bytes]:
    paths = (path for path in Path(folder).rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


@POSIX
@given(TREES, TREES, st.booleans())
@settings(max_examples=150, deadline=None)
def test_folders_have_the_same_key_exactly_if_their_files_are_the_same(
    one: dict, other: dict, content_only: bool
) -> None:
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        plant(first, one)
        plant(second, other)
        keys = [digests(each, ".", file_content_only=content_only) for each in (first, second)]
        assert (keys[0] == keys[1]) == (contents(first) == contents(second))


@given(CONTENTS, CONTENTS)
@settings(max_examples=30, deadline=None)
def test_a_file_is_compared_by_content(one: str, other: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a")
        path.write_text(one)
        before = digests(folder, "a")
        path.write_text(other)
        assert (digests(folder, "a") == before) == (one == other)


def test_names_are_relative_if_they_were_written_so(tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    for path in (here / "a", tmp_path / "b"):
        path.write_text("1")
    real = tmp_path.resolve()
    names = list(digests(here, "a", "../b", str(here / "a"), "./../here/a"))
    assert names == ["a", "../b", (real / "here" / "a").as_posix()]


@POSIX
def test_a_link_out_of_the_folder_is_named_by_where_it_leads(tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    (tmp_path / "data").write_text("1")
    (here / "link").symlink_to(tmp_path / "data")
    target = str((tmp_path / "data").resolve())
    assert digests(here, "link") == digests(here, target)
    assert list(digests(here, "link")) == [target]


def test_rows_tell_size_and_time(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("123")
    os.utime(tmp_path / "a", (0, 0))
    (row,) = wanted(tmp_path, "a").files(str(tmp_path)).rows.values()
    assert (row["size"], row["time"]) == (3, "1970-01-01T00:00:00.000Z")
    os.utime(tmp_path / "a", ns=(2**62, 2**62))
    assert wanted(tmp_path, "a").files(str(tmp_path)).rows["a"]["size"] == 3


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such files")
def test_what_is_no_file_is_refused_by_name(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in ("pipe", ".", "*"):
        with pytest.raises(Uncacheable, match="is no regular file"):
            digests(tmp_path, path)


def test_options_and_project_are_united() -> None:
    project = Declared(Path("/"), env=("A", "B"), vars=("x", "y=1", "z=2"))
    both = Wanted.of(Options(env=("B", "C"), vars=("y", "w=3")), project)
    assert sorted(both.environment(b"key")) == ["A", "B", "C"]
    assert both.names == {"x": None, "y": None, "z": "2", "w": "3"}
    with pytest.raises(Uncacheable, match="must be the name of an environment variable"):
        Wanted.of(Options(), Declared(Path("/"), env=("A=B",)))


def test_values_of_the_environment_are_hidden_by_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "secret")
    own = Wanted(Options(env=("TOKEN", "NOT_SET")), Declared(Path("/")))
    one, other = own.environment(b"one"), own.environment(b"other")
    assert one["TOKEN"] != other["TOKEN"]
    assert one["NOT_SET"] == "absent"
    assert "secret" not in str(one)


def test_a_written_file_may_have_the_same_content_if_the_run_wrote_it(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("1")
    own = wanted(tmp_path, "a")
    before = own.files(str(tmp_path))
    os.utime(path, (5, 5))
    after = own.files(str(tmp_path))
    refuse_changed(before, after, lambda _path: True)
    with pytest.raises(Uncacheable, match="the file 'a' changed while the cell ran"):
        refuse_changed(before, after, lambda _path: False)
    path.write_text("2")
    with pytest.raises(Uncacheable, match="the file 'a' changed while the cell ran"):
        refuse_changed(before, own.files(str(tmp_path)), lambda _path: True)
