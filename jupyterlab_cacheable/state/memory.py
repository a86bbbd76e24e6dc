"""Memory that an array shares with a frame: pickling would part the two without a word."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any


def hidden_sharing(
    variables: Mapping[str, Any], inputs: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """Pairs of a variable and another variable or input, an array and a frame over one memory.

    Frames that share memory with each other are fine: pandas copies on write.
    """
    numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
    if numpy is None or pandas is None:
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
