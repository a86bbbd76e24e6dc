"""What every group of settings has in common.

A group reads its settings as plain values by key. Compared with the defaults they are a condition
of an entry ("library not loaded yet" and "loaded, nothing changed" are the same); compared with
what they were before the run they are an effect, which a hit makes again.
"""

from __future__ import annotations

import enum
import hashlib
import importlib
import json
import re
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

from ...analysis.closure import code_digest
from ...analysis.origin import Origin, origin_of

Values = dict[str, Any]
Change = dict[str, Any]


@dataclass(frozen=True)
class Use:
    """What of a run tells which settings it could feel or change.

    ``packages`` are the installed packages that its code and values belong to, ``names`` every name
    and attribute that its code mentions, ``strings`` its text constants, ``shown`` the MIME types
    of its outputs, with "stream" for printed text. ``decimals`` tells whether a decimal number is
    among its inputs or in a definition.
    """

    packages: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    strings: frozenset[str] = frozenset()
    shown: frozenset[str] = frozenset()
    decimals: bool = False

    def mentions(self, words: Collection[str]) -> bool:
        """Whether the code uses any of these names or attributes."""
        return not self.names.isdisjoint(words)

    def may_reach(self, library: str, strangers: Collection[str]) -> bool:
        """Whether the code can get at a library: it is loaded now, and the code names it, or uses
        a package that is not known to be a stranger to it.
        """
        if library not in sys.modules:
            return False
        return library in self.names or bool(self.packages.difference(strangers))


class Group:
    """One group of settings.

    ``name`` is what people read in a reason, ``library`` the top-level module that must be loaded
    for the group to exist, if any. A group without a `put` of its own is refused when a cell
    changes it.

    ``comes_once`` tells that a session changes by itself what a run finds unchanged at first, so
    that a second run of a cell makes no such change.
    """

    name = ""
    library: str | None = None
    comes_once = False

    def read(self) -> Values:
        """All settings by key; empty while the library is not loaded."""
        raise NotImplementedError

    def defaults(self) -> Values:
        """What the settings are when nobody has changed them; a key may be missing."""
        return {}

    def felt(self, use: Use) -> bool:
        """Whether a run of this kind can depend on what it finds, or set what it finds set."""
        raise NotImplementedError

    def text(self, found: Values) -> str:
        """Digest of the differences from the defaults; "" when there are none."""
        usual, missing = self.defaults(), object()
        return digest_of(
            {k: describe(v) for k, v in found.items() if not same(v, usual.get(k, missing))}
        )

    def difference(self, before: Values, after: Values, use: Use) -> Change:
        """What a hit has to set: the end value of each setting that changed."""
        start = before or self.defaults()
        return {
            key: value
            for key, value in after.items()
            if key not in start or not same(start[key], value)
        }

    def refusal(self, change: Change) -> str | None:
        """Why this change cannot be made again, as the end of a sentence; None when it can be."""
        return f"it changes {the(self.name)}"

    def prepare(self, change: Change) -> None:
        """Whatever may fail: load the library, look whether the values can be set here."""
        if self.library is not None:
            importlib.import_module(self.library)

    def put(self, change: Change) -> None:
        """Make a change again; only called after `prepare`."""
        raise NotImplementedError


class Restorable(Group):
    """A group that a hit can set again, as far as its values can be stored."""

    def refusal(self, change: Change) -> str | None:
        for key, value in change.items():
            if not is_storable(value):
                return f"it changes {the(self.name)} ({key}) to something that cannot be stored"
        return None


def the(name: str) -> str:
    """A name as it stands in a sentence."""
    return name if name.startswith(("the ", "sys")) else f"the {name}"


def loaded(module: str, *attributes: str) -> ModuleType | None:
    """A module if it is loaded so far that it has these attributes."""
    found = sys.modules.get(module)
    return found if found is not None and all(hasattr(found, a) for a in attributes) else None


def digest_of(described: object) -> str:
    """Digest of a described value; "" for one that is empty."""
    if not described:
        return ""
    data = json.dumps(described, sort_keys=True, default=repr).encode()
    return hashlib.sha256(data).hexdigest()[:32]


def same(one: Any, other: Any) -> bool:
    """Whether two settings are the same, however they are kept."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, str | int | float | None):
        return bool(one == other)
    return _text(one) == _text(other)


def _text(value: Any) -> str:
    return json.dumps(describe(value), default=repr)


_PLAIN = (str, int, float, complex, bool, bytes, type(None))


def describe(value: Any) -> Any:
    """A value as JSON can hold it, the same in every session; an unknown object by its identity."""
    if isinstance(value, enum.Enum):
        return [type(value).__qualname__, value.name]
    if isinstance(value, list | tuple):
        return [describe(item) for item in value]
    if isinstance(value, set | frozenset):
        return ["set", *sorted(map(_text, value))]
    if isinstance(value, Mapping):
        return [[describe(key), describe(item)] for key, item in value.items()]
    if isinstance(value, _PLAIN):
        return value if isinstance(value, str | int | float | None) else repr(value)
    if isinstance(value, re.Pattern):
        return ["pattern", value.pattern, value.flags]
    if isinstance(value, type):
        return f"{value.__module__}.{value.__qualname__}"
    if type(value).__name__ == "Cycler":
        return ["cycler", describe(list(value))]
    return _describe_callable(value)


def _describe_callable(value: Any) -> Any:
    if isinstance(value, BuiltinFunctionType) and isinstance(value.__self__, str):
        return ["method of text", value.__self__, value.__name__]
    if isinstance(value, FunctionType) and not _reads_globals(value):
        cells = [cell.cell_contents for cell in value.__closure__ or ()]
        return [
            "function",
            code_digest(value.__code__),
            describe(value.__defaults__),
            describe(cells),
        ]
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if isinstance(value, FunctionType | BuiltinFunctionType) and _is_importable(value):
        return f"{module}.{name}"
    return f"{type(value).__qualname__} at {id(value)}"


def _reads_globals(function: FunctionType) -> bool:
    return any(name in function.__globals__ for name in function.__code__.co_names)


def _is_importable(function: Any) -> bool:
    home = sys.modules.get(str(function.__module__))
    if home is None or origin_of(home) not in (Origin.INSTALLED, Origin.PYTHON):
        return False
    return getattr(home, function.__qualname__, None) is function


def is_storable(value: Any) -> bool:
    """Whether a value of a setting goes through the state stream unharmed."""
    if isinstance(value, list | tuple | set | frozenset):
        return all(is_storable(item) for item in value)
    if isinstance(value, dict):
        return all(is_storable(item) for pair in value.items() for item in pair)
    if isinstance(value, BuiltinFunctionType):
        return isinstance(value.__self__, str)
    known = (*_PLAIN, enum.Enum, re.Pattern, type, FunctionType)
    return isinstance(value, known) or type(value).__name__ == "Cycler"
