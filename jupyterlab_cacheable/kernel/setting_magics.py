"""Magics that only set something which a hit can set again."""

from __future__ import annotations
import __future__

import ast
import re
from collections.abc import Iterator

from ..analysis.names import Names

_CONFIG = re.compile(
    r"\s*InlineBackend\.(figure_formats?|print_figure_kwargs|close_figures)\s*=(.*)"
)
_VARIABLE = re.compile(r"\s*([A-Za-z_]\w*)(?:\s*=|\s+)(.+)")


def only_sets(kind: str, name: str, text: str) -> bool:
    """True for a line magic whose whole work is known from its text."""
    if kind != "line" or "$" in text or ("{" in text and name != "config"):
        return False
    match name:
        case "precision":
            return True
        case "matplotlib":
            return text.strip() == "inline"
        case "env" | "set_env":
            return _VARIABLE.fullmatch(text) is not None
        case "config":
            found = _CONFIG.fullmatch(text)
            return found is not None and _is_literal(found[2])
    return False


def _is_literal(text: str) -> bool:
    try:
        ast.literal_eval(text.strip())
    except (ValueError, SyntaxError):
        return False
    return True


def environment_names(names: Names) -> set[str]:
    """The environment variables that the cell's magics set, to whatever they were before."""
    texts = (text for _, name, text in names.magics if name in ("env", "set_env"))
    return {found[1] for text in texts if (found := _VARIABLE.fullmatch(text)) is not None}


def starts_plotting(names: Names) -> bool:
    """Whether the cell says `%matplotlib inline`."""
    return any(name == "matplotlib" for _, name, _ in names.magics)


def future_flags(names: Names) -> int:
    """The compiler flags that `from __future__ import` sets for this cell and all later ones."""
    flags = 0
    for feature in _features(names):
        flags |= getattr(__future__, feature).compiler_flag
    return flags


def _features(names: Names) -> Iterator[str]:
    for module, attribute in names.imports.values():
        if module == "__future__" and attribute in __future__.all_feature_names:
            yield attribute
