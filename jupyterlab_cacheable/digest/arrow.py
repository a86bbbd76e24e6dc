"""The content of Arrow arrays, as pandas holds them. Only imported when pandas uses Arrow.

Chunks, offsets and what stands in the slots of missing values are accidents of how an array was
made, so none of them counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .arrays import write_array

if TYPE_CHECKING:
    from .rule import Rule
    from .walker import Walker


def rule_of(_kind: type) -> Rule | None:
    """Return None: Arrow's own values have no digest yet, only those that pandas wraps."""
    return None


def write_chunked(walker: Walker, array: Any) -> None:
    """Write the elements of a pyarrow ChunkedArray or Array."""
    walker.packages.add("pyarrow")
    if isinstance(array, pa.ChunkedArray):
        array = array.chunk(0) if array.num_chunks == 1 else array.combine_chunks()
    if isinstance(array, pa.ChunkedArray):  # combining gives chunks again beyond 2 GB of text
        array = pa.concat_arrays(array.chunks)
    _write_array(walker, array)


def _write_array(walker: Walker, array: Any) -> None:
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
    else:
        walker.walk_items(array.to_pylist())


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
    walker.data(memoryview(data)[first:last] if last > first else b"")


def _write_fixed_width(walker: Walker, array: Any) -> None:
    if len(array) == 0:
        return
    width = array.type.bit_width // 8
    elements = np.frombuffer(array.buffers()[1], np.uint8)[array.offset * width :]
    elements = elements[: len(array) * width].reshape(len(array), width)
    if array.null_count:
        elements = elements.copy()
        elements[np.asarray(array.is_null())] = 0
    walker.data(elements)
