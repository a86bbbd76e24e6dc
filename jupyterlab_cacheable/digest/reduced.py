"""The content of objects of installed classes: what their own pickling says they are made of.

`__reduce_ex__` of installed code names the callable that makes the object anew, its arguments and
the state. All of it is walked. The containers that it makes for the answer are no part of the
value; what stands in them is.
"""

from __future__ import annotations

import copyreg
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .undigestible import refuse, type_name

if TYPE_CHECKING:
    from .walker import Walker

_PROTOCOL = 4  # the last one before buffers, which a digest has no use for


def write_reduced(walker: Walker, value: object, *, of_users_class: bool = False) -> None:
    """Write an object by its own pickling; refuse when that would call a class of the user."""
    reduced = _reduce(value)
    if of_users_class and reduced[0] is type(value) and not isinstance(value, BaseException):
        raise refuse(value, "it is read back by calling its class, which would run your code")
    walker.keep(reduced)
    if isinstance(reduced, str):
        walker.tag("named", type_name(type(value)), reduced)
        return
    for made in _made_for(reduced):
        walker.note_made(made)
    make, arguments, state, items, pairs, setter = (*reduced, *[None] * 4)[:6]
    if type(state) is dict and not state:
        state = None  # an object without attributes may or may not have been given a `__dict__`
    walker.tag("reduced", state is not None, items is not None, pairs is not None)
    walker.walk(make, ".__reduce__()")
    walker.walk_items(list(arguments), map("argument {}".format, range(len(arguments))))
    if state is not None:
        _write_state(walker, value, state)
    if items is not None:
        walker.walk_items(list(items))
    if pairs is not None:
        walker.walk_pairs(found := list(pairs), len(found))
    if setter is not None:
        walker.walk(setter, ".__reduce__()")
    _write_left_out(walker, value, state, of_users_class)


def _made_for(answer: Any) -> Iterator[object]:
    """Everything that was only made for an answer: nobody else holds it.

    Objects written in C answer with new arrays each time, which are no part of the object.
    """
    keys = range(len(answer)) if isinstance(answer, tuple | list) else list(answer)
    for key in keys:
        if sys.getrefcount(answer[key]) > _HELD_ONCE:
            continue
        made = answer[key]
        yield made
        if type(made) in (tuple, list, dict):
            yield from _made_for(made)


_SAMPLE = [object()]
_HELD_ONCE = sys.getrefcount(_SAMPLE[0])  # of an object that only its container holds


def attributes_of(value: object) -> dict[str, Any]:
    """The `__dict__` of an object, without running code of its class."""
    try:
        found = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return {}
    return found if type(found) is dict else {}


def _reduce(value: object) -> Any:
    kind = type(value)
    try:
        registered = copyreg.dispatch_table.get(kind)
        reduced: Any = registered(value) if registered else value.__reduce_ex__(_PROTOCOL)
    except RecursionError:
        raise
    except Exception as error:  # noqa: BLE001 -- installed code may raise anything here
        why = f"{type(error).__name__}: {error}".splitlines()[0]
        raise refuse(value, f"it cannot be pickled ({why:.120})") from None
    if isinstance(reduced, str) or (isinstance(reduced, tuple) and 2 <= len(reduced) <= 6):
        return reduced
    raise refuse(value, "it cannot be pickled")


def _write_state(walker: Walker, value: object, state: Any) -> None:
    own = attributes_of(value)
    if type(state) is tuple and len(state) == 2 and (state[0] is None or state[0] is own):
        parts = [each for each in state if each is not None]
    else:
        parts = [state]
    for part in parts:
        if part is own:
            walker.keep(own)
            walker.parts.add(id(own))
        if type(part) is dict and all(type(name) is str for name in part):
            _write_attributes(walker, value, part)
        else:
            walker.tag("state")
            walker.walk(part, ".__getstate__()")


def _write_attributes(walker: Walker, value: object, attributes: dict[str, Any]) -> None:
    """Write attributes by name: their order is an accident of installed code."""
    caches = caches_of(type(value))
    kept = {name: attributes[name] for name in sorted(attributes) if name not in caches}
    walker.walk_attributes(kept)


def _write_left_out(walker: Walker, value: object, state: Any, of_users_class: bool) -> None:
    """Write the names of attributes that pickling drops, so that a copy without them differs.

    Installed code makes them again of the others; those of a class of the user count themselves.
    """
    known = state[0] if type(state) is tuple and len(state) == 2 else state
    known = known if type(known) is dict else {}
    missing = attributes_of(value).keys() - known.keys() - caches_of(type(value))
    if missing:
        walker.tag("left out", *sorted(missing))
        own = attributes_of(value)
        walker.walk_attributes({name: own[name] for name in sorted(missing) if of_users_class})


# Attributes that installed classes fill when they are first asked for, by what tells them anyway.
_CACHES = {
    "networkx.classes.graph.Graph": frozenset({"adj", "nodes", "edges", "degree", "succ", "pred"})
    | {"in_edges", "out_edges", "in_degree", "out_degree"},
    "pandas.core.base.PandasObject": frozenset({"_cache"}),
    "scipy.sparse._base._spbase": frozenset({"_has_sorted_indices", "_has_canonical_format"}),
}


def caches_of(kind: type) -> frozenset[str]:
    """The attributes of a class that do not count."""
    names = (_CACHES.get(type_name(each), frozenset()) for each in kind.__mro__)
    return frozenset[str]().union(*names)
