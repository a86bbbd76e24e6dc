"""Turn a cell's variables into one pickle stream with out-of-band buffers.

All variables of an entry share one stream, so that objects which are one object stay one object.
Four things differ from `cloudpickle`, which does the rest:

* functions of the notebook are stored as code and rebuilt onto the *live* namespace, so that a
  constant redefined later is seen, as it would be after a run;
* objects that belong to other cells (their functions, their classes, the very object another
  name is bound to) are stored as references to that name;
* classes are rebuilt as new classes each time, as a run would, instead of being shared with an
  earlier unpickling in the same process;
* numpy views that share memory inside the group keep sharing it.
"""

from __future__ import annotations

import dataclasses
import enum
import io
import marshal
import pickle
import sys
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from types import CellType, CodeType, FunctionType
from typing import Any

import cloudpickle

from ..analysis.origin import is_installed_path, is_users_class
from . import rebuild
from .container import Buffer
from .memory import is_array, memory_of, root_array
from .reducers import Stream, reduce
from .reducers.classes import completed
from .references import Path, References
from .strided import StandIns
from .unstorable import SharedPart, Unstorable

Reduced = tuple[Any, ...]

__all__ = ["SharedPart", "StatePickler", "Unstorable", "dump"]


class StatePickler(cloudpickle.Pickler):  # type: ignore[misc]
    """Pickler of one group.

    `references` leads to the objects that other cells keep, `foreign` holds the ids of everything
    mutable inside them: a variable refers to it by its path and never holds a copy. `shared` holds
    the ids of memory that more than one array of the group uses.
    """

    def __init__(
        self,
        stream: io.BytesIO,
        buffers: list[Buffer],
        namespace: Mapping[str, Any],
        references: References,
        shared: AbstractSet[int],
        foreign: AbstractSet[int],
    ) -> None:
        stand_ins = StandIns()

        def keep(buffer: pickle.PickleBuffer) -> None:
            buffers.append(stand_ins.real(buffer))

        super().__init__(stream, protocol=5, buffer_callback=keep)
        self._namespace = namespace
        self._references = references
        self._shared = shared
        self._foreign = foreign
        self._stand_ins = stand_ins
        self._stream = Stream(namespace, references, shared, foreign)
        self._filled: set[int] = set()  # cells that the state of a function fills

    def persistent_id(self, value: object) -> Path | None:
        if type(value) is float and value != value:
            return _named_nan(value)
        path = self._references.path(value)
        if path is None and self._is_foreign(value) and not self._is_view_of_named(value):
            raise SharedPart(id(_owner(value)))
        return path

    def _is_foreign(self, value: object) -> bool:
        return bool(self._foreign) and id(_owner(value)) in self._foreign

    def _is_view_of_named(self, value: object) -> bool:
        """True for an array over the memory of an array that a path leads to."""
        return is_array(value) and self._references.around(value) is not None

    def reducer_override(self, value: Any) -> Any:
        if type(value) is FunctionType and value.__globals__ is self._namespace:
            self._filled.update(id(cell) for cell in value.__closure__ or ())
            return _reduce_function(value)
        if type(value) is CellType and id(value) in self._filled:
            return rebuild.cell, ()
        _refuse_hooks(value if isinstance(value, type) else type(value))
        reduced = reduce(value, self._stream)
        if reduced is not None:
            return reduced
        if isinstance(value, type):
            return completed(value, super().reducer_override(value))
        if type(value).__module__ == "dataclasses":
            return _sentinel_name(value) or super().reducer_override(value)
        if is_array(value):
            array = self._reduce_view(value) or self._stand_ins.reduce(value)
            if array is not None:
                return array
        return super().reducer_override(value)

    def _reduce_view(self, array: Any) -> Reduced | None:
        memory = id(memory_of(array))
        base = self._references.around(array) if memory in self._foreign else root_array(array)
        if base is None or base is array or memory not in (self._shared | self._foreign):
            return None
        if base.dtype.hasobject:
            raise Unstorable("it shares the memory of an array of objects")
        start = array.__array_interface__["data"][0] - base.__array_interface__["data"][0]
        place = (array.dtype, array.shape, array.strides, start, array.flags.writeable)
        return rebuild.view, (base, *place)


def _named_nan(value: float) -> Path | None:
    """Where a NaN that is known by name is kept: containers find a NaN by its identity."""
    for module in ("math", "numpy"):
        if getattr(sys.modules.get(module), "nan", None) is value:
            return ("constant", module, "nan")
    return None


_HOOKS = ("__del__", "__new__", "__init_subclass__", "__setattr__", "__set_name__")


def _refuse_hooks(cls: type) -> None:
    """Refuse classes whose own code would run when an entry is read back and checked."""
    for base in cls.__mro__:
        if not is_users_class(base):
            continue
        for name in _HOOKS:
            hook = base.__dict__.get(name)
            code = getattr(getattr(hook, "__func__", hook), "__code__", None)
            if code is not None and not _is_generated(code) and not _is_enum(base):
                raise Unstorable(f"its class {base.__qualname__} defines {name}")
        if is_users_class(type(base)):
            raise Unstorable(f"its class {base.__qualname__} has a metaclass of its own")


def _is_generated(code: CodeType) -> bool:
    """True for code that no cell or local module holds: dataclasses and attrs write such."""
    return code.co_filename.startswith("<") or is_installed_path(code.co_filename)


def _is_enum(cls: type) -> bool:
    return issubclass(cls, enum.Enum)


def _sentinel_name(value: object) -> str | None:
    """The name under which `dataclasses` keeps one of its sentinels, which must stay itself."""
    return next((name for name, kept in vars(dataclasses).items() if kept is value), None)


def _owner(value: object) -> object:
    return memory_of(value) if is_array(value) else value


def _reduce_function(function: FunctionType) -> Reduced:
    cells = function.__closure__ or ()
    state = {
        "names": (function.__name__, function.__qualname__, function.__module__),
        "defaults": function.__defaults__,
        "kwdefaults": function.__kwdefaults__,
        "doc": function.__doc__,
        "annotations": dict(function.__annotations__),
        "attributes": dict(vars(function)),
        "cells": [_cell_content(cell) for cell in cells],
    }
    # Cells go as objects, so that functions which share a variable go on sharing it. They are
    # filled by the state: a function may well stand in its own closure.
    made = (marshal.dumps(function.__code__), cells)
    return rebuild.function, made, state, None, None, rebuild.set_function_state


def _cell_content(cell: CellType) -> tuple[Any, ...]:
    """The content as a one-tuple; the empty tuple for a cell that is not filled yet."""
    try:
        return (cell.cell_contents,)
    except ValueError:
        return ()


def dump(
    group: Mapping[str, Any],
    namespace: Mapping[str, Any],
    references: References,
    shared: AbstractSet[int],
    foreign: AbstractSet[int],
) -> tuple[bytes, list[Buffer]]:
    """Pickle `group` (a dictionary of variables); returns the stream and the raw buffers.

    Raises
    ------
    SharedPart
        a variable holds a part of an object of another cell.
    Unstorable
        whatever the value's own pickling raised, in one line.
    """
    stream = io.BytesIO()
    buffers: list[Buffer] = []
    try:
        StatePickler(stream, buffers, namespace, references, shared, foreign).dump(dict(group))
    except SharedPart:
        raise
    except RecursionError:
        raise Unstorable("it is nested too deeply") from None
    except Exception as error:  # a value's own code may raise anything while it is pickled
        raise Unstorable(f"{type(error).__name__}: {error}".splitlines()[0]) from error
    return stream.getvalue(), buffers
