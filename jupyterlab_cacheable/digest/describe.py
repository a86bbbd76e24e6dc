"""One short line about a value, for people: shown in lists, never compared.

Looks at built-in types and at the shape of arrays and frames; calls no code of other classes.
"""

from __future__ import annotations

import collections
import sys
import types
from collections.abc import Callable
from typing import Any

_LONGEST = 60
_MOST_KINDS = 3
_MOST_SAMPLED = 1000


def describe(value: object) -> tuple[str, str]:
    """Return the name of a value's type and a short summary, empty when there is none to give."""
    kind = type(value)
    summary = _SUMMARIES.get(kind) or _package_summary(kind)
    return kind.__qualname__, _cut(summary(value)) if summary else ""


def _package_summary(kind: type) -> Callable[[Any], str] | None:
    """Return the summary for a type of numpy or pandas, if the user has imported them."""
    package = str(kind.__module__).partition(".")[0]
    names = _PACKAGE_SUMMARIES.get(package, {})
    module = sys.modules.get(package)
    is_own = getattr(module, kind.__name__, None) is kind
    return names.get(kind.__name__) if is_own else None


def _cut(text: str) -> str:
    line = " ".join(text.split("\n"))
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


# -- built-in values ----------------------------------------------------------------------------


def _integer(value: int) -> str:
    # Numbers of more than 4300 digits refuse to be printed.
    return repr(value) if value.bit_length() <= 4 * _LONGEST else f"{value.bit_length()} bits"


def _text(value: str | bytes) -> str:
    if len(value) < _LONGEST:
        return repr(value)
    unit = "characters" if isinstance(value, str) else "bytes"
    return f"{len(value)} {unit}: {value[:_LONGEST]!r}"


def _collection(value: Any) -> str:
    """Summarise a container by its length and the types of its first elements."""
    count = f"{len(value)} item{'' if len(value) == 1 else 's'}"
    first = (element for element, _ in zip(value, range(_MOST_SAMPLED), strict=False))
    kinds = dict.fromkeys(type(element).__qualname__ for element in first)
    return f"{count}: {_listed(list(kinds))}" if kinds else count


def _mapping(value: Any) -> str:
    count = f"{len(value)} key{'' if len(value) == 1 else 's'}"
    first = [key for key, _ in zip(value, range(_MOST_KINDS + 1), strict=False)]
    names = [describe(key)[1] for key in first]
    return f"{count}: {_listed(names)}" if all(names) and names else count


def _listed(texts: list[str]) -> str:
    more = ", …" if len(texts) > _MOST_KINDS else ""
    return ", ".join(texts[:_MOST_KINDS]) + more


def _definition(value: Any) -> str:
    return str(value.__qualname__)


def _module(value: types.ModuleType) -> str:
    return value.__name__


# -- numpy and pandas ---------------------------------------------------------------------------


def _array(value: Any) -> str:
    shape = "×".join(map(str, value.shape))
    return f"{shape} {value.dtype}".strip()


def _frame(value: Any) -> str:
    rows, columns = value.shape
    return f"{rows}×{columns} {_listed(list(dict.fromkeys(map(str, value.dtypes))))}".strip()


def _column(value: Any) -> str:
    return f"{len(value)} {value.dtype}"


def _rows(value: Any) -> str:
    return f"{len(value)} rows"


_SUMMARIES: dict[type, Callable[[Any], str]] = {
    **dict.fromkeys((types.NoneType, bool, float, complex, types.EllipsisType, range), repr),
    **dict.fromkeys((str, bytes), _text),
    **dict.fromkeys((list, tuple, set, frozenset, collections.deque), _collection),
    **dict.fromkeys((dict, collections.OrderedDict, collections.defaultdict), _mapping),
    collections.Counter: _mapping,
    int: _integer,
    type: _definition,
    types.FunctionType: _definition,
    types.BuiltinFunctionType: _definition,
    types.ModuleType: _module,
}

_NUMBERS = (
    "bool float16 float32 float64 int8 int16 int32 int64 uint8 uint16 uint32 uint64 "
    "complex64 complex128 datetime64 timedelta64 str_ bytes_"
)
_PACKAGE_SUMMARIES: dict[str, dict[str, Callable[[Any], str]]] = {
    "numpy": {
        **dict.fromkeys(("ndarray", "matrix", "recarray"), _array),
        **dict.fromkeys(_NUMBERS.split(), str),
    },
    "pandas": {
        "DataFrame": _frame,
        **dict.fromkeys(("Series", "Index", "DatetimeIndex", "Categorical"), _column),
        **dict.fromkeys(("RangeIndex", "MultiIndex", "CategoricalIndex"), _rows),
        **dict.fromkeys(("Timestamp", "Timedelta", "Period", "Interval"), str),
    },
}
