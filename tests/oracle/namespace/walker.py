"""Walk a value and describe it: each object once, by the first rule that knows its type."""

from __future__ import annotations

import hashlib
import json
import re
import struct
import sys
import types
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Tree = Any
"""A JSON value: a list whose first element names the kind, or a dict of such trees."""

Rule = tuple[Callable[[type], bool], Callable[["Describer", Any], Tree]]

PLAIN = frozenset(
    {bool, int, float, complex, str, bytes, type(None), type(Ellipsis), type(NotImplemented)}
)
OPAQUE = frozenset({"_thread", "asyncio", "ipykernel", "threading", "zmq", "multiprocessing"})
DEEPEST = 60
LONG = 400
ADDRESS = re.compile(r"\b0x[0-9a-fA-F]+")
CELL_FILE = re.compile(r"\b\d{6,10}\.py\b")


class Describer:
    """Describes values one after another and remembers what it has already seen.

    An object met again is only referred to, by the path on which it was met first; so two
    descriptions are equal only if their objects are shared in the same way.
    """

    def __init__(self, namespace: Mapping[str, object], rules: tuple[Rule, ...]) -> None:
        self.namespace = namespace
        self.rules = rules
        self.memory = Memory()
        self._by_kind: dict[type, Callable[[Describer, Any], Tree]] = {}
        self._seen: dict[int, str] = {}
        self._alive: list[object] = []
        self._path: list[str] = []
        self._deeper: list[tuple[str, object]] = []

    @property
    def path(self) -> str:
        return "".join(self._path)

    def start(self, name: str, value: object) -> Tree:
        """The tree of a variable; what lies very deep in it follows in trees of its own."""
        self._path = [name]
        tree = self.describe(value)
        if not self._deeper:
            return tree
        trees = [tree]
        while self._deeper:
            place, inner = self._deeper.pop(0)
            self._path = [place]
            trees.append(self._structure(inner))
        return ["deep", *trees]

    def describe(self, value: object, step: str = "") -> Tree:
        """The tree of one value, which is found by `step` from the one it was met in."""
        kind = type(value)
        if kind in PLAIN:
            return plain(value)
        self._path.append(step)
        try:
            return self._object(kind, value)
        finally:
            self._path.pop()

    def _object(self, kind: type, value: object) -> Tree:
        if not issubclass(kind, tuple) and not has_no_identity(kind):
            if id(value) in self._seen:
                return ["seen", self._seen[id(value)]]
            self._seen[id(value)] = self.path
            self._alive.append(value)
        if len(self._path) > DEEPEST:
            self._deeper.append((self.path, value))
            return ["continued", self.path]
        return self._structure(value)

    def _structure(self, value: object) -> Tree:
        kind = type(value)
        try:
            if kind not in self._by_kind:
                fitting = (describe for applies, describe in self.rules if applies(kind))
                self._by_kind[kind] = next(fitting, other)
            return self._by_kind[kind](self, value)
        except Exception as error:
            return ["cannot be described", name_of(kind), text_of(error)]

    def items(self, values: Iterable[object]) -> list[Tree]:
        """The trees of the elements; many plain ones are condensed to a digest."""
        elements = list(values)
        if len(elements) > LONG and PLAIN.issuperset(map(type, elements)):
            return [len(elements), digest(json.dumps([plain(one) for one in elements]).encode())]
        return [self.describe(one, f"[{at}]") for at, one in enumerate(elements)]

    def pairs(self, items: Iterable[tuple[object, object]]) -> list[Tree]:
        """Keys and values in order."""
        return [
            [self.describe(key, f"<key {at}>"), self.describe(item, f"[{short(key, at)}]")]
            for at, (key, item) in enumerate(items)
        ]

    def unordered(self, values: Iterable[object]) -> list[Tree]:
        """The trees of the elements of a set, whose order means nothing."""
        elements = list(values)
        if not PLAIN.issuperset(map(type, elements)):
            elements.sort(key=self._alone)
            return self.items(elements)
        return self.items(sorted(elements, key=lambda one: json.dumps(plain(one))))

    def _alone(self, value: object) -> str:
        return json.dumps(Describer(self.namespace, self.rules).start("", value))

    def kind(self, value: object) -> Tree:
        """A type by name, or as the notebook's own class."""
        kind = type(value)
        return self.describe(kind, "<type>") if kind.__module__ == "__main__" else name_of(kind)

    def attributes(self, value: object, but: Iterable[str] = ()) -> list[Tree]:
        """The instance attributes in order, with those in slots."""
        found = {**dict_of(value), **slots_of(value)}
        left_out = frozenset(but)
        return [
            [str(name), self.describe(item, f".{name}")]
            for name, item in found.items()
            if name not in left_out
        ]

    def chosen(self, value: object, names: Iterable[str]) -> list[Tree]:
        """Named attributes, as far as the value has them."""
        return [
            [name, self.describe(getattr(value, name), f".{name}")]
            for name in names
            if hasattr(value, name)
        ]

    def finish(self) -> None:
        """Fill in what can only be told when everything has been met."""
        self.memory.finish()


class Memory:
    """Which described buffers overlap.

    Held buffers (columns of a frame) can be felt only through an array or a tensor, so two of
    them may overlap or not; every other pair is noted at the later one.
    """

    def __init__(self) -> None:
        self._spans: list[tuple[int, int, Any, bool, str, list[Tree]]] = []

    def add(self, start: int, stop: int, array: Any, place: str, held: bool = False) -> list[Tree]:
        """Note a buffer; the list returned is filled by finish(). `array` decides doubtful cases."""
        sharing: list[Tree] = []
        if stop > start:
            self._spans.append((start, stop, array, held, place, sharing))
        return sharing

    def finish(self) -> None:
        order = {id(span[5]): number for number, span in enumerate(self._spans)}
        active: list[tuple[int, int, Any, bool, str, list[Tree]]] = []
        for span in sorted(self._spans, key=lambda span: span[:2]):
            active = [other for other in active if other[1] > span[0]]
            for other in active:
                if not (span[3] and other[3]) and overlap(span[2], other[2]):
                    pair = sorted((span, other), key=lambda one: order[id(one[5])])
                    pair[1][5].append([pair[0][4], pair[1][0] - pair[0][0]])
            active.append(span)
        for span in self._spans:
            span[5].sort()


def overlap(array: Any, other: Any) -> bool:
    """Whether two arrays whose extents meet have a byte in common; without arrays, yes."""
    if array is None or other is None:
        return True
    numpy = sys.modules["numpy"]
    try:
        return bool(numpy.shares_memory(array, other, max_work=100_000))
    except numpy.exceptions.TooHardError:
        return True


def other(describer: Describer, value: object) -> Tree:
    """An object that no rule knows: by its attributes, or by how it would be copied."""
    kind = type(value)
    if root_of(kind) in OPAQUE:
        return ["opaque", name_of(kind)]
    tree = [describer.kind(value), *describer.attributes(value)]
    if is_written_in_c(kind):
        tree.append(reduced(describer, value))
    return tree


def reduced(describer: Describer, value: object) -> Tree:
    try:
        parts = value.__reduce_ex__(4)
    except Exception:
        return ["no copy"]
    if isinstance(parts, str):
        return ["global", parts]
    plain_parts = [list(part) if is_iterator(part) else part for part in parts]
    return ["reduced", *(describer.describe(part, "<copy>") for part in plain_parts)]


def is_iterator(value: object) -> bool:
    return hasattr(type(value), "__next__")


def is_written_in_c(kind: type) -> bool:
    """Whether values of the type can hold more than attributes and slots."""
    return any(
        (base is not object and not isinstance(base.__dict__.get("__module__"), str))
        or (base.__flags__ & (1 << 9) == 0 and base is not object)
        for base in kind.__mro__
    )


def dict_of(value: object) -> dict[str, object]:
    try:
        found = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return {}
    return dict(found) if isinstance(found, dict) else {}


def slots_of(value: object) -> dict[str, object]:
    """The filled slots of an instance, read past everything that the class defines."""
    found: dict[str, object] = {}
    for base in type(value).__mro__:
        for name, member in base.__dict__.items():
            if type(member) is types.MemberDescriptorType and not name.startswith("__"):
                try:
                    found.setdefault(name, member.__get__(value))
                except (AttributeError, SystemError):
                    continue
    return found


def has_no_identity(kind: type) -> bool:
    """Whether it cannot matter which of two equal objects of the type one holds."""
    return kind in IMMUTABLE or (root_of(kind), kind.__name__) in IMMUTABLE_BY_NAME


IMMUTABLE: set[type] = {range, slice, types.BuiltinFunctionType, types.MethodWrapperType}
IMMUTABLE_BY_NAME = {
    *(("datetime", name) for name in ("date", "datetime", "time", "timedelta", "timezone")),
    *(("pandas", name) for name in ("Timestamp", "Timedelta", "Period", "Interval", "NaTType")),
    *(("pandas", name) for name in ("NAType",)),
    *(("decimal", name) for name in ("Decimal",)),
    *(("fractions", name) for name in ("Fraction",)),
    *(("uuid", name) for name in ("UUID",)),
    *(("pathlib", name) for name in ("PosixPath", "PurePosixPath", "WindowsPath")),
}


def plain(value: object) -> Tree:
    """A scalar with its exact type; floats bit by bit, texts but for the file names of cells."""
    if isinstance(value, float):
        return ["float", repr(value), struct.pack(">d", value).hex()]
    if isinstance(value, complex):
        return ["complex", repr(value), struct.pack(">dd", value.real, value.imag).hex()]
    if isinstance(value, str):
        return ["str", CELL_FILE.sub("….py", value.encode("utf-8", "backslashreplace").decode())]
    if isinstance(value, bytes):
        return ["bytes", value.hex() if len(value) <= LONG else digest(value)]
    if isinstance(value, int) and not isinstance(value, bool):
        return ["int", hex(value)] if abs(value) >= 10**400 else ["int", repr(value)]
    return [type(value).__name__, repr(value)]


def digest(data: Any) -> str:
    return hashlib.sha256(data).hexdigest()[:32]


def short(key: object, at: int) -> str:
    return repr(key) if type(key) in (str, int) and len(repr(key)) < 40 else f"value {at}"


def text_of(value: object) -> str:
    """A repr in which addresses do not count."""
    return ADDRESS.sub("0x…", repr(value))


def name_of(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def root_of(kind: type) -> str:
    return str(kind.__module__).partition(".")[0]


def is_a(*kinds: type) -> Callable[[type], bool]:
    return lambda kind: issubclass(kind, kinds)


def is_kind(module: str, *names: str) -> Callable[[type], bool]:
    """Whether a type is or inherits a named class, without importing the class."""

    def applies(kind: type) -> bool:
        loaded = sys.modules.get(module)
        kinds = tuple(getattr(loaded, name) for name in names if hasattr(loaded, name))
        return bool(kinds) and any(base in kinds for base in kind.__mro__)

    return applies


def is_named(*names: str) -> Callable[[type], bool]:
    """Whether a type has one of these names, module included."""
    return lambda kind: name_of(kind) in names
