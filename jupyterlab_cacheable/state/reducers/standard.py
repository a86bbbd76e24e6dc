"""Reducers for values of the standard library."""

from __future__ import annotations

import functools
import io
import re
import types
import typing
from collections.abc import Callable
from types import FunctionType
from typing import TYPE_CHECKING, Any

from ...analysis.generic import own_attributes_of, registry_of
from ...analysis.origin import is_users_class
from ...digest.standard import facts_of_file, how_matched, mapping_of, what_is_remembered
from .. import rebuild_standard as rebuild
from ..unstorable import Unstorable

if TYPE_CHECKING:
    from . import Reduced, Stream


def reduce_exception(error: BaseException) -> Reduced | None:
    """Make an exception of the user's without running its `__init__`."""
    if not is_users_class(type(error)):
        return None
    state = dict(vars(error))
    return rebuild.exception, (type(error), error.args), state, None, None, rebuild.set_attributes


def _function(function: FunctionType, _stream: Stream) -> Reduced | None:
    """Make a generic function anew: its closure holds weak references."""
    if function.__globals__.get("__name__") == "torch.optim.optimizer":
        from .torch_values import reduce_hooked_step

        return reduce_hooked_step(function)
    registry = registry_of(function)
    if registry is None or function.__module__ != "__main__":
        return None
    state = (dict(registry), own_attributes_of(function))
    return rebuild.generic, (function.__name__,), state, None, None, rebuild.set_generic_state


def _cached_function(function: Any, stream: Stream) -> Reduced | None:
    wrapped = getattr(function, "__wrapped__", None)
    if type(wrapped) is not FunctionType or wrapped.__globals__ is not stream.namespace:
        return None
    remembered = what_is_remembered(function)
    if remembered is None:
        raise Unstorable("it remembers results that cannot be read")
    parameters = function.cache_parameters()
    attributes = dict(vars(function))
    del attributes["cache_parameters"], attributes["__wrapped__"]
    state = (wrapped, attributes, *remembered)
    made = (parameters["maxsize"], parameters["typed"])
    return rebuild.cached, made, state, None, None, rebuild.set_cached_state


def _cached_property(value: Any, _stream: Stream) -> Reduced:
    state = {name: held for name, held in vars(value).items() if name != "lock"}
    return rebuild.cached_property, (value.func,), state, None, None, rebuild.set_attributes


def _method(value: Any, _stream: Stream) -> Reduced:
    """Give a class or static method the attributes that it took from its function when made."""
    state = dict(vars(value))
    return type(value), (value.__func__,), state, None, None, rebuild.set_only_attributes


def _memory_file(value: Any, _stream: Stream) -> Reduced | None:
    return (rebuild.closed_memory, (type(value),)) if value.closed else None


def _file(value: Any, _stream: Stream) -> Reduced:
    facts = facts_of_file(value)
    if facts is None:
        raise Unstorable("it is an open file")
    return rebuild.closed_file, (type(value), *facts)


def _match(value: re.Match[Any], _stream: Stream) -> Reduced:
    return rebuild.match, (value.re, how_matched(value), value.string, value.pos, value.endpos)


def _view(value: Any, _stream: Stream) -> Reduced:
    return rebuild.view_of_mapping, (type(value).__name__, mapping_of(value))


def _new_type(value: Any, _stream: Stream) -> Reduced:
    names = (value.__name__, value.__qualname__, value.__module__)
    return rebuild.new_type, (*names, value.__supertype__)


Reducer = Callable[[Any, "Stream"], "Reduced | None"]


def _type_variable(value: typing.TypeVar, _stream: Stream) -> Reduced | None:
    """A parameter of `def f[T]` or `class C[T]`, whose variance cloudpickle does not know."""
    if not getattr(value, "__infer_variance__", False):
        return None
    parameter: Any = value
    try:
        facts = {"bound": parameter.__bound__}
        if getattr(parameter, "has_default", bool)():
            facts["default"] = parameter.__default__
        return rebuild.type_parameter, (
            *(parameter.__name__, parameter.__module__),
            *(parameter.__constraints__, facts),
        )
    except Exception as error:  # they are code of the user, which runs when somebody asks
        raise Unstorable(f"its type parameter {parameter.__name__} cannot be told") from error


REDUCERS: dict[type, Reducer] = {
    FunctionType: _function,
    functools._lru_cache_wrapper: _cached_function,
    functools.cached_property: _cached_property,
    classmethod: _method,
    staticmethod: _method,
    io.StringIO: _memory_file,
    io.BytesIO: _memory_file,
    **dict.fromkeys(
        (io.TextIOWrapper, io.BufferedReader, io.BufferedWriter, io.BufferedRandom), _file
    ),
    re.Match: _match,
    **dict.fromkeys(map(type, ({}.keys(), {}.values(), {}.items())), _view),
    types.MappingProxyType: _view,
    typing.NewType: _new_type,
    typing.TypeVar: _type_variable,
}
