"""A place outside the user's settings for every notebook that is executed here."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.examples.oracle import environment

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for settings and caches, with matplotlib's font list already made."""
    folder = tmp_path_factory.mktemp("sandbox")
    env = {**os.environ, **environment(folder / "unused-store", folder)}
    subprocess.run([sys.executable, "-c", "import matplotlib.pyplot"], env=env, check=True)
    return folder
