"""What a client may ask, checked before anything is done with it: types, lengths, known names.

No value of a request ever becomes part of a path; a notebook's path is compared, never opened.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

from ..errors import CacheableError
from ..forecast import Cell, State

MAX_BODY = 64 * 1024 * 1024  # bytes; sources may be written with JSON escapes
MAX_SOURCE = 20 * 1024 * 1024  # characters of all cells together
MAX_CELLS = 5000
MAX_TEXT = 4096  # characters of a path, a filter, a tag
MAX_ID = 256  # characters of a cell id; the notebook format allows 64
DEFAULT_LIMIT = 500
MAX_LIMIT = 5000

Sort = Literal["created", "label", "size", "duration", "hits", "used"]
Scope = Literal["notebook", "all", "stale", "tag", "filter"]
Json = dict[str, Any]

_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)
_CELL_TYPES = frozenset({"code", "markdown", "raw"})
_SCOPE_FIELDS: dict[Scope, tuple[set[str], set[str]]] = {  # required, allowed besides
    "notebook": ({"notebook"}, set()),
    "all": (set(), set()),
    "stale": (set(), {"notebook", "cells"}),
    "tag": ({"tag"}, {"notebook"}),
    "filter": (set(), {"notebook", "cells", "tag", "q", "state"}),
}


class BadRequestError(CacheableError):
    """The request is wrong; the text says what and names the field."""


@dataclass(frozen=True)
class Filter:
    """Which entries are meant; None means that it does not matter."""

    notebook: str | None = None
    state: State | None = None
    q: str | None = None
    tag: str | None = None


@dataclass(frozen=True)
class ListRequest:
    """A page of entries: which, in what order, from where and how many."""

    filter: Filter
    sort: Sort
    descending: bool
    offset: int
    limit: int

    @classmethod
    def parse(cls, query: Mapping[str, str]) -> ListRequest:
        """Raises BadRequestError.

        Unknown names are left alone: the front end adds a number against caches.
        """
        sort = _choice("sort", query.get("sort", "created"), get_args(Sort))
        order = query.get("order", "asc" if sort == "label" else "desc")
        limit = _number("limit", query.get("limit", str(DEFAULT_LIMIT)))
        if not 1 <= limit <= MAX_LIMIT:
            raise BadRequestError(f"the field 'limit' must be between 1 and {MAX_LIMIT}")
        return cls(
            _filter({name: query[name] for name in ("notebook", "state", "q") if query.get(name)}),
            cast("Sort", sort),
            _choice("order", order, ("asc", "desc")) == "desc",
            _number("cursor", query.get("cursor") or "0"),
            limit,
        )


@dataclass(frozen=True)
class ForecastRequest:
    """A live document: its contents path and its cells."""

    notebook: str
    cells: list[Cell]

    @classmethod
    def parse(cls, body: bytes) -> ForecastRequest:
        """Raises BadRequestError."""
        data = _object(body, {"notebook", "cells"})
        for name in ("notebook", "cells"):
            if data.get(name) is None:
                raise BadRequestError(f"the field {name!r} is missing")
        return cls(_text("notebook", data["notebook"]), _cells(data["cells"]))


@dataclass(frozen=True)
class ClearRequest:
    """What to remove; with ``dry_run`` it is only counted. ``cells``: the live document."""

    scope: Scope
    filter: Filter
    cells: list[Cell] | None
    dry_run: bool

    @classmethod
    def parse(cls, body: bytes) -> ClearRequest:
        """Raises BadRequestError."""
        data = _object(body, {"scope", "notebook", "cells", "tag", "q", "state", "dry_run"})
        scope = cast("Scope", _choice("scope", data.get("scope"), get_args(Scope)))
        dry_run = data.get("dry_run", False)
        if not isinstance(dry_run, bool):
            raise BadRequestError("the field 'dry_run' must be true or false")
        _check_scope(scope, {name for name, value in data.items() if value is not None})
        cells = None if data.get("cells") is None else _cells(data["cells"])
        return cls(scope, _filter(data), cells, dry_run)


def _check_scope(scope: Scope, given: set[str]) -> None:
    """A field that would be ignored is refused: the client meant less than it would remove."""
    required, allowed = _SCOPE_FIELDS[scope]
    if missing := sorted(required - given):
        raise BadRequestError(f"the scope {scope!r} needs the field {missing[0]!r}")
    if odd := sorted(given - required - allowed - {"scope", "dry_run"}):
        raise BadRequestError(f"the field {odd[0]!r} does not belong to the scope {scope!r}")
    if "cells" in given and "notebook" not in given:
        raise BadRequestError("the field 'cells' needs the field 'notebook'")
    if scope == "filter" and not given & {"notebook", "tag", "q", "state"}:
        raise BadRequestError("the scope 'filter' needs 'notebook', 'tag', 'q' or 'state'")


# -- values ------------------------------------------------------------------------------------


def _object(body: bytes, known: set[str]) -> Json:
    if len(body) > MAX_BODY:
        raise BadRequestError("the request is too large")
    try:
        data = json.loads(body, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        raise BadRequestError("the request is not JSON") from None
    if not isinstance(data, dict):
        raise BadRequestError("the request is not an object")
    _refuse_unknown(data, known)
    return data


def _unique(pairs: list[tuple[str, Any]]) -> Json:
    data = dict(pairs)
    if len(data) != len(pairs):
        raise BadRequestError("a field is written twice")
    return data


def _refuse_unknown(data: Json, known: set[str]) -> None:
    if unknown := sorted(data.keys() - known):
        raise BadRequestError(f"unknown field {unknown[0][:80]!r}")


def _cells(value: object) -> list[Cell]:
    if not isinstance(value, list):
        raise BadRequestError("the field 'cells' must be a list")
    if len(value) > MAX_CELLS:
        raise BadRequestError(f"more than {MAX_CELLS} cells")
    cells = [_cell(cell) for cell in value]
    if len({cell.id for cell in cells}) != len(cells):
        raise BadRequestError("two cells have the same id")
    if sum(len(cell.source) for cell in cells) > MAX_SOURCE:
        raise BadRequestError("the cells are too large")
    return cells


def _cell(value: object) -> Cell:
    if not isinstance(value, dict):
        raise BadRequestError("a cell is not an object")
    _refuse_unknown(value, {"id", "source", "type"})
    cell_id, source, kind = (value.get(name) for name in ("id", "source", "type"))
    if not isinstance(cell_id, str) or not 0 < len(cell_id) <= MAX_ID:
        raise BadRequestError("the field 'id' of a cell must be a short text")
    if not isinstance(source, str):
        raise BadRequestError("the field 'source' of a cell must be text")
    if not isinstance(kind, str) or kind not in _CELL_TYPES:
        raise BadRequestError("the field 'type' of a cell must be code, markdown or raw")
    return Cell(cell_id, source, kind)


def _filter(data: Mapping[str, Any]) -> Filter:
    given = {name: data[name] for name in _FILTERS if data.get(name) is not None}
    return Filter(**{name: _FILTERS[name](name, value) for name, value in given.items()})


def _text(name: str, value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= MAX_TEXT:
        raise BadRequestError(f"the field {name!r} must be a text of 1 to {MAX_TEXT} characters")
    return value


def _choice(name: str, value: object, choices: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in choices:
        raise BadRequestError(f"the field {name!r} must be one of {', '.join(choices)}")
    return value


def _state(name: str, value: object) -> str:
    return _choice(name, value, get_args(State))


def _number(name: str, value: str) -> int:
    if not _NUMBER.fullmatch(value):
        raise BadRequestError(f"the field {name!r} must be a number")
    return int(value)


_FILTERS: dict[str, Callable[[str, object], Any]] = {
    "notebook": _text,
    "q": _text,
    "tag": _text,
    "state": _state,
}
