"""Torch is not built for every Python: its tests are skipped where it is not installed."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

HAS_TORCH = find_spec("torch") is not None


def skip_without_torch(*sources: str) -> None:
    """Skip the running test if one of its sources uses torch and there is none."""
    if not HAS_TORCH and any("torch" in source for source in sources):
        pytest.skip("torch is not installed")
