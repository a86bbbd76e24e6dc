"""Where inside of a value the difference is, told from the facts that are kept of both. Pure.

The answers complete a sentence that begins with the name of the value: "has another shape: ...".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Row = Mapping[str, Any]
Facts = Mapping[str, Any]

NOT_DEFINED = "is not defined"
_SHORT = 30
_BLOCK = 8  # characters of one digest in the list of blocks
_NAMED = 2
# Types whose summary is the value itself.
_SCALARS = frozenset(
    "NoneType bool int float complex str bytes ellipsis range Timestamp Timedelta Period Interval "
    "float16 float32 float64 int8 int16 int32 int64 uint8 uint16 uint32 uint64 complex64 "
    "complex128 datetime64 timedelta64 str_ bytes_".split()
)


def difference_inside(old: Row, new: Row) -> str | None:
    """What differs between two rows of a key part about one value; None when nothing is known."""
    if old["digest"] == "absent":
        return "is defined now"
    if new["digest"] == "absent":
        return NOT_DEFINED
    if old["type"] in _SCALARS and new["type"] in _SCALARS and _is_whole(old) and _is_whole(new):
        return _scalar(old, new)
    if old["type"] != new["type"]:
        return f"is {_a(new['type'])} instead of {_a(old['type'])}"
    before, after = old.get("facts"), new.get("facts")
    return next(_differences(before, after), None) if before and after else None


def _is_whole(row: Row) -> bool:
    """A longer text begins with its length instead."""
    return 0 < len(row["summary"]) <= _SHORT


def _scalar(old: Row, new: Row) -> str | None:
    if old["summary"] != new["summary"]:
        return f"went from {old['summary']} to {new['summary']}"
    if old["type"] != new["type"]:
        return f"went from {old['summary']} ({old['type']}) to {new['summary']} ({new['type']})"
    return None


def _a(word: str) -> str:
    return f"{'an' if word[:1].lower() in 'aeiou' else 'a'} {word}"


def _differences(old: Facts, new: Facts) -> Iterator[str]:
    """The sentences about two values of one type, the most telling first."""
    if "items" in old and "items" in new:
        yield from _items(old["items"], new["items"])
    if "columns" in old and "columns" in new:
        yield from _columns(old, new)
    if old.get("shape") != new.get("shape"):
        yield f"has another shape: {_shape(new)} instead of {_shape(old)}"
    if old.get("dtype") != new.get("dtype"):
        yield f"has another dtype: {new.get('dtype')} instead of {old.get('dtype')}"
    for name, words in (("labels", "has other column names"), ("index", "has another index")):
        if old.get(name) != new.get(name):
            yield words
    if old.get("step") and old.get("step") == new.get("step"):
        yield from _blocks(old, new)


def _shape(facts: Facts) -> str:
    return "×".join(map(str, facts.get("shape", ()))) or "no dimension"


# -- lists and dicts ----------------------------------------------------------------------------


def _items(old: list[tuple[str, str]], new: list[tuple[str, str]]) -> Iterator[str]:
    before, after = dict(old), dict(new)
    for place, text in after.items():
        if place in before and before[place] != text:
            yield f"differs at {place}"
    # Beyond the bound nothing is known.
    for place in after:
        if place not in before and len(old) < _BOUND:
            yield f"has {place} now"
    for place in before:
        if place not in after and len(new) < _BOUND:
            yield f"has no {place} any more"


_BOUND = 64


# -- frames -------------------------------------------------------------------------------------


def _columns(old: Facts, new: Facts) -> Iterator[str]:
    before = {name: rest for name, *rest in old["columns"]}
    after = {name: rest for name, *rest in new["columns"]}
    is_all = max(len(old["columns"]), len(new["columns"])) < _BOUND
    rows = old["shape"][:1], new["shape"][:1]
    if is_all and (more := _listed(name for name in after if name not in before)):
        yield f"has a new {more}" if more.startswith("column ") else f"has new {more}"
    if is_all and (gone := _listed(name for name in before if name not in after)):
        yield f"has lost the {gone}"
    for name, (kind, _) in after.items():
        if name in before and before[name][0] != kind:
            yield f"has another dtype in column '{name}': {kind} instead of {before[name][0]}"
    if rows[0] != rows[1]:
        count = rows[1][0]
        yield f"has {count:,} row{'' if count == 1 else 's'} instead of {rows[0][0]:,}"
    if old.get("labels") != new.get("labels"):
        return
    if old.get("index") != new.get("index"):
        yield "has another index"
    differing = (n for n, rest in after.items() if n in before and before[n] != rest)
    if new.get("running"):
        differing = (name for name, _ in zip(differing, "1", strict=False))
    if found := _listed(differing):
        yield f"has other values in {found}"


def _listed(names: Iterable[str]) -> str:
    """``column 'a'``, ``columns 'a' and 'b'`` or ``columns 'a', 'b' and 3 more``."""
    names = list(names)
    if not names:
        return ""
    shown = [f"'{name}'" for name in names[:_NAMED]]
    more = len(names) - len(shown)
    told = f"{', '.join(shown)} and {more} more" if more else " and ".join(shown)
    return f"column{'s' if len(names) > 1 else ''} {told}"


# -- arrays -------------------------------------------------------------------------------------


def _blocks(old: Facts, new: Facts) -> Iterator[str]:
    step, axis, count = (
        new["step"],
        new["axis"],
        new["shape"][-1 if new["axis"] == "columns" else 0],
    )
    for start in range(0, len(new["blocks"]), _BLOCK):
        piece = slice(start, start + _BLOCK)
        if old["blocks"][piece] != new["blocks"][piece]:
            first = start // _BLOCK * step
            last = min(first + step, count) - 1
            yield _place(axis, first, last)
            return


def _place(axis: str, first: int, last: int) -> str:
    if first == last:
        return f"differs first at {axis.removesuffix('s')} {first:,}"
    return f"differs first in {axis} {first:,} to {last:,}"
