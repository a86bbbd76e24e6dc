"""Generic functions: `functools.singledispatch` around a function, seen from outside."""

from __future__ import annotations

import functools
import gc
import sys
from collections.abc import Mapping
from types import CodeType, FunctionType, MappingProxyType
from typing import Any

from .origin import Origin, origin_of

Registries = dict[int, tuple[str, dict[type, Any]]]
_MACHINERY = frozenset({"register", "dispatch", "registry", "_clear_cache", "__wrapped__"})


def registry_of(function: FunctionType) -> Mapping[type, Any] | None:
    """The implementations of a generic function by class, None for any other function."""
    own = vars(function)
    if not own.keys() >= _MACHINERY or function.__globals__.get("__name__") != "functools":
        return None
    registry = own["registry"]
    return registry if type(registry) is MappingProxyType else None


def installed_registries() -> Registries:
    """The name and the implementations of each generic function of installed code, by its id.

    Looks through every object of the process.
    """
    return {
        id(function): (f"{function.__module__}.{function.__qualname__}", dict(registry))
        for function in gc.get_referrers(_WRAPPER)
        if type(function) is FunctionType and _is_of_installed(function)
        if (registry := registry_of(function)) is not None
    }


def registered_since(before: Registries) -> list[str]:
    """Names of installed generic functions that were given another implementation since.

    Of one that is new, as when its module was imported, only an implementation of the user counts.
    """
    found = []
    for number, (name, registry) in installed_registries().items():
        known = before[number][1] if number in before else None
        strange = any(not _is_of_installed(made) for made in registry.values())
        if registry != known and (known is not None or strange):
            found.append(name)
    return sorted(found)


_CONSTANTS = functools.singledispatch.__code__.co_consts
_WRAPPER = next(c for c in _CONSTANTS if isinstance(c, CodeType) and c.co_name == "wrapper")


def _is_of_installed(function: Any) -> bool:
    home = sys.modules.get(str(getattr(function, "__module__", None)))
    return home is not None and origin_of(home) in (Origin.INSTALLED, Origin.PYTHON)


def own_attributes_of(function: FunctionType) -> dict[str, Any]:
    """The attributes of a generic function that were set on it from outside."""
    return {name: value for name, value in vars(function).items() if name not in _MACHINERY}
