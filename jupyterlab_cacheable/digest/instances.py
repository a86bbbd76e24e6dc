"""Rules for objects of classes: the class by its definition, the object by its state.

Only classes that the notebook or its local modules define are followed, and only by the default
meaning of state, ``__dict__`` and ``__slots__``: what an object with its own pickling would
restore to is not knowable from its attributes.
"""

from __future__ import annotations

import collections
import copyreg
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from . import plain
from .rule import Rule
from .undigestible import refuse

if TYPE_CHECKING:
    from .walker import Walker

INSTALLED = "package "  # how `definition` begins for what an installed package publishes

_PICKLING = (
    "__reduce__",
    "__reduce_ex__",
    "__getstate__",
    "__setstate__",
    "__getnewargs__",
    "__getnewargs_ex__",
)


def rule_of(walker: Walker, value: object) -> Rule:
    """Return the rule for the type of a value that no other rule covers."""
    kind = type(value)
    if _is_named_tuple(kind):
        return Rule(_named_tuple, mutable=False)
    if kind.__module__ == "builtins" and issubclass(kind, BaseException):
        return Rule(_exception)
    definition = walker.definition(kind)
    if definition is None or definition.startswith(INSTALLED):
        return Rule(partial(_installed, definition), mutable=False)
    base = next((each for each in kind.__mro__ if each in _CONTENTS), object)
    _check_pickling(value, kind, base)
    if base is object:
        _check_hidden_state(value)
    slots: list[str] = copyreg._slotnames(kind)  # type: ignore[attr-defined]
    return Rule(_Instances(definition, base, slots).write)


def _is_named_tuple(kind: type) -> bool:
    fields = getattr(kind, "_fields", None)
    slots = kind.__dict__.get("__slots__")
    return kind.__bases__ == (tuple,) and isinstance(fields, tuple) and slots == ()


def _named_tuple(walker: Walker, value: Any) -> None:
    walker.tag("named tuple", len(value))
    walker.walk(type(value), ".__class__")
    for name, element in zip(value._fields, tuple.__iter__(value), strict=True):
        walker.walk(element, f".{name}")


def _exception(walker: Walker, value: BaseException) -> None:
    if value.__traceback__ or value.__cause__ or value.__context__:
        raise refuse(value, "it is an exception that was raised and holds a traceback")
    walker.tag("exception", type(value).__name__)
    reduced: Any = value.__reduce__()
    _, arguments, *state = reduced
    walker.walk_items(list(arguments))
    walker.walk_items(state)


@dataclass(frozen=True)
class _Instances:
    """Writes the objects of one class, which it has been found possible to write."""

    definition: str
    base: type
    slots: list[str]

    def write(self, walker: Walker, value: object) -> None:
        walker.tag("instance", self.definition, self.base.__name__)
        if self.base is not object:
            _CONTENTS[self.base](walker, value)
        attributes = getattr(value, "__dict__", {})
        walker.parts.add(id(attributes))
        walker.walk_attributes(attributes)
        filled = [name for name in self.slots if hasattr(value, name)]
        walker.walk_attributes({name: getattr(value, name) for name in filled})


def _installed(definition: str | None, walker: Walker, value: object) -> None:
    """Write an object by the name under which a package publishes it; refuse all others."""
    text = walker.definition(value)
    if text is not None:
        walker.tag("definition", text)
    elif hasattr(type(value), "__next__"):
        raise refuse(value, "it is an iterator")
    elif definition is None:
        raise refuse(value, "the definition of its class is not known")
    else:
        raise refuse(value, "objects of this type have no digest")


def _check_pickling(value: object, kind: type, base: type) -> None:
    known = [base, *filter(_is_named_tuple, kind.__mro__)]
    for name in _PICKLING:
        method: Any = getattr(kind, name, None)
        default = any(method is getattr(each, name, None) for each in known)
        # Frozen dataclasses with slots are given methods that pickle as the default would.
        if not default and getattr(method, "__module__", None) != "dataclasses":
            raise refuse(value, f"its class defines its own pickling ({name})")
    if kind in copyreg.dispatch_table:
        raise refuse(value, "a pickling function is registered for its class")


def _check_hidden_state(value: object) -> None:
    """Refuse an object whose memory holds more than its attributes, as C code can arrange."""
    try:
        object.__reduce_ex__(value, 4)
    except TypeError:
        raise refuse(value, "it holds state outside of its attributes") from None


# -- what a subclass of a built-in type holds besides its attributes ------------------------------
# The methods of the built-in type are called by name: the subclass may override them.


def _list_content(walker: Walker, value: list[Any]) -> None:
    plain.write_sequence(walker, list(list.__iter__(value)), "list")


def _tuple_content(walker: Walker, value: tuple[Any, ...]) -> None:
    plain.write_sequence(walker, list(tuple.__iter__(value)), "tuple")


def _dict_content(walker: Walker, value: dict[Any, Any]) -> None:
    walker.walk_pairs(dict.items(value), dict.__len__(value))


def _ordered_content(walker: Walker, value: collections.OrderedDict[Any, Any]) -> None:
    walker.walk_pairs(collections.OrderedDict.items(value), dict.__len__(value))


def _default_content(walker: Walker, value: collections.defaultdict[Any, Any]) -> None:
    walker.walk(value.default_factory, ".default_factory")
    _dict_content(walker, value)


def _set_content(walker: Walker, value: set[Any]) -> None:
    walker.walk_unordered(set.__iter__(value))


def _frozenset_content(walker: Walker, value: frozenset[Any]) -> None:
    walker.walk_unordered(frozenset.__iter__(value))


def _deque_content(walker: Walker, value: collections.deque[Any]) -> None:
    walker.tag("deque", value.maxlen)
    plain.write_sequence(walker, list(collections.deque.__iter__(value)), "list")


def _int_content(walker: Walker, value: int) -> None:
    walker.tag("plain", int.__int__(value))


def _float_content(walker: Walker, value: float) -> None:
    walker.tag("plain", float.__float__(value))


def _str_content(walker: Walker, value: str) -> None:
    walker.tag("plain", str.__str__(value))


def _bytes_content(walker: Walker, value: bytes) -> None:
    walker.tag("plain", bytes.__getitem__(value, slice(None)))


_CONTENTS: dict[type, Callable[[Walker, Any], None]] = {
    list: _list_content,
    tuple: _tuple_content,
    collections.OrderedDict: _ordered_content,
    collections.defaultdict: _default_content,
    dict: _dict_content,
    set: _set_content,
    frozenset: _frozenset_content,
    collections.deque: _deque_content,
    int: _int_content,
    float: _float_content,
    str: _str_content,
    bytes: _bytes_content,
}
