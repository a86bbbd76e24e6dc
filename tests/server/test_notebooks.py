"""Which saved notebooks are read, and which never."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from jupyterlab_cacheable.forecast import Cell
from jupyterlab_cacheable.server import notebooks as module
from jupyterlab_cacheable.server.notebooks import Notebooks, UnreadableError


def write(path: Path, *cells: object) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"cells": cells, "nbformat": 4}))
    return str(path)


CODE = {"id": "c1", "cell_type": "code", "source": ["x = 1\n", "y = 2"]}
TEXT = {"cell_type": "markdown", "source": "# Title"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "root").mkdir()
    return tmp_path / "root"


def why(notebooks: Notebooks, path: object) -> str:
    with pytest.raises(UnreadableError) as caught:
        notebooks.cells(None if path is None else str(path))
    return str(caught.value)


class TestContentsPath:
    @pytest.mark.parametrize(
        ("path", "expected"),
        [
            ("ROOT/a.ipynb", "a.ipynb"),
            ("ROOT/dir/ä b.ipynb", "dir/ä b.ipynb"),
            ("ROOT//dir/./a.ipynb", "dir/a.ipynb"),
            ("ROOT", None),
            ("ROOT/../root/a.ipynb", None),
            ("ROOT/../a.ipynb", None),
            ("ROOT-sibling/a.ipynb", None),
            ("a.ipynb", None),
            ("/", None),
            ("", None),
            (None, None),
            ("ROOT/\0\ud800.ipynb", "\0\ud800.ipynb"),
        ],
    )
    def test_is_relative_to_the_root_or_nothing(self, root: Path, path, expected):
        text = path and path.replace("ROOT", str(root))
        assert Notebooks(root).contents_path(text) == expected

    def test_without_root_is_nothing(self):
        assert Notebooks(None).contents_path("/a.ipynb") is None

    def test_below_a_linked_root_is_the_same(self, root: Path, tmp_path: Path):
        (tmp_path / "link").symlink_to(root)
        notebooks = Notebooks(tmp_path / "link")
        assert notebooks.contents_path(str(root / "a.ipynb")) == "a.ipynb"
        assert notebooks.contents_path(str(tmp_path / "link" / "a.ipynb")) == "a.ipynb"

    def test_below_the_root_folder_of_the_machine(self):
        assert Notebooks(Path("/")).contents_path("/home/a.ipynb") == "home/a.ipynb"


class TestCells:
    def test_are_read(self, root: Path):
        path = write(root / "dir" / "a.ipynb", CODE, TEXT)
        expected = [Cell("c1", "x = 1\ny = 2", "code"), Cell(None, "# Title", "markdown")]
        assert Notebooks(root).cells(path) == expected

    def test_are_read_again_only_when_the_file_changed(self, root: Path, monkeypatch):
        path = write(root / "a.ipynb", CODE)
        notebooks = Notebooks(root)
        parsed = []
        monkeypatch.setattr(module, "_parse", lambda text: parsed.append(text) or [])
        notebooks.cells(path)
        notebooks.cells(path)
        assert len(parsed) == 1
        write(root / "a.ipynb", CODE, TEXT)
        notebooks.cells(path)
        assert len(parsed) == 2

    def test_of_few_notebooks_are_kept(self, root: Path):
        notebooks = Notebooks(root)
        for n in range(40):
            notebooks.cells(write(root / f"{n}.ipynb", CODE))
        assert len(notebooks._kept) == 32

    def test_below_a_linked_root_are_read(self, root: Path, tmp_path: Path):
        write(root / "a.ipynb", CODE)
        (tmp_path / "link").symlink_to(root)
        assert Notebooks(tmp_path / "link").cells(str(tmp_path / "link" / "a.ipynb"))

    def test_of_nothing_are_unknown(self, root: Path):
        assert why(Notebooks(root), None) == "its notebook is not known"
        assert why(Notebooks(root), root / "a.ipynb") == "its notebook was moved or deleted"

    def test_outside_the_root_are_never_read(self, root: Path, tmp_path: Path):
        sentence = "its notebook is outside the folder of this server"
        outside = write(tmp_path / "root-sibling" / "a.ipynb", CODE)
        (root / "link.ipynb").symlink_to(outside)
        (root / "dir").symlink_to(tmp_path / "root-sibling")
        for path in (
            outside,
            root / "link.ipynb",
            root / "dir" / "a.ipynb",
            f"{root}/../root-sibling/a.ipynb",
        ):
            assert why(Notebooks(root), path) == sentence
        assert why(Notebooks(None), outside) == sentence

    def test_of_other_files_are_never_read(self, root: Path):
        (root / "secret.json").write_text("{}")
        (root / "disguised.ipynb").symlink_to(root / "secret.json")
        sentence = "its notebook is not an .ipynb file"
        assert why(Notebooks(root), root / "secret.json") == sentence
        assert why(Notebooks(root), root / "disguised.ipynb") == sentence

    def test_of_what_is_no_regular_file_are_never_read(self, root: Path):
        os.mkfifo(root / "pipe.ipynb")
        (root / "folder.ipynb").mkdir()
        assert why(Notebooks(root), root / "pipe.ipynb") == "its notebook is not a regular file"
        assert "its notebook" in why(Notebooks(root), root / "folder.ipynb")

    def test_of_a_huge_file_are_not_read(self, root: Path, monkeypatch):
        monkeypatch.setattr(module, "MAX_BYTES", 20)
        path = write(root / "a.ipynb", CODE)
        assert why(Notebooks(root), path) == "its notebook is too large to be read"

    @pytest.mark.parametrize(
        "text",
        [
            b"",
            b"\xff\xfe",
            b"[]",
            b"null",
            b"{}",
            b'{"cells": {}}',
            b'{"cells": [1]}',
            b'{"cells": [{"cell_type": "code"}]}',
            b'{"cells": [{"cell_type": 1, "source": ""}]}',
            b'{"cells": [{"cell_type": "code", "source": [1]}]}',
            b'{"cells": [{"cell_type": "code", "source": "", "id": 1}]}',
            b'{"worksheets": []}',
            b"[" * 200_000,
            b'{"cells": ' + b"[" * 200_000,
        ],
    )
    def test_of_a_broken_file_are_unknown(self, root: Path, text: bytes):
        (root / "a.ipynb").write_bytes(text)
        assert why(Notebooks(root), root / "a.ipynb").startswith("its notebook ")

    @pytest.mark.parametrize("name", ["\0.ipynb", "\ud800.ipynb", "x" * 5000 + ".ipynb"])
    def test_of_an_impossible_path_are_unknown(self, root: Path, name: str):
        assert why(Notebooks(root), f"{root}/{name}").startswith("its notebook ")
