"""What differs between two sets of key parts, in words. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import replace
from typing import Any

from .inside import NOT_DEFINED, difference_inside
from .outcome import Change, Reason
from .unified import definition_in, shown, unified

Parts = Mapping[str, Any]

NOT_COUNTED = "not counted"
"""Stands in a change for what the key did not know of, as opposed to what was not there."""

_LONGEST = 40
_MOST_DIFFS = 20


def differing_parts(old: Parts, new: Parts) -> tuple[Change, ...]:
    """Changes from `old` to `new` in every key part except `upstream`; empty when all are equal."""
    changes = [*_code(old["code"], new["code"])]
    changes += _values("definitions", old, new)
    changes += _values("inputs", old, new)
    changes += _declared("files", old, new, told_file)
    changes += _declared("vars", old, new, _told)
    changes += _environment(old["env"], new["env"])
    for part in ("packages", "options", "python"):
        changes += _plain(part, old[part], new[part])
    return tuple(changes)


def differing_upstream(old: Parts, new: Parts) -> tuple[Change, ...]:
    """Changed, new and missing upstream cells."""
    before = {(cell["code"], *cell["names"]): cell for cell in old["upstream"]}
    after = {(cell["code"], *cell["names"]): cell for cell in new["upstream"]}
    gone = [cell for key, cell in before.items() if key not in after]
    come = [cell for key, cell in after.items() if key not in before]
    known = {cell["code"] for cell in before.values()} & {cell["code"] for cell in after.values()}
    pairs = []
    # A cell that is there before and after may only have lost names to another one.
    for cell in sorted(come, key=lambda cell: cell["code"] in known):
        former = _former(cell, gone, known)
        if former is not None:
            gone.remove(former)
        pairs.append((former, cell))
    pairs += [(cell, None) for cell in gone]
    edited = [pair for pair in pairs if not known.issuperset(_codes(pair))]
    return tuple(_upstream_change(*pair) for pair in edited or pairs)


_Cell = Mapping[str, Any]


def _former(cell: _Cell, gone: Iterable[_Cell], known: Set[str]) -> _Cell | None:
    """What a cell was before: the one with its names, else with its id or one of its names."""
    same = [c for c in gone if c["cell"] == cell["cell"] is not None]
    # What is still there was not edited into another cell.
    free = [c for c in gone if c in same or c["code"] == cell["code"] or c["code"] not in known]
    found = [c for c in free if c["names"] == cell["names"]] + same
    found += [c for c in free if not {*c["names"]}.isdisjoint(cell["names"])]
    return found[0] if found else None


def _codes(cells: Iterable[_Cell | None]) -> set[str]:
    return {cell["code"] for cell in cells if cell is not None}


def _upstream_change(former: _Cell | None, cell: _Cell | None) -> Change:
    about = cell or former or {}
    old, new = (None if each is None else shown(each["source"]) for each in (former, cell))
    return Change("upstream", ", ".join(about["names"]), about["cell"], old, new)


def with_diffs(
    changes: Iterable[Change], old: Parts, new: Parts, sources: tuple[str, str]
) -> tuple[Change, ...]:
    """The same changes from `old` to `new`, the first ones with the lines that were edited.

    ``sources`` are the old and the new one of the cell itself.
    """
    changes = list(changes)
    told = [replace(each, diff=_diff(each, old, new, sources)) for each in changes[:_MOST_DIFFS]]
    return (*told, *changes[_MOST_DIFFS:])


def _diff(change: Change, old: Parts, new: Parts, sources: tuple[str, str]) -> tuple[str, ...]:
    match change.part:
        case "code" if change.name is None:
            return unified(*sources)
        case "upstream" if change.old and change.new:
            return unified(change.old, change.new)
        case "definitions" if change.old and change.new:
            one, other = (_source_of(str(change.name), parts) for parts in (old, new))
            return unified(one, other) if one and other else ()
    return change.diff


def _source_of(name: str, parts: Parts) -> str | None:
    """The source of a definition, if a cell defines it: the last one that does."""
    sources = [cell["source"] for cell in parts["upstream"] if name in cell["names"]]
    return definition_in(sources[-1], name) if sources else None


def _code(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterable[Change]:
    if old["digest"] != new["digest"]:
        yield Change("code", None, None, short(old["digest"]), short(new["digest"]))
    for name in ("semicolon", "interactivity", "future"):
        if old[name] != new[name]:
            yield Change("code", name, None, str(old[name]), str(new[name]))


_Pair = tuple[str, Mapping[str, Any] | None, Mapping[str, Any] | None]


def _differing(part: str, old: Parts, new: Parts) -> Iterator[_Pair]:
    """Each name with other digests, and its two rows, of which one may be None."""
    before, after = old[part], new[part]
    for name in sorted({*before, *after}):
        one, other = before.get(name), after.get(name)
        if one is None or other is None or one["digest"] != other["digest"]:
            yield name, one, other


def _values(part: str, old: Parts, new: Parts) -> Iterator[Change]:
    for name, one, other in _differing(part, old, new):
        cell = (other or one or {})["cell"]
        yield Change(part, name, cell, _told(one), _told(other), _detail(one, other))


def _detail(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> str | None:
    if other is not None and other["digest"] == "absent":
        return NOT_DEFINED
    if one is None or other is None or "type" not in one or "type" not in other:
        return None
    return difference_inside(one, other)


def _told(value: Mapping[str, Any] | None) -> str | None:
    """A value by its summary and short digest, a definition by its short digest."""
    if value is None or value["digest"] == "absent":
        return None
    digest = short(value["digest"])
    if "type" not in value:
        return digest
    return f"{value['type']} {value['summary']} [{digest}]"


def _plain(part: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterable[Change]:
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            yield Change(part, name, None, _text(before.get(name)), _text(after.get(name)))


def _declared(
    part: str, old: Parts, new: Parts, tell: Callable[[Mapping[str, Any]], str | None]
) -> Iterable[Change]:
    for name, one, other in _differing(part, old, new):
        cell = (other or one or {}).get("cell")
        before, after = (NOT_COUNTED if row is None else tell(row) for row in (one, other))
        detail = _detail(one, other) if part == "vars" else None
        yield Change(part, name, cell, before, after, detail)


def told_file(row: Mapping[str, Any]) -> str | None:
    """A file by its size, the time of its last change and its short digest; None if absent.

    ``row`` has ``digest``, and ``size`` and ``time``, which may be None.
    """
    if row["digest"] == "absent":
        return None
    if row["size"] is None:
        return str(row["digest"])
    when = "" if row["time"] is None else f" of {row['time'][:19].replace('T', ' ')} UTC"
    return f"{row['size']:,} bytes{when} [{short(row['digest'])}]"


def _environment(before: Mapping[str, str], after: Mapping[str, str]) -> Iterable[Change]:
    """Of the values nothing is told but whether there was one."""
    for name in sorted({*before, *after}):
        one, other = before.get(name, NOT_COUNTED), after.get(name, NOT_COUNTED)
        if one != other:
            plain = {NOT_COUNTED, "absent"}
            old, new = (text if text in plain else None for text in (one, other))
            yield Change("env", name, None, old, new)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def short(digest: str) -> str:
    """The first 12 hex of a digest, without its algorithm."""
    return digest.rpartition(":")[2][:12]


def sentence(changes: Iterable[Change]) -> str:
    """One sentence for a list of changes; the most telling two, and how many more there are."""
    told = list(dict.fromkeys(_clause(change) for change in _telling(changes)))
    if len(told) <= 2:
        return " and ".join(told)
    return f"{told[0]}, {told[1]} and {len(told) - 2} more changed"


def _telling(changes: Iterable[Change]) -> list[Change]:
    """What is not defined first, without the upstream cells of which an effect is told."""
    changes = sorted(changes, key=lambda change: change.detail != NOT_DEFINED)
    lacking = {change.name for change in changes if change.detail == NOT_DEFINED}
    told = {change.name for change in changes if change.part in ("definitions", "inputs", "vars")}
    return [
        change
        for change in changes
        if not (change.part == "definitions" and change.name in lacking)
        and not (change.part == "upstream" and not told.isdisjoint(str(change.name).split(", ")))
    ]


def _clause(change: Change) -> str:
    name = f"'{change.name}'"
    if NOT_COUNTED in (change.old, change.new):
        counts = "now counts" if change.old == NOT_COUNTED else "no longer counts"
        return f"{_COUNTED[change.part]} {name} {counts}"
    if change.detail == NOT_DEFINED:
        return f"{name} {NOT_DEFINED}"
    match change.part:
        case "code" if change.name is None:
            return "the code of this cell was edited"
        case "code":
            return f"{_CODE_FLAGS[str(change.name)]} changed"
        case "definitions" if change.old and change.new:
            return f"the definition of {name} was edited"
        case "definitions":
            return f"the cell {'now' if change.new else 'no longer'} uses {name}"
        case "inputs" if (change.old and change.new) or change.detail:
            return f"the input {name} {change.detail or 'has another value'}"
        case "inputs":
            return f"the cell {'now' if change.new else 'no longer'} reads {name}"
        case "upstream" if change.old and change.new:
            return f"the upstream cell that defines {name} was edited"
        case "upstream" if change.new:
            return f"another cell has defined or changed {name}"
        case "upstream":
            return f"a cell that defined or changed {name} did not run"
        case "packages" | "python":
            return f"{change.name} went from {change.old or 'none'} to {change.new or 'none'}"
        case "options":
            return f"the option --{change.name} went from {change.old} to {change.new}"
        case "files" if change.old and change.new:
            return f"the file {name} was changed since it was stored"
        case "files":
            return f"the file {name} {'now exists' if change.new else 'is gone'}"
        case "env":
            return f"the environment variable {name} changed since it was stored"
        case "vars":
            return f"the variable {name} {change.detail or 'has another value'}"
        case "conditions" if change.old and not change.new:
            return f"{change.name} is gone"
        case "conditions":
            return f"{change.name} changed since it was stored"
        case "recipe":
            return "its entry was made by another version of this extension"
        case _:
            return f"{change.part} {change.name} changed"


_COUNTED = {"files": "the file", "env": "the environment variable", "vars": "the variable"}
_CODE_FLAGS = {
    "semicolon": "the semicolon at the end",
    "interactivity": "the setting which results are shown",
    "future": "the __future__ imports",
}


def reason_of(changes: tuple[Change, ...]) -> Reason:
    """The reason for a miss with these changes."""
    return Reason(sentence(changes), changes)


def first_line(source: str) -> str:
    """The first line of code of a source, cut to about 40 characters, for labels."""
    lines = (line.strip() for line in source.splitlines())
    line = next((line for line in lines if line and not line.startswith("#")), "")
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
