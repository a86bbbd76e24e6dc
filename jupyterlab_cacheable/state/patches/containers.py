"""Containers of Python and of its standard library.

The methods of the built-in type are called by name: a subclass may override them.
"""

from __future__ import annotations

import array
import collections
import random
import types
from typing import Any

from .kind import Kind


def _put_list(live: list[Any], content: list[Any]) -> None:
    list.__setitem__(live, slice(None), content)


def put_dict(live: dict[Any, Any], content: list[tuple[Any, Any]]) -> None:
    """Give a dictionary these items, in this order."""
    new = dict(content)  # asks keys for their hash, which may fail, before anything is changed
    dict.clear(live)
    dict.update(live, new)


def _put_ordered(live: collections.OrderedDict[Any, Any], content: list[tuple[Any, Any]]) -> None:
    dict(content)
    collections.OrderedDict.clear(live)
    for key, value in content:
        collections.OrderedDict.__setitem__(live, key, value)


def _default_content(value: collections.defaultdict[Any, Any]) -> list[Any]:
    return [value.default_factory, list(dict.items(value))]


def _put_default(live: collections.defaultdict[Any, Any], content: list[Any]) -> None:
    live.default_factory = content[0]
    put_dict(live, content[1])


def _put_set(live: set[Any], content: list[Any]) -> None:
    new = set(content)
    set.clear(live)
    set.update(live, new)


def _put_deque(live: collections.deque[Any], content: list[Any]) -> None:
    collections.deque.clear(live)
    collections.deque.extend(live, content)


def _put_bytes(live: bytearray, content: bytes) -> None:
    live[:] = content


def _put_array(live: array.array[Any], content: bytes) -> None:
    del live[:]
    live.frombytes(content)


def _put_namespace(live: Any, content: list[tuple[str, Any]]) -> None:
    put_dict(vars(live), content)


def items_of(value: dict[Any, Any]) -> list[tuple[Any, Any]]:
    """The items of a dictionary as it keeps them."""
    return list(dict.items(value))


KINDS: dict[str, Kind] = {
    "list": Kind(lambda value: list(list.__iter__(value)), lambda _: [], _put_list),
    "dict": Kind(items_of, lambda _: {}, put_dict),
    "ordered": Kind(
        lambda value: list(collections.OrderedDict.items(value)),
        lambda _: collections.OrderedDict(),
        _put_ordered,
    ),
    "default": Kind(_default_content, lambda _: collections.defaultdict(), _put_default),
    "counter": Kind(items_of, lambda _: collections.Counter(), put_dict),
    "set": Kind(lambda value: list(set.__iter__(value)), lambda _: set(), _put_set),
    "deque": Kind(
        lambda value: list(collections.deque.__iter__(value)),
        lambda value: collections.deque(maxlen=value.maxlen),
        _put_deque,
    ),
    "bytearray": Kind(bytes, lambda _: bytearray(), _put_bytes),
    "array": Kind(bytes, lambda value: array.array(value.typecode), _put_array),
    "namespace": Kind(
        lambda value: items_of(vars(value)), lambda _: types.SimpleNamespace(), _put_namespace
    ),
    "random": Kind(
        lambda value: value.getstate(),
        lambda _: random.Random(),
        lambda live, content: live.setstate(content),
    ),
}

EXACT: dict[type, str] = {
    list: "list",
    dict: "dict",
    collections.OrderedDict: "ordered",
    collections.defaultdict: "default",
    collections.Counter: "counter",
    set: "set",
    collections.deque: "deque",
    bytearray: "bytearray",
    array.array: "array",
    types.SimpleNamespace: "namespace",
    random.Random: "random",
}

HASHING = frozenset({"dict", "ordered", "default", "counter", "set"})
"""Kinds whose objects are sorted by the hash of what they hold."""
