"""Rules for sympy. Only imported when the user imported sympy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sympy.core.function import AppliedUndef, UndefinedFunction

from .rule import Rule

if TYPE_CHECKING:
    from .walker import Walker


def rule_of(kind: type) -> Rule | None:
    """Return the rule of a sympy type, None for one that its own pickling tells all about."""
    if issubclass(kind, UndefinedFunction):
        return Rule(_function, mutable=False)
    if issubclass(kind, AppliedUndef):
        return Rule(_applied, mutable=False)
    return None


def _function(walker: Walker, value: Any) -> None:
    """Write a function without definition, which is a class of its own."""
    walker.tag("sympy function", value.__name__)
    with walker.temporary(assumptions := dict(value._kwargs)):
        walker.walk(assumptions, "._kwargs")


def _applied(walker: Walker, value: Any) -> None:
    walker.tag("sympy function of", len(value.args))
    _function(walker, type(value))
    for argument in value.args:
        walker.walk(argument, ".args")
