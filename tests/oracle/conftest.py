"""Places outside the user's settings for every notebook that is executed here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from tests.oracle.__main__ import warm_up
from tests.oracle.running import Place


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for what programs keep for a user, with matplotlib's font list already made."""
    folder = tmp_path_factory.mktemp("settings")
    warm_up(folder)
    return folder


@pytest.fixture
def place(tmp_path: Path, settings: Path) -> Place:
    """Where one notebook runs, with an empty store."""
    root = tmp_path / "place"
    return Place(root, settings, root / "store")


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a notebook of code cells into a folder of its own; returns its path."""

    def write(*sources: str, name: str = "tiny", tags: dict[int, str] | None = None) -> Path:
        cells = [nbformat.v4.new_code_cell(source) for source in sources]
        for number, tag in (tags or {}).items():
            cells[number - 1].metadata["tags"] = [tag]
        path = tmp_path / "given" / f"{name}.ipynb"
        path.parent.mkdir(exist_ok=True)
        nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
        return path

    return write
