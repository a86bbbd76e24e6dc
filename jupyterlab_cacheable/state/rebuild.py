"""The functions that a state stream calls while it is read.

Their names are part of the stored format: a stream names them, so they must stay importable under
these names for as long as format 1 is read.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import CellType, CodeType, FunctionType
from typing import Any

Recompile = Callable[[CodeType], CodeType]

_live: ContextVar[tuple[dict[str, Any], Recompile]] = ContextVar("live")


@contextmanager
def onto(namespace: dict[str, Any], recompile: Recompile) -> Iterator[None]:
    """While this is open, functions are rebuilt onto `namespace`; `recompile` may replace a stored
    code object by the equal one of the cell as it stands now, so that tracebacks show its lines.
    """
    token = _live.set((namespace, recompile))
    try:
        yield
    finally:
        _live.reset(token)


def cell() -> CellType:
    """An empty closure cell; the state of a function that uses it fills it."""
    return CellType()


def function(marshalled: bytes, cells: tuple[CellType, ...]) -> FunctionType:
    """A function without defaults over closure cells; its state follows."""
    namespace, recompile = _live.get()
    code = recompile(marshal.loads(marshalled))  # noqa: S302 -- only checked bytes get here
    return FunctionType(code, namespace, code.co_name, None, cells or None)


def set_function_state(made: FunctionType, state: dict[str, Any]) -> None:
    """Fill in what may refer back to the function itself."""
    made.__name__, made.__qualname__, made.__module__ = state["names"]
    made.__defaults__ = state["defaults"]
    made.__kwdefaults__ = state["kwdefaults"]
    made.__doc__ = state["doc"]
    made.__annotations__ = state["annotations"]
    vars(made).update(state["attributes"])
    for place, content in zip(made.__closure__ or (), state["cells"], strict=True):
        if content:
            place.cell_contents = content[0]


def view(
    base: Any,
    dtype: Any,
    shape: tuple[int, ...],
    strides: tuple[int, ...],
    offset: int,
    writable: bool,
) -> Any:
    """An array over the memory of `base`, `offset` bytes after the start of that memory."""
    import numpy as np

    memory = base.ravel(order="K").view(np.uint8)
    made: Any = np.ndarray(shape, dtype, buffer=memory, offset=offset, strides=strides)
    made.flags.writeable = writable
    return made


def elements(
    memory: Any, dtype: Any, shape: tuple[int, ...], strides: tuple[int, ...], writable: bool
) -> Any:
    """An array whose elements stand in `memory` in C order, and lie apart as they did."""
    import numpy as np
    from numpy.lib.array_utils import byte_bounds

    packed: Any = np.ndarray(shape, dtype, buffer=memory)
    # Only looked at for its bounds: no memory is touched.
    low, high = byte_bounds(np.lib.stride_tricks.as_strided(packed, shape, strides))
    start = packed.__array_interface__["data"][0] - low
    made: Any = np.ndarray(shape, dtype, np.zeros(high - low, np.uint8), start, strides)
    made[...] = packed
    made.flags.writeable = writable
    return made
