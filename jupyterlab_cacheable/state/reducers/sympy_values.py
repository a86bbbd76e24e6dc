"""Reducers for sympy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sympy.core.function import AppliedUndef, UndefinedFunction

from .. import rebuild_sympy as rebuild

if TYPE_CHECKING:
    from . import Reduced, Stream


def reduce(value: Any, _stream: Stream) -> Reduced | None:
    """Make a function without definition, which is a class of its own, by its name."""
    if isinstance(value, UndefinedFunction):
        return rebuild.function, (value.__name__, dict(value._kwargs))
    if isinstance(value, AppliedUndef):
        return rebuild.applied, (type(value), value.args)
    return None
