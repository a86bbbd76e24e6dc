"""The refusal of a value that has no digest."""

from __future__ import annotations

from ..errors import CacheableError


class Undigestible(CacheableError):
    """A value, or something inside it, that cannot be digested.

    ``type_name`` is the real type with its module, ``path`` leads from the value to the object
    (``df.attrs['x']``; it starts with the name given to ``digest``), ``why`` is one clause.
    """

    def __init__(self, type_name: str, path: str, why: str) -> None:
        super().__init__(type_name, path, why)
        self.type_name = type_name
        self.path = path
        self.why = why

    def __str__(self) -> str:
        return f"{self.path or 'the value'} is a {self.type_name}: {self.why}"


def refuse(value: object, why: str) -> Undigestible:
    """Return the refusal of a value; whoever holds the value adds the path to it."""
    return Undigestible(type_name(type(value)), "", why)


def type_name(kind: type) -> str:
    """Return the name of a type with its module, without ``builtins``."""
    module = str(type.__getattribute__(kind, "__module__"))
    name = str(type.__getattribute__(kind, "__qualname__"))
    return name if module == "builtins" else f"{module}.{name}"
