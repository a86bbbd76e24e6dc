"""The warnings that were shown already: each place of a library warns once, until filters change.

Python notes them in a registry in the module that warned, under a count of the changes of filters;
registries of an older count are void. What a run adds is an effect. What it finds is a condition,
as far as it stands in modules that the cell may use. What earlier runs of the same code have added
is left out, so that a cell hits when it is run again (it then shows its warnings again).
"""

from __future__ import annotations

import contextlib
import hashlib
import sys
import warnings
from collections.abc import Iterable
from types import ModuleType
from typing import Any

from ...analysis.origin import Origin, origin_of_name
from ...analysis.unheard import unheard
from .group import Change, Restorable, Use, Values

_REGISTRY = "__warningregistry__"
_OWN = __name__.partition(".")[0]
Seen = frozenset[tuple[str, tuple[Any, ...]]]


class ShownWarnings(Restorable):
    """The valid registries of all modules; IPython empties the notebook's own for each cell."""

    name = "warnings already shown"

    def read(self) -> Values:
        count = _count()
        seen = [
            (name, key)
            for name, registry in _registries()
            if registry.get("version") == count
            for key, is_shown in registry.items()
            if key != "version" and is_shown and _is_stored(key)
        ]
        return {"count": count, "seen": frozenset(seen)}

    def felt(self, use: Use) -> bool:
        return False  # its condition is `condition`

    def difference(self, before: Values, after: Values, use: Use) -> Change:
        voided = before["count"] != after["count"]
        new = after["seen"] if voided else after["seen"] - before["seen"]
        if not (new or (voided and before["seen"])):
            return {}
        return {"voided": voided, "seen": sorted(new, key=repr)}

    def refusal(self, change: Change) -> str | None:
        return None

    def put(self, change: Change) -> None:
        if change["voided"]:
            count_change()
        count = _count()
        for name, key in change["seen"]:
            module = sys.modules.get(name)
            if isinstance(module, ModuleType):
                registry = vars(module).setdefault(_REGISTRY, {})
                if registry.get("version") != count:
                    registry.clear()
                    registry["version"] = count
                registry[key] = True


def condition(found: Values, packages: Iterable[str]) -> dict[str, list[str]]:
    """What an entry needs that found `found` with these packages."""
    tops = sorted(packages)
    return {"packages": tops, "found": sorted(_told(found["seen"], tops))}


def holds(condition: dict[str, list[str]], now: Values, code: str) -> bool:
    """Whether the same of these warnings were shown as when the entry was stored, apart from those
    that runs of the same `code` have shown.
    """
    found = set(condition["found"])
    own = _SHOWN_BY.get(code, set()) - found
    return _told(now["seen"], condition["packages"]) - own == found


def note(code: str, change: Change) -> None:
    """Note what a run of `code` has shown, or a hit that stood for it."""
    own = _SHOWN_BY.setdefault(code, set())
    own.update(_digest(name, key) for name, key in change.get("seen", ()))


_SHOWN_BY: dict[str, set[str]] = {}


def _told(seen: Seen, tops: Iterable[str]) -> set[str]:
    counting = set(tops)
    found = set()
    for name, key in seen:
        top = name.partition(".")[0]
        if top in counting or origin_of_name(top) is Origin.LOCAL:
            found.add(_digest(name, key))
    return found


def _digest(module: str, key: tuple[Any, ...]) -> str:
    text, category, line = key
    told = f"{module} {category.__module__}.{category.__qualname__} {line} {text}"
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _registries() -> list[tuple[str, dict[Any, Any]]]:
    found = []
    modules: list[tuple[str, object]] = list(sys.modules.items())
    for name, module in modules:
        if type(module) is ModuleType:
            registry = module.__dict__.get(_REGISTRY)
        elif issubclass(type(module), ModuleType):
            # Asked like this, a module that loads itself when it is first used stays as it is.
            registry = ModuleType.__getattribute__(module, "__dict__").get(_REGISTRY)
        else:
            continue
        others = name != "__main__" and not name.startswith(_OWN)
        if registry and others and isinstance(registry, dict):
            found.append((name, registry))
    return found


def _is_stored(key: Any) -> bool:
    category = key[1] if isinstance(key, tuple) and len(key) == 3 else None
    return isinstance(category, type) and category.__module__ != "__main__"


def _count() -> int:
    """How often filters have changed; the interpreter tells it only to registries that it uses."""
    registry: dict[Any, Any] = {}
    with unheard(), contextlib.suppress(Warning):
        warnings.warn_explicit("", ImportWarning, "", 0, registry=registry)
    return int(registry.get("version", 0))


def count_change() -> None:
    """Tell the interpreter that the filters have changed."""
    with getattr(warnings, "_lock", contextlib.nullcontext()):
        for module in (warnings, sys.modules.get("_py_warnings"), sys.modules.get("_warnings")):
            for name in ("_filters_mutated", "_filters_mutated_lock_held"):
                changed = getattr(module, name, None)
                if changed is not None:
                    changed()
                    return
