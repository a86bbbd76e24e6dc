"""Rules for values of the standard library that its own pickling refuses or tells too little of."""

from __future__ import annotations

import functools
import gc
import io
import logging
import random
import re
import sys
import types
import typing
from typing import TYPE_CHECKING, Any

from .reduced import attributes_of, write_reduced
from .rule import Rule
from .undigestible import refuse

if TYPE_CHECKING:
    from .walker import Walker

# -- text and bytes in memory, files --------------------------------------------------------------


def _state_of(value: Any) -> Any:
    return value.__getstate__()


def _string_io(walker: Walker, value: io.StringIO) -> None:
    if value.closed:
        walker.tag("closed StringIO")
        return
    walker.tag("StringIO", *_state_of(value)[:3])
    walker.walk_attributes(attributes_of(value))


def _bytes_io(walker: Walker, value: io.BytesIO) -> None:
    if value.closed:
        walker.tag("closed BytesIO")
        return
    walker.tag("BytesIO", value.tell())
    walker.data(value.getvalue())
    walker.walk_attributes(attributes_of(value))


def _file(walker: Walker, value: Any) -> None:
    """Write a closed file, of which only a few facts are left; refuse an open one."""
    facts = facts_of_file(value)
    if facts is None:
        raise refuse(value, "it is a file")
    walker.tag("closed file", type(value).__name__, *facts)


def facts_of_file(value: Any) -> tuple[str, str, str | None, str | None] | None:
    """Name, mode, encoding and error handling of a closed file, None for any other file."""
    name, mode = getattr(value, "name", None), getattr(value, "mode", None)
    if not value.closed or type(name) is not str or type(mode) is not str or "x" in mode:
        return None
    return name, mode, getattr(value, "encoding", None), getattr(value, "errors", None)


# -- matches, loggers -----------------------------------------------------------------------------


def _match(walker: Walker, value: re.Match[Any]) -> None:
    how = how_matched(value)
    if how is None:
        raise refuse(value, "it is one of many matches of one search; keep its groups instead")
    walker.tag("match", how, value.pos, value.endpos, value.string)
    walker.walk(value.re, ".re")


def how_matched(value: re.Match[Any]) -> str | None:
    """Name of the method of the pattern that gives the same match again."""
    if type(value.string) not in (str, bytes):
        return None
    for how in ("search", "match", "fullmatch"):
        again = getattr(value.re, how)(value.string, value.pos, value.endpos)
        if again is not None and again.regs == value.regs:
            return how
    return None


def _logger(walker: Walker, value: logging.Logger) -> None:
    """Write a logger by its name and by what it does with a record."""
    walker.tag("logger", value.name)
    current: logging.Logger | None = value
    while current is not None:
        walker.tag("settings", current.level, current.propagate, current.disabled)
        walker.walk(current.filters, ".filters")
        for handler in current.handlers:
            _write_handler(walker, handler)
        current = current.parent if current.propagate else None


def _write_handler(walker: Walker, handler: logging.Handler) -> None:
    names = {id(sys.stdout): "stdout", id(sys.stderr): "stderr"}
    name = names.get(id(getattr(handler, "stream", None)))
    if type(handler) is logging.NullHandler:
        name = "nowhere"
    elif type(handler) is not logging.StreamHandler or name is None:
        raise refuse(handler, "it takes log records to somewhere else")
    formatter = handler.formatter
    walker.tag("handler", name, handler.level)
    walker.walk(handler.filters, ".filters")
    walker.walk(formatter and vars(formatter), ".formatter")


# -- random generators ----------------------------------------------------------------------------

_GLOBAL: Any = getattr(random, "_inst", None)


def _random(walker: Walker, value: random.Random) -> None:
    if value is _GLOBAL:  # its state is a condition of its own
        walker.tag("the global Random")
    elif walker.is_first_visit(value):
        write_reduced(walker, value)


# -- views of dictionaries ------------------------------------------------------------------------


def mapping_of(view: Any) -> Any:
    """The dictionary under a view, or the mapping under a proxy."""
    return next(iter(gc.get_referents(view)), None)


def _view(walker: Walker, value: Any) -> None:
    walker.tag("dictionary view", type(value).__name__)
    walker.walk(mapping_of(value), ".mapping")


# -- descriptors, names of types ------------------------------------------------------------------


def _property(walker: Walker, value: property) -> None:
    walker.tag("property")
    for name in ("fget", "fset", "fdel", "__doc__"):
        walker.walk(getattr(value, name), f".{name}")


def _wrapped(walker: Walker, value: Any) -> None:
    walker.tag("method object", type(value).__name__)
    walker.walk(value.__func__, ".__func__")


def _type_variable(walker: Walker, value: Any) -> None:
    walker.tag("type variable", type(value).__name__, value.__name__, value.__module__)
    for name in ("__bound__", "__constraints__", "__covariant__", "__contravariant__"):
        walker.walk(getattr(value, name, None), f".{name}")


def _new_type(walker: Walker, value: Any) -> None:
    walker.tag("new type", value.__name__, value.__qualname__, value.__module__)
    walker.walk(value.__supertype__, ".__supertype__")


# -- functions that remember ----------------------------------------------------------------------


def _cached_function(walker: Walker, value: Any) -> None:
    """Write what a function with `lru_cache` was made of and what it remembers.

    How often it was asked changes with every call and no result with it, so that is left out.
    """
    text = walker.definition(value)
    if text is None:
        raise refuse(value, "its definition is not known")
    walker.tag("cached function", text)
    if text.startswith("package "):
        return
    remembered = what_is_remembered(value)
    if remembered is None:
        raise refuse(value, "it remembers results that cannot be read; define it in another cell")
    entries, _hits, _misses = remembered
    walker.tag("remembers", len(entries))
    for arguments, keywords, result in entries:
        walker.walk(arguments, ".cache")
        with walker.temporary(keywords):
            walker.walk(keywords, ".cache")
        walker.walk(result, ".cache")


Entry = tuple[tuple[Any, ...], dict[str, Any], Any]
_MOST_REMEMBERED = 100_000


def what_is_remembered(function: Any) -> tuple[list[Entry], int, int] | None:
    """The results that a function with `lru_cache` remembers, oldest first, its hits and misses.

    None when they cannot be told apart from here, or when there are too many.
    """
    info = function.cache_info()
    if not info.misses and not info.hits:
        return [], 0, 0
    parameters = function.cache_parameters()
    if max(info.hits, info.misses) > _MOST_REMEMBERED:
        return None
    found = gc.get_referents(function)[1:]
    pairs = _unbounded(found) if info.maxsize is None else _bounded(found)
    if len(pairs) != info.currsize:
        return None
    mark = next((each for each in found if type(each) is object), None)
    typed = bool(parameters["typed"])
    entries = [(*_arguments_of(key, mark, typed), result) for key, result in pairs]
    return entries, info.hits, info.misses


def _unbounded(found: list[Any]) -> list[tuple[Any, Any]]:
    first = next((each for each in found if type(each) is dict), {})
    return list(first.items())


def _bounded(found: list[Any]) -> list[tuple[Any, Any]]:
    """The links of the ring: key, result and the type of a link, again and again."""
    pairs = []
    while len(found) > 2 and getattr(found[2], "__name__", "") == "_lru_list_elem":
        pairs.append((found[0], found[1]))
        found = found[3:]
    return pairs


def _arguments_of(key: Any, mark: object, typed: bool) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Take a key apart: arguments, behind the mark keywords, in the end with `typed` the types."""
    if type(key) is not tuple:
        return (key,), {}
    place = next((number for number, each in enumerate(key) if each is mark), None)
    if place is None:
        return key[: len(key) // 2 if typed else len(key)], {}
    rest = key[place + 1 :]
    if typed:
        rest = rest[: (len(rest) - place) // 3 * 2]
    return key[:place], dict(zip(rest[::2], rest[1::2], strict=True))


RULES: dict[type, Rule] = {
    io.StringIO: Rule(_string_io),
    io.BytesIO: Rule(_bytes_io),
    **dict.fromkeys(
        (io.TextIOWrapper, io.BufferedReader, io.BufferedWriter, io.BufferedRandom), Rule(_file)
    ),
    re.Match: Rule(_match),
    random.Random: Rule(_random, mutable=False),
    logging.Logger: Rule(_logger, mutable=False),
    logging.RootLogger: Rule(_logger, mutable=False),
    **dict.fromkeys(map(type, ({}.keys(), {}.values(), {}.items())), Rule(_view)),
    types.MappingProxyType: Rule(_view),
    property: Rule(_property),
    staticmethod: Rule(_wrapped),
    classmethod: Rule(_wrapped),
    typing.TypeVar: Rule(_type_variable),
    typing.ParamSpec: Rule(_type_variable),
    typing.TypeVarTuple: Rule(_type_variable),
    typing.NewType: Rule(_new_type),
    functools._lru_cache_wrapper: Rule(_cached_function),
}
