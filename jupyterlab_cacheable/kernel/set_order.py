"""The order in which sets give their elements, where a run has made it visible.

A set that is read back may give its elements in another order, and so may the same set in another
session. Nothing depends on it, unless something was made by going through the set: a list of its
elements, a dictionary that numbers them. Beside such a thing the set has to keep its order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

_LEAST = 4  # elements; fewer may stand in the order of a set by chance
_BATCH = 1000  # elements that an unpickler adds at once
_STEADY = frozenset({bool, int, float, complex})
_SIMPLE = _STEADY | {str, bytes}  # comparing others may run code of the user's


def shows_order(sets: Iterable[Any], objects: Iterable[Any]) -> bool:
    """Whether one of the objects has the elements of one of the sets in an order that is lost."""
    orders: dict[int, list[list[Any]]] = {}
    for each in sets:
        if len(each) >= _LEAST and _SIMPLE.issuperset(map(type, each)) and not _comes_back(each):
            orders.setdefault(len(each), []).append(list(each))
    return bool(orders) and any(
        _SIMPLE.issuperset(map(type, found)) and found in orders[len(found)]
        for value in objects
        for found in _sequences(value, orders)
    )


def _sequences(value: Any, lengths: Iterable[int]) -> Iterator[list[Any]]:
    """What of an object can be in the order of a set: elements, keys, values, labels."""
    kind = type(value)
    package = str(kind.__module__).partition(".")[0]
    if kind in (list, dict):
        if len(value) in lengths:
            yield list(value)
            yield from [list(value.values())] if kind is dict else []
    elif package == "numpy" and kind.__name__ == "ndarray" and value.ndim == 1:
        yield from [value.tolist()] if len(value) in lengths else []
    elif package == "pandas" and kind.__name__ in ("Index", "Series") and len(value) in lengths:
        yield value.tolist()


def _comes_back(value: Any) -> bool:
    """Whether a set that is read back, in any session, gives its elements in the same order."""
    if not all(type(each) in _STEADY for each in value):
        return False
    elements = list(value)
    again: set[Any] = set()
    for start in range(0, len(elements), _BATCH):
        again.update(tuple(elements[start : start + _BATCH]))
    return list(again) == elements
