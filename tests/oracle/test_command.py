"""The command: notebooks and folders in, a table and an exit code out."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.oracle.__main__ import main, notebooks

Write = Callable[..., Path]
SEES_THE_EXTENSION = "print('cacheable' in get_ipython().magics_manager.magics['cell'])"


def test_equal_runs_end_with_0_and_a_table(
    write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write("x = 1", "import time; now = time.time()", name="first")
    write("x = [n for n in range(3)]; x", name="second")
    found = tmp_path / "found.json"
    assert main([str(tmp_path / "given"), "--json", str(found), "--jobs", "2"]) == 0
    shown = capsys.readouterr()
    assert re.search(r"^first\.ipynb +2 +2 ", shown.out, re.M)
    assert re.search(r"^total +3 +3 .*% hit$", shown.out, re.M)
    assert "variables, now" in shown.out
    assert "[1/2] first.ipynb: plain" in shown.err
    assert [one["differences"] for one in json.loads(found.read_text())] == [[], []]


def test_a_difference_ends_with_1_and_is_named(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(write(SEES_THE_EXTENSION))]) == 1
    shown = capsys.readouterr().out
    assert "DIFFERENCE miss: outputs, cell 1" in shown
    assert "'False' became 'True'" in shown


def test_the_sentence_of_a_refusal_is_shown(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(write("f = open('x', 'w')")), "--no-cell-ids"]) == 0
    assert re.search(r"^  cell 1: UNCACHED: .+", capsys.readouterr().out, re.M)


def test_an_early_end_is_shown(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    main([str(write("1 / 0", "x = 1"))])
    assert "stopped at cell 1: ZeroDivisionError" in capsys.readouterr().out


def test_a_given_store_is_used_and_kept(write: Write, tmp_path: Path) -> None:
    store = tmp_path / "kept"
    notebook, found = str(write("x = 1")), tmp_path / "found.json"
    for stored in (1, 1):
        assert main([notebook, "--store", str(store), "--json", str(found)]) == 0
        assert json.loads(found.read_text())[0]["stored"] == stored
    assert list(store.rglob("*.json"))


def test_folders_are_searched_without_checkpoints(tmp_path: Path) -> None:
    for name in ("a.ipynb", "deep/b.ipynb", "deep/.ipynb_checkpoints/b-checkpoint.ipynb", "c.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = notebooks([tmp_path, tmp_path / "a.ipynb"])
    assert [path.name for path in found] == ["a.ipynb", "b.ipynb"]


def test_a_folder_without_notebooks_ends_with_2(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.oracle", str(tmp_path)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
    )
    assert (ran.returncode, ran.stderr) == (2, "There is no notebook.\n")
