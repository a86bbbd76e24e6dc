"""Modules beside the notebook by their content, and what the notebook has put into other modules."""

from __future__ import annotations

import os
import sys
import types
from collections.abc import Iterator, Mapping
from typing import Any

from .walker import PLAIN, Tree, plain

NOISE = frozenset(
    {"__builtins__", "__cached__", "__doc__", "__file__", "__loader__", "__name__", "__spec__"}
)
OURS = ("jupyterlab_cacheable", "__main__", __name__.partition(".")[0])


def below(folder: str | None) -> dict[str, dict[str, object]]:
    """The members of every loaded module whose file lies in a folder."""
    if folder is None:
        return {}
    return {
        name: {key: item for key, item in vars(module).items() if key not in NOISE}
        for name, module in loaded()
        if str(getattr(module, "__file__", "") or "").startswith(folder + os.sep)
    }


def loaded() -> Iterator[tuple[str, types.ModuleType]]:
    for name, module in sorted(sys.modules.items()):
        if type(module) is types.ModuleType and not name.startswith(OURS):
            yield name, module


def patched(namespace: Mapping[str, object]) -> dict[str, Tree]:
    """Functions and classes of the notebook that sit in modules or classes of libraries, and the
    plain members of the modules that the notebook has a name for."""
    found: dict[str, Tree] = {}
    for name, module in loaded():
        for place, value in members(name, module):
            if is_notebooks(value):
                found[place] = [type(value).__name__, getattr(value, "__qualname__", "")]
    for value in namespace.values():
        if isinstance(value, types.ModuleType) and not value.__name__.startswith(OURS):
            found[value.__name__] = plain_members(value)
    return found


def members(name: str, module: types.ModuleType) -> Iterator[tuple[str, Any]]:
    for key, value in list(vars(module).items()):
        yield f"{name}.{key}", value
        if issubclass(type(value), type) and value.__module__ == name:
            for inner, member in list(vars(value).items()):
                yield f"{name}.{key}.{inner}", member


def is_notebooks(value: Any) -> bool:
    kind = type(value)
    if kind is staticmethod or kind is classmethod:
        value = value.__func__
    elif kind is property:
        value = value.fget
    elif kind is not types.FunctionType and not issubclass(kind, type):
        return False
    return getattr(value, "__module__", None) == "__main__"


def plain_members(module: types.ModuleType) -> Tree:
    return [
        [name, plain(value)]
        for name, value in sorted(vars(module).items())
        if type(value) in PLAIN and name not in NOISE and not is_kept_for_later(module, name)
    ]


def is_kept_for_later(module: types.ModuleType, name: str) -> bool:
    """What a module works out when it is first used, and need not have when a cell did not run."""
    return name.startswith("_") or (module.__name__, name) == ("tempfile", "tempdir")
