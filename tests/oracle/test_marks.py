"""All ways of running a cell give Python the same text."""

from __future__ import annotations

import pytest

from tests.oracle.marks import Marks, is_marked, prepare


@pytest.mark.parametrize(
    "source",
    [
        "%%cacheable --ttl 1h\nx = 1",
        "# note\n#| cacheable: tag=a\nx = 1",
        "x = 1",
        "%matplotlib inline\nx = 1",
    ],
    ids=["magic", "comment", "unmarked", "line magic"],
)
def test_all_ways_of_marking_keep_the_line_of_the_code(source: str) -> None:
    plain, marked = prepare(source, Marks.NONE), prepare(source, Marks.ALL)
    assert plain.splitlines().index("x = 1") == marked.splitlines().index("x = 1")
    assert marked.startswith(("%%cacheable", "# note\n#| cacheable"))
    assert is_marked(marked)
    assert not plain.startswith("%%")


def test_a_cell_under_another_cell_magic_is_left_alone() -> None:
    source = "%%time\nx = 1"
    assert prepare(source, Marks.ALL) == prepare(source, Marks.NONE) == source


def test_written_marks_are_left_as_they_are() -> None:
    assert prepare("x = 1", Marks.WRITTEN) == "x = 1"
    assert prepare("%%cacheable\nx = 1", Marks.WRITTEN) == "%%cacheable\nx = 1"
