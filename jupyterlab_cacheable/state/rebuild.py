"""The functions that a state stream calls while it is read.

Their names are part of the stored format: a stream names them, so they must stay importable under
these names for as long as format 1 is read.
"""

from __future__ import annotations

import abc
import marshal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import CellType, CodeType, FunctionType
from typing import Any

from cloudpickle.cloudpickle import _class_setstate

from ..analysis.annotations import names_of_class

Recompile = Callable[[CodeType, int], CodeType]

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


def class_names(cls: type) -> dict[str, Any]:
    """The namespace of a class, for the closure of its annotations."""
    return names_of_class(cls)


def function(marshalled: bytes, cells: tuple[CellType, ...], rank: int = 0) -> FunctionType:
    """A function without defaults over closure cells; its state follows."""
    namespace, recompile = _live.get()
    code = recompile(marshal.loads(marshalled), rank)  # noqa: S302 -- only checked bytes get here
    return FunctionType(code, namespace, code.co_name, None, cells or None)


def set_function_state(made: FunctionType, state: dict[str, Any]) -> None:
    """Fill in what may refer back to the function itself."""
    made.__name__, made.__qualname__, made.__module__ = state["names"]
    made.__defaults__ = state["defaults"]
    made.__kwdefaults__ = state["kwdefaults"]
    made.__doc__ = state["doc"]
    if "annotate" in state:  # from Python 3.14 on
        vars(FunctionType)["__annotate__"].__set__(made, state["annotate"])
    else:
        made.__annotations__ = state["annotations"]
    if state.get("type parameters"):  # from Python 3.12 on
        vars(FunctionType)["__type_params__"].__set__(made, state["type parameters"])
    vars(made).update(state["attributes"])
    for place, content in zip(made.__closure__ or (), state["cells"], strict=True):
        if content:
            place.cell_contents = content[0]


def set_class_state(made: type, state: tuple[Any, list[abc.ABCMeta], list[str]]) -> None:
    """Fill in a class, bring `names` into order, and register it with abstract base classes."""
    members, bases, names = state
    _class_setstate(made, members)
    for name in [name for name in names if name in vars(made)]:
        member = vars(made)[name]
        type.__delattr__(made, name)
        type.__setattr__(made, name, member)
    for base in bases:
        abc.ABCMeta.register(base, made)


def set_state_in_order(made: Any, state: tuple[Any, list[str]]) -> None:
    """Give an object its state as its class does it, and its attributes the order they had."""
    content, names = state
    made.__setstate__(content)
    attributes = vars(made)
    if attributes.keys() == set(names) and list(attributes) != names:
        ordered = {name: attributes[name] for name in names}
        attributes.clear()
        attributes.update(ordered)


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

    from ..digest.extent import byte_bounds

    packed: Any = np.ndarray(shape, dtype, buffer=memory)
    # Only looked at for its bounds: no memory is touched.
    low, high = byte_bounds(np.lib.stride_tricks.as_strided(packed, shape, strides))
    start = packed.__array_interface__["data"][0] - low
    made: Any = np.ndarray(shape, dtype, np.zeros(high - low, np.uint8), start, strides)
    made[...] = packed
    made.flags.writeable = writable
    return made
