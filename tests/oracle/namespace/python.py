"""The language and its standard library: functions, classes, containers, files, exceptions."""

from __future__ import annotations

import abc
import array
import collections
import contextvars
import datetime
import decimal
import enum
import fractions
import functools
import hashlib
import io
import json
import linecache
import logging
import pathlib
import re
import sys
import traceback
import types
import uuid
import weakref
from typing import Any

from .walker import PLAIN, Describer, Rule, Tree, digest, is_a, name_of, plain, text_of

BY_TEXT = (
    datetime.date,
    datetime.time,
    datetime.timedelta,
    datetime.tzinfo,
    decimal.Decimal,
    fractions.Fraction,
    uuid.UUID,
    pathlib.PurePath,
    range,
)
CLASS_NOISE = frozenset(
    "__dict__ __weakref__ __firstlineno__ __slotnames__ __static_attributes__ __annotate_func__ "
    "__annotations_cache__ __classcell__ __pydantic_core_schema__ __pydantic_validator__ "
    "__pydantic_serializer__ __pydantic_complete__ __signature__ __abstractmethods__ _abc_impl".split()
)
_HASH = type(hashlib.sha256())


def code_tree(code: types.CodeType) -> Tree:
    """Bytecode, constants, names, and the lines that a traceback or `inspect` would show."""
    return [
        "code",
        code.co_name,
        getattr(code, "co_qualname", ""),
        code.co_firstlineno,
        code.co_flags,
        [code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount],
        digest(code.co_code),
        digest(repr(list(code.co_positions())).encode()),
        linecache.getline(code.co_filename, code.co_firstlineno),
        [
            list(names)
            for names in (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
        ],
        [constant(one) for one in code.co_consts],
    ]


def constant(value: object) -> Tree:
    if isinstance(value, types.CodeType):
        return code_tree(value)
    if isinstance(value, tuple):
        return ["tuple", [constant(item) for item in value]]
    if isinstance(value, frozenset):
        return ["frozenset", sorted(json.dumps(constant(item)) for item in value)]
    if isinstance(value, slice):
        return ["slice", *map(constant, (value.start, value.stop, value.step))]
    return plain(value)


GENERIC = ("register", "dispatch", "registry", "_clear_cache", "__wrapped__")


def function(describer: Describer, value: types.FunctionType) -> Tree:
    """A function by its code and all it is bound to; one of a library by its name."""
    home = home_of(describer, value)
    if home == "its module":
        return ["function", value.__module__, value.__qualname__]
    if value.__code__.co_qualname == "singledispatch.<locals>.wrapper":
        registry = describer.describe(dict(value.registry), ".registry")  # type: ignore[attr-defined]
        own = describer.attributes(value, but=GENERIC)  # what it looked up before cannot be seen
        return ["singledispatch", value.__name__, registry, own]
    return [
        "function",
        value.__module__,
        value.__qualname__,
        home,
        code_tree(value.__code__) if home != "other code" else value.__code__.co_qualname,
        describer.describe(value.__defaults__, ".__defaults__"),
        describer.describe(value.__kwdefaults__, ".__kwdefaults__"),
        describer.items(value.__closure__ or ()),
        annotations_of(describer, value),
        describer.describe(value.__doc__),
        describer.attributes(value),
    ]


def home_of(describer: Describer, value: types.FunctionType) -> str:
    """Where the global names of a function are looked up."""
    if value.__globals__ is describer.namespace:
        return "notebook"
    module = sys.modules.get(value.__module__ or "")
    if module is None or vars(module) is not value.__globals__:
        return "nowhere" if value.__module__ in (None, "__main__") else "other code"
    found: Any = module
    for name in value.__qualname__.split("."):
        found = getattr(found, name, None)
    return "its module" if found is value else "other code"


def annotations_of(describer: Describer, value: Any) -> Tree:
    try:
        hints = value.__annotations__
    except Exception as error:
        return ["no annotations", text_of(error)]
    return describer.pairs(hints.items())


def cell(describer: Describer, value: types.CellType) -> Tree:
    try:
        return ["cell", describer.describe(value.cell_contents, ".cell")]
    except ValueError:
        return ["empty cell"]


def defined_class(describer: Describer, value: type) -> Tree:
    """A class of the notebook by its members, one of a module by its name."""
    if (
        value.__module__ != "__main__"
        or getattr(sys.modules["builtins"], value.__name__, None) is value
    ):
        return ["class", name_of(value)]
    bases = getattr(value, "__orig_bases__", value.__bases__)
    return [
        "class",
        value.__qualname__,
        describer.items(value.__bases__),
        [text_of(base) for base in bases if not isinstance(base, type)],
        describer.describe(type(value), ".__class__"),
        members(describer, value),
        abstractness(value),
        sorted(name_of(one) for one in type.__subclasses__(value)),
    ]


def members(describer: Describer, value: type) -> list[Tree]:
    """The members in order, those of the language last."""
    found = [
        (name, member)
        for name, member in value.__dict__.items()
        if name not in CLASS_NOISE
        and not isinstance(member, (types.GetSetDescriptorType, types.MemberDescriptorType))
    ]
    found.sort(key=lambda pair: pair[0] if pair[0].startswith("__") else "")
    return [[name, describer.describe(member, f".{name}")] for name, member in found]


def abstractness(value: type) -> Tree:
    """Abstract methods and virtual subclasses."""
    if not isinstance(value, abc.ABCMeta):
        return []
    registered = [reference() for reference in abc._get_dump(value)[0]]  # type: ignore[attr-defined]
    names = sorted(name_of(one) for one in registered if one is not None)
    return [sorted(value.__abstractmethods__), names]  # type: ignore[attr-defined]


def builtin(describer: Describer, value: Any) -> Tree:
    """A method of C code, with the object it is bound to."""
    owner = value.__self__
    if isinstance(owner, types.ModuleType):
        return ["builtin", owner.__name__, value.__name__]
    return ["bound", type(value).__name__, value.__name__, describer.describe(owner, ".__self__")]


def method(describer: Describer, value: types.MethodType) -> Tree:
    return [
        "method",
        value.__name__ if hasattr(value, "__name__") else "",
        describer.describe(value.__self__, ".__self__"),
        describer.describe(value.__func__, ".__func__"),
    ]


def wrapped(describer: Describer, value: Any) -> Tree:
    """property, cached_property, staticmethod, classmethod."""
    names = ("fget", "fset", "fdel", "func", "__func__", "attrname", "__doc__")
    return [name_of(type(value)), describer.chosen(value, names)]


def partial(describer: Describer, value: Any) -> Tree:
    parts = describer.chosen(value, ("func", "args", "keywords"))
    return [
        name_of(type(value)),
        parts,
        describer.attributes(value, but=("func", "args", "keywords")),
    ]


def remembering(describer: Describer, value: Any) -> Tree:
    """A function under lru_cache, with what `cache_info` tells; one of a library by its name."""
    if getattr(value, "__module__", None) != "__main__":
        return ["lru_cache", getattr(value, "__module__", ""), getattr(value, "__qualname__", "")]
    info = list(value.cache_info())
    return ["lru_cache", info, value.cache_parameters(), describer.attributes(value)]


def sequence(describer: Describer, value: Any) -> Tree:
    base = next(kind for kind in SEQUENCES if isinstance(value, kind))
    own = describer.attributes(value) if type(value) is not base else []
    tree = [describer.kind(value), describer.items(base.__iter__(value)), own]
    return [*tree, value.maxlen] if isinstance(value, collections.deque) else tree


SEQUENCES: tuple[Any, ...] = (list, tuple, collections.deque)


def mapping(describer: Describer, value: Any) -> Tree:
    """A dict in its order, with the default factory and instance attributes of subclasses."""
    own = describer.attributes(value) if type(value) is not dict else []
    factory = getattr(value, "default_factory", None)
    pairs = describer.pairs(dict.items(value))
    return [describer.kind(value), pairs, describer.describe(factory, ".default_factory"), own]


def proxy(describer: Describer, value: Any) -> Tree:
    return [name_of(type(value)), describer.pairs(value.items())]


def unordered(describer: Describer, value: Any) -> Tree:
    base: Any = set if isinstance(value, set) else frozenset
    own = describer.attributes(value) if type(value) is not base else []
    return [describer.kind(value), describer.unordered(base.__iter__(value)), own]


def weak_mapping(describer: Describer, value: Any) -> Tree:
    return [name_of(type(value)), describer.unordered(tuple(pair) for pair in value.items())]


def member(describer: Describer, value: Any) -> Tree:
    """An enum member by identity with its class's member of that name."""
    kind = type(value)
    known = value.name is not None and kind.__members__.get(value.name) is value
    tree = ["enum", describer.describe(kind, "<type>"), value.name, known]
    return [*tree, describer.describe(value._value_, ".value")]


def exception(describer: Describer, value: BaseException) -> Tree:
    """An exception with its causes and the lines of its traceback."""
    frames = [
        [frame.f_code.co_name, line] for frame, line in traceback.walk_tb(value.__traceback__)
    ]
    return [
        describer.kind(value),
        describer.describe(value.args, ".args"),
        describer.attributes(value),
        describer.describe(value.__cause__, ".__cause__"),
        describer.describe(value.__context__, ".__context__"),
        value.__suppress_context__,
        frames,
    ]


def suspended(describer: Describer, value: Any) -> Tree:
    """A generator or coroutine: where it stands and what it holds."""
    prefix = {"generator": "gi", "coroutine": "cr", "async_generator": "ag"}[type(value).__name__]
    frame = getattr(value, f"{prefix}_frame")
    if frame is None:
        return [type(value).__name__, value.__qualname__, "finished"]
    held = describer.pairs(dict(frame.f_locals).items())
    return [type(value).__name__, value.__qualname__, frame.f_lasti, held]


def file(describer: Describer, value: Any) -> Tree:
    """An open or closed file; one in memory with its content."""
    if value.closed:
        return [describer.kind(value), "closed", *file_names(value)]
    if isinstance(value, (io.StringIO, io.BytesIO)):
        return [describer.kind(value), value.tell(), describer.describe(value.getvalue())]
    return [describer.kind(value), "open", *file_names(value)]


def file_names(value: Any) -> list[Tree]:
    names = ("name", "mode", "encoding", "newline", "errors")
    return [text_of(getattr(value, name, None)) for name in names if not in_memory(value)]


def in_memory(value: Any) -> bool:
    return isinstance(value, (io.StringIO, io.BytesIO))


def logger(describer: Describer, value: logging.Logger) -> Tree:
    """A logger by its name and settings; the one that logging knows by that name, or another."""
    known = value is logging.getLogger() or logging.root.manager.loggerDict.get(value.name) is value
    return ["logger", value.name, known, logger_settings(value)]


def logger_settings(value: logging.Logger) -> Tree:
    handlers = [
        [name_of(type(one)), one.level, getattr(one.formatter, "_fmt", None), len(one.filters)]
        for one in value.handlers
    ]
    return [value.level, value.propagate, value.disabled, handlers, len(value.filters)]


def match(_: Describer, value: re.Match[Any]) -> Tree:
    return [
        "match",
        text_of(value.re.pattern),
        value.re.flags,
        text_of(value.string),
        list(value.regs),
    ]


def reference(describer: Describer, value: Any) -> Tree:
    return ["weak reference", describer.describe(value(), "()")]


def view(describer: Describer, value: memoryview) -> Tree:
    tree = ["memoryview", value.format, value.shape, value.readonly, digest(value.tobytes())]
    return [*tree, describer.describe(value.obj, ".obj")]


def module(_: Describer, value: types.ModuleType) -> Tree:
    return ["module", value.__name__, sys.modules.get(value.__name__) is value]


def variable(describer: Describer, value: contextvars.ContextVar[Any]) -> Tree:
    return ["ContextVar", value.name, describer.describe(value.get(None), ".get()")]


def hash_object(_: Describer, value: Any) -> Tree:
    return ["hash", value.name, value.hexdigest() if value.digest_size else ""]


def by_text(describer: Describer, value: Any) -> Tree:
    """A value whose repr says all, and what a subclass of the notebook adds to it."""
    own = describer.attributes(value) if type(value).__module__ == "__main__" else []
    return [describer.kind(value), text_of(value), own]


def plain_subclass(describer: Describer, value: Any) -> Tree:
    """An instance of a subclass of int, str, ...: the plain value and the attributes."""
    base = next(kind for kind in type(value).__mro__ if kind in PLAIN)
    return [describer.kind(value), plain(base.__new__(base, value)), describer.attributes(value)]


def is_by_text(kind: type) -> bool:
    return issubclass(kind, BY_TEXT) or kind is slice or kind in TYPING or is_typing(kind)


def is_typing(kind: type) -> bool:
    return kind.__module__ in ("typing", "typing_extensions")


TYPING = {types.GenericAlias, types.UnionType}
_IO = sys.modules["_io"]

RULES: tuple[Rule, ...] = (
    (is_a(enum.Enum), member),
    (is_a(type), defined_class),
    (is_a(types.ModuleType), module),
    (is_a(types.FunctionType), function),
    (is_a(types.CellType), cell),
    (is_a(types.CodeType), lambda _, value: code_tree(value)),
    (is_a(types.MethodType), method),
    (is_a(types.BuiltinFunctionType, types.MethodWrapperType), builtin),
    (is_a(types.WrapperDescriptorType, types.MethodDescriptorType), by_text),
    (is_a(property, functools.cached_property, staticmethod, classmethod), wrapped),
    (is_a(functools.partial, functools.partialmethod), partial),
    (is_a(type(functools.lru_cache(lambda: 0))), remembering),
    (is_a(re.Pattern), lambda _, value: ["pattern", repr(value.pattern), value.flags]),
    (is_a(re.Match), match),
    (is_a(bytearray), lambda _, value: ["bytearray", digest(value)]),
    (is_a(memoryview), view),
    (is_a(array.array), lambda _, value: ["array", value.typecode, digest(value.tobytes())]),
    (is_a(BaseException), exception),
    (is_a(types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType), suspended),
    (is_a(_IO._IOBase), file),
    (is_a(logging.Logger), logger),
    (is_a(weakref.ref), reference),
    (is_a(weakref.WeakKeyDictionary, weakref.WeakValueDictionary), weak_mapping),
    (is_a(contextvars.ContextVar), variable),
    (is_a(_HASH), hash_object),
    (is_by_text, by_text),
    (is_a(dict), mapping),
    (is_a(types.MappingProxyType), proxy),
    (is_a(set, frozenset), unordered),
    (is_a(*SEQUENCES), sequence),
    (is_a(int, float, complex, str, bytes), plain_subclass),
)
