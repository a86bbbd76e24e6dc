"""Objects that are made of attributes, slots and a container."""

from __future__ import annotations

import collections
from typing import Any

from ...digest.slots import filled_slots, slot_names
from . import containers
from .containers import items_of, put_dict
from .kind import Kind

_MANAGED_DICT = 1 << 4  # Py_TPFLAGS_MANAGED_DICT: the attributes stand before the object
_POINTER = tuple.__itemsize__
_BASES: dict[type, str] = {
    list: "list",
    collections.OrderedDict: "ordered",
    collections.defaultdict: "default",
    dict: "dict",
    set: "set",
    collections.deque: "deque",
}
_IMMUTABLE_BASES = (tuple, frozenset, int, float, str, bytes)


def _base(kind: type) -> type:
    return next(
        (each for each in kind.__mro__ if each in _BASES or each in _IMMUTABLE_BASES), object
    )


def has_only_attributes(value: object) -> bool:
    """Whether an object is made of attributes, slots and a container: nothing that C code keeps."""
    kind = type(value)
    base = _base(kind)
    if not kind.__flags__ & 1 << 9:  # Py_TPFLAGS_HEAPTYPE: it was made by a class statement
        return False
    if base.__itemsize__:
        return base in _IMMUTABLE_BASES and bool(kind.__dictoffset__)
    size = base.__basicsize__
    if kind.__dictoffset__ and not base.__dictoffset__ and not kind.__flags__ & _MANAGED_DICT:
        size += _POINTER
    if kind.__weakrefoffset__ > 0 and not base.__weakrefoffset__:
        size += _POINTER
    return kind.__basicsize__ <= size + _POINTER * len(slot_names(kind))


def _instance_content(value: Any) -> list[Any]:
    base = _BASES.get(_base(type(value)))
    inner = None if base is None else containers.KINDS[base].content(value)
    slots = [
        (name, getattr(value, name)) for name in slot_names(type(value)) if hasattr(value, name)
    ]
    return [inner, items_of(getattr(value, "__dict__", {})), slots]


def _blank_instance(value: Any) -> Any:
    base = _base(type(value))
    make: Any = base.__new__
    if base in _IMMUTABLE_BASES:
        return make(type(value), value)
    return make(type(value))


def _put_instance(live: Any, content: list[Any]) -> None:
    inner, attributes, slots = content
    base = _BASES.get(_base(type(live)))
    if base is not None:
        containers.KINDS[base].put(live, inner)
    if hasattr(live, "__dict__"):
        put_dict(vars(live), attributes)
    filled, held = dict(slots), dict(filled_slots(live))
    for name in slot_names(type(live)):
        if name in filled:
            object.__setattr__(live, name, filled[name])
        elif name in held:
            object.__delattr__(live, name)


KINDS = {"instance": Kind(_instance_content, _blank_instance, _put_instance)}
