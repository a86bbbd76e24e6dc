"""The shape of a manifest: which fields there are, and what each may hold."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from .verdict import Finding

MAX_DEPTH = 32

_ID = re.compile(r"[0-9a-f]{32}-[0-9a-f]{32}-[0-9a-f]{8}")
_HEX = re.compile(r"[0-9a-f]{64}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_ROLE = re.compile(r"[a-z][a-z0-9-]{0,31}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)

Json = Any
"""A value made of dict (text keys), list, str, int, float, bool and None."""


def is_id(text: str) -> bool:
    """Whether ``text`` has the form of an entry id, and so may become part of a file name."""
    return _ID.fullmatch(text) is not None


def is_time(value: object) -> bool:
    """Whether ``value`` is a time as this package writes it."""
    return isinstance(value, str) and _TIME.fullmatch(value) is not None


def check_json(root: Json) -> None:
    """Refuse what JSON would change or cannot hold, and too much depth."""
    pending = [(root, 1)]
    while pending:
        value, depth = pending.pop()
        if depth > MAX_DEPTH:
            raise ValueError("nested too deeply")
        if isinstance(value, dict):
            if not all(isinstance(name, str) for name in value):
                raise ValueError("a name is not text")
            pending.extend((inner, depth + 1) for inner in value.values())
        elif isinstance(value, list):
            pending.extend((inner, depth + 1) for inner in value)
        elif isinstance(value, float):
            if not math.isfinite(value):
                raise ValueError(f"{value} is not a finite number")
        elif not isinstance(value, str | int | None):
            raise ValueError(f"{type(value).__name__} is not a JSON type")


Check = Callable[[Json], bool]


def _text(value: Json) -> bool:
    return isinstance(value, str)


def _text_or_none(value: Json) -> bool:
    return isinstance(value, str | None)


def _texts(value: Json) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _mapping(value: Json) -> bool:
    return isinstance(value, dict)


def _size(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53


def _anything(_: Json) -> bool:
    return True


def _seconds(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e15


def _matches(pattern: re.Pattern[str]) -> Check:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _or_none(check: Check) -> Check:
    return lambda value: value is None or check(value)


def _list_of(spec: dict[str, Check]) -> Check:
    return lambda value: isinstance(value, list) and all(_fits(item, spec) for item in value)


def _mapping_of(spec: dict[str, Check]) -> Check:
    return lambda value: (
        isinstance(value, dict) and all(_fits(item, spec) for item in value.values())
    )


def _fits(value: Json, spec: dict[str, Check]) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() == spec.keys()
        and all(check(value[name]) for name, check in spec.items())
    )


def _values(rows: Json) -> bool:
    """Values by their names; what is kept only to explain a miss may be absent."""
    return isinstance(rows, dict) and all(
        isinstance(row, dict) and _fits({"facts": {}, **row}, _VALUE) for row in rows.values()
    )


_BLOB: dict[str, Check] = {"role": _matches(_ROLE), "digest": _matches(_DIGEST), "size": _size}
_VARIABLE: dict[str, Check] = {
    "name": _text,
    "type": _text,
    "summary": _text,
    "digest": _text_or_none,
    "size": _or_none(_size),
}

_VALUE: dict[str, Check] = {
    "digest": _text,
    "type": _text,
    "summary": _text,
    "cell": _text_or_none,
    "facts": _mapping,
}

_FILE: dict[str, Check] = {
    "digest": _text,
    "size": _or_none(_size),
    "time": _or_none(_matches(_TIME)),
}

_VERDICT: dict[str, Check] = {
    "state": lambda value: value in tuple(Finding),
    "at": _matches(_TIME),
    "times": _size,
    "differs": _texts,
    "cause": _text_or_none,
}

_ACCEPTED: dict[str, Check] = {
    "entry": _matches(_ID),
    "by": _text,
    "at": _matches(_TIME),
    "reason": _mapping,
}

_FIELDS: dict[str, Check] = {
    "format": _size,
    "recipe": _size,
    "id": _matches(_ID),
    "key": _text,
    "base": _matches(_HEX),
    "created_at": _matches(_TIME),
    "duration": _seconds,
    "label": _text,
    "notebook": _text_or_none,
    "cell_id": _text_or_none,
    "source": _text,
    "mark": _text,
    "tags": _texts,
    "expires_at": _or_none(_matches(_TIME)),
    "parts": _mapping,
    "conditions": _mapping,
    "variables": _list_of(_VARIABLE),
    "deleted": _texts,
    "imports": _mapping,
    "result": _text_or_none,
    "blobs": _list_of(_BLOB),
    "notes": _texts,
    "accepted": _or_none(lambda value: _fits(value, _ACCEPTED)),
    "verdict": _or_none(lambda value: _fits(value, _VERDICT)),
}

_PARTS: dict[str, Check] = {
    "code": lambda value: _fits(
        value,
        {"digest": _text, "semicolon": _anything, "interactivity": _text, "future": _anything},
    ),
    "definitions": _mapping_of({"digest": _text, "cell": _text_or_none}),
    "upstream": _list_of({"cell": _text_or_none, "code": _text, "source": _text, "names": _texts}),
    "inputs": _values,
    "files": _mapping_of(_FILE),
    "env": _mapping,
    "vars": _values,
    "packages": _mapping,
    "options": _mapping,
    "python": _mapping,
}


def check_shape(data: dict[str, Json]) -> None:
    """Raises ValueError, naming the field, when ``data`` is not the JSON of a manifest."""
    _check_fields(data, _FIELDS, "the manifest")
    _check_fields(data["parts"], _PARTS, "the key parts")
    roles = [blob["role"] for blob in data["blobs"]]
    if len(set(roles)) != len(roles):
        raise ValueError("two blobs have the same role")


def _check_fields(data: dict[str, Json], spec: dict[str, Check], what: str) -> None:
    if odd := sorted(data.keys() ^ spec.keys()):
        raise ValueError(f"{what} should not have, or lack, the field {odd[0]!r}")
    for name, check in spec.items():
        if not check(data[name]):
            raise ValueError(f"the field {name!r} of {what} is malformed")
