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

import copyreg
import dataclasses
import enum
import io
import marshal
import pickle
import sys
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from types import CellType, CodeType, FunctionType, MappingProxyType
from typing import Any

import cloudpickle

from ..analysis.annotations import CLASS_SCOPE, annotate_of, annotations_of, class_of_names
from ..analysis.origin import is_installed_path, is_users_class
from ..digest.slots import is_unmarked, remove_marks
from . import rebuild
from .container import Buffer
from .live_blocks import LiveBlocks, LiveFrame
from .memory import is_array, memory_of, root_array
from .rebuild_standard import blank, set_attributes
from .reducers import Stream, reduce
from .reducers.classes import completed
from .references import Path, References, has_identity
from .strided import StandIns
from .unstorable import SharedPart, Unstorable

Reduced = tuple[Any, ...]

__all__ = ["SharedPart", "StatePickler", "Unstorable", "dump"]


class StatePickler(cloudpickle.Pickler):  # type: ignore[misc]
    """Pickler of one group.

    `references` leads to the objects that other cells keep, `foreign` holds the ids of everything
    mutable inside them: a variable refers to it by its path and never holds a copy. `shared` holds
    the ids of memory that more than one array of the group uses, `rank` tells which of several
    equal code objects of the cell one is, `variables` holds the ids of numbers that are variables
    themselves.
    """

    def __init__(
        self,
        stream: io.BytesIO,
        buffers: list[Buffer],
        namespace: Mapping[str, Any],
        references: References,
        shared: AbstractSet[int],
        foreign: AbstractSet[int],
        rank: Callable[[CodeType], int],
        variables: AbstractSet[int],
        blocks: LiveBlocks,
    ) -> None:
        stand_ins = StandIns()

        def keep(buffer: pickle.PickleBuffer) -> None:
            buffers.append(stand_ins.real(buffer))

        super().__init__(stream, protocol=5, buffer_callback=keep)
        self._namespace = namespace
        self._references = references
        self._shared = shared
        self._foreign = foreign
        self._rank = rank
        self._variables = variables
        self._stand_ins = stand_ins
        self._stream = Stream(namespace, references, shared, foreign, blocks)
        self.unmarked: set[type] = set()  # classes that pickling may mark
        self._filled: set[int] = set()  # cells that the state of a function fills
        self._numbers: dict[int, tuple[int, Any]] = {}  # kept alive, so that no id is used twice

    def persistent_id(self, value: object) -> Path | None:
        if type(value) in _NUMBERS:
            return self._path_of_number(value)
        if type(value).__name__ in _GLOBAL_GENERATORS:
            constant = _global_generator(value)
            if constant is not None:
                return constant
        if type(value) is LiveFrame:
            return "live", *(self._references.path(value.frame) or ())
        path = self._references.path(value)
        if path is None and self._is_foreign(value) and not self._is_view_of_named(value):
            raise SharedPart(id(_owner(value)))
        return path

    def _path_of_number(self, value: Any) -> Path | None:
        """The path of a number whose identity shows; pickling would make it anew each time.

        Containers find a NaN by its identity, and two names may stand for one number.
        """
        path = _named_nan(value) or self._references.path(value)
        if path is None and (id(value) in self._variables or value != value):
            number, _ = self._numbers.setdefault(id(value), (len(self._numbers), value))
            path = ("number", number, marshal.dumps(value))
        return path

    def _is_foreign(self, value: object) -> bool:
        return bool(self._foreign) and id(_owner(value)) in self._foreign

    def _is_view_of_named(self, value: object) -> bool:
        """True for an array over the memory of an array or frame that a path leads to."""
        if not is_array(value):
            return False
        return bool(self._references.around(value) is not None or self._stream.blocks.around(value))

    def reducer_override(self, value: Any) -> Any:
        if type(value) is FunctionType and value.__globals__ is self._namespace:
            self._filled.update(id(cell) for cell in value.__closure__ or ())
            return _reduce_function(value, self._rank(value.__code__))
        if type(value) is _ClassNames:
            return rebuild.class_names, (value.cls,)
        if type(value) is CellType and id(value) in self._filled:
            return rebuild.cell, ()
        if type(value).__module__ == "dataclasses" or type(value) is MappingProxyType:
            name = _sentinel_name(value)
            if name is not None:
                return getattr, (dataclasses, name)
        if is_unmarked(type(value)):
            self.unmarked.add(type(value))
        _refuse_hooks(value if isinstance(value, type) else type(value))
        reduced = reduce(value, self._stream)
        if reduced is not None:
            return reduced
        if isinstance(value, type):
            return completed(value, super().reducer_override(value))
        if is_array(value):
            array = self._reduce_view(value) or self._stand_ins.reduce(value)
            if array is not None:
                return array
        if _answers_for_others(value):
            return blank, (type(value),), dict(vars(value)), None, None, set_attributes
        if _sets_own_state(value):
            return _reduce_in_order(value)
        return super().reducer_override(value)

    def _reduce_view(self, array: Any) -> Reduced | None:
        memory = id(memory_of(array))
        base = self._references.around(array) if memory in self._foreign else None
        if base is None:
            looking = self._reduce_looking(array)
            if looking is not None:
                return looking
            base = root_array(array) if memory in self._shared else None
        if base is None or base is array:
            return None
        if base.dtype.hasobject:
            raise Unstorable("it shares the memory of an array of objects")
        start = array.__array_interface__["data"][0] - base.__array_interface__["data"][0]
        place = (array.dtype, array.shape, array.strides, start, array.flags.writeable)
        return rebuild.view, (base, *place)

    def _reduce_looking(self, array: Any) -> Reduced | None:
        """An array over the memory of a live frame."""
        found = self._stream.blocks.around(array)
        if found is None:
            return None
        from . import rebuild_pandas

        place, name, part = found
        return rebuild_pandas.looking, (*place.named, name, part, bool(array.flags.writeable))


_NUMBERS = frozenset({int, float, complex})


def _named_nan(value: Any) -> Path | None:
    """Where a NaN that is known by name is kept."""
    if value == value:
        return None
    for module in ("math", "numpy"):
        if getattr(sys.modules.get(module), "nan", None) is value:
            return ("constant", module, "nan")
    return None


# What keeps the state of `random.random()` and the like, by the name of its class.
_GLOBAL_GENERATORS = {
    "Random": ("random", "_inst"),
    "RandomState": ("numpy.random.mtrand", "_rand"),
    "Generator": ("torch", "default_generator"),
}


def _global_generator(value: object) -> Path | None:
    module, name = _GLOBAL_GENERATORS[type(value).__name__]
    kept = getattr(sys.modules.get(module), name, None)
    return ("constant", module, name) if kept is value else None


def _answers_for_others(value: object) -> bool:
    """True for an object of the user whose `__getattr__` would be asked before it is filled."""
    kind = type(value)
    users = [base for base in kind.__mro__[:-1] if is_users_class(base)]
    return (
        any("__getattr__" in vars(base) for base in users)
        and len(users) == len(kind.__mro__) - 1
        and kind.__reduce_ex__ is object.__reduce_ex__
        and not copyreg._slotnames(kind)  # type: ignore[attr-defined]
    )


def _sets_own_state(value: object) -> bool:
    """True for an object of a library that makes its attributes anew when it is unpickled."""
    kind = type(value)
    setter = getattr(kind, "__setstate__", None)
    if type(setter) is not FunctionType or kind in copyreg.dispatch_table:
        return False
    return type(getattr(value, "__dict__", None)) is dict and not is_users_class(kind)


def _reduce_in_order(value: object) -> Any:
    reduced = value.__reduce_ex__(pickle.HIGHEST_PROTOCOL)
    if not isinstance(reduced, tuple) or len(reduced) < 3 or reduced[2] is None:
        return reduced
    maker, arguments, content, items, pairs, *setter = (*reduced, None, None)[:6]
    if items is not None or pairs is not None or any(setter):
        return reduced
    state = (content, list(vars(value)))
    return maker, arguments, state, None, None, rebuild.set_state_in_order


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
                raise Unstorable(
                    f"its class {base.__qualname__} defines {name}, which would run again"
                )
        if is_users_class(type(base)):
            raise Unstorable(
                f"its class {base.__qualname__} has a metaclass of its own, which would run again"
            )


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


def _reduce_function(function: FunctionType, rank: int) -> Reduced:
    cells = function.__closure__ or ()
    state = {
        "names": (function.__name__, function.__qualname__, function.__module__),
        "defaults": function.__defaults__,
        "kwdefaults": function.__kwdefaults__,
        "doc": function.__doc__,
        **_annotations(function),
        "type parameters": getattr(function, "__type_params__", ()),
        "attributes": dict(vars(function)),
        "cells": [
            _cell_content(name, cell)
            for name, cell in zip(function.__code__.co_freevars, cells, strict=True)
        ],
    }
    # Cells go as objects, so that functions which share a variable go on sharing it. They are
    # filled by the state: a function may well stand in its own closure.
    made = (marshal.dumps(function.__code__), cells, rank)
    return rebuild.function, made, state, None, None, rebuild.set_function_state


@dataclasses.dataclass(frozen=True)
class _ClassNames:
    """Stands for the namespace of a class in a closure, which is that of the class read back."""

    cls: type


def _annotations(function: FunctionType) -> dict[str, Any]:
    annotate = annotate_of(function)
    if annotate is not None:
        return {"annotate": annotate}
    return {"annotations": dict(annotations_of(function))}


def _plain_members(names: Mapping[str, Any]) -> dict[str, Any]:
    """What annotations can name in a class that `dataclass` replaced by another one."""
    return {
        name: member
        for name, member in names.items()
        if name[:2] != "__" and not hasattr(type(member), "__get__")
    }


def _cell_content(name: str, cell: CellType) -> tuple[Any, ...]:
    """The content as a one-tuple; the empty tuple for a cell that is not filled yet."""
    try:
        content = cell.cell_contents
    except ValueError:
        return ()
    if name == CLASS_SCOPE:
        cls = class_of_names(content)
        content = _plain_members(content) if cls is None else _ClassNames(cls)
    return (content,)


def dump(
    group: Mapping[str, Any],
    namespace: Mapping[str, Any],
    references: References,
    shared: AbstractSet[int],
    foreign: AbstractSet[int],
    rank: Callable[[CodeType], int],
    blocks: LiveBlocks,
) -> tuple[bytes, list[Buffer]]:
    """Pickle `group` (a dictionary of variables); returns the stream and the raw buffers.

    `rank` tells which of several equal code objects of the cell one is, `blocks` knows the memory
    of the frames of other cells.

    Raises
    ------
    SharedPart
        a variable holds a part of an object of another cell.
    Unstorable
        whatever the value's own pickling raised, in one line.
    """
    stream = io.BytesIO()
    buffers: list[Buffer] = []
    numbers = (each for each in group.get("variables", {}).values() if type(each) in _NUMBERS)
    variables = {id(number) for number in numbers if has_identity(number)}
    pickler = StatePickler(
        stream, buffers, namespace, references, shared, foreign, rank, variables, blocks
    )
    try:
        pickler.dump(dict(group))
    except (SharedPart, Unstorable):
        raise
    except RecursionError:
        raise Unstorable("it is nested too deeply") from None
    except Exception as error:  # a value's own code may raise anything while it is pickled
        raise Unstorable(f"{type(error).__name__}: {error}".splitlines()[0]) from error
    finally:
        remove_marks(filter(is_users_class, pickler.unmarked))
    return stream.getvalue(), buffers
