"""Rules for numpy. Only imported when the user imported numpy.

An array counts by its data type, shape, strides, whether it can be written, and every byte of its
elements. A column of a frame counts without its strides, which pandas does not show.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from .extent import byte_bounds
from .rule import Rule
from .undigestible import refuse

if TYPE_CHECKING:
    from .walker import Done, Walker

_Array = np.ndarray[Any, np.dtype[Any]]

_PIECE = 1 << 20  # bytes that are hashed, and if they lie apart copied, at once

# x86 stores its 80-bit floats in 16 bytes, of which the last six are whatever was there.
_LONG_DOUBLE_BYTES = 10 if np.finfo(np.longdouble).nmant == 63 else None


def rule_of(kind: type) -> Rule | None:
    """Return the rule of a numpy type, None when there is none."""
    if kind in _RULES:
        return _RULES[kind]
    if issubclass(kind, np.dtype):
        return Rule(_dtype, mutable=False)
    if issubclass(kind, np.generic) and getattr(np, kind.__name__, None) is kind:
        return Rule(_scalar, mutable=False)
    if issubclass(kind, np.random.BitGenerator) and getattr(np.random, kind.__name__, None) is kind:
        return Rule(_bit_generator)
    return None


def write_array(walker: Walker, array: _Array) -> None:
    """Write the content of an array; neither its identity nor what shares its memory counts."""
    flags = array.flags
    fortran = flags.f_contiguous and not flags.c_contiguous
    walker.tag("ndarray", *array.shape, "F" if fortran else "C")
    write_dtype(walker, array.dtype)
    _write_elements(walker, array.T if fortran else array)


def write_dtype(walker: Walker, dtype: np.dtype[Any]) -> None:
    """Write a data type: byte order, names, offsets and all."""
    if type(dtype).__module__ != "numpy.dtypes":
        raise refuse(dtype, "it is a data type that numpy itself does not have")
    name = dtype.type.__name__.rstrip("_")  # numpy 1 called it bool_
    walker.tag("dtype", dtype.str, name, dtype.itemsize, dtype.isalignedstruct)
    if dtype.kind == "T":  # numpy 2's StringDType
        strings: Any = dtype
        walker.tag("strings", strings.coerce, hasattr(dtype, "na_object"))
        walker.walk(getattr(dtype, "na_object", None), ".na_object")
    if dtype.subdtype is not None:
        base, shape = dtype.subdtype
        walker.tag("subarray", *shape)
        write_dtype(walker, base)
    if dtype.names is not None:
        _write_fields(walker, dtype)
    if dtype.metadata:
        walker.tag("metadata")
        walker.walk_pairs(dtype.metadata.items(), len(dtype.metadata))


def _write_fields(walker: Walker, dtype: np.dtype[Any]) -> None:
    fields: Any = dtype.fields or {}
    walker.tag("fields", *fields)
    for field, offset, *title in fields.values():
        walker.tag("field", offset)
        walker.walk(title[0] if title else None, ".title")
        write_dtype(walker, field)


def _write_elements(walker: Walker, array: _Array) -> None:
    """Write the elements of an array in C order."""
    dtype = array.dtype
    if dtype.names is not None:
        for name in dtype.names:
            _write_elements(walker, array[name])
    elif dtype.kind in "OT":
        places = None if array.ndim == 1 else np.ndindex(array.shape)
        walker.walk_items(array.ravel().tolist(), places)
    elif dtype.char in "gG" and _LONG_DOUBLE_BYTES:
        walker.data(np.ascontiguousarray(_bytes(array).reshape(-1, 16)[:, :_LONG_DOUBLE_BYTES]))
    else:
        write_bytes(walker, array)


def write_bytes(walker: Walker, array: _Array) -> None:
    """Write the elements of an array in C order as plain bytes."""
    walker.data_in_pieces(array.nbytes, pieces_of(array, walker.done))


def pieces_of(array: _Array, done: Done | None = None) -> Iterator[_Array]:
    """Yield the elements of an array in C order as small pieces of plain bytes.

    A copy of the whole never exists. ``done`` is called after each piece, see `digest`.
    """
    for block in _blocks(array):
        yield _bytes(block)
        if done is not None and block.nbytes:
            done(*byte_bounds(block))


def _blocks(array: _Array) -> Iterator[_Array]:
    """Cut an array, in C order, into views that are not big."""
    if array.nbytes <= _PIECE:
        yield array
        return
    step = _PIECE * len(array) // array.nbytes
    if step:
        for start in range(0, len(array), step):
            yield array[start : start + step]
    else:
        for row in array:
            yield from _blocks(row)


def _bytes(array: _Array) -> _Array:
    """Return the elements as plain bytes, without copying when they lie in C order."""
    if array.nbytes == 0:
        return np.empty(0, np.uint8)
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8)


# -- arrays -------------------------------------------------------------------------------------


def _ndarray(walker: Walker, array: _Array) -> None:
    repeated = array.size > 0 and any(
        step == 0 and length > 1 for step, length in zip(array.strides, array.shape, strict=True)
    )
    walker.tag("array", type(array).__name__, bool(array.flags.writeable), repeated)
    note_memory(walker, array)
    if not array.flags.forc:  # whether a reshaped array is a view or a copy depends on it
        walker.tag("strides", *layout_of(array))
    if array.ndim and array.dtype.kind not in "OTV":
        fortran = array.flags.f_contiguous and not array.flags.c_contiguous
        walker.trace(array, array.shape[-1 if fortran else 0])
    write_array(walker, array.view(np.ndarray))


def layout_of(array: _Array) -> tuple[int, ...]:
    """The strides that matter: those of axes with more than one element."""
    return tuple(
        step if length > 1 else 0 for length, step in zip(array.shape, array.strides, strict=True)
    )


def note_memory(walker: Walker, array: _Array) -> None:
    """Report the memory under an array, and write where it overlaps with one written before."""
    number, storage = memory_number(array), storage_under(array)
    walker.parts.add(number)
    if array.nbytes == 0:
        return
    low, high = byte_bounds(array)
    if storage is not None:
        walker.note_span(low, high - low, "torch", storage)
    elif array.flags.writeable:
        walker.note_span(low, high - low, "numpy")
    ranges = walker.memory.setdefault(number, [])
    for place, (other_low, other_high) in enumerate(ranges):
        if low < other_high and other_low < high:
            walker.tag("overlap", place, low - other_low)
    ranges.append((low, high))
    _write_overlaps(walker, (low, high), walker.columns.get(number, ()))


def note_column(walker: Walker, column: _Array) -> None:
    """Report the memory of a column, and write where an array looks into it.

    What columns share with each other is no matter: pandas copies before it writes.
    """
    if column.nbytes:
        _note_column(walker, memory_number(column), byte_bounds(column))


def note_column_object(walker: Walker, values: object) -> None:
    """The same for a column that is an object of its own, which a user may hold as well."""
    _note_column(walker, id(values), _WHOLE)


def note_values(walker: Walker, values: object) -> None:
    """Report such an object that is not in a frame."""
    walker.memory.setdefault(id(values), []).append(_WHOLE)
    _write_overlaps(walker, _WHOLE, walker.columns.get(id(values), ()))


_WHOLE = (0, 1)


def _note_column(walker: Walker, number: int, place: tuple[int, int]) -> None:
    walker.columns.setdefault(number, []).append(place)
    _write_overlaps(walker, place, walker.memory.get(number, ()))


def _write_overlaps(
    walker: Walker, place: tuple[int, int], others: Iterable[tuple[int, int]]
) -> None:
    for number, (low, high) in enumerate(others):
        if place[0] < high and low < place[1]:
            walker.tag("array over column", number, place[0] - low)


def memory_root(array: _Array) -> object:
    """Return the object at the end of the chain of bases, which owns the memory.

    `as_strided` puts a dummy into the chain.
    """
    root: Any = array
    while isinstance(root, np.ndarray | np.void) and root.base is not None:
        root = root.base.base if type(root.base).__name__ == "DummyArray" else root.base
    # Each view of a buffer is an object of its own. Restored arrays are views of disjoint pieces
    # of one mapping, which is therefore no owner.
    while isinstance(root, memoryview) and not isinstance(root.obj, mmap.mmap):
        root = root.obj
    return root


def memory_number(array: _Array) -> int:
    """What stands for the memory under an array in parts."""
    storage = storage_under(array)
    return id(memory_root(array)) if storage is None else storage[0]


def storage_under(array: _Array) -> tuple[int, int] | None:
    """The memory of the tensor that a plain array was made of, None for any other array."""
    root: Any = memory_root(array)
    if type(array) is not np.ndarray or type(root).__module__ != "torch":
        return None
    from .tensors import storage_of

    return storage_of(root)


def _masked(walker: Walker, array: np.ma.MaskedArray[Any, Any]) -> None:
    mask = np.ma.getmaskarray(array)
    walker.tag("masked array", bool(array.hardmask), array.mask is np.ma.nomask)
    note_memory(walker, array)
    if array.mask is not np.ma.nomask:
        note_memory(walker, mask)
    # A view: asking for the fill value of the array itself would set it.
    write_array(walker, np.asarray(array.view().fill_value, dtype=array.dtype))
    write_array(walker, mask)
    write_array(walker, _without_masked(array.data.view(np.ndarray), mask))


def _without_masked(data: _Array, mask: _Array) -> _Array:
    """Return a copy of the data with zeros under the mask, where anything may stand."""
    data = data.copy(order="K")
    names: Any = data.dtype.names
    if names is None:
        data[mask] = np.zeros((), data.dtype)
    for name in names or ():
        data[name] = _without_masked(data[name], mask[name])
    return data


def _masked_constant(walker: Walker, _value: object) -> None:
    walker.tag("masked")


def _refuse_memmap(_walker: Walker, value: object) -> None:
    raise refuse(value, "it is a memmap, whose content lives in a file")


# -- other values -------------------------------------------------------------------------------


def _scalar(walker: Walker, value: np.generic) -> None:
    walker.tag("numpy scalar", type(value).__name__.rstrip("_"))
    write_array(walker, np.asarray(value))


def _record(walker: Walker, value: Any) -> None:
    # Unlike other scalars, one of a structured array is a view into it and can be changed.
    if isinstance(value.base, np.ndarray):
        note_memory(walker, np.asarray(value))
    _scalar(walker, value)


def _dtype(walker: Walker, dtype: np.dtype[Any]) -> None:
    walker.tag("data type")
    write_dtype(walker, dtype)


def _generator(walker: Walker, value: np.random.Generator) -> None:
    walker.tag("numpy.random.Generator")
    walker.walk(value.bit_generator, ".bit_generator")


def _random_state(walker: Walker, value: np.random.RandomState) -> None:
    if value is np.random.mtrand._rand:  # its state is a condition of its own
        walker.tag("the global RandomState")
        return
    if not walker.is_first_visit(value):
        return
    state = value.get_state(legacy=False)
    walker.tag("numpy.random.RandomState")
    walker.walk(value._bit_generator, "._bit_generator")
    with walker.temporary(state):
        walker.walk(state, ".get_state()")


def _bit_generator(walker: Walker, value: np.random.BitGenerator) -> None:
    seeds = value.seed_seq
    state = [value.state, seeds.state if isinstance(seeds, np.random.SeedSequence) else None]
    walker.tag("numpy bit generator", type(value).__name__)
    with walker.temporary(state):
        walker.walk(state, ".state")


def _seed_sequence(walker: Walker, value: np.random.SeedSequence) -> None:
    walker.tag("numpy.random.SeedSequence")
    with walker.temporary(state := value.state):
        walker.walk(state, ".state")


def _business_days(walker: Walker, value: np.busdaycalendar) -> None:
    walker.tag("numpy.busdaycalendar")
    write_array(walker, value.weekmask)
    write_array(walker, value.holidays)


_RULES: dict[type, Rule] = {
    np.ndarray: Rule(_ndarray),
    np.matrix: Rule(_ndarray),
    np.recarray: Rule(_ndarray),
    np.memmap: Rule(_refuse_memmap),
    np.ma.MaskedArray: Rule(_masked),
    type(np.ma.masked): Rule(_masked_constant, mutable=False),
    np.void: Rule(_record),
    np.record: Rule(_record),
    np.busdaycalendar: Rule(_business_days, mutable=False),
    np.random.Generator: Rule(_generator),
    np.random.RandomState: Rule(_random_state, mutable=False),
    np.random.SeedSequence: Rule(_seed_sequence),
}
