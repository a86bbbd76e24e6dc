"""Closure cells, functions, generic functions and classes."""

from __future__ import annotations

import abc
import enum
import types
from collections.abc import Mapping
from typing import Any

from ...analysis.abstract import installed_bases, registered
from ...analysis.annotations import annotate_of, annotations_of
from ...analysis.generic import own_attributes_of, registry_of
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
        (value.__name__, value.__qualname__, value.__module__),
        value.__doc__,
    ]


def _put_function(live: Any, content: list[Any]) -> None:
    defaults, keywords, attributes, names, doc = content
    live.__defaults__ = defaults
    live.__kwdefaults__ = None if keywords is None else dict(keywords)
    put_dict(vars(live), attributes)
    live.__name__, live.__qualname__, live.__module__ = names
    live.__doc__ = doc


def _function_fits(_: Any, content: list[Any]) -> bool:
    return len(content) == 5


def _function_outline(value: Any) -> list[Any]:
    """What stays as the cell that defined it has made it: its code and annotations."""
    return [value.__code__, _annotations(value)]


def _annotations(value: Any) -> Any:
    return annotate_of(value) or dict(annotations_of(value))


def _generic_content(value: Any) -> list[Any]:
    """The implementations of a generic function, and the attributes that were set on it."""
    return [items_of(dict(registry_of(value) or {})), items_of(own_attributes_of(value))]


def _put_generic(live: Any, content: list[Any]) -> None:
    implementations, attributes = content
    _registered_with(live).clear()
    for cls, implementation in implementations:
        live.register(cls, implementation)
    for name in own_attributes_of(live):
        delattr(live, name)
    vars(live).update(attributes)


def _registered_with(live: Any) -> dict[type, Any]:
    """The registry itself, which a generic function only shows read-only."""
    register = live.register
    place = register.__code__.co_freevars.index("registry")
    registry: dict[type, Any] = register.__closure__[place].cell_contents
    return registry


def _generic_fits(live: Any, content: list[Any]) -> bool:
    return len(content) == 2 and registry_of(live) is not None


def class_state(cls: type) -> dict[str, Any]:
    """The names of a class, with what is registered with it in place of the registry."""
    return {**vars(cls), _REGISTRY: registered(cls)}


def class_content(cls: type, before: Mapping[str, Any]) -> list[Any]:
    """The names of a class that are not set as in the state `before`, those that are gone, the
    classes that were registered with it since, and those that it is registered with itself.
    """
    now = vars(cls)
    own = {name: value for name, value in now.items() if name not in _CLASS_OWN}
    changed = [(n, v) for n, v in own.items() if n not in before or before[n] is not v]
    removed = sorted(before.keys() - now.keys() - _CLASS_OWN)
    new = [other for other in registered(cls) if other not in before[_REGISTRY]]
    new.sort(key=lambda other: (other.__module__, other.__qualname__))
    return [cls.__qualname__, changed, removed, new, installed_bases(cls)]


_REGISTRY = "_abc_impl"
_CLASS_OWN = frozenset({"__dict__", "__weakref__", _REGISTRY, "__annotations_cache__"})


def _put_class(live: Any, content: list[Any]) -> None:
    _, changed, removed, new, bases = content
    for name, value in changed:
        type.__setattr__(live, name, value)
    for name in removed:
        if name in vars(live):
            type.__delattr__(live, name)
    for other in new:
        abc.ABCMeta.register(live, other)
    for base in bases:
        abc.ABCMeta.register(base, live)


def _class_fits(live: Any, content: list[Any]) -> bool:
    return bool(live.__qualname__ == content[0] and vars(live).keys() >= set(content[2]))


def _class_outline(value: type) -> list[Any]:
    return [value.__name__, value.__qualname__, value.__bases__, _annotations(value)]


def _class_saved(live: Any, content: list[Any]) -> list[Any]:
    """What takes a content back, except that registered classes stay so."""
    names = [*(name for name, _ in content[1]), *content[2]]
    known = [(name, vars(live)[name]) for name in names if name in vars(live)]
    return [live.__qualname__, known, [name for name in names if name not in vars(live)], [], []]


def _itself(value: Any) -> Any:
    return value


def kind_of(value: object) -> str | None:
    """The name of the kind of a definition; members of an enumeration are fixed."""
    if isinstance(value, types.CellType):
        return "cell"
    if isinstance(value, types.FunctionType):
        return "function" if registry_of(value) is None else "generic"
    return "class" if isinstance(value, type) and not isinstance(value, enum.EnumMeta) else None


KINDS = {
    "cell": Kind(_cell_content, _itself, _put_cell),
    "function": Kind(
        _function_content, _itself, _put_function, _function_fits, outline=_function_outline
    ),
    "generic": Kind(_generic_content, _itself, _put_generic, _generic_fits),
    "class": Kind(
        _itself, _itself, _put_class, _class_fits, saved=_class_saved, outline=_class_outline
    ),
}
