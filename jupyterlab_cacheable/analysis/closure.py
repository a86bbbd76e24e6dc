"""What a cell reaches through the names it reads.

Starting from names, follow functions, classes and local modules to everything they refer to. The
result separates *definitions* (code, compared by what is loaded, never by files), *values* (to be
digested) and *packages* (compared by version). Code that is installed is named, not followed.

A function contributes its code object without line numbers and file name, its defaults, closure
cells and attributes, and every global name it loads, whether it calls it or not.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import hashlib
import marshal
import os
import re
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import (
    BuiltinFunctionType,
    CodeType,
    FunctionType,
    GetSetDescriptorType,
    MappingProxyType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
)
from typing import Any

from ..digest import Undigestible, digest
from ..digest.exact import is_a
from . import families
from .abstract import installed_bases, registered
from .annotations import CLASS_SCOPE, annotate_of, annotations_of
from .generic import own_attributes_of, registry_of
from .names import MOMENTARY, CodeNames, code_names
from .origin import Origin, is_users_class, origin_of

# Names that give code access to names which no analysis can see.
UNSEEABLE = frozenset({"eval", "exec", "globals", "__import__", "get_ipython"})

_FOREIGN = frozenset({Origin.INSTALLED, Origin.PYTHON})
_SKIPPED_MEMBERS = frozenset(
    "__dict__ __weakref__ __module__ __qualname__ __annotations__ __dataclass_fields__ "
    "__dataclass_params__ __firstlineno__ __static_attributes__ __annotate_func__ __slotnames__ "
    "__annotations_cache__ __annotate__ __classdictcell__ __parameters__ __orig_bases__ _abc_impl "
    "__class_getitem__ _member_map_ _value2member_map_ _member_names_ _unhashable_values_ "
    "_hashable_values_ _value_repr_ _member_type_ _new_member_ _use_args_".split()
)
# Functions that reach a member of a module by its name as text.
_BY_TEXT = frozenset({"getattr", "vars", "dir"})
_MODULE_FACTS = frozenset({"__version__", "__all__", "__author__", "__doc__"})
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


@dataclass(frozen=True)
class Scope:
    """A namespace in which names are looked up: the notebook's (no prefix) or a local module's."""

    namespace: Mapping[str, Any]
    prefix: str


@dataclass
class Reached:
    """Everything found. Names of a local module's members are written `module.member`.

    ``definitions`` and ``values`` hold what names stand for, ``defined`` the objects behind the
    definitions, ``absent`` names that nothing binds. ``roots``, ``attributes``, ``strings`` and
    ``imported`` are the names, attributes, texts and modules that the reached code mentions,
    ``written`` the notebook names it binds through ``global``, ``unseeable`` pairs of a builtin
    such as ``eval`` and the function that uses it, ``momentary`` such pairs for `MOMENTARY`.
    ``parts`` are the ids of what can change inside the definitions (a default, a closure cell),
    ``shared`` those that were met at two places, both valid while ``kept`` lives. ``modules`` are
    the installed modules met, ``made`` every definition that was met, labelled or not, with its
    digest, by id.
    """

    definitions: dict[str, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    absent: set[str] = field(default_factory=set)
    packages: set[str] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)
    strings: set[str] = field(default_factory=set)
    imported: set[str] = field(default_factory=set)
    roots: set[str] = field(default_factory=set)
    unseeable: set[tuple[str, str]] = field(default_factory=set)
    momentary: set[tuple[str, str]] = field(default_factory=set)
    written: set[str] = field(default_factory=set)
    defined: dict[str, Any] = field(default_factory=dict)
    parts: set[int] = field(default_factory=set)
    shared: set[int] = field(default_factory=set)
    kept: list[object] = field(default_factory=list)
    modules: dict[str, ModuleType] = field(default_factory=dict)
    made: dict[int, tuple[Any, str]] = field(default_factory=dict)
    stores: set[tuple[str, str]] = field(default_factory=set)


class Closure:
    """Follows names through one notebook namespace; `definition` is the digest walker's callback.

    Raises
    ------
    Undigestible
        when a definition holds something that has no digest (a default that is an open file, a
        class attribute of an unknown type).
    """

    def __init__(self, namespace: Mapping[str, Any], builtins: Mapping[str, Any]) -> None:
        self.reached = Reached()
        self._notebook = Scope(namespace, "")
        self._builtins = builtins
        self._queue: deque[tuple[Scope, str]] = deque()
        self._seen: set[tuple[int, str]] = set()
        self._local_modules: dict[str, ModuleType] = {}
        self._digests = self.reached.made

    def follow(
        self, names: Iterable[str], attributes: Iterable[str], modules: Iterable[str] = ()
    ) -> Reached:
        """Follow `names` of the notebook; the cell uses `attributes` and imports `modules`."""
        self.reached.attributes |= set(attributes)
        self.reached.imported |= set(modules)
        self._push(self._notebook, names)
        self.drain()
        return self.reached

    def drain(self) -> None:
        """Follow what was queued, also by `definition` while values were being digested."""
        self._push_members()
        while self._queue:
            scope, name = self._queue.popleft()
            self._name(scope, name)
            if not self._queue:
                self._push_members()

    def _push_members(self) -> None:
        """Queue what is used of local modules.

        An attribute counts wherever it is used, since a module can be passed to a function;
        code that can reach a member by text makes all members count.
        """
        reached = self.reached
        for name in sorted(reached.imported & sys.modules.keys()):
            self._module(sys.modules[name])
        by_text = reached.roots & _BY_TEXT or "__dict__" in reached.attributes
        for name, module in self._local_modules.items():
            members = {member for member in vars(module) if not member.startswith("__")}
            wanted = members if by_text else members & reached.attributes
            wanted |= vars(module).keys() & reached.attributes & _MODULE_FACTS
            wanted |= vars(module).keys() & {"__getattr__"}
            scope = Scope(vars(module), name + ".")
            self._push(scope, {w for w in wanted if (id(vars(module)), w) not in self._seen})

    def _push(self, scope: Scope, names: Iterable[str]) -> None:
        self._queue.extend((scope, name) for name in sorted(names))

    def _name(self, scope: Scope, name: str) -> None:
        self.reached.roots.add(name)
        first = (id(scope.namespace), name) not in self._seen
        self._seen.add((id(scope.namespace), name))
        if name not in scope.namespace:
            if first and name not in self._builtins:
                self.reached.absent.add(scope.prefix + name)
            return
        value = scope.namespace[name]
        if is_a(value, ModuleType):
            self._module(value)
        elif first:
            self._value(scope.prefix + name, value)

    def _value(self, label: str, value: object) -> None:
        text = self.definition(value)
        if text is None:
            self.reached.values[label] = value
        else:
            self.reached.definitions[label] = text
            self.reached.defined[label] = value

    def _module(self, module: ModuleType) -> None:
        origin = origin_of(module)
        if origin is Origin.INSTALLED:
            self.reached.packages.add(_top(module.__name__))
        if origin is Origin.LOCAL:
            self._local_modules.setdefault(module.__name__, module)
        elif origin is not Origin.NOTEBOOK:
            self.reached.modules[module.__name__] = module

    # -- definitions ------------------------------------------------------------------------

    def definition(self, value: object) -> str | None:
        """Digest of a function, class, module or importable object; None for any other value."""
        if is_a(value, ModuleType):
            return self._module_name(value)
        known = self._digests.get(id(value))
        if known is not None:
            return known[1]
        named = self._installed_name(value)
        if named is not None:
            return named
        make = _maker(self, value)
        if make is None:
            return None
        # Recursion meets this mark, which is the same however the object was reached.
        self._digests[id(value)] = (value, f"recursive {getattr(value, '__qualname__', '')}")
        frames = [part.encode("utf-8", "surrogatepass") for part in make()]
        text = "sha256:" + hashlib.sha256(_framed(frames)).hexdigest()
        self._digests[id(value)] = (value, text)
        return text

    def _module_name(self, module: ModuleType) -> str | None:
        origin = origin_of(module)
        if origin is Origin.INSTALLED:
            self.reached.packages.add(_top(module.__name__))
        return None if origin is Origin.LOCAL else f"module {module.__name__}"

    def _installed_name(self, value: object) -> str | None:
        """`package module.qualname` of an object that installed code publishes under its name."""
        for module_name, qualname in _published_names(value):
            module = sys.modules.get(module_name)
            if module is None or _resolve(module, qualname) is not value:
                continue
            origin = origin_of(module)
            if origin is Origin.INSTALLED:
                self.reached.packages.add(_top(module_name))
            if origin in _FOREIGN:
                return f"package {module_name}.{qualname}"
        return None

    def function_parts(self, function: FunctionType) -> Iterator[str]:
        """Everything of a function that can change what it does."""
        registry = registry_of(function)
        if registry is not None:
            yield from self._generic_parts(function, registry)
            return
        yield "function"
        yield function.__qualname__
        yield code_digest(function.__code__)
        yield self._inner(function.__defaults__, function, "its defaults")
        yield self._inner(function.__kwdefaults__, function, "its keyword defaults")
        yield self._annotations(function)
        yield repr(getattr(function, "__type_params__", ()))
        if self.scope_of(function) is not None and not _is_generated(function):
            yield repr((function.__name__, function.__doc__))
        for name, cell in zip(
            function.__code__.co_freevars, function.__closure__ or (), strict=True
        ):
            yield name
            if name != CLASS_SCOPE:
                self._note_parts({id(cell)})
                yield self._cell(cell, function)
        for name, value in sorted(vars(function).items()):
            yield name
            yield self._inner(value, function, f"its attribute {name}")
        self._follow_code(function)

    def _generic_parts(self, function: FunctionType, registry: Mapping[type, Any]) -> Iterator[str]:
        """The implementations of a generic function, by the class that they are for."""
        yield f"generic function {function.__name__}"
        for kind, implementation in registry.items():
            yield self._inner(kind, function, "a class that it is registered for")
            yield self._inner(implementation, function, f"what it does for {kind.__qualname__}")
        yield self._inner(own_attributes_of(function), function, "its attributes")

    def _cell(self, cell: Any, function: FunctionType) -> str:
        try:
            content = cell.cell_contents
        except ValueError:
            return "empty"
        return self._inner(content, function, "its closure")

    def _follow_code(self, function: FunctionType) -> None:
        scope = self.scope_of(function)
        if scope is None:
            return
        names = code_names(function.__code__)
        self._note(names, scope, function)
        self._push(scope, names.reads)

    def _note(self, names: CodeNames, scope: Scope, function: FunctionType) -> None:
        reached = self.reached
        reached.attributes |= names.attributes
        reached.strings |= names.strings
        reached.imported |= names.modules
        if scope is self._notebook:
            reached.written |= names.writes | names.deletes
        function_name = scope.prefix + function.__qualname__
        reached.stores |= {(path, function_name) for path in self._foreign_stores(names, scope)}
        for name in (names.reads & UNSEEABLE) - set(scope.namespace):
            reached.unseeable.add((name, scope.prefix + function.__qualname__))
        for name in (names.reads & MOMENTARY) - set(scope.namespace):
            if function.__name__ != "__hash__":
                reached.momentary.add((name, scope.prefix + function.__qualname__))

    def _foreign_stores(self, names: CodeNames, scope: Scope) -> Iterator[str]:
        yield from names.module_stores
        for path in names.stores:
            root, _, tail = path.partition(".")
            value = scope.namespace.get(root)
            if is_a(value, ModuleType):
                yield f"{value.__name__}.{tail}"
            elif self._installed_name(value) is not None:
                yield path

    def scope_of(self, function: FunctionType) -> Scope | None:
        """The scope whose names have to be followed, None for installed or generated code."""
        if function.__globals__ is self._notebook.namespace:
            return self._notebook
        module = sys.modules.get(str(function.__globals__.get("__name__")))
        if module is None or vars(module) is not function.__globals__:
            return None
        if origin_of(module) is not Origin.LOCAL:
            return None
        return Scope(function.__globals__, module.__name__ + ".")

    def class_parts(self, cls: type) -> Iterator[str]:
        """Name, bases, metaclass, dataclass and enum particulars, and every member of a class."""
        yield "class"
        yield cls.__qualname__
        for base in (*cls.__bases__, type(cls)):
            yield self.definition(base) or base.__qualname__
        yield self._annotations(cls)
        yield "; ".join(map(self._annotation, cls.__dict__.get("__orig_bases__", ())))
        yield from self._registrations(cls)
        if dataclasses.is_dataclass(cls):
            yield from self._dataclass_parts(cls)
        if issubclass(cls, enum.Enum):
            for name, member in cls.__members__.items():
                yield f"{name} {member.name}"
                yield self._inner(_enum_state(member), cls, f"its member {name}")
        for label, part in families.particulars(cls):
            yield label
            yield self._inner(part, cls, label)
        for name, member in sorted(vars(cls).items()):
            if is_member(cls, name, member):
                yield name
                yield self._member(cls, name, member)

    def _registrations(self, cls: type) -> Iterator[str]:
        """What is registered with the class, and with which installed classes it is."""
        for text in sorted({self._inner(other, cls, "a class of it") for other in registered(cls)}):
            yield f"registered {text}"
        for base in installed_bases(cls):
            yield f"registered with {base.__module__}.{base.__qualname__}"

    def _annotations(self, owner: FunctionType | type) -> str:
        if _is_generated(owner):
            return "made of fields"
        annotate = annotate_of(owner)
        if type(annotate) is FunctionType:
            return self.definition(annotate) or " ".join(self.function_parts(annotate))
        if annotate is not None:
            return self._inner(annotate, owner, "its annotations")
        annotations = annotations_of(owner)
        return "; ".join(f"{name}: {self._annotation(a)}" for name, a in annotations.items())

    def _annotation(self, value: Any) -> str:
        """Types by definition; typing constructs by printed form and by their arguments."""
        if isinstance(value, type | FunctionType) and not hasattr(value, "__args__"):
            return self.definition(value) or value.__qualname__
        inner = [self._annotation(argument) for argument in getattr(value, "__args__", ())]
        return " ".join([_ADDRESS.sub("", repr(value)), *inner])

    def _dataclass_parts(self, cls: type) -> Iterator[str]:
        yield repr(cls.__dict__.get("__dataclass_params__"))
        for item in dataclasses.fields(cls):
            yield f"{item.name} {item.init} {item.repr} {item.compare} {item.hash} {item.kw_only}"
            yield self._inner(dict(item.metadata), cls, f"its field {item.name}")
            for source in (item.default, item.default_factory):
                missing = source is dataclasses.MISSING
                yield "missing" if missing else self._inner(source, cls, f"its field {item.name}")

    def _member(self, cls: type, name: str, member: object) -> str:
        if isinstance(member, staticmethod | classmethod):
            return f"{type(member).__name__} {self._inner(member.__func__, cls, name)}"
        if isinstance(member, property):
            parts = (member.fget, member.fset, member.fdel)
            return "property " + " ".join(self._inner(part, cls, name) for part in parts)
        if isinstance(member, functools.cached_property):
            return f"cached_property {self._inner(member.func, cls, name)}"
        if isinstance(member, MemberDescriptorType | GetSetDescriptorType):
            return str(type(member).__name__)
        if type(member).__name__ == "_tuplegetter":  # named tuples: `_fields` holds the order
            return "field"
        if isinstance(member, MappingProxyType):
            member = dict(member)
        return self._inner(member, cls, f"its member {name}")

    def cached_function_parts(self, wrapper: Any) -> Iterator[str]:
        """`functools.lru_cache` around a function; what it remembers is a value of its own."""
        label = f"what {wrapper.__name__}() remembers"
        while self.reached.values.setdefault(label, wrapper) is not wrapper:
            label += " too"
        yield "lru_cache"
        yield repr(sorted(wrapper.cache_parameters().items()))
        yield self._inner(wrapper.__wrapped__, wrapper, "the function it wraps")

    def _inner(self, value: object, owner: Any, place: str) -> str:
        text = self.definition(value)
        if text is not None:
            return text
        try:
            found = digest(value, definition=self.definition)
        except Undigestible as refused:
            name = getattr(owner, "__qualname__", type(owner).__name__)
            raise Undigestible(refused.type_name, f"{name} ({place})", refused.why) from None
        self.reached.packages |= found.packages
        self._note_parts(found.parts)
        self.reached.kept.append((value, found.keep))  # the value may be made for this call alone
        return found.text

    def _note_parts(self, parts: set[int]) -> None:
        self.reached.shared |= parts & self.reached.parts
        self.reached.parts |= parts


def is_member(cls: type, name: str, member: object) -> bool:
    """Whether a name in the namespace of a class was put there by the user."""
    if name in _SKIPPED_MEMBERS:
        return False
    if isinstance(member, enum.Enum) and issubclass(cls, enum.Enum):
        return False
    if families.is_generated(cls, name, member):
        return False
    return not (dataclasses.is_dataclass(cls) and _is_generated(member))


def _maker(closure: Closure, value: Any) -> Callable[[], Iterator[str]] | None:
    if is_a(value, FunctionType):
        return lambda: closure.function_parts(value)
    if is_a(value, type):
        return lambda: closure.class_parts(value)
    if is_a(value, functools._lru_cache_wrapper):
        return lambda: closure.cached_function_parts(value)
    return None


def _top(module_name: str) -> str:
    return module_name.partition(".")[0]


def _resolve(module: ModuleType, qualname: str) -> object:
    found: Any = module
    for part in qualname.split("."):
        found = getattr(found, part, None)
    return found


def _published_names(value: Any) -> Iterator[tuple[str, str]]:
    """Module and name under which an object may be importable; nothing for plain instances."""
    if is_a(value, FunctionType):
        # `functools.wraps` copies `__module__`, so only the globals tell whose code this is.
        home = str(value.__globals__.get("__name__"))
        yield home, value.__qualname__
        if home in sys.modules and origin_of(sys.modules[home]) in _FOREIGN:
            yield str(value.__module__), value.__qualname__
        return
    if value is os.environ:
        yield "os", "environ"  # what is read of it is seen while the cell runs
    if value is sys.path:
        yield "sys", "path"  # a setting, like the next one
    if type(value).__name__ == "RcParams":
        yield "matplotlib", "rcParams"
    if not callable(value) or is_users_class(type(value)):
        return  # asking an instance of the user's class would run the user's code
    name = getattr(value, "__qualname__", None) or getattr(value, "__name__", None)
    if not isinstance(name, str):
        return
    module = getattr(value, "__module__", None)
    if isinstance(module, str):
        yield module, name
    if type(value).__name__ == "ufunc":
        yield "numpy", name
        yield "scipy.special", name
    if isinstance(value, BuiltinFunctionType | MethodType):
        # The functions of the global generators are bound methods of a hidden object.
        short = name.rpartition(".")[2]
        yield "random", short
        yield "numpy.random", short
        yield "torch", short


def _enum_state(member: enum.Enum) -> dict[str, Any]:
    """The value of an enum member and what was set on it."""
    own = {"__objclass__", "_name_", "_sort_order_"}
    return {name: value for name, value in vars(member).items() if name not in own}


def _is_generated(member: object) -> bool:
    return isinstance(member, FunctionType) and member.__code__.co_filename == "<string>"


def _framed(frames: Iterable[bytes]) -> bytes:
    return b"".join(len(frame).to_bytes(8, "little") + frame for frame in frames)


def code_digest(code: CodeType) -> str:
    """Digest of a code object without positions and file name: shifting lines changes nothing."""
    return "sha256:" + hashlib.sha256(_code_bytes(code)).hexdigest()


def _code_bytes(code: CodeType) -> bytes:
    numbers = (
        code.co_argcount,
        code.co_posonlyargcount,
        code.co_kwonlyargcount,
        code.co_flags,
    )
    names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
    frames = [code.co_name.encode(), repr(numbers).encode(), repr(names).encode()]
    frames += [code.co_code, code.co_exceptiontable]
    frames += [_constant_bytes(constant) for constant in code.co_consts]
    return _framed(frames)


def _constant_bytes(constant: Any) -> bytes:
    if isinstance(constant, CodeType):
        return b"code" + _code_bytes(constant)
    if isinstance(constant, tuple):
        return b"tuple" + _framed(_constant_bytes(item) for item in constant)
    if isinstance(constant, frozenset):
        return b"frozenset" + _framed(sorted(_constant_bytes(item) for item in constant))
    if isinstance(constant, slice):  # a constant from Python 3.14 on
        parts = (constant.start, constant.stop, constant.step)
        return b"slice" + _framed(_constant_bytes(part) for part in parts)
    return b"plain" + marshal.dumps(constant, 2)
