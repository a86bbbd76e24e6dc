"""Rules for the values of Python itself and of its standard library."""

from __future__ import annotations

import array
import collections
import ctypes
import datetime
import decimal
import enum
import fractions
import functools
import pathlib
import re
import types
import typing
import uuid
import zoneinfo
from typing import TYPE_CHECKING, Any

from .rule import Rule
from .undigestible import refuse, type_name

if TYPE_CHECKING:
    from .walker import Walker


# -- containers ---------------------------------------------------------------------------------


def write_sequence(walker: Walker, value: Any, name: str) -> None:
    """Write a list or tuple that is no plain tree."""
    walker.tag(name, len(value))
    for position, element in enumerate(value):
        walker.walk(element, (position,))


def _list(walker: Walker, value: list[Any]) -> None:
    write_sequence(walker, value, "list")


def _tuple(walker: Walker, value: tuple[Any, ...]) -> None:
    write_sequence(walker, value, "tuple")


def _dict(walker: Walker, value: dict[Any, Any]) -> None:
    walker.tag("dict")
    walker.walk_pairs(value.items(), len(value))


def _set(walker: Walker, value: set[Any]) -> None:
    walker.tag("set")
    walker.sets.append(value)
    walker.walk_unordered(value)


def _frozenset(walker: Walker, value: frozenset[Any]) -> None:
    walker.tag("frozenset")
    walker.sets.append(value)
    walker.walk_unordered(value)


def _deque(walker: Walker, value: collections.deque[Any]) -> None:
    walker.tag("deque", value.maxlen)
    walker.walk_items(list(value))


def _ordered_dict(walker: Walker, value: collections.OrderedDict[Any, Any]) -> None:
    walker.tag("OrderedDict")
    walker.walk_pairs(value.items(), len(value))
    walker.walk_attributes(vars(value))


def _default_dict(walker: Walker, value: collections.defaultdict[Any, Any]) -> None:
    walker.tag("defaultdict")
    walker.walk(value.default_factory, ".default_factory")
    walker.walk_pairs(value.items(), len(value))


def _counter(walker: Walker, value: collections.Counter[Any]) -> None:
    walker.tag("Counter")
    walker.walk_pairs(value.items(), len(value))
    walker.walk_attributes(vars(value))


def _namespace(walker: Walker, value: types.SimpleNamespace) -> None:
    walker.tag("SimpleNamespace")
    walker.walk_attributes(vars(value))


def _byte_array(walker: Walker, value: bytearray) -> None:
    walker.tag("bytearray")
    _note_memory(walker, value)
    walker.data(value)


def _array(walker: Walker, value: array.array[Any]) -> None:
    walker.tag("array", value.typecode, value.itemsize)
    _note_memory(walker, value)
    walker.data(value)


def _note_memory(walker: Walker, value: bytearray | array.array[Any]) -> None:
    """Report memory over which numpy can make arrays."""
    size = memoryview(value).nbytes
    if size:
        address = ctypes.addressof(ctypes.c_char.from_buffer(value))
        walker.note_span(address, size, "Python")


# -- small values -------------------------------------------------------------------------------


def _not_implemented(walker: Walker, _value: object) -> None:
    walker.tag("NotImplemented")


def _range(walker: Walker, value: range) -> None:
    walker.tag("range", value.start, value.stop, value.step)


def _slice(walker: Walker, value: slice) -> None:
    walker.tag("slice")
    for part in (value.start, value.stop, value.step):
        walker.walk(part, "")


def _date(walker: Walker, value: datetime.date) -> None:
    walker.tag("date", value.year, value.month, value.day)


def _time(walker: Walker, value: datetime.time) -> None:
    clock = (value.hour, value.minute, value.second, value.microsecond, value.fold)
    walker.tag("time", *clock)
    walker.walk(value.tzinfo, ".tzinfo")


def _datetime(walker: Walker, value: datetime.datetime) -> None:
    clock = (value.hour, value.minute, value.second, value.microsecond, value.fold)
    walker.tag("datetime", value.year, value.month, value.day, *clock)
    walker.walk(value.tzinfo, ".tzinfo")


def _timedelta(walker: Walker, value: datetime.timedelta) -> None:
    walker.tag("timedelta", value.days, value.seconds, value.microseconds)


def _timezone(walker: Walker, value: Any) -> None:
    walker.tag("timezone")
    walker.walk(value.__getinitargs__(), "")


def _zone(walker: Walker, value: zoneinfo.ZoneInfo) -> None:
    if value.key is None:
        raise refuse(value, "it was read from a file and has no key")
    walker.tag("ZoneInfo", value.key)


def _decimal(walker: Walker, value: decimal.Decimal) -> None:
    walker.packages.add("decimal")  # what is done with it depends on the context
    walker.tag("Decimal", *value.as_tuple())


def _fraction(walker: Walker, value: fractions.Fraction) -> None:
    walker.tag("Fraction", value.numerator, value.denominator)


def _uuid(walker: Walker, value: uuid.UUID) -> None:
    walker.tag("UUID", value.int, value.is_safe.name)


def _path(walker: Walker, value: pathlib.PurePath) -> None:
    walker.tag("path", type(value).__name__, str(value))


def _pattern(walker: Walker, value: re.Pattern[Any]) -> None:
    walker.tag("pattern", value.pattern, value.flags)


def _enum_member(walker: Walker, value: enum.Enum) -> None:
    walker.tag("enum member", value._name_)
    walker.walk(type(value), ".__class__")
    walker.walk(value._value_, ".value")


# -- functions, classes, modules ----------------------------------------------------------------


def _definition(walker: Walker, value: object) -> None:
    walker.write_definition(value)


def _class(walker: Walker, value: type) -> None:
    if value.__module__ == "builtins" and not value.__flags__ & _HEAP_TYPE:
        walker.tag("built-in type", value.__qualname__)  # some, like NoneType, have no other name
    else:
        walker.write_definition(value)


def _module(walker: Walker, value: types.ModuleType) -> None:
    walker.write_definition(value, "it is a module whose code can change")


def _method(walker: Walker, value: types.MethodType) -> None:
    if _write_published(walker, value):
        return
    walker.tag("method")
    walker.walk(value.__func__, ".__func__")
    walker.walk(value.__self__, ".__self__")


def _builtin(walker: Walker, value: types.BuiltinFunctionType) -> None:
    if _write_published(walker, value):
        return
    if value.__self__ is None or isinstance(value.__self__, types.ModuleType):
        raise refuse(value, "its definition is not known")
    walker.tag("built-in method", value.__name__)
    walker.walk(value.__self__, ".__self__")


def _write_published(walker: Walker, value: object) -> bool:
    """Write a method that a module publishes as a function, such as ``random.random``."""
    text = walker.definition(value)
    if text is not None:
        walker.tag("definition", text)
    return text is not None


def _descriptor(walker: Walker, value: Any) -> None:
    walker.tag("descriptor", value.__name__)
    walker.walk(value.__objclass__, ".__objclass__")


def _partial(walker: Walker, value: functools.partial[Any]) -> None:
    walker.tag("partial")
    walker.walk(value.func, ".func")
    walker.walk(value.args, ".args")
    walker.tag("keywords")
    walker.walk_pairs(value.keywords.items(), len(value.keywords))
    walker.walk_attributes(vars(value))


def _type_form(walker: Walker, value: Any) -> None:
    """Write ``list[int]``, ``int | None``, ``Optional[int]`` and the like."""
    origin = typing.get_origin(value)
    if origin is None:
        walker.write_definition(value)
        return
    walker.tag("type form", type(value).__name__, getattr(value, "_name", None))
    walker.walk(origin, ".__origin__")
    walker.walk(typing.get_args(value), ".__args__")


_HEAP_TYPE = 1 << 9  # flag of classes that Python code made
_DESCRIPTORS = (
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
    types.ClassMethodDescriptorType,
    types.MemberDescriptorType,
    types.GetSetDescriptorType,
)

RULES: dict[type, Rule] = {
    list: Rule(_list),
    tuple: Rule(_tuple, mutable=False),
    dict: Rule(_dict),
    set: Rule(_set),
    frozenset: Rule(_frozenset, mutable=False),
    bytearray: Rule(_byte_array),
    array.array: Rule(_array),
    collections.deque: Rule(_deque),
    collections.OrderedDict: Rule(_ordered_dict),
    collections.defaultdict: Rule(_default_dict),
    collections.Counter: Rule(_counter),
    types.SimpleNamespace: Rule(_namespace),
    types.NotImplementedType: Rule(_not_implemented, mutable=False),
    range: Rule(_range, mutable=False),
    slice: Rule(_slice, mutable=False),
    datetime.date: Rule(_date, mutable=False),
    datetime.time: Rule(_time, mutable=False),
    datetime.datetime: Rule(_datetime, mutable=False),
    datetime.timedelta: Rule(_timedelta, mutable=False),
    datetime.timezone: Rule(_timezone, mutable=False),
    zoneinfo.ZoneInfo: Rule(_zone, mutable=False),
    decimal.Decimal: Rule(_decimal, mutable=False),
    fractions.Fraction: Rule(_fraction, mutable=False),
    uuid.UUID: Rule(_uuid, mutable=False),
    pathlib.PurePosixPath: Rule(_path, mutable=False),
    pathlib.PureWindowsPath: Rule(_path, mutable=False),
    pathlib.PosixPath: Rule(_path, mutable=False),
    pathlib.WindowsPath: Rule(_path, mutable=False),
    re.Pattern: Rule(_pattern, mutable=False),
    functools.partial: Rule(_partial),
    types.FunctionType: Rule(_definition, mutable=False),
    types.MethodType: Rule(_method, mutable=False),
    types.BuiltinFunctionType: Rule(_builtin, mutable=False),
    types.MethodWrapperType: Rule(_builtin, mutable=False),
    types.ModuleType: Rule(_module, mutable=False),
    types.GenericAlias: Rule(_type_form, mutable=False),
    types.UnionType: Rule(_type_form, mutable=False),
    **dict.fromkeys(_DESCRIPTORS, Rule(_descriptor, mutable=False)),
}


def family_rule(kind: type) -> Rule | None:
    """Return the rule of a type that belongs to a family: classes, enums, type forms."""
    if issubclass(kind, type):
        return Rule(_class, mutable=False)
    if issubclass(kind, enum.Enum):
        return Rule(_enum_member, mutable=False)
    if kind.__module__ == "typing":
        return Rule(_type_form, mutable=False)
    why = _reason(kind) or ("it belongs to a plot" if _is_of_plot(kind) else None)
    return Rule(functools.partial(_refuse, why), mutable=False) if why else None


def _refuse(why: str, _walker: Walker, value: object) -> None:
    raise refuse(value, why)


def _is_of_plot(kind: type) -> bool:
    return any(str(each.__module__).partition(".")[0] == "matplotlib" for each in kind.__mro__)


# Types of which no value has a digest, subclasses included, and why. By name: none is imported.
_REASONS = {
    "_asyncio.Future": "it belongs to an event loop",
    "_contextvars.Context": "it belongs to a context",
    "_ctypes._CData": "it is memory of C code",
    "_io._IOBase": "it is a file",
    "_socket.socket": "it is a network connection",
    "_thread.RLock": "it is a lock",
    "_thread._local": "it belongs to a thread",
    "_thread.lock": "it is a lock",
    "async_generator": "it is a generator",
    "asyncio.events.AbstractEventLoop": "it is an event loop",
    "concurrent.futures._base.Executor": "it runs threads or processes",
    "concurrent.futures._base.Future": "it belongs to a thread or process",
    "coroutine": "it is a coroutine",
    "frame": "it is a frame of running code",
    "generator": "it is a generator",
    "memoryview": "it is a view of memory",
    "multiprocessing.process.BaseProcess": "it is a process",
    "sqlite3.Connection": "it is a database connection",
    "sqlite3.Cursor": "it is a database connection",
    "subprocess.Popen": "it is a process",
    "threading.Thread": "it is a thread",
    "traceback": "it is a traceback",
    "weakref.CallableProxyType": "it is a weak reference",
    "weakref.ProxyType": "it is a weak reference",
    "weakref.ReferenceType": "it is a weak reference",
    "IPython.core.interactiveshell.InteractiveShell": "it is IPython itself",
    "comm.base_comm.BaseComm": "it is a connection to the front end",
    "h5py._hl.base.HLObject": "its content lives in a file",
    "ipywidgets.widgets.widget.Widget": "it is a live widget",
    "logging.Handler": "it takes log records to somewhere else",
    "mmap.mmap": "its content lives in a file",
    "numpy.lib.npyio.NpzFile": "its content lives in a file; read the arrays out of it",
    "numpy.ndarray": "it is an array of a class of its own",
    "polars.lazyframe.frame.LazyFrame": "it is a query that has not run: call .collect()",
    "pyarrow._dataset.Dataset": "its content lives in files",
    "pyarrow._fs.FileSystem": "it is a connection to files",
    "pyarrow.lib.NativeFile": "it is a file",
    "threading.Condition": "it is a lock",
    "threading.Event": "it is a lock",
    "threading.Semaphore": "it is a lock",
    "threading.Barrier": "it is a lock",
    "queue.Queue": "it is a queue between threads",
    "_queue.SimpleQueue": "it is a queue between threads",
    "tarfile.TarFile": "its content lives in a file",
    "zipfile.ZipFile": "its content lives in a file",
    "torch.Tensor": "it is a tensor of a class of its own",
    "torch.storage.TypedStorage": "it is the memory of tensors",
    "torch.storage.UntypedStorage": "it is the memory of tensors",
    "traitlets.traitlets.HasTraits": "it may be watched by others",
    "xarray.backends.file_manager.FileManager": "its content lives in a file",
}


def _reason(kind: type) -> str | None:
    return next(filter(None, (_REASONS.get(type_name(each)) for each in kind.__mro__)), None)
