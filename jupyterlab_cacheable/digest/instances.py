"""Rules for objects of classes: the class by its definition, the object by its state.

Objects of classes that the notebook or its local modules define are followed through their state,
``__dict__`` and ``__slots__``, as long as the class leaves pickling alone. Objects of installed
classes, and of classes that inherit their pickling from one, are followed through what that
pickling answers. Pickling methods that the user wrote are never called.
"""

from __future__ import annotations

import collections
import copyreg
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from . import plain
from .reduced import attributes_of, write_reduced
from .rule import Rule
from .slots import slot_names, unmarked
from .undigestible import refuse, type_name

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
    definition = walker.definition(kind)
    if definition is None and kind.__module__ != "builtins":
        return Rule(partial(_published, "the definition of its class is not known"), mutable=False)
    if definition is None or definition.startswith(INSTALLED):
        return Rule(_value if _is_value(kind) else _installed, mutable=False)
    base = next((each for each in kind.__mro__ if each in _CONTENTS), object)
    if _inherits_pickling(walker, value, base):
        return Rule(_with_pickling_of(kind) or partial(_of_users_class, definition))
    if base is object:
        _check_hidden_state(value)
    return Rule(_Instances(definition, base, slot_names(kind)).write)


def _with_pickling_of(kind: type) -> Callable[[Walker, Any], None] | None:
    """How to write the objects of a class of the user whose base has a rule of its own."""
    if not any(type_name(base) == "torch.optim.optimizer.Optimizer" for base in kind.__mro__):
        return None
    from .tensors import write_optimizer  # the class has imported torch

    return write_optimizer


def _is_named_tuple(kind: type) -> bool:
    fields = getattr(kind, "_fields", None)
    slots = kind.__dict__.get("__slots__")
    return kind.__bases__ == (tuple,) and isinstance(fields, tuple) and slots == ()


def _named_tuple(walker: Walker, value: Any) -> None:
    walker.tag("named tuple", len(value))
    walker.walk(type(value), ".__class__")
    for name, element in zip(value._fields, tuple.__iter__(value), strict=True):
        walker.walk(element, f".{name}")


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
        attributes = attributes_of(value)
        walker.keep(attributes)  # it may be made for the walk, or be replaced by the run
        walker.parts.add(id(attributes))
        walker.walk_attributes(attributes)
        walker.walk_attributes(dict(self._filled(value)))

    def _filled(self, value: object) -> Iterator[tuple[str, Any]]:
        """Yield the slots that hold something; never asks `__getattr__` of the class."""
        for name in self.slots:
            with suppress(AttributeError):
                yield name, object.__getattribute__(value, name)


def _published(why: str, walker: Walker, value: object) -> None:
    """Write an object by the name under which a package publishes it; refuse all others."""
    text = walker.definition(value)
    if text is None:
        raise refuse(value, why)
    walker.tag("definition", text)


def _installed(walker: Walker, value: object) -> None:
    """Write an object by the name under which a package publishes it, or by its pickling."""
    text = walker.definition(value)
    if text is not None:
        walker.tag("definition", text)
    elif hasattr(type(value), "__next__"):
        raise refuse(value, "it is an iterator")
    elif walker.is_first_visit(value):
        _note_package(walker, value)
        _check_exception(value)
        write_reduced(walker, value)


def _value(walker: Walker, value: object) -> None:
    """Write an object that never changes."""
    _note_package(walker, value)
    walker.write_value(value, partial(write_reduced, walker, value))


def _of_users_class(definition: str, walker: Walker, value: object) -> None:
    walker.tag("class", definition)
    for kind in type(value).__mro__:
        walker.packages.add(str(kind.__module__).partition(".")[0])
    _check_exception(value)
    with unmarked(type(value)):
        write_reduced(walker, value, of_users_class=True)


def _note_package(walker: Walker, value: object) -> None:
    walker.packages.add(str(type(value).__module__).partition(".")[0])


_VALUES = frozenset({"sympy.core.basic.Basic"})


def _is_value(kind: type) -> bool:
    return any(type_name(each) in _VALUES for each in kind.__mro__)


def _check_exception(value: object) -> None:
    if not isinstance(value, BaseException):
        return
    if value.__cause__ or value.__context__:
        why = "it is an exception that holds the one it was raised from; keep str() of it"
        raise refuse(value, why)
    if value.__traceback__:
        raise refuse(
            value,
            "it is an exception that was raised and holds a traceback; "
            "keep str() of it, or clear it with .with_traceback(None)",
        )


def _inherits_pickling(walker: Walker, value: object, base: type) -> bool:
    """True when installed code pickles the objects of a user's class; refuses the user's own."""
    kind = type(value)
    if kind in copyreg.dispatch_table:
        raise refuse(value, "a pickling function is registered for its class")
    for name in (*_PICKLING, "__getattribute__"):
        owner = next((each for each in kind.__mro__ if name in vars(each)), object)
        if _is_written_by_user(walker, owner, vars(owner)[name] if owner is not object else None):
            raise refuse(value, f"its class defines its own pickling ({name})")
    known = [base, *filter(_is_named_tuple, kind.__mro__)]
    return any(
        not any(getattr(kind, name, None) is getattr(each, name, None) for each in known)
        and not _is_generated(getattr(kind, name, None))
        for name in _PICKLING
    )


_WRITERS = frozenset({"dataclasses", "attr", "collections"})


def _is_written_by_user(walker: Walker, owner: type, method: Any) -> bool:
    if owner is object or (walker.definition(owner) or INSTALLED).startswith(INSTALLED):
        return False
    home = getattr(method, "__globals__", {}).get("__name__", "")
    return str(home).partition(".")[0] not in _WRITERS


def _is_generated(method: Any) -> bool:
    """Frozen dataclasses with slots are given methods that pickle as the default would."""
    return getattr(method, "__module__", None) == "dataclasses"


def _check_hidden_state(value: object) -> None:
    """Refuse an object whose memory holds more than its attributes, as C code can arrange."""
    try:
        with unmarked(type(value)):
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
