"""What attrs and pydantic write into the classes that are made with them.

The members they generate follow from the fields, the annotations and the decorated methods, so the
fields stand for them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from types import FunctionType
from typing import Any

_PYDANTIC_KEPT = frozenset({"__private_attributes__"})
_ATTRS = frozenset({"__attrs_attrs__", "__attrs_props__", "__attrs_own_setattr__"})


def is_generated(cls: type, name: str, member: object) -> bool:
    """Whether a member of a class was written by attrs or pydantic."""
    own = vars(cls)
    if "__attrs_attrs__" in own and (name in _ATTRS or _is_of(member, "attr")):
        return True
    if "__pydantic_fields__" not in own or name in _PYDANTIC_KEPT:
        return False
    written = name.startswith("__pydantic_") or name in ("__signature__", "__class_vars__")
    return written or _is_of(member, "pydantic")


def _is_of(member: object, package: str) -> bool:
    """True for a function that a package defines or generates."""
    if not isinstance(member, FunctionType):
        return False
    home = str(member.__globals__.get("__name__", "")).partition(".")[0]
    return home == package or member.__code__.co_filename.startswith(f"<{package}")


def particulars(cls: type) -> Iterator[tuple[str, Any]]:
    """Yield the fields of a class, and what its decorators say, each with a label."""
    own = vars(cls)
    for field in own.get("__attrs_attrs__", ()):
        yield f"its field {field.name}", field
    fields: Mapping[str, Any] = own.get("__pydantic_fields__", {})
    for name, field in fields.items():
        yield f"its field {name}", field
    decorators = own.get("__pydantic_decorators__")
    for kind in dataclasses.fields(decorators) if decorators is not None else ():
        for name, decorator in getattr(decorators, kind.name).items():
            yield f"its {kind.name} {name}", decorator.info
