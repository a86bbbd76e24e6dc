"""Memory that arrays share, with each other or with a frame."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any


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


def arrays_over(frame: Any, held: Iterable[object]) -> bool:
    """Whether one of the objects `held` is an array over the memory of a frame."""
    numpy = sys.modules["numpy"]
    arrays = [value for value in held if is_array(value)]
    columns = _columns(frame) if arrays else []
    return any(numpy.may_share_memory(a, column) for a in arrays for column in columns)


def frames_under(frames: Iterable[object], others: Iterable[object]) -> list[Any]:
    """Those of the frames among `frames` whose memory a frame among `others` uses.

    Pandas copies before it writes into such memory, which a frame that is restored apart from it
    does not make it do.
    """
    pandas = sys.modules.get("pandas")
    if pandas is None:
        return []
    numpy = sys.modules["numpy"]
    blocks = [block for other in others if _is_frame(other, pandas) for block in _blocks(other)]
    return [
        frame
        for frame in frames
        if _is_frame(frame, pandas)
        and any(numpy.may_share_memory(one, block) for one in _blocks(frame) for block in blocks)
    ]


def _blocks(frame: Any) -> list[Any]:
    """The numpy arrays under a frame as pandas keeps them, several columns in one."""
    found = (getattr(block.values, "_ndarray", block.values) for block in frame._mgr.blocks)
    return [array for array in found if is_array(array)]


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
