"""Names of slots, without the mark that `copyreg` leaves on a class when it is asked for them."""

from __future__ import annotations

import copyreg
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

_MARK = "__slotnames__"


def slot_names(cls: type) -> list[str]:
    """The names of the slots of a class and its bases, as its objects know them."""
    with unmarked(cls):
        names: list[str] = copyreg._slotnames(cls)  # type: ignore[attr-defined]
    return names


def filled_slots(value: object) -> Iterator[tuple[str, Any]]:
    """Yield the slots of an object that hold something; never asks `__getattr__` of its class."""
    for name in slot_names(type(value)):
        with suppress(AttributeError):
            yield name, object.__getattribute__(value, name)


@contextmanager
def unmarked(cls: type) -> Iterator[None]:
    """Pickling an object marks its class, which `vars()` would show; take a new mark away."""
    clean = is_unmarked(cls)
    try:
        yield
    finally:
        if clean:
            remove_marks([cls])


def is_unmarked(cls: type) -> bool:
    """Whether nothing has asked for the slots of a class yet."""
    return _MARK not in vars(cls)


def remove_marks(classes: Iterable[type]) -> None:
    """Make classes look as if nothing had asked for their slots."""
    for cls in classes:
        if _MARK in vars(cls):
            type.__delattr__(cls, _MARK)
