"""Classes of the notebook: what cloudpickle leaves out of them."""

from __future__ import annotations

from types import MemberDescriptorType
from typing import Any, NamedTuple

from cloudpickle import cloudpickle

_ABSENT = object()
_OWN = frozenset({"__dict__", "__weakref__", "__module__", "_abc_impl", "__firstlineno__"})
_MAKERS = (cloudpickle._make_skeleton_class, cloudpickle._make_skeleton_enum)


def completed(cls: type, reduced: Any) -> Any:
    """Make a class by value a new one each time, with its slots."""
    if not isinstance(reduced, tuple) or reduced[0] not in _MAKERS:
        return reduced
    maker, arguments, (attributes, slots), *rest = reduced
    # cloudpickle sorts them by name.
    attributes = {name: attributes[name] for name in vars(cls) if name in attributes} | attributes
    attributes = {**_repeated(cls, attributes), **attributes}
    if "__slots__" in vars(cls) and maker is _MAKERS[0] and NamedTuple not in arguments[2]:
        arguments = (
            *arguments[:3],
            {**arguments[3], "__slots__": vars(cls)["__slots__"]},
            *arguments[4:],
        )
        attributes = {
            name: value
            for name, value in attributes.items()
            if name != "__slots__" and not _is_slot(value, cls)
        }
    # cloudpickle would find the class again in this process by the last but one argument.
    return (maker, (*arguments[:-2], None, arguments[-1]), (attributes, slots), *rest)


def _repeated(cls: type, attributes: dict[str, Any]) -> dict[str, Any]:
    """Members of a class that are the very objects its base has: `__hash__ = object.__hash__`."""
    return {
        name: member
        for name, member in vars(cls).items()
        if name not in attributes and name not in _OWN and _is_inherited(cls, name, member)
    }


def _is_inherited(cls: type, name: str, member: object) -> bool:
    return any(vars(base).get(name, _ABSENT) is member for base in cls.__bases__)


def _is_slot(member: object, cls: type) -> bool:
    return isinstance(member, MemberDescriptorType) and member.__objclass__ is cls
