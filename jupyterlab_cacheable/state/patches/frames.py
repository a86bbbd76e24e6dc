"""Frames, series and indexes of pandas."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

from ...digest.copying import copies_on_write
from . import instances
from .containers import items_of
from .instances import has_only_attributes
from .kind import Kind

NEVER = "never"
"""Stands for the kind of what looks like an instance and cannot be changed in place."""


def kind_of(value: Any) -> str | None:
    """The name of the kind of a pandas object."""
    pandas = sys.modules["pandas"]
    if type(value) in (pandas.DataFrame, pandas.Series):
        return "frame" if copies_on_write() else NEVER
    if isinstance(value, pandas.api.extensions.ExtensionArray) and has_only_attributes(value):
        return "column"
    return "index" if isinstance(value, pandas.Index) else None


_FRAME_OWN = frozenset({"_mgr", "_item_cache", "_attrs", "_flags", "_name"})


def _frame_content(value: Any) -> list[Any]:
    extra = {name: held for name, held in vars(value).items() if name not in _FRAME_OWN}
    name = getattr(value, "_name", None) if value.ndim == 1 else None
    return [value._mgr, name, value.attrs, value.flags.allows_duplicate_labels, items_of(extra)]


def _blank_frame(value: Any) -> Any:
    return type(value)(dtype=object)


def _put_frame(live: Any, content: list[Any]) -> None:
    manager, name, attributes, duplicates, extra = content
    object.__setattr__(live, "_mgr", manager)
    if live.ndim == 1:
        object.__setattr__(live, "_name", name)
    object.__setattr__(live, "_attrs", attributes)
    live.flags.allows_duplicate_labels = duplicates
    members = vars(live)
    if "_item_cache" in members:  # pandas 2: columns taken before
        members["_item_cache"] = {}
    for other in [other for other in members if other not in _FRAME_OWN]:
        del members[other]
    members.update(extra)


def _index_content(value: Any) -> list[Any]:
    return [list(value.names), getattr(value, "freq", None)]


def _put_index(live: Any, content: list[Any]) -> None:
    names, freq = content
    live.names = names
    if getattr(live, "freq", None) != freq:
        live._data._freq = freq


def _blank_index(value: Any) -> Any:
    return value.copy()


def _blank_column(value: Any) -> Any:
    """With attributes: a frame that is read back asks its columns for their type."""
    made = object.__new__(type(value))
    vars(made).update(vars(value))
    return made


KINDS = {
    "column": replace(instances.KINDS["instance"], blank=_blank_column),
    "frame": Kind(_frame_content, _blank_frame, _put_frame),
    "index": Kind(_index_content, _blank_index, _put_index),
}
