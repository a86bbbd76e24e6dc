"""Functions that remember results (`functools.lru_cache`)."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FunctionType
from typing import Any

from ...digest.standard import what_is_remembered
from ..rebuild_standard import remember_again
from .kind import Kind


def kind_of(value: object) -> str | None:
    """The name of the kind of a function that remembers results of a Python function."""
    if not isinstance(value, functools._lru_cache_wrapper):
        return None
    return "memo" if type(value.__wrapped__) is FunctionType else None


def _content(value: Any) -> list[Any]:
    return list(what_is_remembered(value) or ())


def _fits(live: Any, content: list[Any]) -> bool:
    return bool(content) and what_is_remembered(live) is not None


def _blank(value: Any) -> Any:
    parameters = value.cache_parameters()
    return functools.lru_cache(parameters["maxsize"], parameters["typed"])(value.__wrapped__)


def _put(live: Any, content: list[Any]) -> None:
    live.cache_clear()
    with _standing_in(live.__wrapped__) as point:
        remember_again(live, point, *content)


@contextmanager
def _standing_in(function: FunctionType) -> Iterator[Callable[[Any], None]]:
    """Yield what makes another callable answer the calls of a function.

    A function that remembers results only takes them from the function it was made with.
    """
    own = function.__code__
    template = _calls_another.__code__

    def point(other: Any) -> None:
        constants = tuple(other if each == _OTHER else each for each in template.co_consts)
        function.__code__ = template.replace(co_consts=constants, co_freevars=own.co_freevars)

    try:
        yield point
    finally:
        function.__code__ = own


_OTHER = "the other callable"


def _calls_another(*arguments: Any, **keywords: Any) -> Any:
    other: Any = "the other callable"
    return other(*arguments, **keywords)


KINDS = {"memo": Kind(_content, _blank, _put, _fits)}
