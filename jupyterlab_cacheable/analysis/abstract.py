"""Classes that were registered with abstract base classes: `Sequence.register(Mine)`."""

from __future__ import annotations

import abc
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from .origin import is_users_class


def registered(cls: type) -> list[type]:
    """The classes that are registered with a class, in no order; none with an ordinary class."""
    if not isinstance(cls, abc.ABCMeta):
        return []
    found = (reference() for reference in abc._get_dump(cls)[0])  # type: ignore[attr-defined]
    return [other for other in found if other is not None]


def installed_bases(cls: type) -> list[type]:
    """The installed abstract base classes that a class is registered with, by name."""
    found = [base for base in _with_registrations() if any(c is cls for c in registered(base))]
    return sorted(found, key=lambda base: (base.__module__, base.__qualname__))


def pairs_of_installed() -> set[tuple[str, str]]:
    """Names of installed abstract base classes, each with an installed class registered with it."""
    return {
        (_name(base), _name(cls))
        for base in _with_registrations()
        for cls in registered(base)
        if not is_users_class(cls)
    }


def _with_registrations() -> list[abc.ABCMeta]:
    return _found_at(abc.get_cache_token())


@lru_cache(maxsize=1)
def _found_at(_token: object) -> list[abc.ABCMeta]:
    """Python makes a new token whenever something is registered anywhere."""
    return [cls for cls in _abstract() if registered(cls) and not is_users_class(cls)]


def _abstract() -> Iterator[abc.ABCMeta]:
    seen: set[int] = set()
    pending: list[type] = [object]
    while pending:
        inner: list[Any] = type.__subclasses__(pending.pop())
        for cls in inner:
            if id(cls) not in seen:
                seen.add(id(cls))
                pending.append(cls)
                if isinstance(cls, abc.ABCMeta):
                    yield cls


def _name(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"
