"""How values are pickled whose own pickling loses something or copies their memory.

A reducer is asked by the exact type of a value, or by the package that its class or a base of it
belongs to, and answers what `object.__reduce__` would; None leaves the value to its own pickling.
The functions that an answer names stand in `state.rebuild*`: their names are part of the format.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from ..live_blocks import LiveBlocks
from ..references import References
from . import standard

Reduced = tuple[Any, ...]

# Modules are imported when a value of the package is met, which has imported the package.
_PACKAGES = {
    "numpy": "numpy_values",
    "pandas": "pandas_values",
    "polars": "polars_values",
    "sklearn": "sklearn_values",
    "sympy": "sympy_values",
    "torch": "torch_values",
}


@dataclass
class Stream:
    """One pickle stream, as reducers see it.

    `shared` holds the ids of memory that more than one value of the group uses, `foreign` those
    that belong to other cells, `references` leads to their objects, `blocks` to the memory of their
    frames. `kept` is for objects that
    must be one in all of the stream.
    """

    namespace: Mapping[str, Any]
    references: References
    shared: AbstractSet[int]
    foreign: AbstractSet[int]
    blocks: LiveBlocks = field(default_factory=LiveBlocks)
    kept: dict[Any, Any] = field(default_factory=dict)


def reduce(value: Any, stream: Stream) -> Reduced | None:
    """Return what to pickle in place of a value, None for its own pickling.

    Raises Unstorable or SharedPart.
    """
    kind = type(value)
    reducer = standard.REDUCERS.get(kind)
    if reducer is not None:
        return reducer(value, stream)
    if isinstance(value, BaseException):
        return standard.reduce_exception(value)
    for base in kind.__mro__:
        package = str(base.__module__).partition(".")[0]
        if package in _PACKAGES:
            module = import_module(f".{_PACKAGES[package]}", __package__)
            found: Reduced | None = module.reduce(value, stream)
            return found
    return None
