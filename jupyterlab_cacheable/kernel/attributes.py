"""What a run sets by `setattr` and takes away by `delattr`: on what is only known when it happens.

On the notebook's own objects it is a change like any other, which the inputs show. On a module, or
on what belongs to one, it would be felt by everybody and be missing after a hit.
"""

from __future__ import annotations

import builtins
import functools
from collections.abc import Set
from types import FunctionType, ModuleType
from typing import Any

from ..analysis.origin import Origin, is_installed_path, is_users_class, origin_of_name
from .places import outside_frame
from .probes import Probes

_SETTERS = frozenset({"setattr", "delattr"})


class AttributeSets:
    """Adds a sentence when code of the user changes what is not the notebook's."""

    def __init__(self, sentences: list[str], used: Set[str]) -> None:
        self._sentences = sentences
        self._used = _SETTERS & used

    def watch(self, probes: Probes) -> None:
        """Stand in for the two functions, if the code may call them."""
        for name in sorted(self._used):
            probes.replace(builtins, name, self._tell)

    def _tell(self, args: tuple[Any, ...], _: dict[str, Any]) -> None:
        if not args or _is_librarys():
            return
        name = _foreign_name(args[0])
        sentence = f"it sets attributes of '{name}', which it imports"
        if name is not None and sentence not in self._sentences:
            self._sentences.append(sentence)


def _is_librarys() -> bool:
    """True for a call that stands in installed code; what that does belongs to its version."""
    frame = outside_frame()
    if frame is None:
        return True
    code = frame.f_code
    return is_installed_path(code.co_filename) and not _SETTERS.isdisjoint(code.co_names)


def _foreign_name(target: object) -> str | None:
    """The name of a module, or of a class or function of an installed one; else None."""
    if isinstance(target, ModuleType):
        return target.__name__
    if isinstance(target, type):
        return None if is_users_class(target) else target.__qualname__
    if isinstance(target, functools._lru_cache_wrapper):
        target = target.__wrapped__
    if isinstance(target, FunctionType):
        home = str(target.__globals__.get("__name__")).partition(".")[0]
        own = home == "__main__" or origin_of_name(home) is Origin.LOCAL
        return None if own else target.__qualname__
    if is_users_class(type(target)):
        return None  # asking it for its name would run code of the user
    name = getattr(target, "__qualname__", None)
    return name if isinstance(name, str) else None
