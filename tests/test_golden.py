"""Digests and keys are what they were on every Python: a change would lose every stored result."""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import Any

import pytest

from tests.golden.make import DIGESTS, found

GOLDEN: dict[str, Any] = json.loads(DIGESTS.read_text(encoding="ascii"))
PANDAS_2 = version("pandas").startswith("2.")


@pytest.fixture(scope="module")
def now() -> dict[str, Any]:
    return found()


def test_there_are_enough_to_tell() -> None:
    assert len(GOLDEN["cells"]) >= 100
    assert len(GOLDEN["values"]) >= 190
    assert len({*GOLDEN["cells"].values()}) >= len(GOLDEN["cells"]) - 1  # 'a' 'b' stands alone
    assert None not in GOLDEN["cells"].values()


def test_cells_have_the_digests_they_had(now: dict[str, Any]) -> None:
    assert now["cells"] == GOLDEN["cells"]


def test_values_have_the_digests_they_had(now: dict[str, Any]) -> None:
    mine, golden = now["values"], GOLDEN["values"]
    if PANDAS_2:  # other defaults make other frames of the same expressions
        mine = {text: digest for text, digest in mine.items() if not text.startswith("pd.")}
        golden = {text: golden[text] for text in mine}
    assert mine == golden


def test_keys_are_what_they_were(now: dict[str, Any]) -> None:
    assert now["keys"] == GOLDEN["keys"]
    assert now["epoch"] == GOLDEN["epoch"]
