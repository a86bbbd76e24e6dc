"""Annotations without evaluating them: from Python 3.14 on, they are made when somebody asks."""

from __future__ import annotations

import gc
import sys
from collections.abc import Mapping
from types import FunctionType
from typing import Any

_LAZY: bool = sys.version_info >= (3, 14)

CLASS_SCOPE = "__classdict__"
"""The closure variable through which annotations in a class see its names."""


def annotate_of(owner: FunctionType | type) -> Any:
    """The function that makes the annotations, None when they stand already."""
    if not _LAZY:
        return None
    if isinstance(owner, type):
        own = vars(owner)
        return own.get("__annotate_func__") or own.get("__annotate__")
    return getattr(owner, "__annotate__", None)


def annotations_of(owner: FunctionType | type) -> Mapping[str, Any]:
    """The annotations of what has no function that makes them."""
    if not isinstance(owner, type):
        return owner.__annotations__
    own = vars(owner)  # asking a class of Python 3.14 would leave names in it
    found: Mapping[str, Any] = own.get("__annotations__") or own.get("__annotations_cache__") or {}
    return found


def names_of_class(cls: type) -> dict[str, Any]:
    """The dictionary behind `vars(cls)`, which annotations in the class have in their closure."""
    found: dict[str, Any] = gc.get_referents(vars(cls))[0]
    return found


def class_of_names(names: Mapping[str, Any]) -> type | None:
    """The class whose names these are; None when none of them tells."""
    for member in [*names.values()]:
        cls = getattr(member, "__objclass__", None)
        if isinstance(cls, type) and names_of_class(cls) is names:
            return cls
    return None
