"""Assignments that set a setting: they reach into a library, and a hit makes them again."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from ..analysis.names import Names

# module, or `module:name` of an object imported from it -> what may follow in an assignment.
_SETTINGS = {
    "matplotlib": r"\.rcParams\[\]",
    "matplotlib.pyplot": r"\.rcParams\[\]",
    "matplotlib:rcParams": r"\[\]",
    "matplotlib.pyplot:rcParams": r"\[\]",
    "pandas": r"\.options(\.\w+)+",
    "pandas:options": r"(\.\w+)+",
    "decimal": r"\.getcontext\(\)\.(\w+|(traps|flags)\[\])",
    "decimal:getcontext": r"\(\)\.(\w+|(traps|flags)\[\])",
    "torch": r"\.backends\.cudnn\.(benchmark|deterministic)",
    "os": r"\.environ\[\]",
    "os:environ": r"\[\]",
    "sys": r"\.path(\[\])?",
    "sys:path": r"\[\]",
    "logging": r"\.getLogger\(\)\.(propagate|disabled)|\.root\.(propagate|disabled)",
    "logging:getLogger": r"\(\)\.(propagate|disabled)",
}


def sets_only_settings(name: str, names: Names, namespace: Mapping[str, Any]) -> bool:
    """Whether everything that the cell assigns into what `name` stands for is a known setting."""
    home = _home(name, names, namespace)
    rule = _SETTINGS.get(home or "")
    if rule is None:
        return False
    tails = [path.removeprefix(name) for path in names.paths if _root(path) == name]
    return all(re.fullmatch(rule, tail) for tail in tails)


def is_setting(path: str) -> bool:
    """Whether `module.a.b` is a known setting."""
    return any(
        path.startswith(f"{home}.") and re.fullmatch(rule, path.removeprefix(home))
        for home, rule in _SETTINGS.items()
    )


def _root(path: str) -> str:
    return re.split(r"[.\[(]", path, maxsplit=1)[0]


def _home(name: str, names: Names, namespace: Mapping[str, Any]) -> str | None:
    """The key of `_SETTINGS` for a name: bound by this cell's imports, or by an earlier cell."""
    imported = names.imports.get(name)
    if imported is not None:
        module, attribute = imported
        whole = f"{module}.{attribute}"
        if attribute is None or whole in _SETTINGS:
            return module if attribute is None else whole
        return f"{module}:{attribute}"
    value = namespace.get(name)
    if isinstance(value, ModuleType):
        return value.__name__
    for home in _SETTINGS:
        module, _, attribute = home.partition(":")
        found = sys.modules.get(module)
        if attribute and found is not None and getattr(found, attribute, None) is value:
            return home
    return None
