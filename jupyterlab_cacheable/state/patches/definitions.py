"""Closure cells, functions and classes."""

from __future__ import annotations

import enum
import types
from collections.abc import Mapping
from typing import Any

from .containers import items_of, put_dict
from .kind import Kind


def _cell_content(value: types.CellType) -> list[Any]:
    try:
        return [value.cell_contents]
    except ValueError:  # not filled
        return []


def _put_cell(live: types.CellType, content: list[Any]) -> None:
    if content:
        live.cell_contents = content[0]
    elif _cell_content(live):
        del live.cell_contents


def _function_content(value: Any) -> list[Any]:
    keywords = value.__kwdefaults__
    return [
        value.__defaults__,
        None if keywords is None else items_of(keywords),
        items_of(vars(value)),
    ]


def _put_function(live: Any, content: list[Any]) -> None:
    defaults, keywords, attributes = content
    live.__defaults__ = defaults
    live.__kwdefaults__ = None if keywords is None else dict(keywords)
    put_dict(vars(live), attributes)


def class_content(cls: type, before: Mapping[str, Any]) -> list[Any]:
    """The names of a class that are not set as `before`, and those that are gone."""
    now = vars(cls)
    own = {name: value for name, value in now.items() if name not in _CLASS_OWN}
    changed = [(n, v) for n, v in own.items() if n not in before or before[n] is not v]
    return [cls.__qualname__, changed, sorted(before.keys() - now.keys() - _CLASS_OWN)]


_CLASS_OWN = frozenset({"__dict__", "__weakref__", "_abc_impl", "__annotations_cache__"})


def _put_class(live: Any, content: list[Any]) -> None:
    _, changed, removed = content
    for name, value in changed:
        type.__setattr__(live, name, value)
    for name in removed:
        type.__delattr__(live, name)


def _class_fits(live: Any, content: list[Any]) -> bool:
    return bool(live.__qualname__ == content[0] and vars(live).keys() >= set(content[2]))


def _itself(value: Any) -> Any:
    return value


def kind_of(value: object) -> str | None:
    """The name of the kind of a definition; members of an enumeration are fixed."""
    if isinstance(value, types.CellType):
        return "cell"
    if isinstance(value, types.FunctionType):
        return "function"
    return "class" if isinstance(value, type) and not isinstance(value, enum.EnumMeta) else None


KINDS = {
    "cell": Kind(_cell_content, _itself, _put_cell),
    "function": Kind(_function_content, _itself, _put_function),
    "class": Kind(_itself, _itself, _put_class, _class_fits),
}
