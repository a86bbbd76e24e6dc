"""A strict description of a notebook's namespace, as JSON.

Runs inside the kernel (by path, through ``runpy``) after the last cell, so it imports no library
that the notebook has not imported itself. It shares no code with the package under test: two
namespaces are taken as equal only when these descriptions are equal.

What is described: types, values bit by bit, dtypes, memory order, row and column labels, functions
by their bytecode, classes by their members, which variables are the same object, and which arrays
share memory. Objects of other libraries are described by their type and attributes, those of the
libraries in OPAQUE by their type alone.
"""

from __future__ import annotations

import collections
import datetime
import decimal
import enum
import fractions
import functools
import hashlib
import json
import os
import pathlib
import re
import struct
import sys
import types
import uuid
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

Tree = Any
"""A JSON value: a list whose first element names the kind, or a dict of such trees."""

OPAQUE = frozenset(
    {
        "_io",
        "_thread",
        "asyncio",
        "IPython",
        "ipykernel",
        "matplotlib",
        "mpl_toolkits",
        "tempfile",
        "threading",
        "zmq",
    }
)
PLAIN = frozenset(
    {
        "bool",
        "int",
        "float",
        "complex",
        "str",
        "bytes",
        "NoneType",
        "ellipsis",
        "NotImplementedType",
    }
)
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
    slice,
)
KEPT_BY_IPYTHON = re.compile(r"_|__|___|_\d+|_i\d*|_ii|_iii|_ih|_oh|_dh|__\w+__")
LAST_RESULTS = ("_", "__", "___")
CLASS_NOISE = frozenset(
    {"__dict__", "__weakref__", "__firstlineno__", "__slotnames__", "__static_attributes__"}
)


class Describer:
    """Describes values one after another and remembers what it has already seen."""

    def __init__(self, namespace: Mapping[str, object]) -> None:
        self.namespace = namespace
        self.seen: dict[int, str] = {}
        self.alive: list[object] = []
        self.arrays: list[tuple[Any, list[Tree]]] = []
        self.name = ""
        self.count = 0

    def start(self, name: str, value: object) -> Tree:
        """The tree of a variable; objects first met in it are numbered below its name."""
        self.name, self.count = name, 0
        return self.describe(value)

    def describe(self, value: object) -> Tree:
        """The tree of one value; an object met before is only referred to."""
        kind = type(value)
        if kind.__module__ == "builtins" and kind.__name__ in PLAIN:
            return plain(value)
        if isinstance(value, BY_TEXT) and kind.__module__ != "__main__":
            return [name_of(kind), repr(value)]
        if not isinstance(value, tuple) and not is_pandas_scalar(value):
            if id(value) in self.seen:
                return ["seen", self.seen[id(value)]]
            self.count += 1
            self.seen[id(value)] = f"{self.name} {self.count}"
            self.alive.append(value)
        return self.structure(value)

    def structure(self, value: object) -> Tree:
        for applies, describe in RULES:
            if applies(value):
                return describe(self, value)
        return self.other(value)

    def items(self, values: Iterable[object]) -> list[Tree]:
        return [self.describe(value) for value in values]

    def sequence(self, value: Any) -> Tree:
        return [self.kind(value), self.items(value), *self.attributes(value)]

    def mapping(self, value: Any) -> Tree:
        pairs = [[self.describe(key), self.describe(item)] for key, item in value.items()]
        factory = self.describe(getattr(value, "default_factory", None))
        return [self.kind(value), pairs, factory, *self.attributes(value)]

    def unordered(self, value: Any) -> Tree:
        return [self.kind(value), sorted(json.dumps(self.describe(item)) for item in value)]

    def kind(self, value: object) -> Tree:
        """A type by name, or as the notebook's own class."""
        kind = type(value)
        return self.describe(kind) if kind.__module__ == "__main__" else name_of(kind)

    def attributes(self, value: object) -> list[Tree]:
        """The instance attributes in order, with those in slots."""
        found = dict(getattr(value, "__dict__", {}))
        for base in type(value).__mro__:
            slots = base.__dict__.get("__slots__", ())
            for slot in (slots,) if isinstance(slots, str) else slots:
                if isinstance(slot, str) and not slot.startswith("__") and hasattr(value, slot):
                    found.setdefault(slot, getattr(value, slot))
        return [[name, self.describe(item)] for name, item in found.items()]

    def function(self, value: types.FunctionType) -> Tree:
        cells = [cell_contents(cell) for cell in value.__closure__ or ()]
        return [
            "function",
            value.__module__,
            value.__qualname__,
            "notebook" if value.__globals__ is self.namespace else "other",
            self.code(value.__code__) if value.__globals__ is self.namespace else None,
            self.describe(value.__defaults__),
            self.describe(value.__kwdefaults__),
            self.items(cells),
            [[name, self.describe(hint)] for name, hint in value.__annotations__.items()],
            self.describe(value.__doc__),
            self.attributes(value),
        ]

    def code(self, code: types.CodeType) -> Tree:
        return [
            "code",
            code.co_name,
            code.co_qualname,
            code.co_firstlineno,
            code.co_flags,
            [code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount],
            hashlib.sha256(code.co_code).hexdigest(),
            [
                list(code.co_names),
                list(code.co_varnames),
                list(code.co_freevars),
                list(code.co_cellvars),
            ],
            [self.constant(constant) for constant in code.co_consts],
        ]

    def constant(self, value: object) -> Tree:
        if isinstance(value, types.CodeType):
            return self.code(value)
        if isinstance(value, tuple):
            return ["tuple", [self.constant(item) for item in value]]
        if isinstance(value, frozenset):
            return ["frozenset", sorted(json.dumps(self.constant(item)) for item in value)]
        return plain(value)

    def defined_class(self, value: type) -> Tree:
        if value.__module__ != "__main__":
            return ["class", name_of(value)]
        members = [
            [name, self.describe(member)]
            for name, member in sorted(value.__dict__.items())
            if keep_member(name, member)
        ]
        return [
            "class",
            value.__qualname__,
            self.items(value.__bases__),
            self.describe(type(value)),
            members,
        ]

    def bound(self, value: Any) -> Tree:
        owner = value.__self__
        if type(owner).__name__ == "RandomState":
            return ["drawing function", value.__name__]
        described = (
            ["module", owner.__name__]
            if isinstance(owner, types.ModuleType)
            else self.describe(owner)
        )
        return ["bound", type(value).__name__, value.__name__, described]

    def partial(self, value: Any) -> Tree:
        return [
            "partial",
            self.describe(value.func),
            self.describe(value.args),
            self.describe(value.keywords),
        ]

    def array(self, value: Any) -> Tree:
        """An array with its memory order; sharing is filled in by finish()."""
        sharing: list[Tree] = []
        self.arrays.append((value, sharing))
        tree = self.plain_array(value)
        mask = getattr(value, "mask", None)
        if mask is not None:
            tree += [
                self.plain_array(mask),
                self.describe(value.fill_value.item()),
                bool(value.hardmask),
            ]
        return [*tree, sharing]

    def plain_array(self, value: Any) -> Tree:
        numpy = sys.modules["numpy"]
        raw = numpy.asarray(value)
        content: Tree
        if raw.dtype.hasobject:
            content = self.items(raw.ravel().tolist())
        else:
            content = hashlib.sha256(numpy.ascontiguousarray(raw).tobytes()).hexdigest()
        flags = value.flags if hasattr(value, "flags") else raw.flags
        order = [bool(flags["C_CONTIGUOUS"]), bool(flags["F_CONTIGUOUS"]), bool(flags["WRITEABLE"])]
        return [name_of(type(value)), repr(value.dtype), list(value.shape), order, content]

    def generator(self, value: Any) -> Tree:
        source = value.bit_generator if hasattr(value, "bit_generator") else value
        state = source.state if hasattr(source, "state") else source.get_state(legacy=False)
        return [name_of(type(value)), self.describe(state)]

    def frame(self, value: Any) -> Tree:
        columns = [self.column(value.iloc[:, position]) for position in range(value.shape[1])]
        return [
            self.kind(value),
            self.index(value.columns),
            self.index(value.index),
            columns,
            *self.extras(value),
        ]

    def series(self, value: Any) -> Tree:
        return [
            self.kind(value),
            self.describe(value.name),
            self.index(value.index),
            self.column(value),
        ]

    def extras(self, value: Any) -> list[Tree]:
        return [self.describe(dict(value.attrs)), bool(value.flags.allows_duplicate_labels)]

    def index(self, value: Any) -> Tree:
        tree = [name_of(type(value)), str(value.dtype), self.items(value.names)]
        if hasattr(value, "levels"):
            levels = [self.index(level) for level in value.levels]
            return [*tree, levels, [self.values(codes) for codes in value.codes]]
        return [*tree, repr(getattr(value, "freq", None)), self.values(value.array)]

    def column(self, value: Any) -> Tree:
        return [str(value.dtype), self.values(value.array)]

    def values(self, value: Any) -> Tree:
        """The elements of a pandas array, whose layout in memory is pandas' own business."""
        numpy = sys.modules["numpy"]
        kind = name_of(type(value))
        if hasattr(value, "categories"):
            return [
                kind,
                self.index(value.categories),
                bool(value.ordered),
                self.values(value.codes),
            ]
        raw = value.to_numpy() if kind.endswith("NumpyExtensionArray") else value
        if isinstance(raw, numpy.ndarray) and not raw.dtype.hasobject:
            return [
                kind,
                raw.dtype.str,
                len(raw),
                hashlib.sha256(numpy.ascontiguousarray(raw).tobytes()).hexdigest(),
            ]
        return [kind, str(value.dtype), self.items(list(raw))]

    def other(self, value: object) -> Tree:
        if type(value).__module__.partition(".")[0] in OPAQUE:
            return ["opaque", name_of(type(value))]
        return [self.kind(value), *self.attributes(value)]

    def finish(self) -> None:
        """Fill in which arrays share memory with an earlier one, and at what distance in bytes."""
        for position, (array, sharing) in enumerate(self.arrays):
            for earlier, (other, _) in enumerate(self.arrays[:position]):
                if array.nbytes and other.nbytes and share_memory(array, other):
                    sharing.append([earlier, start_of(array) - start_of(other)])


def share_memory(array: Any, other: Any) -> bool:
    numpy = sys.modules["numpy"]
    if not numpy.may_share_memory(array, other):
        return False
    try:
        return bool(numpy.shares_memory(array, other, max_work=100_000))
    except numpy.exceptions.TooHardError:
        return True


def start_of(array: Any) -> int:
    return int(array.__array_interface__["data"][0])


def cell_contents(cell: types.CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:
        return "<empty cell>"


def keep_member(name: str, member: object) -> bool:
    return name not in CLASS_NOISE and not isinstance(
        member, (types.GetSetDescriptorType, types.MemberDescriptorType)
    )


def name_of(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def plain(value: object) -> Tree:
    """A scalar with its exact type; floats bit by bit."""
    if isinstance(value, float):
        return ["float", repr(value), struct.pack(">d", value).hex()]
    if isinstance(value, complex):
        return ["complex", repr(value), struct.pack(">dd", value.real, value.imag).hex()]
    if isinstance(value, str):
        return ["str", value]
    if isinstance(value, bytes):
        return ["bytes", value.hex()]
    return [type(value).__name__, repr(value)]


def root_of(value: object) -> str:
    return type(value).__module__.partition(".")[0]


def is_pandas_scalar(value: object) -> bool:
    names = {"Timestamp", "Timedelta", "Period", "Interval", "NaTType", "NAType"}
    return root_of(value) == "pandas" and type(value).__name__ in names


def is_kind(module: str, *names: str) -> Callable[[object], bool]:
    """Whether a value is an instance of a named class, without importing the class."""

    def applies(value: object) -> bool:
        loaded = sys.modules.get(module)
        kinds = tuple(getattr(loaded, name) for name in names if hasattr(loaded, name))
        return bool(kinds) and isinstance(value, kinds)

    return applies


def is_a(*kinds: type) -> Callable[[object], bool]:
    return lambda value: isinstance(value, kinds)


def is_numpy_generator(value: object) -> bool:
    return type(value).__module__.startswith("numpy.random")


def is_property(value: object) -> bool:
    return isinstance(value, (property, functools.cached_property, staticmethod, classmethod))


def describe_property(describer: Describer, value: Any) -> Tree:
    names = ("fget", "fset", "fdel", "func", "__func__")
    return [
        type(value).__name__,
        [describer.describe(getattr(value, name, None)) for name in names],
    ]


def describe_numpy_scalar(describer: Describer, value: Any) -> Tree:
    if value.dtype.hasobject:
        return ["numpy object", describer.describe(value.item())]
    return ["numpy scalar", repr(value.dtype), value.tobytes().hex()]


def describe_enum(describer: Describer, value: Any) -> Tree:
    return ["enum", describer.describe(type(value)), value.name]


Rule = tuple[Callable[[object], bool], Callable[[Describer, Any], Tree]]
RULES: tuple[Rule, ...] = (
    (is_a(type), Describer.defined_class),
    (is_a(enum.Enum), describe_enum),
    (is_a(types.ModuleType), lambda _, value: ["module", value.__name__]),
    (is_a(types.FunctionType), Describer.function),
    (
        is_a(types.MethodType),
        lambda self, value: ["method", value.__name__, self.describe(value.__self__)],
    ),
    (is_a(types.BuiltinFunctionType, types.MethodWrapperType), Describer.bound),
    (is_property, describe_property),
    (is_a(functools.partial), Describer.partial),
    (is_a(re.Pattern), lambda _, value: ["pattern", repr(value.pattern), value.flags]),
    (is_a(bytearray), lambda _, value: ["bytearray", value.hex()]),
    (is_kind("numpy", "ndarray"), Describer.array),
    (is_kind("numpy", "generic"), describe_numpy_scalar),
    (is_kind("numpy", "dtype"), lambda _, value: ["dtype", repr(value)]),
    (is_kind("numpy", "ufunc"), lambda _, value: ["ufunc", value.__name__]),
    (is_numpy_generator, Describer.generator),
    (is_pandas_scalar, lambda _, value: [name_of(type(value)), repr(value)]),
    (is_kind("pandas", "DataFrame"), Describer.frame),
    (is_kind("pandas", "Series"), Describer.series),
    (is_kind("pandas", "Index"), Describer.index),
    (is_kind("pandas.api.extensions", "ExtensionArray"), Describer.values),
    (is_a(dict, types.MappingProxyType), Describer.mapping),
    (is_a(set, frozenset), Describer.unordered),
    (is_a(collections.deque), lambda self, value: [*self.sequence(value), value.maxlen]),
    (is_a(list, tuple), Describer.sequence),
)


def user_names(namespace: Mapping[str, object], hidden: Mapping[str, object]) -> list[str]:
    """The names a user made, sorted: not those that IPython keeps for itself."""
    return sorted(
        name
        for name, value in namespace.items()
        if not KEPT_BY_IPYTHON.fullmatch(name) and not (name in hidden and hidden[name] is value)
    )


def surroundings() -> Tree:
    """Settings of the process that a cell can change and a later cell can feel."""
    found: dict[str, Tree] = {"cwd": os.getcwd(), "path": list(sys.path)}
    matplotlib = sys.modules.get("matplotlib")
    if matplotlib is not None:
        found["rcParams"] = {
            name: repr(value) for name, value in sorted(matplotlib.rcParams.items())
        }
    pandas = sys.modules.get("pandas")
    if pandas is not None:
        text = pandas.describe_option(_print_desc=False)
        # Libraries add options of their own when they are first used: only what was set counts.
        states = re.findall(r"^(\S+) :|\[default: (.*?)\] +\[currently: (.*?)\]", text, re.M)
        found["pandas options"] = changed_options(states)
    return found


def changed_options(states: Iterable[tuple[str, str, str]]) -> list[list[str]]:
    """Name and value of the options that are not as they are by default."""
    changed, name = [], ""
    for title, default, current in states:
        name = title or name
        if not title and default != current:
            changed.append([name, current])
    return changed


def snapshot(namespace: Mapping[str, object], hidden: Mapping[str, object]) -> dict[str, Tree]:
    """All that is compared: the variables, the kept results ``Out``, and the surroundings."""
    describer = Describer(namespace)
    variables = {
        name: describer.start(name, namespace[name]) for name in user_names(namespace, hidden)
    }
    kept: Mapping[int, object] = namespace.get("_oh", {})  # type: ignore[assignment]
    results = {
        str(number): describer.start(f"Out[{number}]", value)
        for number, value in sorted(kept.items())
    }
    results |= {name: describer.start(name, namespace.get(name)) for name in LAST_RESULTS}
    describer.finish()
    return {"variables": variables, "results": results, "surroundings": surroundings()}


def write(namespace: Mapping[str, object], hidden: Mapping[str, object], target: str) -> None:
    """Write the snapshot of a namespace to a file."""
    Path(target).write_text(json.dumps(snapshot(namespace, hidden)), encoding="utf-8")
