"""The walk over a value and the framing of what it writes into the hash.

Every value begins with a *tag*: a marshalled tuple of the rule's name and plain facts such as
lengths. A tag says how much follows it, so no two different values write the same bytes.
Mutable objects are numbered in the order of their first visit and written as that number when
met again: cycles end, and ``[a, a]`` differs from ``[a, copy(a)]``.

Trees of plain built-in values take a fast path: they are marshalled as a whole, in version 2,
which has no flags for interned or shared objects and keeps ``True``, ``1``, ``1.0``, ``-0.0``,
NaN payloads and lone surrogates apart. Only a value decides whether its tree takes this path,
never how it came to be.
"""

from __future__ import annotations

import importlib
import marshal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, count, islice
from operator import itemgetter
from types import EllipsisType, NoneType
from typing import TYPE_CHECKING, Any

import xxhash

from . import instances, plain, standard
from .spans import Span, overlap
from .undigestible import Undigestible, refuse

if TYPE_CHECKING:
    from .rule import Rule

Definition = Callable[[object], "str | None"]
Done = Callable[[int, int], None]
Place = str | tuple[object]  # ".attribute" or (key,)

_SCALARS = frozenset({NoneType, bool, int, float, complex, str, bytes, EllipsisType})
_CONTAINERS = frozenset({list, tuple, dict})
_TEXT = frozenset({str})
_SORTABLE = frozenset({int, str, bytes})  # types whose values have one order
_PLAIN = _SCALARS | _CONTAINERS
_DEEPEST = 500  # levels of nesting, within what marshal and recursion manage
_CHUNK = 1 << 16  # elements marshalled at once
_PIECE = 1 << 22  # bytes hashed at once
_BLOCKS = 32  # running digests of an array

# Rules for the types of a package live in a module that imports the package.
_PACKAGES = {
    "matplotlib": "figures",
    "mpl_toolkits": "figures",
    "numpy": "arrays",
    "pandas": "frames",
    "polars": "polars",
    "pyarrow": "arrow",
    "pytz": "zones",
    "sympy": "expressions",
    "torch": "tensors",
}


Content = tuple[bytes, list[Any]]


@dataclass(frozen=True)
class Digest:
    """The digest of a value and what was met on the way.

    text      ``xxh3-128:<hex>``
    parts     ids of every mutable object in the value and of the memory under its arrays: two
              values whose parts meet share something that can change
    contents  each column of its frames, by the id of the frame and the position: its digest and
              the mutable objects that were met in it first
    columns   ids of the memory under the columns of its frames
    shared    those of the parts that are the memory of more than one array in the value
    packages  top-level packages whose types were met
    keep      objects made for the walk; while they live, no id in ``parts`` is reused
    objects   the mutable objects in the order of their first visit, None for one that was only
              made for the walk: values with equal digests have equal objects at equal places
    definitions   the functions and classes of the user that were met, in the same order
    spans     memory that values of another library may also use
    sets      the sets and frozen sets that were met
    trail     short digests of all that was written up to some places in the value itself
    step      rows of an array between two of those places, 0 where there are none
    """

    text: str
    parts: set[int]
    contents: dict[tuple[int, int], Content]
    columns: set[int]
    shared: set[int]
    packages: set[str]
    keep: list[object]
    objects: list[Any]
    definitions: list[Any]
    spans: list[Span]
    sets: list[Any]
    trail: list[str]
    step: int


def digest(
    value: object,
    *,
    definition: Definition,
    name: str = "",
    done: Done | None = None,
) -> Digest:
    """Return the digest of a value.

    ``definition`` answers the digest text of a function, class or module, ``package <path>`` for
    installed ones, None for anything it does not know. ``name`` starts the path in a refusal.
    ``done`` is called with the first address of each big piece of memory, and the one after it,
    when the piece was digested. Raises Undigestible.
    """
    walker = Walker(definition, done)
    try:
        walker.walk(value, name)
    except RecursionError:
        raise Undigestible(refuse(value, "").type_name, name, "it is nested too deeply") from None
    if (shared := overlap(walker.spans)) is not None:
        why = f"its values of {shared[0].library} and {shared[1].library} share memory"
        raise Undigestible(refuse(value, "").type_name, name, why)
    return walker.result()


class Walker:
    """One walk; rules call back into it for what is inside of their value."""

    def __init__(self, definition: Definition, done: Done | None = None) -> None:
        self._definition = definition
        self.done = done
        self.definitions: list[Any] = []
        self._equal: dict[str, dict[int, int]] = {}  # digest text -> number of a definition, by id
        self.figures: dict[int, dict[int, int]] = {}  # figure -> artist -> place, by ids
        self.parts: set[int] = set()
        self.packages: set[str] = set()
        self.memory: dict[int, list[tuple[int, int]]] = {}  # array root -> visited byte ranges
        self.columns: dict[int, list[tuple[int, int]]] = {}  # the same of columns of frames
        self.contents: dict[tuple[int, int], Content] = {}  # of columns of frames
        self.spans: list[Span] = []  # memory that another library may also use
        self.sets: list[Any] = []
        self._hash = xxhash.xxh3_128()
        self._rules: dict[type, Rule] = {}
        self._visits: dict[int, int] = {}  # id of a mutable object -> number of its first visit
        self._objects: list[Any] = []  # the mutable objects, by that number
        self._keep: list[object] = []
        self._made: set[int] = set()  # ids of objects that were made for the walk
        self._written_once: dict[int, bytes] = {}
        self._trail: list[str] = []
        self._rows = 0  # rows of the array whose elements are written next, if they are traced
        self._step = 0

    def result(self) -> Digest:
        """Return the digest of everything written so far."""
        text = f"xxh3-128:{self._hash.hexdigest()}"
        shared = {root for root, ranges in self.memory.items() if len(ranges) > 1}
        return Digest(
            text,
            self.parts,
            self.contents,
            {*self.columns},
            shared,
            self.packages,
            self._keep,
            self._objects,
            self.definitions,
            self.spans,
            self.sets,
            self._trail,
            self._step,
        )

    def definition(self, value: object) -> str | None:
        """The digest text of a function, class or module; None for anything else.

        Of several equal ones in a value, as when a class was defined again, all but the first are
        numbered.
        """
        text = self._definition(value)
        if text is None or text.startswith(("package ", "module ")):
            return text
        self.definitions.append(value)
        equal = self._equal.setdefault(text, {})
        number = equal.setdefault(id(value), len(equal))
        return f"{text} copy {number}" if number else text

    # -- writing -----------------------------------------------------------------------------

    def tag(self, name: str, *facts: Any) -> None:
        """Write the head of a value: its rule's name and plain immutable facts."""
        self._hash.update(marshal.dumps((name, *facts), 2))

    def data(self, buffer: Any) -> None:
        """Write bytes, their length before them; contiguous buffers are not copied."""
        view = memoryview(buffer)
        self.tag("data", view.nbytes)
        if view.nbytes > _PIECE:
            self._write_big(view)
        elif view.nbytes:
            self._hash.update(view)

    def data_in_pieces(self, size: int, pieces: Iterable[Any]) -> None:
        """Write what `data` would for the pieces joined, which have `size` bytes together."""
        self.tag("data", size)
        rows, self._rows = self._rows, 0
        if rows and size and size % rows == 0:
            self._write_traced(size // rows, rows, pieces)
            return
        for piece in pieces:
            self._hash.update(piece)

    def mark(self, value: object) -> None:
        """Keep a digest of all that was written so far if this is the value itself, no part."""
        if self._is_root(value):
            self._mark()

    def trace(self, value: object, rows: int) -> None:
        """Mark places in the rows that are written next, under the same condition."""
        if self._is_root(value):
            self._rows = rows

    def _mark(self) -> None:
        self._trail.append(f"{self._hash.intdigest() & 0xFFFFFFFF:08x}")

    def _is_root(self, value: object) -> bool:
        return next(iter(self._visits), None) == id(value)

    def _write_traced(self, row: int, rows: int, pieces: Iterable[Any]) -> None:
        """Write pieces of plain bytes, with marks between them; `row` is in bytes."""
        self._step = _round_up(-(-rows // _BLOCKS))
        block = room = row * self._step
        for piece in pieces:
            rest = memoryview(piece)
            while rest.nbytes:
                self._hash.update(rest[:room])
                rest, room = rest[room:], room - min(room, rest.nbytes)
                if not room:
                    room = block
                    self._mark()
        if room < block:
            self._mark()

    def _write_big(self, view: memoryview) -> None:
        """Piece by piece, so that an interrupt does not wait for the whole."""
        flat = view.cast("B")
        for start in range(0, flat.nbytes, _PIECE):
            self._hash.update(flat[start : start + _PIECE])

    def walk(self, value: object, place: Place = "") -> None:
        """Write a value; ``place`` says where its holder has it, for the path of a refusal."""
        try:
            self._write(value)
        except Undigestible as refused:
            refused.path = _place_text(place) + refused.path
            raise

    def walk_items(self, values: list[Any], places: Iterable[object] | None = None) -> None:
        """Write the elements of a list that is only made for the walk, or held by its owner."""
        self.tag("items", len(values))
        if self._write_plain(values, is_part=False):
            return
        keys = count() if places is None else places
        for value, key in zip(values, keys, strict=False):
            self.walk(value, (key,))

    def walk_pairs(self, pairs: Iterable[tuple[Any, Any]], length: int) -> None:
        """Write the keys and values of a mapping in their order."""
        self.tag("pairs", length)
        for key, value in pairs:
            self.walk(key, ".keys()")
            self.walk(value, (key,))

    def walk_attributes(self, attributes: dict[str, Any]) -> None:
        """Write attributes by name, in the order in which they were set."""
        if not _TEXT.issuperset(map(type, attributes)):
            raise refuse(attributes, "the names of its attributes are not all text")
        self.tag("attributes", *attributes)
        for name, value in attributes.items():
            self.walk(value, f".{name}")

    def walk_unordered(self, values: Iterable[Any]) -> None:
        """Write the elements of a set: in the order of their digests, not of iteration."""
        elements = list(values)
        kinds = set(map(type, elements))
        self.tag("elements", len(elements))
        if len(kinds) == 1 and kinds <= _SORTABLE:
            self._write_pieces(sorted(elements))
        elif kinds <= _SCALARS:
            self._hash.update(b"".join(sorted(marshal.dumps(each, 2) for each in elements)))
        else:
            self._write_unordered(elements)

    def write_definition(self, value: object, why: str = "its definition is not known") -> None:
        """Write a function, class or module by its definition; refuse when there is none."""
        text = self.definition(value)
        if text is None:
            raise refuse(value, why)
        self.tag("definition", text)

    def keep(self, made: object) -> None:
        """Keep an object that was made for the walk alive."""
        self._keep.append(made)

    def note_made(self, made: object) -> None:
        """Count an object that was made for the walk, and is kept alive, as no part of the value;
        what stands in it is.
        """
        self._made.add(id(made))

    def note_span(
        self, address: int, size: int, library: str, storage: tuple[int, int] = (0, 0)
    ) -> None:
        """Report memory that values of another library may also use."""
        if size:
            self.spans.append(Span(address, address + size, library, storage))

    def write_value(self, value: object, write: Callable[[], None]) -> None:
        """Write an immutable object once and by its digest from then on.

        Expressions share their parts so often that writing each in full would take forever.
        """
        known = self._written_once.get(id(value))
        if known is None:
            visited = len(self._visits)
            known = self._digest_apart(value, write)
            if len(self._visits) == visited:
                self._written_once[id(value)] = known
                self._keep.append(value)
        self._hash.update(known)

    def write_content(self, key: tuple[int, int], write: Callable[[], None]) -> None:
        """Write a column by the digest of its content alone, and keep that."""
        outer, self._hash = self._hash, xxhash.xxh3_128()
        before = len(self._objects)
        try:
            write()
            content = self._hash.digest()
        finally:
            self._hash = outer
        self._hash.update(content)
        self.contents[key] = content, self._objects[before:]

    @contextmanager
    def temporary(self, *made: object) -> Iterator[None]:
        """Keep objects made for the walk alive, and their ids out of ``parts``."""
        self._keep.extend(made)
        parts, self.parts = self.parts, set()
        before = len(self._objects)
        try:
            yield
        finally:
            self.parts = parts
            self._objects[before:] = [None] * (len(self._objects) - before)

    @contextmanager
    def at(self, place: Place) -> Iterator[None]:
        """Add a place to the path of a refusal, for parts that are written without ``walk``."""
        try:
            yield
        except Undigestible as refused:
            refused.path = _place_text(place) + refused.path
            raise

    # -- one value ---------------------------------------------------------------------------

    def _write(self, value: object) -> None:
        kind = type(value)
        if kind in _SCALARS:
            self.tag("plain", value)
            return
        if kind in _CONTAINERS and self._write_plain(value):
            return
        rule = self._rules.get(kind) or self._find_rule(value, kind)
        if not rule.mutable or self.is_first_visit(value):
            rule.write(self, value)

    def _find_rule(self, value: object, kind: type) -> Rule:
        # Classes that sympy makes of a name have no module.
        package = str(kind.__module__ or kind.__base__.__module__).partition(".")[0]
        rule = plain.RULES.get(kind) or standard.RULES.get(kind)
        if rule is None and package in _PACKAGES and package in sys.modules:
            rules = importlib.import_module(f".{_PACKAGES[package]}", __package__)
            rule = rules.rule_of(kind)
            self.packages.add(package)
        if rule is None:
            rule = plain.family_rule(kind) or instances.rule_of(self, value)
        self._rules[kind] = rule
        return rule

    def is_first_visit(self, value: object) -> bool:
        """Number a mutable object; write a reference and return False when it was met before."""
        number = self._visits.get(id(value))
        if number is not None:
            self.tag("again", number)
            return False
        self._visits[id(value)] = len(self._visits)
        if id(value) in self._made:
            self._objects.append(None)
        else:
            self._objects.append(value)
            self.parts.add(id(value))
        return True

    def note_object(self, value: object) -> None:
        """Number a mutable object that is written by other means."""
        if id(value) not in self._visits:
            self._visits[id(value)] = len(self._visits)
            self._objects.append(value)
            self.parts.add(id(value))

    def _write_unordered(self, elements: list[Any]) -> None:
        visited = len(self._visits)
        changing = False
        digests: list[bytes] = []
        for element in elements:
            digests.append(self._digest_apart(element))
            changing = changing or len(self._visits) > visited
            while len(self._visits) > visited:
                self._visits.popitem()
                self._objects.pop()
        if not changing:
            for each in sorted(digests):
                self._hash.update(each)
            return
        # Mutable elements are numbered, so they have to be visited in an order of their own.
        if len(set(digests)) < len(digests):
            raise refuse(set(), "it holds equal objects that cannot be told apart")
        for _, element in sorted(zip(digests, elements, strict=True), key=itemgetter(0)):
            self.walk(element, "{...}")

    def _digest_apart(self, value: object, write: Callable[[], None] | None = None) -> bytes:
        """Return the digest of a value written into a hash of its own."""
        outer = self._hash, self.memory, self.columns
        self._hash = xxhash.xxh3_128()
        self.memory = {root: list(ranges) for root, ranges in outer[1].items()}
        self.columns = {root: list(ranges) for root, ranges in outer[2].items()}
        try:
            if write is None:
                self.walk(value, "{...}")
            else:
                write()
            return self._hash.digest()
        finally:
            self._hash, self.memory, self.columns = outer

    # -- plain trees -------------------------------------------------------------------------

    def _write_plain(self, root: Any, *, is_part: bool = True) -> bool:
        """Write a tree of plain values at once; do nothing when it is not one.

        ``is_part`` is False for a root that is only made for the walk.
        """
        changing = self._changing_parts(root)
        if changing is None:
            return False
        met = changing[0 if is_part else 1 :]
        ids = [id(part) for part in met]
        self._visits.update(zip(ids, count(len(self._visits)), strict=False))
        if self._made.isdisjoint(ids):
            self._objects += met
        else:
            self._objects += [None if id(part) in self._made else part for part in met]
        self.parts.update(ids)
        self.tag("tree", type(root).__name__, len(root))
        if len(root) <= _CHUNK:
            self._hash.update(marshal.dumps(root, 2))
        else:
            self._write_pieces(root)
            self._write_pieces(root.values() if type(root) is dict else ())
        return True

    def _write_pieces(self, values: Iterable[Any]) -> None:
        """Write many plain values in pieces, to bound the memory that their copy takes."""
        rest = iter(values)
        while piece := tuple(islice(rest, _CHUNK)):
            self._hash.update(marshal.dumps(piece, 2))

    def _changing_parts(self, root: Any) -> list[Any] | None:
        """Return the lists and dicts of a plain tree, level by level.

        None when something else occurs in it, or a list or dict occurs twice in it or was visited
        before. Works through whole levels with loops that run in C.
        """
        changing: list[Any] = []
        seen: set[int] = set()
        level = [root]
        for _ in range(_DEEPEST):
            met = [part for part in level if type(part) is not tuple]
            ids = set(map(id, met))
            if len(ids) < len(met) or not seen.isdisjoint(ids):
                return None
            seen |= ids
            changing += met
            kinds = set(map(type, _children(level)))
            if not kinds <= _PLAIN:
                return None
            if kinds <= _SCALARS:
                return changing if self._visits.keys().isdisjoint(seen) else None
            level = _containers(level)
        raise refuse(root, "it is nested too deeply")


def _round_up(number: int) -> int:
    """To 1, 2 or 5 times a power of ten."""
    power = int(10 ** (len(str(number)) - 1))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= number)


def _children(level: list[Any]) -> Iterator[Any]:
    """Yield what stands in the containers of a level: elements, keys and values."""
    values = (part.values() for part in level if type(part) is dict)
    return chain(chain.from_iterable(level), chain.from_iterable(values))


def _containers(level: list[Any]) -> list[Any]:
    return [child for child in _children(level) if type(child) in _CONTAINERS]


def _place_text(place: Place) -> str:
    if isinstance(place, str):
        return place
    key = place[0]
    parts = key if type(key) is tuple else (key,)
    return (
        f"[{key!r:.60}]" if _SCALARS.issuperset(map(type, parts)) else f"[<{type(key).__name__}>]"
    )
