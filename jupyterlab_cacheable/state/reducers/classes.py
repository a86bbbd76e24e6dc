"""Classes of the notebook: what cloudpickle leaves out of them."""

from __future__ import annotations

import enum
from abc import ABCMeta
from itertools import takewhile
from types import MemberDescriptorType
from typing import Any, Generic

from cloudpickle import cloudpickle

from ...analysis.abstract import installed_bases
from .. import rebuild

_ABSENT = object()
_OWN = frozenset({"__dict__", "__weakref__", "__module__", "_abc_impl", "__firstlineno__"})
_MAKERS = (cloudpickle._make_skeleton_class, cloudpickle._make_skeleton_enum)


def completed(cls: type, reduced: Any) -> Any:
    """Make a class by value a new one each time, with its slots."""
    if not isinstance(reduced, tuple) or reduced[0] not in _MAKERS:
        return reduced
    maker, arguments, (attributes, slots), *rest = reduced
    attributes.pop("__slotnames__", None)  # pickling an object of the class has left it there
    attributes.pop("__classdictcell__", None)  # `NamedTuple` has left it there
    if "__annotate_func__" in vars(cls):  # cloudpickle leaves it out
        attributes["__annotate_func__"] = vars(cls)["__annotate_func__"]
    # cloudpickle sorts them by name.
    attributes = {name: attributes[name] for name in vars(cls) if name in attributes} | attributes
    attributes = {**_repeated(cls, attributes), **attributes}
    if isinstance(cls, enum.EnumMeta):
        # cloudpickle leaves out other names of a member, and what is made of several flags.
        known: dict[str, Any] = dict(cls.__members__)
        members = {name: member.value for name, member in known.items()}
        arguments = (*arguments[:3], members, *arguments[4:])
        attributes = {name: value for name, value in attributes.items() if name not in members}
    elif _is_named_tuple(cls):
        # `namedtuple` writes names in an order of its own, and what makes a class sets some first.
        names = {**dict.fromkeys(vars(cls)), **arguments[3], "__slots__": ()}
        names.pop("__classdictcell__", None)
        arguments = (type, arguments[1], (tuple,), names, *arguments[4:])
    elif "__slots__" in vars(cls) and maker is _MAKERS[0]:
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
    if maker is _MAKERS[0] and not _is_named_tuple(cls) and not _is_watched(cls):
        arguments = (*arguments[:3], _in_order(cls, arguments[3], attributes), *arguments[4:])
        attributes.pop("__module__", None)  # setting it would move other names
    state: tuple[Any, ...] = (attributes, slots)
    bases, order = installed_bases(cls), _to_reorder(cls, attributes)
    if bases or order:
        state, rest = ((attributes, slots), bases, order), [None, None, rebuild.set_class_state]
    # cloudpickle would find the class again in this process by the last but one argument.
    return (maker, (*arguments[:-2], None, arguments[-1]), state, *rest)


def _is_named_tuple(cls: type) -> bool:
    own = vars(cls)
    return cls.__bases__ == (tuple,) and "_fields" in own and own.get("__slots__") == ()


def _is_watched(cls: type) -> bool:
    """Whether code of a base or a metaclass looks at the names of a class while it is made."""
    bases = (base for base in cls.__mro__[1:] if base not in (object, Generic))
    return type(cls) not in (type, ABCMeta) or any("__init_subclass__" in vars(b) for b in bases)


def _to_reorder(cls: type, attributes: dict[str, Any]) -> list[str]:
    """The members that code of a base may have put elsewhere; special names have no order."""
    is_enum = isinstance(cls, enum.EnumMeta)
    if not is_enum and not _is_watched(cls):
        return []
    return [name for name in vars(cls) if (is_enum or name in attributes) and name[:2] != "__"]


def _in_order(cls: type, given: dict[str, Any], attributes: dict[str, Any]) -> dict[str, Any]:
    """The names that a class is made with, as its body bound them; most get their values later."""
    own = vars(cls)
    body = takewhile(lambda name: not _is_added(name, own[name]), own)
    plain = {name: value for name, value in attributes.items() if type(value) in (str, int)}
    names = {name: plain.get(name) for name in body if name in attributes or name in given}
    return names | given


def _is_added(name: str, member: object) -> bool:
    """Whether Python itself adds a name, behind those that stand in the body."""
    return name in ("__dict__", "__weakref__") or (name == "__doc__" and member is None)


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
