"""Functions that a state stream calls to make values of the standard library.

Their names are part of the stored format, like those of `rebuild`.
"""

from __future__ import annotations

import functools
import os
import re
import types
import typing
from collections.abc import Callable
from typing import Any

_Entry = tuple[tuple[Any, ...], dict[str, Any], Any]


def exception(kind: type[BaseException], arguments: tuple[Any, ...]) -> BaseException:
    """An exception of the user's, whose own `__init__` does not run."""
    made = kind.__new__(kind, *arguments)
    builtin = next(base for base in kind.__mro__ if base.__module__ == "builtins")
    if builtin not in (Exception, BaseException):
        vars(builtin)["__init__"](made, *arguments)
    return made


def blank(kind: type) -> Any:
    """An object without attributes; its state follows."""
    make: Any = kind.__new__
    return make(kind)


def set_attributes(made: object, attributes: dict[str, Any]) -> None:
    """Give an object its attributes without asking its class."""
    vars(made).update(attributes)


def set_only_attributes(made: object, attributes: dict[str, Any]) -> None:
    """As `set_attributes`, in place of those that the object was made with."""
    vars(made).clear()
    vars(made).update(attributes)


def generic(name: str) -> Callable[..., Any]:
    """A generic function without implementations; its state follows."""

    def placeholder(_value: object) -> None: ...

    placeholder.__name__ = name
    return functools.singledispatch(placeholder)


def set_generic_state(made: Any, state: tuple[dict[type, Any], dict[str, Any]]) -> None:
    """Register the implementations."""
    registry, attributes = state
    functools.update_wrapper(made, registry[object])
    for kind, function in registry.items():
        made.register(kind, function)
    vars(made).update(attributes)


class _Skipped(Exception):
    """Ends a call whose result is not remembered."""


class _Replay:
    """Stands behind a new cached function while it is told what it remembers."""

    def __init__(self, results: list[Any]) -> None:
        self._results = iter(results)

    def __call__(self, *_arguments: Any, **_keywords: Any) -> Any:
        for result in self._results:
            return result
        raise _Skipped


def cached(maxsize: int | None, typed: bool) -> Any:
    """A function with `lru_cache` that calls what its state will name.

    A partial object passes calls on without a line in tracebacks, and can be pointed elsewhere.
    """
    made = functools.lru_cache(maxsize, typed)(inner := functools.partial(_Replay([])))
    made.__wrapped__ = inner
    return made


def set_cached_state(made: Any, state: tuple[Any, dict[str, Any], list[_Entry], int, int]) -> None:
    """Remember results as the calls of a run did, then call the real function."""
    wrapped, attributes, entries, hits, misses = state
    inner = made.__wrapped__
    remember_again(made, functools.partial(_point, inner), entries, hits, misses)
    _point(inner, wrapped)
    parameters = made.cache_parameters
    vars(made).clear()
    made.cache_parameters = parameters
    functools.update_wrapper(made, wrapped)
    vars(made).update(attributes)


def remember_again(
    made: Any, point: Callable[[Any], None], entries: list[_Entry], hits: int, misses: int
) -> None:
    """Call an empty cached function as a run did; `point` says what answers its calls meanwhile."""
    point(_Replay([]))
    for _ in range(misses - len(entries)):
        _call_in_vain(made)
    point(_Replay([result for *_call, result in entries]))
    for arguments, keywords, _result in entries:
        made(*arguments, **keywords)
    last = entries[-1] if entries else None
    for _ in range(hits if last else 0):
        made(*last[0], **last[1])  # type: ignore[index]


def _point(partial: Any, function: Any) -> None:
    partial.__setstate__((function, (), {}, {}))


def _call_in_vain(made: Any) -> None:
    try:
        made(_Skipped)
    except _Skipped:
        return


def cached_property(function: Any) -> Any:
    """A `functools.cached_property`, with a lock of its own where it needs one."""
    return functools.cached_property(function)


def closed_memory(kind: type[Any]) -> Any:
    """A closed `StringIO` or `BytesIO`."""
    made = kind()
    made.close()
    return made


def closed_file(
    kind: type[Any], name: str, mode: str, encoding: str | None, errors: str | None
) -> Any:
    """A closed file that still tells what it was."""
    binary = "b" in mode
    made = open(  # noqa: SIM115
        os.devnull, mode, encoding=None if binary else encoding, errors=None if binary else errors
    )
    raw = made.raw if binary else made.buffer.raw  # type: ignore[attr-defined]
    raw.name = name
    made.close()
    if type(made) is not kind:
        raise ValueError(f"a file with the mode {mode} is no {kind.__name__}")
    return made


def match(
    pattern: re.Pattern[Any], how: str, text: Any, start: int, end: int
) -> re.Match[Any] | None:
    """The match that a search has found."""
    found: re.Match[Any] | None = getattr(pattern, how)(text, start, end)
    return found


def view_of_mapping(kind: str, mapping: Any) -> Any:
    """A live view of a dictionary, or a read-only proxy of a mapping."""
    if kind == "mappingproxy":
        return types.MappingProxyType(mapping)
    return getattr(dict, kind.removeprefix("dict_"))(mapping)


def new_type(name: str, qualname: str, module: str, supertype: Any) -> Any:
    """A `typing.NewType`."""
    made: Any = typing.NewType(name, supertype)  # type: ignore[misc]
    made.__qualname__, made.__module__ = qualname, module
    return made


def type_parameter(
    name: str, module: str, constraints: tuple[Any, ...], facts: dict[str, Any]
) -> Any:
    """What `[name]` after a function or class makes."""
    make: Any = typing.TypeVar
    made = make(name, *constraints, infer_variance=True, **facts)
    made.__module__ = module
    return made
