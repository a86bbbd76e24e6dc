"""A little about a value, kept beside its digest: enough to say later where another one differs.

Nothing of it counts. Everything is bounded, and digests are cut short: what is told with them is
an explanation, never a decision.

    arrays, tensors   shape, dtype, step, axis, blocks: digests of all up to every ``step`` rows
    frames, series    the same, labels, index, columns: [name, dtype, digest]; ``running`` tells
                      that each digest covers the columns before it too
    lists, dicts      items: [path, digest] of the plain values inside, in order
"""

from __future__ import annotations

import marshal
import sys
from collections.abc import Iterator
from itertools import islice
from typing import Any

import xxhash

from .walker import Digest

_MOST = 64  # columns and items
_LONGEST = 60  # characters of a name or path
_SCALARS = frozenset({type(None), bool, int, float, complex, str, bytes})
_LONGEST_TEXT = 1000
_DEEPEST = 4


def facts_of(value: object, found: Digest) -> dict[str, Any]:
    """What is worth keeping of a value with this digest; empty when there is nothing."""
    kind = type(value)
    if kind in (list, tuple, dict):
        return {"items": [[path, _short(text)] for path, text in islice(_items(value), _MOST)]}
    package = str(kind.__module__).partition(".")[0]
    tell = _TOLD.get((package, kind.__name__))
    module = sys.modules.get(package)
    if tell is None or getattr(module, kind.__name__, None) is not kind:
        return {}
    return tell(value, found)


def _items(value: Any, path: str = "", depth: int = 0) -> Iterator[tuple[str, bytes]]:
    """The plain values in a list, tuple or dict by their paths; of others, their type."""
    if type(value) is dict:
        pairs: Any = ((key, inner) for key, inner in value.items() if type(key) in _SCALARS)
    else:
        pairs = enumerate(value)
    for key, inner in islice(pairs, _MOST):
        place = f"{path}[{key!r:.40}]"
        if type(inner) in _SCALARS:
            yield _cut(place), marshal.dumps(_start(inner), 2)
        elif type(inner) in (list, tuple, dict) and depth < _DEEPEST:
            yield _cut(place), f"{type(inner).__name__} {len(inner)}".encode()
            yield from _items(inner, place, depth + 1)
        else:
            yield _cut(place), type(inner).__qualname__.encode()


def _array(value: Any, found: Digest) -> dict[str, Any]:
    shape = list(value.shape)
    facts: dict[str, Any] = {"shape": shape, "dtype": str(value.dtype)}
    if not found.step:
        return facts
    flags = getattr(value, "flags", None)
    if len(shape) == 1:
        axis = "elements"
    elif flags is not None and flags.f_contiguous and not flags.c_contiguous:
        axis = "columns"
    else:
        axis = "rows"
    return facts | {"step": found.step, "axis": axis, "blocks": "".join(found.trail)}


def _series(value: Any, found: Digest) -> dict[str, Any]:
    facts: dict[str, Any] = {"shape": list(value.shape), "dtype": str(value.dtype)}
    if found.trail:
        facts |= {"index": found.trail[0]}
    if found.step:
        blocks = "".join(found.trail[1:])
        facts |= {"step": found.step, "axis": "rows", "blocks": blocks}
    return facts


def _frame(value: Any, found: Digest) -> dict[str, Any]:
    described = zip(value.columns, value.dtypes, strict=True)
    columns = [
        [_label(name), str(dtype), found.contents[id(value), position][0].hex()[:8]]
        for position, (name, dtype) in enumerate(islice(described, _MOST))
    ]
    labels, index = found.trail[:2]
    shape = list(value.shape)
    return {"shape": shape, "labels": labels, "index": index, "columns": columns}


def _polars_frame(value: Any, found: Digest) -> dict[str, Any]:
    described = zip(value.columns, value.dtypes, found.trail, strict=True)
    columns = [[_cut(name), str(kind), upto] for name, kind, upto in islice(described, _MOST)]
    return {"shape": list(value.shape), "columns": columns, "running": True}


_TOLD = {
    ("numpy", "ndarray"): _array,
    ("torch", "Tensor"): _array,
    ("pandas", "DataFrame"): _frame,
    ("pandas", "Series"): _series,
    ("polars", "DataFrame"): _polars_frame,
}


def _start(value: Any) -> Any:
    """A plain value without the rest of a long text: that would be copied."""
    is_long = isinstance(value, str | bytes) and len(value) > _LONGEST_TEXT
    return (len(value), value[:_LONGEST_TEXT]) if is_long else value


def _label(name: Any) -> str:
    """The name of a column; objects of other classes are not asked for theirs."""
    parts = name if type(name) is tuple else (name,)
    is_plain = all(type(part) in _SCALARS for part in parts)
    return _cut(str(name)) if is_plain else type(name).__qualname__


def _short(text: bytes) -> str:
    return f"{xxhash.xxh3_64_intdigest(text) & 0xFFFFFFFF:08x}"


def _cut(text: str) -> str:
    text = text.encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
