"""What a value is, without asking the value."""

from __future__ import annotations

from typing import TypeGuard, TypeVar

Kind = TypeVar("Kind")


def is_a(value: object, kind: type[Kind]) -> TypeGuard[Kind]:
    """Like `isinstance`, which would call the `__getattribute__` of a user's class."""
    return issubclass(type(value), kind)
