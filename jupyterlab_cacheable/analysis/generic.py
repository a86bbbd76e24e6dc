"""Generic functions: `functools.singledispatch` around a function, seen from outside."""

from __future__ import annotations

from collections.abc import Mapping
from types import FunctionType, MappingProxyType
from typing import Any

_MACHINERY = frozenset({"register", "dispatch", "registry", "_clear_cache", "__wrapped__"})


def registry_of(function: FunctionType) -> Mapping[type, Any] | None:
    """The implementations of a generic function by class, None for any other function."""
    own = vars(function)
    if not own.keys() >= _MACHINERY or function.__globals__.get("__name__") != "functools":
        return None
    registry = own["registry"]
    return registry if type(registry) is MappingProxyType else None


def own_attributes_of(function: FunctionType) -> dict[str, Any]:
    """The attributes of a generic function that were set on it from outside."""
    return {name: value for name, value in vars(function).items() if name not in _MACHINERY}
