"""Which cells run marked, and how: every way of running a cell gives Python the same text."""

from __future__ import annotations

import re
from enum import StrEnum

MARK = re.compile(r"^(?:%%cacheable\b|#\|\s*cacheable\b).*$")


class Marks(StrEnum):
    """Which code cells of the notebook are marked when it runs."""

    NONE = "none"
    """Every mark is only a comment and the extension is not loaded."""
    WRITTEN = "written"
    """As the notebook is written."""
    ALL = "all"
    """Every code cell but those under another cell magic; written marks stay as they are."""


def prepare(source: str, marked: Marks) -> str:
    """The source as it is run: after the mark has become a comment, all three are the same text."""
    if marked is Marks.WRITTEN:
        return source
    lines = source.splitlines()
    position = mark_position(lines)
    if position is None and takes_a_mark(lines):
        lines, position = ["%%cacheable", *lines], 0
    if marked is Marks.NONE and position is not None and lines[position].startswith("%%"):
        lines[position] = "# " + lines[position]
    return "\n".join(lines)


def is_marked(source: str) -> bool:
    return mark_position(source.splitlines()) is not None


def mark_position(lines: list[str]) -> int | None:
    """Line number of the mark among the leading comments, if there is one."""
    for number, line in enumerate(lines):
        if MARK.match(line):
            return number
        if line.strip() and not line.startswith("#"):
            return None
    return None


def takes_a_mark(lines: list[str]) -> bool:
    first = next((line for line in lines if line.strip()), "")
    return not first.startswith("%%")
