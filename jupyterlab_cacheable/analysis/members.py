"""What can change inside a definition: its closure cells, the values in them, class attributes.

The list that `members` returns has the same length and order for definitions with equal digests,
so a place in it names the same thing in another session.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from types import FunctionType, GetSetDescriptorType, MappingProxyType, MemberDescriptorType
from typing import Any

from ..digest import digest
from .closure import Closure, is_member
from .generic import own_attributes_of, registry_of
from .origin import is_users_class

_MOST = 100_000


class TooMany(Exception):
    """A definition holds more than can be listed."""


def members(closure: Closure, value: object) -> list[Any]:
    """Everything in `value` that can change, definitions included; None where nothing can be named.

    A thing that is met twice is listed twice, because equal digests do not tell whether two equal
    definitions are one object. Raises TooMany, and Undigestible as `digest` does.
    """
    found: list[Any] = []
    _Listing(closure, found).visit(value)
    return found


class _Listing:
    def __init__(self, closure: Closure, found: list[Any]) -> None:
        self._closure = closure
        self._found = found
        self._open: set[int] = set()

    def visit(self, value: object) -> None:
        if len(self._found) > _MOST:
            raise TooMany
        if id(value) in self._open:
            return
        self._open.add(id(value))
        if isinstance(value, FunctionType):
            self._function(value)
        elif isinstance(value, type):
            self._class(value)
        elif isinstance(value, functools._lru_cache_wrapper):
            self.visit(value.__wrapped__)
        else:
            self._value(value)
        self._open.discard(id(value))

    def _function(self, function: FunctionType) -> None:
        registry = registry_of(function)
        if registry is not None and not self._is_installed(function):
            self._found.append(function)
            for inner in (*registry, *registry.values(), *_ordered(own_attributes_of(function))):
                self.visit(inner)
        if self._closure.scope_of(function) is None:
            return
        self._found.append(function)
        for cell in function.__closure__ or ():
            self._found.append(cell)
            for content in _content(cell):
                self.visit(content)
        for held in (function.__defaults__, function.__kwdefaults__, vars(function)):
            for inner in _ordered(held):
                self.visit(inner)

    def _is_installed(self, function: FunctionType) -> bool:
        return (self._closure.definition(function) or "").startswith("package ")

    def _class(self, cls: type) -> None:
        if not is_users_class(cls):
            return
        self._found.append(cls)
        for base in cls.__bases__:
            self.visit(base)
        for name, member in sorted(vars(cls).items()):
            if is_member(cls, name, member):
                for inner in _unwrapped(member):
                    self.visit(inner)

    def _value(self, value: object) -> None:
        found = digest(value, definition=self._closure.definition)
        self._closure.reached.kept.append(found.keep)
        self._found.extend(found.objects)
        for definition in found.definitions:
            self.visit(definition)


def _content(cell: Any) -> Iterator[Any]:
    try:
        yield cell.cell_contents
    except ValueError:  # not filled yet
        return


def _ordered(held: Any) -> list[Any]:
    if isinstance(held, dict):
        return [value for _, value in sorted(held.items())]
    return list(held or ())


_BARE = (MemberDescriptorType, GetSetDescriptorType, MappingProxyType)


def _unwrapped(member: Any) -> list[Any]:
    if isinstance(member, _BARE) or type(member).__name__ == "_tuplegetter":
        return []
    if isinstance(member, staticmethod | classmethod):
        return [member.__func__]
    if isinstance(member, property):
        return [part for part in (member.fget, member.fset, member.fdel) if part is not None]
    if isinstance(member, functools.cached_property):
        return [member.func]
    return [member]
