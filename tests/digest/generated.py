"""Random values; for each one that is almost the same, and the same one built in another way.

The same seed gives equal values in every process, whatever its hash seed.
"""

# ruff: noqa: DTZ001 - dates without a zone are values too

import collections
import datetime
import decimal
import fractions
import random
import struct
import unicodedata

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa

from tests.digest.zoo import Other, Point

TEXTS = [
    "",
    "a",
    "1",
    "True",
    "None",
    "ab",
    "a b",
    "\u00e9",
    "\u212b",
    "\ufb01",
    "x\0y",
    "\U0001f600",
]
NUMBERS = [0, 1, -1, 2, 255, 2**31, 2**63, -(2**63), 10**20]
FLOATS = [0.0, 1.0, 0.5, -2.0, 1e300, 5e-324, float("inf"), float("nan")]
KINDS = ["int8", "int16", "int32", "int64", "uint8", "float32", "float64", "complex128", "bool"]
DAY = datetime.datetime(2024, 3, 1, 12)


def bits(number):
    return struct.unpack("<Q", struct.pack("<d", number))[0]


def from_bits(pattern):
    return struct.unpack("<d", struct.pack("<Q", pattern))[0]


class Maker:
    """Makes one random value; the same seed gives the same value."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def value(self, depth=0):
        kinds = [self.number, self.real, self.text, self.octets, self.moment, self.exact]
        if depth < 3:
            kinds += [self.list, self.tuple, self.dict, self.set, self.object, self.deque]
        if depth < 2:
            kinds += [self.array, self.array, self.frame, self.series, self.arrow, self.polars]
        return self.random.choice(kinds)(depth)

    def number(self, depth):
        return self.random.choice([*NUMBERS, self.random.getrandbits(40), True, False, None])

    def real(self, depth):
        return self.random.choice([*FLOATS, self.random.random(), complex(1, self.random.random())])

    def text(self, depth=0):
        return self.random.choice(TEXTS) + self.random.choice(TEXTS)

    def octets(self, depth):
        made = bytes(self.random.randrange(256) for _ in range(self.random.randrange(5)))
        return self.random.choice([bytes, bytearray])(made)

    def moment(self, depth):
        return DAY + datetime.timedelta(seconds=self.random.randrange(10**6))

    def exact(self, depth):
        number = self.random.randrange(100)
        return self.random.choice([decimal.Decimal(number), fractions.Fraction(number, 7)])

    def elements(self, depth):
        return [self.value(depth + 1) for _ in range(self.random.randrange(5))]

    def list(self, depth):
        return self.elements(depth)

    def tuple(self, depth):
        return tuple(self.elements(depth))

    def deque(self, depth):
        return collections.deque(self.elements(depth))

    def dict(self, depth):
        return {self.key(): value for value in self.elements(depth)}

    def set(self, depth):
        made = {self.key() for _ in range(self.random.randrange(1, 5))}
        return self.random.choice([set, frozenset])(made)

    def key(self):
        return self.random.choice([self.text(), self.random.randrange(9), (self.text(), 2)])

    def object(self, depth):
        return Point(**{name: self.value(depth + 1) for name in self.random.sample("abcd", 2)})

    def array(self, depth):
        shape = self.random.choice([(3,), (2, 3), (4, 2), (2, 2, 2)])
        numbers = [self.random.randrange(1, 100) for _ in range(int(np.prod(shape)))]
        return np.array(numbers).astype(self.random.choice(KINDS)).reshape(shape)

    def column(self):
        length = 3
        return self.random.choice(
            [
                [self.random.randrange(100) for _ in range(length)],
                [self.random.random() for _ in range(length)],
                [self.text() for _ in range(length)],
                [self.random.random() < 0.5 for _ in range(length)],
            ]
        )

    def frame(self, depth):
        return pd.DataFrame({name: self.column() for name in self.random.sample("abcd", 2)})

    def series(self, depth):
        return pd.Series(self.column(), name=self.text())

    def arrow(self, depth):
        return pa.table({name: self.column() for name in self.random.sample("abcd", 2)})

    def polars(self, depth):
        return pl.DataFrame({name: self.column() for name in self.random.sample("abcd", 2)})


# -- almost the same -----------------------------------------------------------------------------


def near(value, chosen):
    """A value that differs from `value` in one small thing, somewhere inside of it."""
    places = list(inside(value))
    if places and chosen.random() < 0.5:
        _, part, put = chosen.choice(places)
        return put(near(part, chosen))
    return chosen.choice(list(changes(value, chosen)))()


def inside(value):
    """The parts of a container, each with a function that puts another one in its place."""
    kind = type(value)
    if kind in (list, tuple, collections.deque):
        for place, part in enumerate(value):
            yield (
                place,
                part,
                lambda new, place=place: kind(
                    new if number == place else part for number, part in enumerate(value)
                ),
            )
    elif kind is dict:
        for key, part in value.items():
            yield key, part, lambda new, key=key: {**value, key: new}
    elif kind is Point:
        for name, part in vars(value).items():
            yield name, part, lambda new, name=name: Point(**{**vars(value), name: new})


def changes(value, chosen):
    """Functions that give a value almost like this one, by its type."""
    yield lambda: [value]
    yield lambda: (value,)
    for kinds, found in CHANGES:
        if isinstance(value, kinds):
            yield from found(value, chosen)


def of_number(value, chosen):
    if value is None:
        yield from (lambda: False, lambda: "None", lambda: ())
    elif isinstance(value, bool):
        yield from (lambda: int(value), lambda: not value, lambda: float(value), lambda: str(value))
    else:
        yield from (lambda: value + 1, lambda: -value - 1, lambda: float(value), lambda: str(value))
        yield from (lambda: value ^ (1 << chosen.randrange(70)), lambda: np.array(value))
        yield lambda: decimal.Decimal(value)
        if value in (0, 1):
            yield lambda: bool(value)


def of_float(value, chosen):
    yield lambda: from_bits(bits(value) ^ 1)
    yield lambda: from_bits(bits(value) ^ (1 << 63))
    yield from (lambda: np.float64(value), lambda: complex(value, 0.0), lambda: repr(value))
    if value != value:
        yield lambda: from_bits(bits(value) | (1 << chosen.randrange(51)))
    elif value.is_integer():
        yield lambda: int(value)


def of_complex(value, chosen):
    yield lambda: complex(value.imag, value.real + 2)
    yield lambda: complex(value.real, -value.imag)


def of_text(value, chosen):
    yield lambda: value.encode()
    yield from (lambda: value + "\0", lambda: " " + value, lambda: value + "\u0301")
    yield lambda: value + "\u200b"
    other = next(
        (f for f in ("NFD", "NFC", "NFKC") if unicodedata.normalize(f, value) != value), None
    )
    if other:
        yield lambda: unicodedata.normalize(other, value)
    if value.swapcase() != value:
        yield lambda: value.swapcase()
    if value == "1":
        yield lambda: 1


def of_bytes(value, chosen):
    yield lambda: (bytearray if isinstance(value, bytes) else bytes)(value)
    yield from (lambda: value + b"\0", lambda: list(value), lambda: np.frombuffer(value, "u1"))
    if value != value[::-1]:
        yield lambda: value[::-1]


def of_moment(value, chosen):
    step = chosen.choice([1, 1000, 10**6])
    yield lambda: value + datetime.timedelta(microseconds=step)
    yield from (lambda: value.replace(fold=1), lambda: value.replace(tzinfo=datetime.UTC))
    yield from (lambda: value.date(), lambda: pd.Timestamp(value), lambda: value.isoformat())


def of_exact(value, chosen):
    yield lambda: value + 1
    yield lambda: float(value)
    if isinstance(value, decimal.Decimal):
        yield lambda: value.quantize(decimal.Decimal("0.0"))
        yield lambda: value.copy_negate()
        yield lambda: fractions.Fraction(value)


def of_sequence(value, chosen):
    kind = type(value)
    others = [k for k in (list, tuple, collections.deque) if k is not kind]
    yield lambda: chosen.choice(others)(value)
    yield lambda: kind([*value, None])
    yield lambda: kind([[], *value])
    items = list(value)
    for number in range(len(items) - 1):
        one, other = items[number : number + 2]
        if type(one) is not type(other) or repr(one) != repr(other):
            yield lambda n=number, a=one, b=other: kind([*items[:n], b, a, *items[n + 2 :]])
        yield lambda n=number, a=one, b=other: kind([*items[:n], [a, b], *items[n + 2 :]])
        if isinstance(one, str) and isinstance(other, str) and one:
            # The border between two texts moves.
            yield lambda n=number, a=one, b=other: kind(
                [*items[:n], a[:-1], a[-1] + b, *items[n + 2 :]]
            )


def of_dict(value, chosen):
    yield from (lambda: list(value.items()), lambda: collections.OrderedDict(value))
    yield lambda: collections.defaultdict(None, value)
    yield lambda: {**value, "more": None}
    if len(value) > 1:
        first, *rest = value
        yield lambda: {**{key: value[key] for key in rest}, first: value[first]}
    if 1 in value:
        yield lambda: {True if key == 1 else key: each for key, each in value.items()}


def of_set(value, chosen):
    other = frozenset if isinstance(value, set) else set
    yield from (lambda: other(value), lambda: type(value)({*value, "more"}))
    yield lambda: sorted(value, key=repr)
    if 1 in value:
        yield lambda: type(value)({*(value - {1}), 1.0})


def of_object(value, chosen):
    names = list(vars(value))
    yield from (lambda: Other(**vars(value)), lambda: dict(vars(value)))
    yield lambda: Point(**{name: vars(value)[name] for name in reversed(names)})
    yield lambda: Point(**vars(value), more=None)


def of_array(value, chosen):
    other = {"float64": "int64", "bool": "uint8"}.get(value.dtype.name, "float64")
    yield from (lambda: value.astype(other), lambda: value.tolist(), lambda: value.reshape(1, -1))
    yield lambda: value.astype(object)
    yield lambda: np.ma.array(value)
    if value.dtype.itemsize > 1:
        yield lambda: value.astype(value.dtype.newbyteorder(">"))
        yield lambda: value.view(value.dtype.newbyteorder(">"))
    if value.ndim > 1:
        yield from (
            lambda: np.asfortranarray(value),
            lambda: value.reshape((*value.shape[::-1], 1)),
        )
    if value.ndim > 1 and value.shape[0] == value.shape[1]:
        yield lambda: value.swapaxes(0, 1)
    yield lambda: value[::-1]
    yield lambda: read_only(value)
    yield lambda: flipped(value, chosen.randrange(value.nbytes * 8))


def read_only(value):
    value = value.copy()
    value.setflags(write=False)
    return value


def flipped(value, bit):
    """One bit of the memory is another; of a truth only the one that counts."""
    memory = bytearray(value.tobytes())
    memory[bit // 8] ^= 1 if value.dtype == bool else 1 << bit % 8
    return np.frombuffer(memory, value.dtype).reshape(value.shape)


def of_frame(value, chosen):
    names = list(value.columns)
    place = chosen.randrange(len(value)), chosen.randrange(len(names))
    yield from (
        lambda: value[names[::-1]],
        lambda: value.rename(columns={names[0]: names[0] + "'"}),
    )
    yield from (
        lambda: value.iloc[::-1],
        lambda: value.iloc[:-1],
        lambda: value.set_axis([0, 1, 3]),
    )
    yield from (lambda: value.rename_axis("n"), lambda: value.rename_axis("n", axis=1))
    yield lambda: value.to_dict("list")
    if set(value.dtypes) != {np.dtype(object)}:
        yield lambda: value.astype(object)
    yield lambda: value.set_flags(allows_duplicate_labels=False)
    yield lambda: value.astype({names[0]: "category"})
    yield lambda: pd.DataFrame(
        {
            n: with_item(value[n].tolist(), place[0]) if k == place[1] else value[n]
            for k, n in enumerate(names)
        }
    )


def with_item(items, place):
    """One item of a column is another one of its type."""
    old = items[place]
    new = not old if isinstance(old, bool) else old + ("'" if isinstance(old, str) else 1)
    return [*items[:place], new, *items[place + 1 :]]


def of_series(value, chosen):
    yield from (lambda: value.rename("another"), lambda: value.to_frame(), lambda: value.tolist())
    yield from (lambda: value.iloc[::-1], lambda: value.to_numpy())
    if value.dtype != object:
        yield lambda: value.astype(object)
    yield lambda: pd.Series(with_item(value.tolist(), 1), name=value.name)
    yield lambda: value.rename_axis("n")


def of_arrow(value, chosen):
    names = value.column_names
    yield from (lambda: value.select(names[::-1]), lambda: value.rename_columns(["z", names[1]]))
    yield from (lambda: value.slice(1), lambda: value.replace_schema_metadata({"a": "b"}))
    yield from (lambda: value.to_pandas(), lambda: value.column(0))
    yield lambda: value.set_column(0, names[0], pa.array(with_item(value.column(0).to_pylist(), 2)))
    yield lambda: value.set_column(0, names[0], value.column(0).dictionary_encode())


def of_polars(value, chosen):
    names = value.columns
    yield from (lambda: value.select(names[::-1]), lambda: value.rename({names[0]: "z"}))
    yield from (lambda: value.slice(1), lambda: value[names[0]], lambda: value.to_arrow())
    yield lambda: value.with_columns(pl.Series(names[0], with_item(value[names[0]].to_list(), 2)))
    yield lambda: value.with_columns(pl.lit(None).alias("more"))


CHANGES = [
    ((int, type(None)), of_number),
    (float, of_float),
    (complex, of_complex),
    (str, of_text),
    ((bytes, bytearray), of_bytes),
    (datetime.datetime, of_moment),
    ((decimal.Decimal, fractions.Fraction), of_exact),
    ((list, tuple, collections.deque), of_sequence),
    (dict, of_dict),
    ((set, frozenset), of_set),
    (Point, of_object),
    (np.ndarray, of_array),
    (pd.DataFrame, of_frame),
    (pd.Series, of_series),
    (pa.Table, of_arrow),
    (pl.DataFrame, of_polars),
]


# -- the same, built in another way --------------------------------------------------------------


def rebuilt(value, chosen):
    """An equal value, all of it made anew and by other steps."""
    kind = type(value)
    for kinds, build in BUILDS:
        if isinstance(value, kinds):
            return build(value, chosen)
    parts = list(inside(value))
    if kind is dict:
        made = {}
        for key, part, _ in parts:
            made["in between"] = None
            made[rebuilt(key, chosen)] = rebuilt(part, chosen)
            del made["in between"]
        return made
    if kind is Point:
        made = Point()
        for name, part, _ in parts:
            setattr(made, name, rebuilt(part, chosen))
        return made
    if kind is tuple:
        return (*(rebuilt(part, chosen) for _, part, _ in parts),)
    made = kind()
    for _, part, _ in parts:
        made.append(None)
        made.pop()
        made.append(rebuilt(part, chosen))
    return made


def number_again(value, chosen):
    return value if value is None or isinstance(value, bool) else int(f"{value:x}", 16)


def text_again(value, chosen):
    """Never the one that Python keeps once for all equal ones."""
    middle = chosen.randrange(len(value) + 1)
    return "".join([value[:middle], value[middle:]])


def set_again(value, chosen):
    """Filled in another order, with others in between."""
    elements = sorted(value, key=repr)
    chosen.shuffle(elements)
    made = set(range(1000, 1100))
    made.update(rebuilt(element, chosen) for element in elements)
    return type(value)(made - set(range(1000, 1100)))


def array_again(value, chosen):
    """In the middle of a bigger memory, or put together of two."""
    if chosen.random() < 0.5:
        return np.concatenate([value[:1], value[1:]])
    room = np.zeros((value.shape[0] + 2, *value.shape[1:]), value.dtype)
    room[1:-1] = value
    return room[1:-1]


def frame_again(value, chosen):
    """Column by column, or row by row."""
    if chosen.random() < 0.5:
        made = pd.DataFrame(index=pd.RangeIndex(len(value)))
        for name in value:
            made[name] = value[name].tolist()
        return made.set_axis(pd.Index(list(made.columns)), axis=1)
    return pd.concat([value[:1], value[1:]]).reset_index(drop=True)


def series_again(value, chosen):
    return pd.concat([value[:2], value[2:]], ignore_index=True)


def arrow_again(value, chosen):
    """In other chunks, with an offset."""
    longer = pa.concat_tables([value.slice(1), value, value.slice(0, 2)])
    return longer.slice(2, len(value)) if chosen.random() < 0.5 else value.combine_chunks()


def polars_again(value, chosen):
    return pl.concat([value[:1], value[1:]], rechunk=chosen.random() < 0.5)


BUILDS = [
    ((int, type(None)), number_again),
    (float, lambda value, chosen: from_bits(bits(value))),
    (complex, lambda value, chosen: complex(value.real, value.imag)),
    (str, text_again),
    ((bytes, bytearray), lambda value, chosen: type(value)(list(value))),
    (datetime.datetime, lambda value, chosen: type(value).fromisoformat(value.isoformat())),
    (decimal.Decimal, lambda value, chosen: decimal.Decimal(value.as_tuple())),
    (fractions.Fraction, lambda value, chosen: fractions.Fraction(str(value))),
    ((set, frozenset), set_again),
    (np.ndarray, array_again),
    (pd.DataFrame, frame_again),
    (pd.Series, series_again),
    (pa.Table, arrow_again),
    (pl.DataFrame, polars_again),
]
