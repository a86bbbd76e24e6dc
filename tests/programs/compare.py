"""Where two runs of one program part."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from typing import Any

from tests.programs.program import Program

MASKS = (
    (re.compile(r"\x1b\[[0-9;]*m"), ""),
    (re.compile(r"\b0x[0-9a-fA-F]+"), "0x…"),
    (re.compile(r"[^\s\"']*ipykernel_\d+/\d+\.py(:\d+)?"), "ipykernel_…"),
)


@dataclass(frozen=True)
class Difference:
    """The first thing that was not the same: where, and what it was plain and cached."""

    session: int
    step: int
    word: str
    place: str

    def __str__(self) -> str:
        return f"session {self.session + 1}, step {self.step + 1} ({self.word}): {self.place}"


def first_difference(program: Program, expected: Any, found: Any) -> Difference | None:
    for number, session in enumerate(program.sessions):
        for position in range(len(session)):
            left, right = expected[number][position], found[number][position]
            for part in ("outputs", "reply", "namespace"):
                if left.get(part) == right.get(part):
                    continue
                place = parting(masked(left.get(part)), masked(right.get(part)), part)
                if place:
                    return Difference(number, position, word_of(right), place)
    return None


def word_of(seen: dict[str, Any]) -> str:
    return seen["outcome"]["outcome"] if seen.get("outcome") else "not marked"


def masked(value: Any) -> Any:
    """Addresses and places in cells are not part of what is compared: a text that a run showed,
    such as a warning, goes on naming the line of that time when remarks have moved the code.
    """
    if isinstance(value, str):
        for pattern, replacement in MASKS:
            value = pattern.sub(replacement, value)
        return value
    if isinstance(value, list):
        return [masked(item) for item in value]
    if isinstance(value, dict):
        return {name: masked(item) for name, item in value.items()}
    return value


def parting(left: Any, right: Any, path: str) -> str | None:
    """Where two JSON trees part, or None."""
    if left == right and type(left) is type(right):
        return None
    if isinstance(left, dict) and isinstance(right, dict):
        for key in dict.fromkeys([*left, *right]):
            if key not in left or key not in right:
                gone = left.get(key, "absent"), right.get(key, "absent")
                return f"{path}.{key}: {shown(gone[0])} became {shown(gone[1])}"
            if place := parting(left[key], right[key], f"{path}.{key}"):
                return place
        return f"{path}: the order {shown(list(left))} became {shown(list(right))}"
    if isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for position, pair in enumerate(zip(left, right, strict=True)):
            if place := parting(*pair, f"{path}[{position}]"):
                return place
    return f"{path}: {shown(left)} became {shown(right)}"


def shown(value: Any) -> str:
    return textwrap.shorten(repr(value), width=300, placeholder=" …")
