"""The blocks in which pandas keeps the columns of a frame, and who else uses their memory.

Since pandas copies on write, frames that look into one memory know of each other: each block has a
list of the blocks over its memory (`BlockValuesRefs`), and pandas writes in place only where that
has no other. An array over the memory is not in that list: it sees what pandas writes in place.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterable
from typing import Any, NamedTuple

from .memory import is_array, memory_of, root_array

INNER = ("_ndarray", "_data", "_mask")
"""Where a column type of pandas keeps its numpy arrays."""


Layout = tuple[Any, tuple[int, ...], tuple[int, ...]]
"""How an array lies in memory: its data type, shape and strides."""

Part = tuple[int, Layout]
"""An array within the memory of another one, from that one's first element: bytes and layout."""


def is_frame(value: object) -> bool:
    """True for a frame or a series of pandas; pandas need not be loaded."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and type(value) in (pandas.DataFrame, pandas.Series)


def is_free(value: object) -> bool:
    """True for an array that is no part of a frame: one of numpy, or a column by itself."""
    if is_array(value):
        return True
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(value, pandas.api.extensions.ExtensionArray)


def blocks_of(frame: Any) -> tuple[Any, ...]:
    """The blocks of a frame or series."""
    return tuple(frame._mgr.blocks)


def columns_of(block: Any) -> tuple[int, ...]:
    """The positions of the columns in a block; none for that of a series."""
    if block.ndim == 1:
        return ()
    known = getattr(block, "columns", None)  # of what stands for a block
    return tuple(block.mgr_locs.as_array.tolist()) if known is None else known


def arrays_in(values: Any) -> dict[str, Any]:
    """The numpy arrays that hold the values of a block, by the attribute that has them."""
    if is_array(values):
        return {"": values}
    found = {name: getattr(values, name, None) for name in INNER}
    return {name: array for name, array in found.items() if is_array(array)}


def layout_of(array: Any) -> Layout:
    """How an array lies in memory."""
    return array.dtype, array.shape, array.strides


def address_of(array: Any) -> int:
    """The address of the first element of an array."""
    return int(array.__array_interface__["data"][0])


def bounds(address: int, layout: Layout) -> tuple[int, int]:
    """The first address of an array's elements and the one after the last."""
    dtype, shape, strides = layout
    low = high = address
    for length, step in zip(shape, strides, strict=True):
        reach = max(length - 1, 0) * step
        low, high = min(low, low + reach), max(high, high + reach)
    return low, high + int(dtype.itemsize)


def part_of(array: Any, address: int, layout: Layout) -> Part | None:
    """Where `array` lies in the memory of an array at `address`; None when not all of it does."""
    low, high = bounds(address_of(array), layout_of(array))
    first, last = bounds(address, layout)
    if not array.size or not (first <= low and high <= last):
        return None
    return address_of(array) - address, layout_of(array)


def users_of(block: Any) -> list[Any]:
    """The blocks and indexes over the memory of a block, itself among them."""
    found = (reference() for reference in block.refs.referenced_blocks)
    return [user for user in found if user is not None]


def array_at(array: Any, offset: int, layout: Layout) -> Any:
    """An array `offset` bytes from the first element of another one, over the same memory."""
    numpy: Any = sys.modules["numpy"]
    dtype, shape, strides = layout
    root = root_array(array)
    if not root.flags.forc:
        raise ValueError("the memory of a frame has gaps")
    memory = root.ravel(order="K")
    memory = memory if root.dtype.hasobject else memory.view(numpy.uint8)
    start = address_of(array) - address_of(root) + offset
    return numpy.ndarray(shape, dtype, memory, start, strides)


def blocks_among(users: Any) -> list[Any]:
    """The blocks among the users of a memory, without the indexes."""
    found = (reference() for reference in users.referenced_blocks)
    return [user for user in found if hasattr(user, "mgr_locs")]


def is_looked_into(block: Any, arrays: Iterable[Any] = ()) -> bool:
    """Whether something that pandas does not know of, nor is among `arrays`, holds its memory.

    Told by counting references: arrays are not among what the garbage collector can list.
    """
    memory, known = _memory_of(block, [*arrays])
    memory.append(object())  # only held by the list, like everything else would be
    counts = [sys.getrefcount(held) for held in memory]
    least = counts.pop()
    memory.pop()
    unknown = [count - least - known[number] for number, count in enumerate(counts)]
    return any(n > 0 and n > _cached(memory[number]) for number, n in enumerate(unknown))


def _cached(values: Any) -> int:
    """How often pandas keeps the values of a column in what it calls a cache."""
    if is_array(values):
        return 0
    holders = (each for each in gc.get_referrers(values) if type(each) is dict)
    return sum(each.get("array_values") is values for each in holders)


def _memory_of(block: Any, free: list[Any]) -> tuple[list[Any], list[int]]:
    """The objects that hold the memory of a block, and how often it is known who refers to each."""
    users = {id(user): user for user in (*users_of(block), block)}
    values = {id(v): v for v in map(_values_of, users.values())}
    arrays = [array for v in (*values.values(), *free) for array in arrays_in(v).values()]
    nodes = {id(node): node for array in arrays for node in _chain(array)}
    memory = {id(root): root for root in map(root_array, arrays_in(block.values).values())}
    memory.setdefault(id(block.values), block.values)
    held = [id(_values_of(user)) for user in users.values()]
    held += [id(a) for v in values.values() if not is_array(v) for a in arrays_in(v).values()]
    held += [id(array.base) for array in nodes.values()]
    return list(memory.values()), [held.count(number) for number in memory]


def _chain(array: Any) -> Iterable[Any]:
    """An array and the arrays that it is a view of, up to the one that holds the memory."""
    while is_array(array):
        yield array
        array = array.base


def _values_of(user: Any) -> Any:
    return user.values if hasattr(user, "mgr_locs") else user._data


class _Use(NamedTuple):
    """Which bytes of a memory an array uses."""

    low: int
    high: int
    is_free: bool
    size: int


def memory_to_share(objects: Iterable[Any]) -> set[int]:
    """The ids of memory that more than one array or frame among `objects` shows.

    Frames alone share it only where that makes no more to store: pandas copies before it writes.
    """
    uses: dict[int, list[_Use]] = {}
    whole: dict[int, int] = {}
    for value in objects:
        for array in _arrays_of(value):
            memory = id(memory_of(array))
            whole[memory] = root_array(array).nbytes
            low, high = bounds(address_of(array), layout_of(array))
            uses.setdefault(memory, []).append(_Use(low, high, is_free(value), array.nbytes))
    return {
        memory
        for memory, found in uses.items()
        if _meet(found, free=True)
        or (sum(use.size for use in found) >= whole[memory] and _meet(found, free=False))
    }


def _arrays_of(value: Any) -> Iterable[Any]:
    if is_free(value):
        return arrays_in(value).values()
    blocks = blocks_of(value) if is_frame(value) else ()
    return [array for block in blocks for array in arrays_in(block.values).values()]


def _meet(uses: list[_Use], *, free: bool) -> bool:
    """Whether two of the uses have a byte in common, one of them that of an array by itself."""
    return any(
        one is not other and one.low < other.high and other.low < one.high
        for one in uses
        if one.is_free or not free
        for other in uses
    )
