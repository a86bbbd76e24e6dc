"""Which files a path, a folder or a pattern stands for."""

from __future__ import annotations

import glob
import os
import re
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyterlab_cacheable.digest.paths import TOOLS, counted, is_pattern

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="needs links and any name")

NAMES = st.text(st.sampled_from("ab.*?[]- é"), min_size=1, max_size=4).filter(
    lambda name: name not in (".", "..")
)
TREES = st.recursive(
    st.just(None), lambda inner: st.dictionaries(NAMES, inner, max_size=4), max_leaves=12
).map(lambda tree: tree or {})
SEGMENTS = st.one_of(
    st.just("**"), st.text(st.sampled_from("ab.*?[]!-"), min_size=1, max_size=4), NAMES
).filter(lambda segment: segment not in (".", ".."))
PATTERNS = st.lists(SEGMENTS, min_size=1, max_size=4).map("/".join)


def plant(folder: str, tree: dict) -> None:
    for name, inner in tree.items():
        path = os.path.join(folder, name)
        if inner is None:
            Path(path).write_text(name)
        else:
            os.mkdir(path)
            plant(path, inner)


def found(text: str, folder: str | Path, only: str | None = None) -> list[str]:
    """What counts, relative to the folder."""
    pattern = None if only is None else re.compile(only)
    return [os.path.relpath(one.path, folder) for one in counted(text, str(folder), pattern)]


def files_below(path: str) -> set[str]:
    if not os.path.isdir(path):
        return {path}
    return {os.path.join(place, name) for place, _, names in os.walk(path) for name in names}


@POSIX
@given(TREES, PATTERNS)
@settings(max_examples=300, deadline=None)
def test_a_pattern_stands_for_the_files_that_glob_finds_and_those_below_its_folders(
    tree: dict, pattern: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        plant(folder, tree)
        if not is_pattern(pattern, folder):
            return
        matches = glob.glob(pattern, root_dir=folder, recursive=True)
        # glob takes "file/**" for the file.
        matches = [each for each in matches if os.path.lexists(os.path.join(folder, each))]
        if (
            pattern.split("/")[-1] == "**"
        ):  # which finds the folders too, and those that are hidden below
            matches = [each for each in matches if not os.path.isdir(os.path.join(folder, each))]
        expected = set().union(*(files_below(os.path.join(folder, each)) for each in matches))
        ours = {one.path for one in counted(pattern, folder) if not os.path.isdir(one.path)}
        if expected:
            assert {os.path.normpath(path) for path in ours} == {
                os.path.normpath(path) for path in expected
            }
        else:
            assert {path for path in ours if os.path.exists(path)} == set()


@POSIX
@given(TREES)
@settings(max_examples=100, deadline=None)
def test_a_folder_stands_for_itself_and_all_below_it_in_one_order(tree: dict) -> None:
    with tempfile.TemporaryDirectory() as folder:
        plant(folder, tree)
        ours = list(counted(".", folder))
        assert ours == list(counted(".", folder))
        assert {one.path for one in ours[1:]} == {
            os.path.join(folder, ".", os.path.relpath(path, folder)) for path in files_below(folder)
        }
        assert [one.inner for one in ours[1:]] == [
            os.path.relpath(one.path, folder).replace(os.sep, "/") for one in ours[1:]
        ]


@POSIX
@given(TREES, NAMES)
@settings(max_examples=100, deadline=None)
def test_a_path_that_exists_is_never_a_pattern(tree: dict, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        plant(folder, {**tree, name: None})
        assert found(name, folder) == [name]


def test_a_path_without_a_file_stands_for_itself(tmp_path: Path) -> None:
    assert found("none.csv", tmp_path) == ["none.csv"]
    assert found("*.csv", tmp_path) == ["*.csv"]


def test_what_tools_keep_does_not_count(tmp_path: Path) -> None:
    for name in (*TOOLS, "own"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x").touch()
    assert found(".", tmp_path)[1:] == [os.path.join("own", "x")]
    assert found("**/x", tmp_path) == [os.path.join("own", "x")]


def test_only_names_that_fit_count_below_folders(tmp_path: Path) -> None:
    for name in ("a.csv", "b.txt"):
        (tmp_path / name).touch()
    assert found(".", tmp_path, r"\.csv$")[1:] == ["a.csv"]
    assert found("b.txt", tmp_path, r"\.csv$") == ["b.txt"]
    assert found("*.txt", tmp_path, r"\.csv$") == ["b.txt"]


def test_brackets_in_the_working_folder_are_no_pattern(tmp_path: Path) -> None:
    place = tmp_path / "run [1]"
    place.mkdir()
    (place / "a.csv").touch()
    assert found("*.csv", place) == ["a.csv"]


@POSIX
def test_loops_of_links_end(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x").touch()
    for name in ("one", "two"):
        (tmp_path / "a" / name).symlink_to(tmp_path)
    inner = [os.path.join("a", name) for name in ("one", "two", "x")]
    assert found(".", tmp_path)[1:] == inner
    assert found("**/x", tmp_path) == [inner[-1]]
    # A link that leads back counts as being there.
    (tmp_path / "a" / "two").unlink()
    assert found(".", tmp_path)[1:] == [inner[0], inner[-1]]
