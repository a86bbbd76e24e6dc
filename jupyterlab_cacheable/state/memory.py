"""Memory that arrays share, with each other or with a frame."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

from ..digest.copying import copies_on_write


def root_array(array: Any) -> Any:
    """The last array in the chain of bases of `array`, which may be `array` itself."""
    while type(base_of(array)) is type(array):
        array = base_of(array)
    return array


def memory_of(array: Any) -> Any:
    """The object that owns the memory of `array`: its root array, or the buffer under that."""
    root = root_array(array)
    return root if root.base is None else base_of(root)


def base_of(array: Any) -> Any:
    """What an array is a view of; numpy's `as_strided` puts an object of its own in between."""
    base = array.base
    return base.base if type(base).__name__ == "DummyArray" else base


def is_array(value: object) -> bool:
    """True for a plain numpy array; numpy need not be loaded."""
    return type(value).__module__ == "numpy" and type(value).__name__ == "ndarray"


def hidden_sharing(
    variables: Mapping[str, Any], inputs: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """Pairs of a variable and another variable or input, an array and a frame over one memory.

    None when pandas copies on write: what is shared is then restored.
    """
    numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
    if numpy is None or pandas is None or copies_on_write():
        return
    everything = {**inputs, **variables}
    arrays = {n: v for n, v in everything.items() if isinstance(v, numpy.ndarray)}
    frames = {n: _columns(v) for n, v in everything.items() if _is_frame(v, pandas)}
    for array_name, array in arrays.items():
        for frame_name, columns in frames.items():
            if not {array_name, frame_name} & variables.keys():
                continue
            if any(numpy.may_share_memory(array, column) for column in columns):
                yield array_name, frame_name


def _is_frame(value: Any, pandas: Any) -> bool:
    return isinstance(value, pandas.DataFrame | pandas.Series)


def _columns(frame: Any) -> list[Any]:
    """The numpy arrays under a frame; columns held by Arrow share nothing with numpy."""
    columns = [frame] if frame.ndim == 1 else [frame.iloc[:, i] for i in range(frame.shape[1])]
    found = (getattr(column.array, "_ndarray", None) for column in columns)
    return [array for array in found if array is not None]
