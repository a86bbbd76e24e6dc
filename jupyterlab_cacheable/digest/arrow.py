"""Rules for Arrow: arrays, tables and their types. Only imported when Arrow is in use.

Chunks, offsets and what stands in the slots of missing values are accidents of how an array was
made, so none of them counts. Arrow values never change, so they have no identity.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .arrays import write_array, write_bytes
from .rule import Rule

if TYPE_CHECKING:
    from .walker import Walker

KNOWS_VIEWS = hasattr(pa, "string_view")
"""Whether this pyarrow can hold the views that polars keeps text in."""


def rule_of(kind: type) -> Rule | None:
    """Return the rule of an Arrow type, None when there is none."""
    for family, write in _FAMILIES:
        if issubclass(kind, family):
            return Rule(write, mutable=False)
    return None


def _table(walker: Walker, value: Any) -> None:
    walker.tag("arrow table", type(value).__name__, value.num_rows)
    _schema(walker, value.schema)
    for column in value.columns:
        write_chunked(walker, column)


def _array(walker: Walker, value: Any) -> None:
    walker.tag("arrow array", isinstance(value, pa.ChunkedArray))
    _type(walker, value.type)
    write_chunked(walker, value)


def _scalar(walker: Walker, value: Any) -> None:
    walker.tag("arrow scalar")
    _array(walker, pa.repeat(value, 1))


def _schema(walker: Walker, value: Any) -> None:
    walker.tag("arrow schema")
    walker.data(value.serialize())


def _field(walker: Walker, value: Any) -> None:
    walker.tag("arrow field")
    _schema(walker, pa.schema([value]))


def _type(walker: Walker, value: Any) -> None:
    walker.tag("arrow type")
    _schema(walker, pa.schema([pa.field("", value)]))


def _buffer(walker: Walker, value: Any) -> None:
    walker.tag("arrow buffer")
    walker.data(value)


def write_chunked(walker: Walker, array: Any) -> None:
    """Write the elements of a pyarrow ChunkedArray or Array."""
    walker.packages.add("pyarrow")
    if isinstance(array, pa.ChunkedArray):
        array = _in_one_chunk(array)
    for buffer in array.buffers():
        if buffer is not None and buffer.is_cpu:
            walker.note_span(buffer.address, buffer.size, "arrow")
    _write_array(walker, array)


def _in_one_chunk(array: Any) -> Any:
    if pa.types.is_dictionary(array.type):
        array = array.unify_dictionaries()
    if array.num_chunks == 1:
        return array.chunk(0)
    if _is_view(array.type):
        array = _as_text(array)
    combined = array.combine_chunks()
    if isinstance(combined, pa.ChunkedArray):  # again chunks, beyond 2 GB of text
        combined = pa.concat_arrays(combined.chunks)
    return combined


def _write_array(walker: Walker, array: Any) -> None:
    array = _as_text(array) if _is_view(array.type) else array
    kind = array.type
    walker.tag("arrow", str(kind), len(array), array.null_count)
    if array.null_count:
        write_array(walker, np.asarray(array.is_null()))
    if pa.types.is_null(kind):
        return
    if pa.types.is_boolean(kind):
        write_array(walker, np.asarray(pc.fill_null(array, False)))
    elif _is_text(kind):
        _write_text(walker, array)
    elif _is_fixed_width(kind):
        _write_fixed_width(walker, array)
    elif pa.types.is_struct(kind):
        for part in array.flatten():
            _write_array(walker, part)
    elif pa.types.is_dictionary(kind):
        _write_array(walker, array.indices)
        _write_array(walker, array.dictionary)
    elif _is_list(kind):
        lengths = pc.fill_null(pc.list_value_length(array), 0)
        write_array(walker, np.asarray(lengths))
        _write_array(walker, array.flatten())
    elif isinstance(kind, pa.BaseExtensionType):
        _write_array(walker, array.storage)
    else:
        walker.walk_items(array.to_pylist())


def _is_view(kind: Any) -> bool:
    return str(kind) in ("string_view", "binary_view")  # older versions do not have them


def _as_text(array: Any) -> Any:
    """An array of views as text in one piece; where each view leads is an accident."""
    is_string = str(array.type) == "string_view"
    return array.cast(pa.large_string() if is_string else pa.large_binary())


def _is_list(kind: Any) -> bool:
    return bool(
        pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    )


def _is_text(kind: Any) -> bool:
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
    )


def _is_fixed_width(kind: Any) -> bool:
    return bool(
        pa.types.is_primitive(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_fixed_size_binary(kind)
    )


def _write_text(walker: Walker, array: Any) -> None:
    if array.null_count:
        array = pc.fill_null(array, "" if "string" in str(array.type) else b"")
    _, offsets_buffer, data = array.buffers()
    width = np.int64 if "large" in str(array.type) else np.int32
    offsets = np.zeros(1, width)
    if offsets_buffer is not None and len(array):
        offsets = np.frombuffer(offsets_buffer, width)[array.offset :][: len(array) + 1]
    first, last = int(offsets[0]), int(offsets[-1])
    walker.data(offsets - first if first else offsets)
    text = np.frombuffer(data, np.uint8)[first:last] if last > first else np.empty(0, np.uint8)
    write_bytes(walker, text)


def _write_fixed_width(walker: Walker, array: Any) -> None:
    if len(array) == 0:
        return
    width = array.type.bit_width // 8
    elements = np.frombuffer(array.buffers()[1], np.uint8)[array.offset * width :]
    elements = elements[: len(array) * width].reshape(len(array), width)
    if array.null_count:
        elements = elements.copy()
        elements[np.asarray(array.is_null())] = 0
    write_bytes(walker, elements)


_FAMILIES = (
    ((pa.Table, pa.RecordBatch), _table),
    ((pa.Array, pa.ChunkedArray), _array),
    (pa.Scalar, _scalar),
    (pa.Schema, _schema),
    (pa.Field, _field),
    (pa.DataType, _type),
    (pa.Buffer, _buffer),
)
