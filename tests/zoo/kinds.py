"""The value zoo: how to make a value, how to tell it apart, how to change it in place.

`check` is an expression over ``v`` whose printed form differs for values that a user can tell
apart. It knows nothing of the package's own digests.
"""

from __future__ import annotations

import ast
import os
import sys
from dataclasses import dataclass
from importlib.metadata import version

PANDAS_2 = version("pandas").startswith("2.")

BYTES = int(os.environ.get("CACHEABLE_ZOO_BYTES", 64_000_000))
"""Size of the big array; with 1000000000 the zoo holds a gigabyte."""


@dataclass(frozen=True)
class Kind:
    """One kind of value.

    ``make`` is an expression, or statements that bind ``v``. ``change`` changes ``v`` in place.
    ``refused`` is part of the sentence when the kind is not stored at all; the empty string
    stands for a kind that has to be stored and to hit.
    """

    make: str
    check: str = "kind(v), v"
    change: str = ""
    setup: str = ""
    refused: str = ""

    @property
    def binding(self) -> str:
        try:
            ast.parse(self.make, mode="eval")
        except SyntaxError:
            return self.make
        return f"v = {self.make}"


HELPERS = """
import abc, argparse, array, collections, contextlib, datetime, decimal, enum, fractions, functools
import io, ipaddress, itertools, json, logging, math, operator, pathlib, random, re, socket, string
import subprocess, sys, threading, time, types, typing, uuid, weakref, zoneinfo
from dataclasses import dataclass, field
import numpy as np, pandas as pd
def kind(x):
    return f"{type(x).__module__}.{type(x).__qualname__}"
def deep(n):
    made = []
    for _ in range(n):
        made = [made]
    return made
def bits(x):
    return np.float64(x).view('u8')
def frame_facts(x):
    index = (kind(x.index), str(x.index.dtype), x.index.tolist(), list(x.index.names))
    columns = [(str(d), x.iloc[:, i].tolist()) for i, d in enumerate(x.dtypes)]
    return kind(x), index, list(x.columns), columns, x.attrs
"""

PLAIN = {
    "none": Kind("None"),
    "big integer": Kind("10**400 + 7"),
    "one number, many names": Kind(
        "v = 10**50, 2.5, 1j; a, b, c = v", "v, a is v[0], b is v[1], c is v[2]"
    ),
    "nan keys": Kind(
        "{math.nan: 1, float('nan'): 2, -0.0: 3}",
        "kind(v), list(v.values()), v[math.nan], [bits(k) for k in v]",
        "v[math.nan] = 5",
    ),
    "surrogates": Kind("'a\\ud800b'"),
    "bytes": Kind("b'\\x00\\xff'"),
    "bytearray": Kind("bytearray(b'abc')", change="v.extend(b'd')"),
    "list": Kind("[1, 'a', [2.5, None]]", change="v.append(3)"),
    "tuple": Kind("(1, True, 1.0, ('a',))"),
    "set": Kind("{'a', 'b', 3}", "kind(v), sorted(map(repr, v))", "v.add('c')"),
    "frozenset": Kind("frozenset({1, 'a'})", "kind(v), sorted(map(repr, v))"),
    "dict order": Kind("{'b': 1, 'a': [2]}", change="v['c'] = v.pop('b')"),
    "million keys": Kind(
        "{i: str(i) for i in range(1_000_000)}", "kind(v), len(v), v[999_999]", "v[1] = 2"
    ),
    "deque": Kind("collections.deque([1, 2], 5)", change="v.append(3)"),
    "defaultdict": Kind("collections.defaultdict(list, a=[1])", change="v['b'].append(2)"),
    "ordered dict": Kind("collections.OrderedDict(b=1, a=2)", change="v.move_to_end('b')"),
    "counter": Kind("collections.Counter('abca')", change="v.update('zz')"),
    "chain map": Kind("collections.ChainMap({'a': 1}, {'b': 2})", change="v['c'] = 3"),
    "user dict": Kind("collections.UserDict(a=1)", "kind(v), v.data", "v['b'] = 2"),
    "user list": Kind("collections.UserList([1])", "kind(v), v.data", "v.append(2)"),
    "user string": Kind("collections.UserString('abc')"),
    "keys of a dict": Kind("d = {'a': 1}\nv = d.keys()", "kind(v), list(v), d.update(b=2), len(v)"),
    "read-only mapping": Kind(
        "d = {'a': 1}\nv = types.MappingProxyType(d)", "kind(v), dict(v), d.update(b=2), len(v)"
    ),
    "cyclic list": Kind("v = [1]\nv.append(v)", "kind(v), len(v), v[1] is v", "v.append(2)"),
    "cyclic objects": Kind(
        "v = types.SimpleNamespace(n=1)\nv.me = [v]", "kind(v), v.n, v.me[0] is v", "v.n = 2"
    ),
    "depth 100000": Kind("deep(100_000)", "kind(v), len(v)", refused="'v' (list)"),
    "range": Kind("range(0, 10, 3)"),
    "slice": Kind("slice(1, None, 2)"),
    "ellipsis": Kind("(..., NotImplemented)"),
    "array.array": Kind("array.array('d', [1.5, 2])", change="v.append(3)"),
    "text in memory": Kind(
        "v = io.StringIO('one\\ntwo')\n_ = v.readline()", "kind(v), v.getvalue(), v.tell()"
    ),
    "bytes in memory": Kind("io.BytesIO(b'abc')", "kind(v), v.getvalue(), v.tell()"),
    "memory view": Kind("memoryview(b'abc')", "kind(v), bytes(v)", refused="'v' (memoryview)"),
    "object": Kind("object()", "kind(v)"),
}

SMALL = {
    "date": Kind("datetime.date(2020, 2, 29)"),
    "aware datetime": Kind(
        "datetime.datetime(2020, 10, 25, 2, 30, fold=1, tzinfo=zoneinfo.ZoneInfo('Europe/Berlin'))",
        "kind(v), v, v.fold, v.utcoffset()",
    ),
    "timedelta": Kind("datetime.timedelta(1, 2, 3)"),
    "decimal": Kind("decimal.Decimal('1.50')"),
    "fraction": Kind("fractions.Fraction(1, 3)"),
    "uuid": Kind("uuid.UUID(int=7)"),
    "path": Kind("pathlib.PurePosixPath('a/b')"),
    "address": Kind("ipaddress.ip_network('10.0.0.0/8')"),
    "pattern": Kind("re.compile('a(b)', re.I)"),
    "match": Kind("re.search(r'(?P<x>b+)c?', 'abbb')", "kind(v), v, v.groupdict(), v.regs, v.pos"),
    "type form": Kind("[list[int], typing.Optional[int], int | str, typing.Callable[[int], str]]"),
    "type variable": Kind("typing.TypeVar('T', bound=int)", "kind(v), v, v.__bound__"),
    "new type": Kind("typing.NewType('UserId', int)", "kind(v), v(3), v.__name__, v.__supertype__"),
    "template": Kind("string.Template('$a')", "kind(v), v.template"),
    "namespace of arguments": Kind("argparse.Namespace(a=1, b=[2])", change="v.c = 3"),
    "completed process": Kind("subprocess.CompletedProcess(['a'], 0, b'out')", change="v.x = 1"),
    "logger": Kind(
        "logging.getLogger('zoo.logger')", "kind(v), v.name, v is logging.getLogger('zoo.logger')"
    ),
    "random.Random": Kind(
        "random.Random(5)", "kind(v), v.getstate()[1][:3], v.random()", "v.random()"
    ),
    "html": Kind(
        "from IPython.display import HTML\nv = HTML('<b>x</b>')", "kind(v), v.data", "v.data = 'y'"
    ),
    "closed file": Kind(
        "with open('/usr/lib/os-release') as v:\n    text = v.read()",
        "kind(v), v.name, v.mode, v.encoding, v.closed, repr(v)",
    ),
}

CODE = {
    "lambda": Kind("lambda x: x + 1", "kind(v), v(1), v.__name__"),
    "function": Kind(
        "def v(x, y=[1], *, z=2):\n    'doc'\n    return x, y, z",
        "kind(v), v(1), v.__doc__, v.__defaults__, v.__kwdefaults__",
        "v.extra = 1",
    ),
    "closure": Kind(
        "def make():\n    n = 0\n    def count():\n        nonlocal n\n        n += 1\n        return n\n"
        "    return count\nv = make()",
        "kind(v), v(), v()",
        "v()",
    ),
    "partial": Kind("functools.partial(int, base=2)", "kind(v), v('11'), v.keywords"),
    "cached function": Kind(
        "calls = []\n@functools.lru_cache(maxsize=3)\ndef f(n):\n    calls.append(n)\n    return [n]\n"
        "for n in (1, 2, 3, 4, 4, 2):\n    _ = f(n)\nv = f",
        "kind(v), v.cache_info(), v(3), v(9), calls, v.cache_info(), v.__wrapped__(5), v is f",
    ),
    "function that remembers": Kind(
        "calls = []\n@functools.lru_cache(maxsize=None, typed=True)\ndef v(n, *, k=1):\n    calls.append(n)\n    return [n, k]\n"
        "first = v(1), v(2.0, k=3)",
        "kind(v), v.cache_info(), v(1) is first[0], v(2.0, k=3) is first[1], v(5), calls, v.cache_info()",
        "v(1); v(7)",
    ),
    "generic function": Kind(
        "@functools.singledispatch\ndef v(x):\n    return 'any'\n@v.register\ndef _int(x: int):\n    return 'int'",
        "kind(v), v(1), v('a'), v.__name__, len(v.registry)",
    ),
    "wrapped function": Kind(
        "def deco(f):\n    @functools.wraps(f)\n    def inner(*a):\n        return f(*a)\n    return inner\n"
        "@deco\ndef v(x):\n    return x * 2",
        "kind(v), v(2), v.__name__, v.__wrapped__(3)",
    ),
    "bound method": Kind("[3, 1].copy", "kind(v), v()"),
    "property": Kind("property(lambda self: 1)", "kind(v), v.fget(None)"),
    "static method": Kind("staticmethod(len)", "kind(v), v('ab')"),
    "generator": Kind("(i for i in 'ab')", "kind(v), list(v)", refused="'v' (generator)"),
    "iterator": Kind("iter([1, 2])", "kind(v), list(v)", refused="'v' (list_iterator)"),
    "count": Kind("itertools.count(3)", "kind(v), next(v)", refused="'v' (count)"),
    "coroutine": Kind(
        "async def work():\n    return 1\nv = work()\n",
        "kind(v), v.close()",
        refused="'v' (coroutine)",
    ),
    "raised exception": Kind(
        "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    v = e",
        "kind(v), v, v.__traceback__ is None",
        refused="'v' (ZeroDivisionError)",
    ),
    "exception": Kind("ValueError('x', 2)", "kind(v), v.args, v.__traceback__", "v.add_note('n')"),
    "module": Kind("math", "kind(v), v.pi"),
}

OUTSIDE = {
    "socket": Kind("socket.socket()", "kind(v)", refused="'v' (socket)"),
    "lock": Kind("threading.Lock()", "kind(v), v.locked()", refused="'v' (lock)"),
    "event": Kind("threading.Event()", "kind(v), v.is_set()", refused="'v' (Event)"),
    "open file": Kind(
        "open('/usr/lib/os-release')", "kind(v), v.closed", refused="'v' (TextIOWrapper)"
    ),
    "weak reference": Kind("weakref.ref(kind)", "kind(v)", refused="'v' (ReferenceType)"),
    "weak dictionary": Kind(
        "weakref.WeakValueDictionary()", "kind(v)", refused="'v' (WeakValueDictionary)"
    ),
    "database": Kind(
        "import sqlite3\nv = sqlite3.connect(':memory:')", "kind(v)", refused="'v' (Connection)"
    ),
    "thread": Kind("threading.Thread()", "kind(v)", refused="'v' (Thread)"),
    "frame of code": Kind("sys._getframe", "kind(v)", refused="_getframe"),
}

CLASSES = {
    "class": Kind(
        "class v:\n    n = [1]\n    def f(self):\n        return self.n",
        "kind(v), v().f(), v.__name__",
        "v.n.append(2)",
    ),
    "instance": Kind(
        "class Thing:\n    def __init__(self, n):\n        self.n = [n]\nv = Thing(3)",
        "kind(v), v.n, type(v) is Thing",
        "v.n.append(4)",
    ),
    "slots": Kind(
        "class Thing:\n    __slots__ = ('a', '__hidden')\n    def __init__(self):\n        self.a, self.__hidden = 1, 2\nv = Thing()",
        "kind(v), v.a, v._Thing__hidden, hasattr(v, '__dict__'), Thing.__slots__",
        "v.a = 9",
    ),
    "dataclass": Kind(
        "@dataclass\nclass Point:\n    x: int = 1\n    y: list = field(default_factory=list)\nv = Point(2)",
        "kind(v), v, v == Point(2), Point.__match_args__",
        "v.y.append(1)",
    ),
    "frozen slotted dataclass": Kind(
        "@dataclass(frozen=True, slots=True, order=True)\nclass Point:\n    x: int\nv = Point(2)",
        "kind(v), v, v < Point(3), hash(v) == hash(Point(2)), hasattr(v, '__dict__')",
    ),
    "enum": Kind(
        "class Colour(enum.Enum):\n    RED = 1\n    GREEN = [2]\nv = Colour.RED",
        "kind(v), v, v is Colour(1), Colour['GREEN'].value, list(Colour)",
    ),
    "flag": Kind(
        "class Flag(enum.Flag):\n    A = 1\n    B = 2\nv = Flag.A | Flag.B",
        "kind(v), v, v is Flag(3), Flag.A in v",
    ),
    "named tuple": Kind(
        "Pair = collections.namedtuple('Pair', 'a b')\nv = Pair(1, [2])",
        "kind(v), v, v._asdict(), type(v) is Pair, hasattr(v, '__dict__')",
    ),
    "typed named tuple": Kind(
        "class Pair(typing.NamedTuple):\n    a: int\n    b: int = 5\nv = Pair(1)",
        "kind(v), v, Pair._field_defaults, Pair(3)",
    ),
    "order of members": Kind(
        "class v:\n    'text'\n    z = 1\n    def b(self): ...\n    a = [2]\n    def __eq__(self, other):\n        return True\n_v = v()",
        "list(vars(v)), list(vars(v()))",
        "v.new = 1",
    ),
    "abstract class": Kind(
        "class Shape(abc.ABC):\n    @abc.abstractmethod\n    def area(self): ...\nclass Square(Shape):\n    def area(self):\n        return 4\nv = Square()",
        "kind(v), v.area(), isinstance(v, Shape), Shape.__abstractmethods__",
        "v.n = 1",
    ),
    "cached property": Kind(
        "class Thing:\n    runs = 0\n    @functools.cached_property\n    def n(self):\n        Thing.runs += 1\n        return [1]\nv = Thing()\nv.n",
        "kind(v), v.n, Thing.runs, Thing().n, Thing.runs",
    ),
    "own error": Kind(
        "class Wrong(Exception):\n    def __init__(self, code):\n        print('made', code)\n        super().__init__(f'code {code}')\n        self.code = code\nv = Wrong(3)",
        "kind(v), v.code, v.args, str(v)",
        "v.code = 4",
    ),
    "subclass of list": Kind(
        "class Lines(list):\n    def total(self):\n        return sum(self)\nv = Lines([1, 2])\nv.name = 'n'",
        "kind(v), list(v), v.total(), v.name",
        "v.append(5)",
    ),
    "generic class": Kind(
        "T = typing.TypeVar('T')\nclass Stack(typing.Generic[T]):\n    def __init__(self):\n        self.items = []\nv = Stack[int]()",
        "kind(v), v.items, Stack[int], Stack.__parameters__ == (T,), v.__orig_class__",
        "v.items.append(1)",
    ),
    "protocol": Kind(
        "@typing.runtime_checkable\nclass Sized(typing.Protocol):\n    def size(self) -> int: ...\nclass One:\n    def size(self):\n        return 1\nv = One()",
        "kind(v), isinstance(v, Sized), isinstance(1, Sized)",
    ),
    "attrs": Kind(
        "import attrs\n@attrs.define\nclass Point:\n    x: int = 1\n    y: list = attrs.field(factory=list)\nv = Point(2)",
        "kind(v), v, v == Point(2), [a.name for a in attrs.fields(Point)], hasattr(v, '__dict__')",
        "v.y.append(1)",
    ),
    "pydantic": Kind(
        "import pydantic\nclass User(pydantic.BaseModel):\n    name: str\n    tags: list[str] = []\n    @pydantic.field_validator('name')\n    @classmethod\n    def upper(cls, value):\n        return value.upper()\nv = User(name='ann')",
        "kind(v), v, v.model_dump_json(), User(name='bob'), User.model_json_schema(), v.model_fields_set",
        "v.tags.append('x')",
    ),
    "own metaclass": Kind(
        "class Meta(type):\n    def __call__(cls):\n        return super().__call__()\nclass Thing(metaclass=Meta):\n    pass\nv = Thing()",
        "kind(v), type(type(v)).__name__",
        refused="metaclass",
    ),
    "registry of subclasses": Kind(
        "class Base:\n    found = []\n    def __init_subclass__(cls):\n        Base.found.append(cls.__name__)\nclass One(Base):\n    pass\nv = One()",
        "kind(v), Base.found",
        refused="__init_subclass__",
    ),
}

_OWN = "class Own:\n    def __reduce__(self):\n        {}\nv = Own()"
HOSTILE = {
    "reduce raises": Kind(_OWN.format("raise ValueError('no')"), "kind(v)", refused="'v' (Own)"),
    "reduce prints": Kind(
        _OWN.format("print('reduced')\n        return Own, ()"), "kind(v)", refused="'v' (Own)"
    ),
    "reduce exits": Kind(_OWN.format("raise SystemExit"), "kind(v)", refused="'v' (Own)"),
    "reduce sleeps": Kind(_OWN.format("time.sleep(1000)"), "kind(v)", refused="'v' (Own)"),
    "getattr prints": Kind(
        "class Own:\n    def __getattr__(self, name):\n        print('asked for', name)\n        raise AttributeError(name)\nv = Own()\nv.a = 1",
        "kind(v), v.a",
    ),
    "getattribute prints": Kind(
        "class Own:\n    def __getattribute__(self, name):\n        print('asked')\n        return object.__getattribute__(self, name)\nv = Own()",
        "1",
        refused="'v' (Own)",
    ),
    "setstate exits": Kind(
        "class Own:\n    def __setstate__(self, state):\n        raise SystemExit\nv = Own()",
        "kind(v)",
        refused="'v' (Own)",
    ),
    "finaliser prints": Kind(
        "class Own:\n    def __del__(self):\n        print('gone')\nv = Own()",
        "kind(v)",
        refused="__del__",
    ),
    "new counts": Kind(
        "class Own:\n    made = 0\n    def __new__(cls):\n        Own.made += 1\n        return super().__new__(cls)\nv = Own()",
        "kind(v), Own.made",
        refused="__new__",
    ),
    "equality prints": Kind(
        "class Own:\n    def __eq__(self, other):\n        print('compared')\n        return True\n    __hash__ = object.__hash__\nv = [Own(), Own()]",
        "kind(v), len(v)",
        "v.append(1)",
    ),
}

NUMPY = {
    "array": Kind(
        "np.arange(6.0).reshape(2, 3)",
        "kind(v), v.dtype, v.tolist(), v.flags.c_contiguous",
        "v[0, 0] = 9",
    ),
    "array in Fortran order": Kind(
        "np.asfortranarray(np.arange(6).reshape(2, 3))",
        "kind(v), v.tolist(), v.strides, v.flags.f_contiguous",
        "v[0] = 7",
    ),
    "own memory": Kind(
        "np.arange(4)",
        "kind(v), v.flags.owndata, v.base is None, v.resize(6, refcheck=False), v.tolist()",
    ),
    "read-only array": Kind(
        "v = np.arange(3)\nv.flags.writeable = False", "kind(v), v, v.flags.writeable"
    ),
    "strided view": Kind(
        "np.arange(12).reshape(3, 4)[:, ::2]",
        "kind(v), v.tolist(), v.strides, v.flags.c_contiguous, v.reshape(-1).base is v.base",
        "v[0, 0] = 5",
    ),
    "big array": Kind(
        f"np.full({BYTES} // 8, 1.5)", "kind(v), v.nbytes, float(v.sum()), v[-1]", "v[3] = 0"
    ),
    "object array": Kind(
        "np.array([1, 'a', None, [2]], object)", "kind(v), v.dtype, v.tolist()", "v[3].append(3)"
    ),
    "structured array": Kind(
        "np.array([(1, 2.5), (3, 4.5)], [('a', 'i2'), ('b', 'f8')])",
        "kind(v), v.dtype, v.tolist()",
        "v['a'] = 0",
    ),
    "masked array": Kind(
        "np.ma.array([1, 2, 3], mask=[0, 1, 0])",
        "kind(v), v.tolist(), v.mask.tolist(), v.fill_value",
        "v[0] = np.ma.masked",
    ),
    "foreign byte order": Kind(
        "np.arange(3, dtype='>i4')",
        "kind(v), v.dtype, v.tolist(), v.tobytes(), v.flags.owndata",
        "v[0] = 7",
    ),
    "long long": Kind(
        "v = [np.arange(3, dtype='q'), np.zeros(1, [('a', 'q'), ('b', '>Q')])]",
        "[kind(x) for x in v], v[0].dtype.char, v[1].dtype['a'].char, v[1].dtype['b'].char, v",
        "v[0][0] = 7",
    ),
    "text array": Kind("np.array(['a', 'bcd'])", "kind(v), v.dtype, v.tolist()", "v[0] = 'zz'"),
    "dates": Kind(
        "np.array(['2020-01-01', 'NaT'], 'M8[D]')",
        "kind(v), v.dtype, v.astype(str).tolist()",
        "v[0] = v[1]",
    ),
    "numpy scalar": Kind("np.float32(1.5)", "kind(v), v"),
    "generator of numpy": Kind(
        "np.random.default_rng(3)", "kind(v), v.random(2).tolist()", "v.random()"
    ),
    "random state": Kind("np.random.RandomState(3)", "kind(v), v.rand(2).tolist()", "v.rand()"),
    "memory map": Kind(
        "v = np.memmap('zoo-map', np.uint8, 'w+', shape=(3,))", "kind(v)", refused="'v' (memmap)"
    ),
    "polynomial": Kind("np.polynomial.Polynomial([1, 2])", "kind(v), v, v(3)", "v.coef[0] = 5"),
    "array over a bytearray": Kind(
        "b = bytearray(8)\nv = np.frombuffer(b, 'u1')",
        "kind(v), b.__setitem__(0, 7), v[0]",
        refused="shares memory",
    ),
}

PANDAS = {
    "frame": Kind(
        "v = pd.DataFrame({'a': [1, None], 'b': ['x', 'y']}, index=pd.Index([3, 4], name='i'))\nv.attrs['k'] = [1]",
        "frame_facts(v)",
        "v['c'] = 1",
    ),
    "frame with zones and categories": Kind(
        "pd.DataFrame({'t': pd.date_range('2020', periods=2, tz='Europe/Berlin'), 'c': pd.Categorical(['x', 'y'], ['y', 'x'], ordered=True), 'i': pd.array([1, None], 'Int64')})",
        "frame_facts(v), v['c'].cat.categories.tolist(), v['c'].cat.ordered",
        "v.loc[0, 'i'] = 7",
    ),
    "multi-index": Kind(
        "pd.DataFrame({'n': [1, 2]}, index=pd.MultiIndex.from_product([['a'], [1, 2]], names=['x', None]))",
        "frame_facts(v)",
        "v.index.names = ['p', 'q']",
    ),
    "series": Kind(
        "pd.Series([1.5, 2], name='s')",
        "kind(v), v.name, str(v.dtype), v.tolist()",
        "v.iloc[0] = 9",
    ),
    "index": Kind(
        "pd.Index(['a', 'b'], name='n')",
        "kind(v), v.name, str(v.dtype), v.tolist()",
        "v.name = 'm'",
    ),
    "attribute set on a frame": Kind(
        "v = pd.DataFrame({'a': [1]})\nobject.__setattr__(v, 'extra', 5)",
        "kind(v), v.extra",
        refused="'v' (DataFrame)",
    ),
    "group-by": Kind(
        "pd.DataFrame({'a': [1, 1, 2], 'b': [1, 2, 3]}).groupby('a')",
        "kind(v), v['b'].sum().tolist(), len(v)",
        refused="'v' (DataFrameGroupBy)" if PANDAS_2 else "",
    ),
    "rolling": Kind("pd.Series([1.0, 2, 3]).rolling(2)", "kind(v), v.sum().tolist()"),
    "timestamp": Kind("pd.Timestamp('2020-01-01', tz='UTC')"),
}

LIBRARIES = {
    "estimator": Kind(
        "from sklearn.linear_model import LinearRegression\nv = LinearRegression().fit([[1.0], [2.0]], [1.0, 3.0])",
        "kind(v), v.coef_.tolist(), v.get_params()",
        "v.fit([[1.0], [2.0]], [5.0, 5.0])",
    ),
    "pipeline and search": Kind(
        "from sklearn.pipeline import make_pipeline\nfrom sklearn.preprocessing import StandardScaler\nfrom sklearn.tree import DecisionTreeClassifier\nfrom sklearn.model_selection import GridSearchCV\nX = np.arange(12.0).reshape(-1, 1); y = [0, 1] * 6\n"
        "v = GridSearchCV(make_pipeline(StandardScaler(), DecisionTreeClassifier(random_state=0)), {'decisiontreeclassifier__max_depth': [1, 2]}, cv=2).fit(X, y)\n"
        "v.refit_time_ = 0\nfor k in [k for k in v.cv_results_ if 'time' in k]:\n    del v.cv_results_[k]",
        "kind(v), v.best_params_, v.predict(np.arange(4.0).reshape(-1, 1)).tolist(), sorted(v.cv_results_)",
        "v.n_jobs = 1",
    ),
    "data set": Kind(
        "from sklearn.datasets import load_iris\nv = load_iris()",
        "kind(v), v.data.sum(), v.target_names.tolist(), sorted(vars(v)), list(v)",
        "v['extra'] = 1",
    ),
    "sparse matrix": Kind(
        "import scipy.sparse as sp\nv = sp.csr_array(np.eye(3))",
        "kind(v), v.toarray().tolist(), v.dtype, v.nnz",
        "v.data[0] = 5",
    ),
    "spline": Kind(
        "from scipy.interpolate import CubicSpline\nv = CubicSpline([0, 1, 2], [0, 1, 4])",
        "kind(v), float(v(1.5)), v.c.tolist()",
    ),
    "distribution": Kind(
        "from scipy import stats\nv = stats.norm(1, 2)", "kind(v), float(v.cdf(0.5)), v.args"
    ),
    "expression": Kind(
        "import sympy\nx = sympy.Symbol('x', positive=True)\nv = sympy.sin(x) ** 2 + sympy.Integral(x, x)",
        "kind(v), v, v.diff(x), v.free_symbols == {x}",
    ),
    "unknown function": Kind(
        "import sympy\nf = sympy.Function('f')\nv = f(sympy.Symbol('x'))",
        "v, v.func == f, v == f(sympy.Symbol('x'))",
    ),
    "symbolic matrix": Kind(
        "import sympy\nv = sympy.Matrix([[1, sympy.pi]])", "kind(v), v, v.shape", "v[0, 0] = 5"
    ),
    "graph": Kind(
        "import networkx as nx\nv = nx.karate_club_graph()",
        "kind(v), list(v.nodes(data=True))[:3], sorted(v.edges)[:3], v.graph, nx.density(v)",
        "v.add_edge(0, 99)",
    ),
    "polars frame": Kind(
        "import polars as pl\nv = pl.DataFrame({'a': [1, None], 's': ['x', 'y'], 'l': [[1], []], 'c': pl.Series(['p', 'q'], dtype=pl.Categorical), 'e': pl.Series(['p', 'q'], dtype=pl.Enum(['q', 'p']))})",
        "kind(v), v.schema, v.rows(), v.n_chunks()",
        "v[0, 'a'] = 7",
    ),
    "polars series": Kind(
        "import polars as pl\nv = pl.Series('s', [3, 1]).sort()",
        "kind(v), v.name, v.dtype, v.to_list(), v.flags",
        "v[0] = 9",
    ),
    "polars query": Kind(
        "import polars as pl\nv = pl.DataFrame({'a': [1]}).lazy()",
        "kind(v), v.collect().rows()",
        refused="'v' (LazyFrame)",
    ),
    "polars expression": Kind(
        "import polars as pl\nv = (pl.col('a') + 1).alias('b')", "kind(v), str(v)"
    ),
    "arrow table": Kind(
        "import pyarrow as pa\nv = pa.table({'a': [1, None], 's': ['x', 'y']})",
        "kind(v), v.schema, v.to_pylist()",
    ),
    "arrow arrays": Kind(
        "import pyarrow as pa\nv = [pa.array([[1], None, [2, 3]])[1:], pa.chunked_array([['a'], ['b']]), pa.scalar(3), pa.schema([('a', pa.int8())])]",
        "[kind(x) for x in v], v[0].to_pylist(), v[1].num_chunks, v[2], v[3]",
    ),
    "picture": Kind(
        "from PIL import Image\nv = Image.new('RGB', (2, 2), 'red')",
        "kind(v), v.size, v.mode, v.tobytes()",
        "v.putpixel((0, 0), (1, 2, 3))",
    ),
    "progress bar": Kind(
        "from tqdm import tqdm\nv = tqdm(range(2), disable=True)\nlist(v);",
        "kind(v), v.n, v.total, v.disable",
    ),
}

_DATA = (
    "import sklearn.ensemble, sklearn.linear_model, sklearn.cluster, sklearn.neighbors\n"
    "import sklearn.pipeline, sklearn.preprocessing, sklearn.naive_bayes, sklearn.neural_network\n"
    "X = np.random.default_rng(0).normal(size=(40, 3)); y = (X[:, 0] > 0).astype(int)\n"
)


def estimator(make: str, facts: str, fit: str = "fit(X, y)") -> Kind:
    """An estimator that was fitted before and is fitted again in place."""
    check = f"kind(v), list(vars(v)), {facts}"
    return Kind(f"v = {make}.fit(X[:30], y[:30])", check, f"v.{fit}", setup=_DATA)


ESTIMATORS = {
    "forest": estimator(
        "sklearn.ensemble.RandomForestClassifier(n_estimators=2, random_state=0)",
        "v.predict_proba(X)[:3].tolist(), v.estimators_[0].tree_.node_count",
    ),
    "growing forest": estimator(
        "sklearn.ensemble.RandomForestClassifier(n_estimators=2, random_state=0, warm_start=True)",
        "v.predict_proba(X)[:3].tolist(), len(v.estimators_)",
        "set_params(n_estimators=3).fit(X, y)",
    ),
    "gradient boosting": estimator(
        "sklearn.ensemble.GradientBoostingClassifier(n_estimators=2, random_state=0)",
        "v.predict_proba(X)[:3].tolist()",
    ),
    "histogram boosting": estimator(
        "sklearn.ensemble.HistGradientBoostingClassifier(max_iter=2, random_state=0)",
        "v.predict_proba(X)[:3].tolist()",
    ),
    "pipeline": estimator(
        "sklearn.pipeline.make_pipeline(sklearn.preprocessing.StandardScaler(),"
        " sklearn.linear_model.LogisticRegression())",
        "v[0].mean_.tolist(), v[1].coef_.tolist()",
    ),
    "clusters": estimator(
        "sklearn.cluster.KMeans(2, random_state=0, n_init=1)",
        "v.labels_.tolist(), v.cluster_centers_.tolist()",
    ),
    "partial fit": estimator(
        "sklearn.linear_model.SGDClassifier(random_state=0)",
        "v.coef_.tolist(), v.t_",
        "partial_fit(X, y)",
    ),
    "neighbours": estimator(
        "sklearn.neighbors.KNeighborsClassifier()",
        "v.predict(X).sum(), v._fit_X is X, np.shares_memory(v._fit_X, X)",
    ),
    "network": estimator(
        "sklearn.naive_bayes.GaussianNB()", "v.theta_.tolist()", "partial_fit(X, y)"
    ),
    "global generator in an estimator": Kind(
        "from sklearn.utils import check_random_state\nv = [check_random_state(None)]",
        "v[0] is np.random.mtrand._rand, np.random.seed(3), v[0].rand(), np.random.rand()",
        "v.append(1)",
    ),
    "frozen distribution": Kind(
        "from scipy import stats\nv = stats.loguniform(1, 2)",
        "kind(v), list(vars(v)), np.random.seed(3), v.rvs(), np.random.rand()",
    ),
}

PLOTS = {
    "transform": Kind(
        "from matplotlib.transforms import Affine2D\nv = Affine2D().rotate(1).translate(2, 3)",
        "kind(v), v.transform([(1, 2)]).tolist(), v.get_matrix().tolist()",
    ),
    "box": Kind(
        "from matplotlib.transforms import Bbox\nv = Bbox([[0, 0], [1, 2]])",
        "kind(v), v, v.width, v.minpos.tolist()",
    ),
    "transform of axes": Kind(
        "from matplotlib.figure import Figure\nv = Figure().subplots().transData",
        "kind(v)",
        refused="'v' (CompositeGenericTransform)",
    ),
    "logarithmic norm": Kind(
        "from matplotlib.colors import LogNorm\nv = LogNorm(1, 10)", "kind(v), v(2.0), v.vmax"
    ),
    "path": Kind(
        "from matplotlib.path import Path\nv = Path([[0, 0], [1, 1], [0, 1]])", "kind(v), v"
    ),
}

SCHEDULERS = {
    "optimizer with StepLR": "lrs.StepLR(optimizer, 2, 0.5)",
    "optimizer with CosineAnnealingLR": "lrs.CosineAnnealingLR(optimizer, 5)",
    "optimizer with ReduceLROnPlateau": "lrs.ReduceLROnPlateau(optimizer, patience=0)",
    "optimizer with LambdaLR": "lrs.LambdaLR(optimizer, lambda epoch: 0.5 ** epoch)",
    "optimizer with SequentialLR": "lrs.SequentialLR(optimizer, [lrs.ConstantLR(optimizer, 0.1, 2), lrs.ExponentialLR(optimizer, 0.9)], [2])",
}


def scheduled(make: str) -> Kind:
    """An optimizer whose calls a scheduler follows."""
    loss = "3.0" if "Plateau" in make else ""
    step = f"(v[0].grad.fill_(1), v[1].step(), v[2].step({loss}))"
    return Kind(
        "import torch, warnings\nfrom torch.optim import lr_scheduler as lrs\n"
        "parameter = torch.nn.Parameter(torch.ones(2))\nparameter.grad = torch.ones(2)\n"
        f"optimizer = torch.optim.Adam([parameter], lr=0.1)\nv = [parameter, optimizer, {make}]",
        "v[2].optimizer is v[1], v[1].param_groups[0]['params'][0] is v[0], v[2].get_last_lr(), v[0].tolist(), "
        f"len({step}), v[2].get_last_lr(), v[0].tolist(), vars(v[1]).get('_opt_called'), list(vars(v[1])), list(vars(v[2]))",
        step + ";",
    )


TORCH = {
    "tensor": Kind(
        "import torch\nv = torch.arange(6.0).reshape(2, 3)",
        "kind(v), v.dtype, v.tolist(), v.stride(), v.requires_grad, v.device",
        "v[0, 0] = 9",
    ),
    "transposed tensor": Kind(
        "import torch\nv = torch.arange(6).reshape(2, 3).T",
        "kind(v), v.tolist(), v.stride(), v.is_contiguous()",
        "v[0] = 1",
    ),
    "shared storage": Kind(
        "import torch\nt = torch.zeros(6)\nv = [t, t[2:4], t.view(2, 3)]",
        "v[1].fill_(3).tolist(), v[0].tolist(), v[2].tolist(), [x.stride() for x in v]",
    ),
    "leaf with gradient": Kind(
        "import torch\nv = torch.ones(2, requires_grad=True)\n(v * 3).sum().backward()",
        "kind(v), v.tolist(), v.grad.tolist(), v.is_leaf",
        "v.grad.zero_()",
    ),
    "tensor with history": Kind(
        "import torch\nv = torch.ones(2, requires_grad=True) * 2",
        "kind(v), v.tolist()",
        refused="'v' (Tensor)",
    ),
    "model with tied weights and optimizer": Kind(
        "import torch\ntorch.manual_seed(0)\nmodel = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.ReLU(), torch.nn.Linear(3, 3))\nmodel[2].weight = model[0].weight\n"
        "with torch.no_grad():\n    for p in model.parameters():\n        p.fill_(0.25)\n"
        "optimizer = torch.optim.Adam(model.parameters(), lr=0.1)\nmodel(torch.ones(2, 3)).sum().backward()\noptimizer.step()\nv = [model, optimizer]",
        "v[0][0].weight is v[0][2].weight, v[1].param_groups[0]['params'][0] is v[0][0].weight, [p.tolist() for p in v[0].parameters()], "
        "v[1].state[v[0][0].weight]['exp_avg'].tolist(), v[1].zero_grad(), v[0](torch.ones(1, 3)).sum().backward(), v[1].step(), v[0][0].weight.tolist(), v[0].training",
    ),
    **{name: scheduled(make) for name, make in SCHEDULERS.items()},
    "own module": Kind(
        "import torch\nclass Net(torch.nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.lin = torch.nn.Linear(2, 1)\n    def forward(self, x):\n        return self.lin(x)\ntorch.manual_seed(0)\nv = Net()\nwith torch.no_grad():\n    v.lin.weight.fill_(2.0); v.lin.bias.fill_(1.0)",
        "kind(v), v(torch.ones(1, 2)).tolist(), [n for n, _ in v.named_parameters()], type(v) is Net",
        "v.lin.weight.data.fill_(5.0)",
    ),
    "inference result": Kind(
        "import torch\nwith torch.inference_mode():\n    v = torch.ones(3) * 2",
        "kind(v), v.tolist(), v.is_inference()",
    ),
    "generator of torch": Kind(
        "import torch\nv = torch.Generator().manual_seed(5)",
        "kind(v), torch.rand(2, generator=v).tolist(), v.initial_seed()",
        "torch.rand(1, generator=v)",
    ),
    "sparse tensor": Kind(
        "import torch\nv = torch.eye(3).to_sparse()",
        "kind(v), v.to_dense().tolist(), v.is_coalesced(), v.layout",
    ),
    "constants of torch": Kind(
        "import torch\nv = [torch.float32, torch.device('cpu'), torch.Size([1, 2]), torch.relu]",
        "v[:3], v[0] is torch.float32, v[3](torch.ones(1))",
    ),
    "array over a tensor": Kind(
        "import torch\nt = torch.arange(6.0).reshape(2, 3)\nv = t.numpy()",
        "kind(v), v.tolist(), t.fill_(3).tolist(), v.tolist(), v.flags.owndata, kind(v.base)",
        "v[0] = 9",
    ),
    "arrays and tensors over one memory": Kind(
        "import torch\nt = torch.arange(6)\nv = {'t': t[1:], 'a': t.numpy()[::2], 'b': t.numpy()}",
        "v['b'].tolist(), v['t'].fill_(3).tolist(), v['a'].tolist(), v['b'].fill(4), v['t'].tolist(), v['a'].strides",
        "v['a'][1] = 7",
    ),
    "tensor over an array": Kind(
        "import torch\na = np.zeros(2)\nv = torch.from_numpy(a)",
        "a.fill(3), v.tolist()",
        refused="shares memory",
    ),
}

KINDS: dict[str, Kind] = {
    **PLAIN,
    **SMALL,
    **CODE,
    **OUTSIDE,
    **CLASSES,
    **HOSTILE,
    **NUMPY,
    **PANDAS,
    **LIBRARIES,
    **ESTIMATORS,
    **PLOTS,
    **TORCH,
}

if sys.version_info >= (3, 12):
    KINDS |= {
        "type parameters of a function": Kind(
            "def v[T: int](x: T) -> T: return x",
            "v.__type_params__, v.__type_params__[0].__bound__, v(3), v.__annotations__, v.__annotations__['x'] is v.__type_params__[0]",
        ),
        "type parameters of a class": Kind(
            "class v[T]:\n    def m[U](self, x: T) -> U: return x",
            "v[int], v.__type_params__, v.m.__type_params__, v.m.__annotations__['x'] is v.__type_params__[0]",
        ),
        "type alias": Kind("type v = list[int]", "v.__value__", refused="'v' (TypeAliasType)"),
    }
if sys.version_info >= (3, 14):
    KINDS |= {
        "annotations of names to come": Kind(
            "def v(a: int, b: Later = 3) -> Later: return a",
            "annotationlib.get_annotations(v, format=annotationlib.Format.STRING), v(2)",
            setup="import annotationlib",
        ),
        "annotations of a class of names to come": Kind(
            "class v:\n    q: int = 4\n    r: Later\n    def m(self, a: q) -> Later: return a",
            "annotationlib.get_annotations(v, format=annotationlib.Format.STRING), annotationlib.call_annotate_function(v.m.__annotate__, annotationlib.Format.FORWARDREF, owner=v)['a'], list(vars(v))",
            setup="import annotationlib",
        ),
        "annotations that are evaluated late": Kind(
            "def v(a: seen.append(1)): ...",
            "seen[:], v.__annotations__, seen[:]",
            setup="seen = []",
        ),
    }
