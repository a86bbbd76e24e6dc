"""numpy: arrays with their memory, scalars, dtypes and random generators."""

from __future__ import annotations

import sys
from typing import Any

from .walker import Describer, Rule, Tree, digest, is_kind, name_of


def array(describer: Describer, value: Any) -> Tree:
    """An array with its memory order and the earlier buffers it shares memory with."""
    tree = [describer.kind(value), *plain_array(describer, value)]
    mask = getattr(value, "mask", None)
    if is_kind("numpy.ma", "MaskedArray")(type(value)):
        tree += [
            plain_array(describer, mask),
            describer.describe(value.fill_value, ".fill_value"),
            bool(value.hardmask),
        ]
    filename = getattr(value, "filename", None)
    return [
        *tree,
        None if filename is None else str(filename),
        *describer.attributes(value, but=ARRAY_ATTRIBUTES),
        span(describer, value),
    ]


ARRAY_ATTRIBUTES = frozenset(
    {"_mask", "_sharedmask", "_fill_value", "_hardmask", "_basedict", "_mmap", "filename"}
)


def span(describer: Describer, value: Any, held: bool = False) -> list[Tree]:
    numpy = sys.modules["numpy"]
    raw = numpy.asarray(value)
    if not raw.size:
        return []
    bounds = getattr(numpy, "byte_bounds", None) or numpy.lib.array_utils.byte_bounds
    start, stop = bounds(raw)
    return describer.memory.add(start, stop, raw, describer.path, held)


def plain_array(describer: Describer, value: Any) -> Tree:
    raw = sys.modules["numpy"].asarray(value)
    flags = value.flags if hasattr(value, "flags") else raw.flags
    order = [bool(flags[name]) for name in ("C_CONTIGUOUS", "F_CONTIGUOUS", "WRITEABLE")]
    return [dtype_text(raw.dtype), list(raw.shape), order, content(describer, raw)]


def content(describer: Describer, raw: Any) -> Tree:
    """The elements: bytes without the padding between fields, or one by one."""
    numpy = sys.modules["numpy"]
    if raw.dtype.names:
        return [[name, content(describer, raw[name])] for name in raw.dtype.names]
    if raw.dtype.hasobject or raw.dtype.char == "T":
        return describer.items(raw.ravel().tolist())
    return digest(numpy.ascontiguousarray(raw).tobytes())


def dtype_text(dtype: Any) -> str:
    return f"{dtype!r} {dict(dtype.metadata) if dtype.metadata else ''}"


def scalar(describer: Describer, value: Any) -> Tree:
    if value.dtype.hasobject:
        return ["numpy object", describer.describe(value.item())]
    raw = sys.modules["numpy"].asarray(value)
    return [describer.kind(value), dtype_text(value.dtype), content(describer, raw)]


def generator(describer: Describer, value: Any) -> Tree:
    """A generator by its state; the one behind numpy.random is known by identity."""
    if value is getattr(sys.modules["numpy"].random.mtrand, "_rand", None):
        return ["the generator of numpy.random"]
    source = value.bit_generator if hasattr(value, "bit_generator") else value
    if not hasattr(source, "state"):
        return [name_of(type(value)), describer.describe(value.get_state(legacy=False))]
    tree = [describer.kind(value), name_of(type(source)), describer.describe(source.state)]
    if source is not value:
        tree.append(describer.describe(source, ".bit_generator"))
    seed = getattr(source, "seed_seq", None)
    return tree if seed is None else [*tree, describer.describe(seed.state, ".seed_seq")]


RULES: tuple[Rule, ...] = (
    (is_kind("numpy", "ndarray"), array),
    (is_kind("numpy", "generic"), scalar),
    (is_kind("numpy", "dtype"), lambda _, value: ["dtype", dtype_text(value)]),
    (is_kind("numpy", "ufunc"), lambda _, value: ["ufunc", value.__name__, value.nin, value.nout]),
    (is_kind("numpy.random", "Generator", "BitGenerator", "RandomState"), generator),
)
