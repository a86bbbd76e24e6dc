from __future__ import annotations

from pathlib import Path

import pytest

from jupyterlab_cacheable.config import (
    Declared,
    declared,
    index_path,
    secret_path,
    store_dir,
    verify_rate,
)
from jupyterlab_cacheable.errors import ConfigError


@pytest.fixture(autouse=True)
def user(tmp_path, monkeypatch):
    monkeypatch.delenv("CACHEABLE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    return project


def test_default_is_the_users_cache_folder(tmp_path):
    assert store_dir() == tmp_path / "cache" / "jupyterlab-cacheable" / "store"


def test_environment_wins_over_the_project(user, monkeypatch, tmp_path):
    (user / "cacheable.yml").write_text("cache_dir: here\n")
    monkeypatch.setenv("CACHEABLE_DIR", str(tmp_path / "chosen"))
    assert store_dir() == tmp_path / "chosen"


def test_relative_environment_counts_from_the_current_folder(user, monkeypatch):
    monkeypatch.setenv("CACHEABLE_DIR", "a/../b")
    assert store_dir() == user / "b"


def test_yaml_path_is_relative_to_its_file_and_found_from_below(user):
    (user / "cacheable.yml").write_text("# ours\ncache_dir: .cache\n")
    below = user / "a" / "b"
    below.mkdir(parents=True)
    assert store_dir(below) == user / ".cache"


def test_toml_path_is_relative_to_its_file(user):
    (user / "pyproject.toml").write_text('[tool.cacheable]\ncache_dir = "kept"\n')
    assert store_dir() == user / "kept"


def test_nearest_file_wins_and_yaml_goes_before_toml(user):
    (user / "pyproject.toml").write_text('[tool.cacheable]\ncache_dir = "toml"\n')
    (user / "cacheable.yml").write_text("cache_dir: yaml\n")
    below = user / "a"
    below.mkdir()
    assert store_dir(below) == user / "yaml"
    (below / "pyproject.toml").write_text('[tool.cacheable]\ncache_dir = "near"\n')
    assert store_dir(below) == below / "near"


@pytest.mark.parametrize("text", ["", "# nothing\n", "[tool.ruff]\nline-length = 100\n"])
def test_project_that_says_nothing_is_passed_over(user, text, tmp_path):
    (user / "pyproject.toml").write_text(text)
    (user / "cacheable.yml").write_text("")
    assert store_dir() == tmp_path / "cache" / "jupyterlab-cacheable" / "store"


def test_home_is_expanded(user, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path / "ada"))
    (user / "cacheable.yml").write_text("cache_dir: ~/cells\n")
    assert store_dir() == tmp_path / "ada" / "cells"


@pytest.mark.parametrize(
    ("name", "text", "line", "words"),
    [
        ("cacheable.yml", "cache_dir: a\nstore: b\n", 2, "unknown key 'store'"),
        ("cacheable.yml", "\ncache_dir: 3\n", 2, "not the path"),
        ("cacheable.yml", "cache_dir: ''\n", 1, "not the path"),
        ("cacheable.yml", "cache_dir:\n", 1, "not the path"),
        ("cacheable.yml", "verify_rate: 1.5\n", 1, "verify_rate is not a number from 0 to 1"),
        ("cacheable.yml", "\nverify_rate: true\n", 2, "not a number from 0"),
        ("cacheable.yml", "verify_rate: .nan\n", 1, "not a number from 0"),
        ("cacheable.yml", "verify_rate: often\n", 1, "not a number from 0"),
        ("pyproject.toml", "[tool.cacheable]\nverify_rate = -1\n", 2, "not a number from 0"),
        ("cacheable.yml", "files: a.csv\n", 1, "files is not a list of texts"),
        ("cacheable.yml", "\nenv: [A, 1]\n", 2, "env is not a list of texts"),
        ("cacheable.yml", "vars: ['']\n", 1, "vars is not a list of texts"),
        ("pyproject.toml", "[tool.cacheable]\nvars = {a = 1}\n", 2, "vars is not a list"),
        ("cacheable.yml", "- a\n- b\n", None, "name: value"),
        ("cacheable.yml", "a: 1\nb: [\n", 3, "not valid YAML"),
        ("cacheable.yml", "a: !!python/object/apply:os.getcwd []\n", 1, "not valid YAML"),
        ("pyproject.toml", "[tool.cacheable]\n\ncachedir = 'x'\n", 3, "unknown key 'cachedir'"),
        ("pyproject.toml", "[tool.cacheable]\ncache_dir = 1\n", 2, "not the path"),
        ("pyproject.toml", "[tool]\ncacheable = 1\n", None, "name: value"),
        ("pyproject.toml", "[tool.cacheable]\ncache_dir = \n", 2, "not valid TOML"),
    ],
)
def test_wrong_file_is_named_with_its_line(user, name, text, line, words):
    (user / name).write_text(text)
    with pytest.raises(ConfigError, match=words) as caught:
        store_dir()
    assert (caught.value.path, caught.value.line) == (user / name, line)
    assert str(user / name) in str(caught.value)


def test_file_that_is_not_text_is_named(user):
    (user / "cacheable.yml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="UTF-8"):
        store_dir()


def test_verify_rate_is_that_of_the_nearest_file_that_has_one(user):
    assert verify_rate() == 0
    (user / "pyproject.toml").write_text("[tool.cacheable]\nverify_rate = 0.25\n")
    below = user / "a"
    below.mkdir()
    (below / "cacheable.yml").write_text("cache_dir: x\n")
    assert verify_rate(below) == 0.25
    (below / "cacheable.yml").write_text("verify_rate: 1\n")
    assert verify_rate(below) == 1
    assert verify_rate() == 0.25


def test_lists_are_those_of_the_nearest_file_that_has_one(user):
    assert declared() == Declared(user)
    (user / "pyproject.toml").write_text("[tool.cacheable]\nfiles = ['a']\nenv = ['B']\n")
    below = user / "a"
    below.mkdir()
    (below / "cacheable.yml").write_text("cache_dir: x\n")
    assert declared(below) == Declared(user, ("a",), ("B",), ())
    (below / "cacheable.yml").write_text("vars: [c, d=1]\n")
    assert declared(below) == Declared(below, (), (), ("c", "d=1"))


def test_an_edited_file_counts_at_once(user):
    for name in ("a", "b"):
        (user / "cacheable.yml").write_text(f"files: [{name}]\n")
        assert declared().files == (name,)


def test_secret_follows_only_the_user(user, tmp_path, monkeypatch):
    (user / "cacheable.yml").write_text("cache_dir: x\n")
    monkeypatch.setenv("CACHEABLE_DIR", "y")
    assert secret_path() == tmp_path / "data" / "jupyterlab-cacheable" / "secret"


def test_each_store_has_its_own_index(tmp_path):
    one, two = index_path(Path("/a")), index_path(Path("/b"))
    assert one != two
    assert one.parent == tmp_path / "cache" / "jupyterlab-cacheable" / "index"
    assert one == index_path(Path("/a"))
    assert len(one.stem) == 16
