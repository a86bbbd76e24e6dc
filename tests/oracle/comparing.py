"""Where two runs of one notebook part: places, and sentences that name them."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from .running import CellRun, RunResult

Path = tuple[Any, ...]
WORD = re.compile(r"(\s+|[^\w.])")


@dataclass(frozen=True)
class Difference:
    """One place in which two runs differ: the part, the name in it, the way to it in the tree."""

    part: str
    name: str
    path: Path
    left: Any
    right: Any

    @property
    def where(self) -> Path:
        return (self.part, self.name, *self.path)

    def __str__(self) -> str:
        steps = "".join(f".{step}" if isinstance(step, str) else f"[{step}]" for step in self.path)
        return f"{self.part}, {self.name}{steps}: {shown(self.left)} became {shown(self.right)}"


def differences(expected: RunResult, found: RunResult) -> list[Difference]:
    """Every observable difference between two runs of one notebook, the first ones first."""
    all_of_them = [*in_cells(expected, found), *in_states(expected.states, found.states)]
    all_of_them += in_part("files", expected.files, found.files)
    if expected.stopped != found.stopped:
        all_of_them.append(Difference("run", "end", (), expected.stopped, found.stopped))
    return all_of_them


def in_cells(expected: RunResult, found: RunResult) -> Iterator[Difference]:
    for number, (left, right) in enumerate(zip(expected.cells, found.cells, strict=False), start=1):
        yield from in_cell(number, left, right)
    if len(expected.cells) != len(found.cells):
        yield Difference("run", "cells", (), len(expected.cells), len(found.cells))


def in_cell(number: int, left: CellRun, right: CellRun) -> Iterator[Difference]:
    name = f"cell {number} ({last_line(left.source)!r})"
    for part, pair in (
        ("outputs", (left.outputs, right.outputs)),
        ("reply", (left.reply, right.reply)),
    ):
        for path, *values in places(*pair):
            yield Difference(part, name, path, *values)


def in_states(expected: dict[str, Any], found: dict[str, Any]) -> Iterator[Difference]:
    for part in dict.fromkeys([*expected, *found]):
        yield from in_part(part, expected.get(part, {}), found.get(part, {}))


def in_part(part: str, left: dict[str, Any], right: dict[str, Any]) -> Iterator[Difference]:
    for name in sorted(left.keys() | right.keys()):
        pair = left.get(name, "absent"), right.get(name, "absent")
        for path, *values in places(*pair):
            yield Difference(part, name, path, *values)


def places(left: Any, right: Any, path: Path = ()) -> Iterator[tuple[Path, Any, Any]]:
    """Every place where two JSON trees part, as deep as possible. Types count: true is not 1."""
    if type(left) is not type(right):
        yield path, left, right
    elif isinstance(left, dict):
        if left.keys() != right.keys():
            yield path, sorted(left.keys() - right.keys()), sorted(right.keys() - left.keys())
        for key in left.keys() & right.keys():
            yield from places(left[key], right[key], (*path, key))
    elif isinstance(left, list):
        if len(left) != len(right):
            yield path, only(left, right), only(right, left)
            return
        for at, (a, b) in enumerate(zip(left, right, strict=True)):
            yield from places(a, b, (*path, at))
    elif isinstance(left, str) and left != right:
        yield from places_in_text(left, right, path)
    elif left != right:
        yield path, left, right


def only(these: list[Any], others: list[Any]) -> list[Any]:
    """What a list of another length does not have; all if there is nothing like that."""
    return [item for item in these if item not in others] or these


def places_in_text(left: str, right: str, path: Path) -> Iterator[tuple[Path, Any, Any]]:
    """Words of lines, as long as both texts have as many lines, and a line as many words."""
    for at, a, b in parts(left.split("\n"), right.split("\n")):
        for within, c, d in parts(WORD.split(a), WORD.split(b)):
            yield (*path, *(f"line {n}" for n in at), *(f"word {n}" for n in within)), c, d


def parts(left: list[str], right: list[str]) -> list[tuple[tuple[int, ...], str, str]]:
    """Place, left and right of the parts that differ; all in one if their numbers differ."""
    if len(left) != len(right) or len(left) == 1:
        return [((), "".join(left), "".join(right))]
    pairs = enumerate(zip(left, right, strict=True))
    return [((at,), a, b) for at, (a, b) in pairs if a != b]


def without(found: Iterable[Difference], varying: Iterable[Difference]) -> list[Difference]:
    """The differences that are in none of the varying places, nor below one."""
    known = {difference.where for difference in varying}
    return [
        difference
        for difference in found
        if not any(difference.where[:end] in known for end in range(2, len(difference.where) + 1))
    ]


def not_as_stored(miss: RunResult, hit: RunResult) -> list[Difference]:
    """What a hit shows or leaves otherwise than the run that was stored.

    Of the state only what the notebook itself holds, and only if no cell ran: what a cell that
    ran left may differ.
    """
    found: list[Difference] = []
    for number, (left, right) in enumerate(zip(miss.cells, hit.cells, strict=False), start=1):
        if right.word == "HIT":
            found += in_cell(number, left, right)
    if all(cell.word == "HIT" for cell in hit.cells):
        for part in ("variables", "results"):
            found += in_part(part, miss.states.get(part, {}), hit.states.get(part, {}))
    return found


def last_line(source: str) -> str:
    return source.strip().splitlines()[-1][:60]


def shown(value: Any) -> str:
    return textwrap.shorten(repr(value), width=160, placeholder=" …")
