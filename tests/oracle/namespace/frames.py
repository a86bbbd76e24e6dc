"""pandas, polars and pyarrow: labels, dtypes and elements, not the layout in memory."""

from __future__ import annotations

import sys
from typing import Any

from .arrays import content, dtype_text, span
from .walker import Describer, Rule, Tree, digest, is_kind, name_of, root_of, text_of

GROUPING = (
    "as_index axis center closed dropna group_keys level keys level min_periods observed on "
    "sort step win_type window _selection"
).split()

HELD = ("_mgr", "_attrs", "_flags", "_item_cache", "_name", "_typ", "_metadata")


def frame(describer: Describer, value: Any) -> Tree:
    return [
        describer.kind(value),
        describer.describe(value.columns, ".columns"),
        describer.describe(value.index, ".index"),
        [column(describer, value.iloc[:, at], f".iloc[:, {at}]") for at in range(value.shape[1])],
        *extras(describer, value),
    ]


def series(describer: Describer, value: Any) -> Tree:
    return [
        describer.kind(value),
        describer.describe(value.name, ".name"),
        describer.describe(value.index, ".index"),
        column(describer, value, ""),
        *extras(describer, value),
    ]


def extras(describer: Describer, value: Any) -> list[Tree]:
    own = describer.attributes(value, but=HELD)
    attrs = describer.describe(value.attrs, ".attrs")
    return [attrs, bool(value.flags.allows_duplicate_labels), own]


def index(describer: Describer, value: Any) -> Tree:
    tree = [describer.kind(value), str(value.dtype), describer.items(value.names)]
    if hasattr(value, "levels"):
        levels = [index(describer, level) for level in value.levels]
        return [*tree, levels, [values(describer, codes) for codes in value.codes]]
    if is_kind("pandas", "RangeIndex")(type(value)):
        return [*tree, value.start, value.stop, value.step]
    return [*tree, repr(getattr(value, "freq", None)), values(describer, value.array)]


def column(describer: Describer, value: Any, place: str) -> Tree:
    array = value.array
    sharing: list[Tree] = []
    raw = getattr(array, "_ndarray", None)
    if is_kind("numpy", "ndarray")(type(raw)):
        sharing = span(describer, raw, held=True)
    return [dtype_of(value.dtype), values(describer, array, place), sharing]


def dtype_of(dtype: Any) -> str:
    return f"{text_of(dtype)} {type(dtype).__name__}"


def values(describer: Describer, value: Any, place: str = "") -> Tree:
    """The elements of a pandas array, whose layout in memory is pandas' own business."""
    kind = name_of(type(value))
    if hasattr(value, "categories"):
        codes = values(describer, value.codes)
        return [kind, index(describer, value.categories), bool(value.ordered), codes]
    if kind.endswith("SparseArray"):
        indices = values(describer, value.sp_index.indices)
        return [kind, text_of(value.dtype), len(value), values(describer, value.sp_values), indices]
    raw = value.to_numpy() if kind.endswith("NumpyExtensionArray") else value
    if is_kind("numpy", "ndarray")(type(raw)):
        return [kind, dtype_text(raw.dtype), len(raw), content(describer, raw)]
    return [kind, text_of(value.dtype), describer.describe(list(raw), place)]


def group(describer: Describer, value: Any) -> Tree:
    """A GroupBy, Rolling or Resampler: what it would work on, not what it has remembered."""
    subject = getattr(value, "obj", None)
    return [
        name_of(type(value)),
        describer.describe(subject, ".obj"),
        describer.chosen(value, GROUPING),
    ]


def styler(describer: Describer, value: Any) -> Tree:
    from copy import deepcopy

    page = deepcopy(value).set_uuid("same").to_html()
    return ["Styler", describer.describe(value.data, ".data"), digest(page.encode())]


def is_grouping(kind: type) -> bool:
    names = {"BaseGroupBy", "BaseWindow", "Resampler"}
    return root_of(kind) == "pandas" and any(base.__name__ in names for base in kind.__mro__)


def polars_frame(describer: Describer, value: Any) -> Tree:
    columns = [polars_column(describer, one) for one in value.get_columns()]
    return [describer.kind(value), list(value.shape), columns]


def polars_column(describer: Describer, value: Any) -> Tree:
    """A column with its name, type, sortedness and elements."""
    known = [(name, held) for name, held in value.flags.items() if name.startswith("SORTED")]
    tree = [value.name, text_of(value.dtype), sorted(known), len(value)]
    if type(value.dtype).__name__ == "Categorical":
        tree.append(value.cat.get_categories().to_list())
    if value.dtype.is_numeric() and not value.null_count():
        return [*tree, digest(value.to_physical().to_numpy().tobytes())]
    if str(value.dtype) == "Object":
        return [*tree, describer.items(value.to_list())]
    return [*tree, value.null_count(), digest(repr(value.to_list()).encode())]


def polars_series(describer: Describer, value: Any) -> Tree:
    return [describer.kind(value), polars_column(describer, value)]


def lazy_frame(_: Describer, value: Any) -> Tree:
    return ["LazyFrame", text_of(value.explain(optimized=False))]


def arrow_chunks(_: Describer, value: Any) -> Tree:
    pieces = [[len(piece), digest(repr(piece.to_pylist()).encode())] for piece in value.chunks]
    return [name_of(type(value)), str(value.type), pieces]


def arrow_array(_: Describer, value: Any) -> Tree:
    elements = digest(repr(value.to_pylist()).encode())
    return [name_of(type(value)), str(value.type), len(value), value.null_count, elements]


def arrow_table(describer: Describer, value: Any) -> Tree:
    columns = [describer.describe(one, f".column({at})") for at, one in enumerate(value.columns)]
    return [name_of(type(value)), arrow_schema(describer, value.schema), columns]


def arrow_schema(_: Describer, value: Any) -> Tree:
    fields = [[one.name, str(one.type), one.nullable, repr(one.metadata)] for one in value]
    return ["schema", fields, repr(value.metadata)]


def arrow_scalar(_: Describer, value: Any) -> Tree:
    return [name_of(type(value)), str(value.type), repr(value.as_py())]


def is_arrow_text(kind: type) -> bool:
    arrow = sys.modules.get("pyarrow")
    return arrow is not None and issubclass(kind, (arrow.DataType, arrow.Field))


def by_text(_: Describer, value: Any) -> Tree:
    return [name_of(type(value)), text_of(value)]


def is_pandas_text(kind: type) -> bool:
    """Scalars, dtypes and offsets: their repr says all."""
    names = {"Timestamp", "Timedelta", "Period", "Interval", "NaTType", "NAType"}
    bases = {"ExtensionDtype", "BaseOffset"}
    return root_of(kind) == "pandas" and (
        kind.__name__ in names or any(base.__name__ in bases for base in kind.__mro__)
    )


RULES: tuple[Rule, ...] = (
    (is_pandas_text, by_text),
    (is_kind("pandas", "DataFrame"), frame),
    (is_kind("pandas", "Series"), series),
    (is_kind("pandas", "Index"), index),
    (is_kind("pandas.api.extensions", "ExtensionArray"), values),
    (is_kind("pandas.io.formats.style", "Styler"), styler),
    (is_grouping, group),
    (is_kind("polars", "DataFrame"), polars_frame),
    (is_kind("polars", "Series"), polars_series),
    (is_kind("polars", "LazyFrame"), lazy_frame),
    (is_kind("polars", "Expr"), lambda _, value: ["Expr", value.meta.serialize(format="json")]),
    (is_kind("polars", "DataType"), by_text),
    (is_kind("pyarrow", "Table", "RecordBatch"), arrow_table),
    (is_kind("pyarrow", "ChunkedArray"), arrow_chunks),
    (is_kind("pyarrow", "Array"), arrow_array),
    (is_kind("pyarrow", "Schema"), arrow_schema),
    (is_kind("pyarrow", "Scalar"), arrow_scalar),
    (is_arrow_text, by_text),
)
