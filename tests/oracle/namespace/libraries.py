"""Libraries whose objects hold more, or less, than what their attributes say."""

from __future__ import annotations

import sys
from typing import Any

from .walker import Describer, Rule, Tree, is_kind, name_of, other, root_of, text_of


def symbolic(describer: Describer, value: Any) -> Tree:
    """A sympy expression or matrix by its exact structure and assumptions."""
    assumptions = sorted(getattr(value, "assumptions0", {}).items(), key=str)
    return [name_of(type(value)), sys.modules["sympy"].srepr(value), text_of(assumptions)]


def graph(describer: Describer, value: Any) -> Tree:
    """A networkx graph: nodes and edges in order, with their data; no remembered views."""
    parts = ("graph", "_node", "_adj", "_pred", "_succ")
    held = [[name, describer.describe(vars(value).get(name), f".{name}")] for name in parts]
    noise = (*parts, "adj", "nodes", "edges", "degree", "succ", "pred", "__networkx_cache__")
    return [describer.kind(value), held, describer.attributes(value, but=noise)]


def sparse(describer: Describer, value: Any) -> Tree:
    """A sparse matrix or array of scipy; not what it remembers about its own order."""
    noise = ("_has_sorted_indices", "_has_canonical_format")
    return [describer.kind(value), describer.attributes(value, but=noise)]


def widget(describer: Describer, value: Any) -> Tree:
    """An ipywidgets or other traitlets object: the values of its traits."""
    names = sorted(name for name in value._trait_values if name not in WIDGET_NOISE)
    return [describer.kind(value), describer.chosen(value, names)]


WIDGET_NOISE = frozenset(
    {"comm", "keys", "log", "parent", "config", "_property_lock", "layout", "style"}
)


def shell(_: Describer, value: Any) -> Tree:
    return ["opaque", name_of(type(value))]


def handle(_: Describer, value: Any) -> Tree:
    return ["display handle", value.display_id]


def estimator(describer: Describer, value: Any) -> Tree:
    """A scikit-learn object by its class and all attributes, including those in C."""
    return other(describer, value)


def validated(describer: Describer, value: Any) -> Tree:
    """A pydantic model: fields, which of them were set, and private attributes."""
    names = ("__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__")
    parts = describer.chosen(value, names)
    return [describer.kind(value), describer.attributes(value, but=names), parts]


def is_shell(kind: type) -> bool:
    return any(base.__name__ == "InteractiveShell" for base in kind.__mro__)


def is_widget(kind: type) -> bool:
    return any(name_of(base) == "traitlets.traitlets.HasTraits" for base in kind.__mro__)


def is_bar(kind: type) -> bool:
    return root_of(kind) == "tqdm" and any(base.__name__ == "tqdm" for base in kind.__mro__)


def bar(_: Describer, value: Any) -> Tree:
    """A progress bar: how far it is, not how fast it was."""
    parts = [text_of(getattr(value, name, None)) for name in ("n", "total", "desc", "disable")]
    return [name_of(type(value)), parts]


RULES: tuple[Rule, ...] = (
    (is_kind("sympy", "Basic", "MatrixBase"), symbolic),
    (is_kind("networkx", "Graph"), graph),
    (is_kind("scipy.sparse._base", "_spbase"), sparse),
    (is_kind("pydantic", "BaseModel"), validated),
    (is_kind("IPython.display", "DisplayHandle"), handle),
    (is_shell, shell),
    (is_widget, widget),
    (is_bar, bar),
)
