"""Printed text as a front end shows it, and in pieces that the server lets through."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

_MOVES = re.compile("([\n\b\r])")
_PIECE = 100_000


def overwritten(text: str) -> str:
    """What JupyterLab leaves of a text in which carriage returns and backspaces move about.

    The rules, odd ones included, are those of `processText` in @jupyterlab/outputarea: a carriage
    return goes to the start of the line, later characters replace those that stand there, a line
    feed goes to the end of the text. Positions count UTF-16 units, as JavaScript does.
    """
    if "\r" not in text and "\b" not in text:
        return text
    lines: list[str] = []
    line: list[str] = []
    at = 0
    for part in _MOVES.split(_units(text)):
        if part == "\n":
            lines.append("".join(line))
            line, at = [], 0
        elif part == "\r":
            at = 0
        elif part == "\b":
            if at > 0:
                del line[at - 1 : at + 1]
                at -= 1
        else:
            line[at : at + len(part)] = part
            at += len(part)
    return _characters("\n".join([*lines, "".join(line)]))


def _units(text: str) -> str:
    if text.isascii() or max(text) <= "\uffff":
        return text
    return "".join(map(chr, memoryview(text.encode("utf-16-le", "surrogatepass")).cast("H")))


def _characters(units: str) -> str:
    return units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def size_of(text: str) -> int:
    """Bytes of the text inside a message."""
    return len(json.dumps(text, ensure_ascii=False).encode("utf-8", "surrogatepass"))


def pieces(text: str) -> Iterator[str]:
    """The text in parts of a moderate length; an empty text is one part."""
    for start in range(0, max(1, len(text)), _PIECE):
        yield text[start : start + _PIECE]
