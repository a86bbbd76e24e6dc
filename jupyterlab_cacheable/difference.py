"""What differs between two sets of key parts, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .outcome import Change, Reason

Parts = Mapping[str, Any]

_LONGEST = 40


def differing_parts(old: Parts, new: Parts) -> tuple[Change, ...]:
    """Changes from `old` to `new` in every key part except `upstream`; empty when all are equal."""
    changes = [*_code(old["code"], new["code"])]
    changes += _digests("definitions", old, new)
    changes += _digests("inputs", old, new)
    for part in ("files", "env", "vars", "packages", "options", "python"):
        changes += _plain(part, old[part], new[part])
    return tuple(changes)


def differing_upstream(old: Parts, new: Parts) -> tuple[Change, ...]:
    """Changed, new and missing upstream cells."""
    before = {(cell["code"], *cell["names"]): cell for cell in old["upstream"]}
    after = {(cell["code"], *cell["names"]): cell for cell in new["upstream"]}
    gone = [cell for key, cell in before.items() if key not in after]
    changes = []
    for key, cell in after.items():
        if key in before:
            continue
        former = next(
            (c for c in gone if c["cell"] == cell["cell"] or c["names"] == cell["names"]), None
        )
        if former is not None:
            gone.remove(former)
        source = None if former is None else former["source"]
        name = ", ".join(cell["names"])
        changes.append(Change("upstream", name, cell["cell"], source, cell["source"]))
    for cell in gone:
        changes.append(Change("upstream", ", ".join(cell["names"]), cell["cell"], cell["source"]))
    return tuple(changes)


def _code(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterable[Change]:
    if old["digest"] != new["digest"]:
        yield Change("code", None, None, short(old["digest"]), short(new["digest"]))
    for name in ("semicolon", "interactivity", "future"):
        if old[name] != new[name]:
            yield Change("code", name, None, str(old[name]), str(new[name]))


def _digests(part: str, old: Parts, new: Parts) -> Iterable[Change]:
    before, after = old[part], new[part]
    for name in sorted({*before, *after}):
        one, other = before.get(name), after.get(name)
        if one is None or other is None or one["digest"] != other["digest"]:
            cell = (other or one)["cell"]
            yield Change(part, name, cell, _told(one), _told(other))


def _told(value: Mapping[str, Any] | None) -> str | None:
    """A value by its summary and short digest, a definition by its short digest."""
    if value is None:
        return None
    digest = short(value["digest"])
    if "type" not in value:
        return digest
    return f"{value['type']} {value['summary']} [{digest}]"


def _plain(part: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterable[Change]:
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            yield Change(part, name, None, _text(before.get(name)), _text(after.get(name)))


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def short(digest: str) -> str:
    """The first 12 hex of a digest, without its algorithm."""
    return digest.rpartition(":")[2][:12]


def sentence(changes: Iterable[Change]) -> str:
    """One sentence for a list of changes; the most telling two, and how many more there are."""
    told = list(dict.fromkeys(_clause(change) for change in changes))
    if len(told) <= 2:
        return " and ".join(told)
    return f"{told[0]}, {told[1]} and {len(told) - 2} more changed"


def _clause(change: Change) -> str:
    name = f"'{change.name}'"
    match change.part:
        case "code" if change.name is None:
            return "the code of this cell was edited"
        case "code":
            return f"{_CODE_FLAGS[str(change.name)]} changed"
        case "definitions" if change.old and change.new:
            return f"the definition of {name} was edited"
        case "definitions":
            return f"the cell {'now' if change.new else 'no longer'} uses {name}"
        case "inputs" if change.old and change.new:
            return f"the input {name} has another value"
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
        case "conditions" if change.old and not change.new:
            return f"{change.name} is gone"
        case "conditions":
            return f"{change.name} changed since it was stored"
        case "recipe":
            return "its entry was made by another version of this extension"
        case _:
            return f"{change.part} {change.name} changed"


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
