"""Which warnings are shown: the filters that users put in, and who shows them."""

from __future__ import annotations

import logging
import re
import warnings
from typing import Any

from .group import Change, Restorable, Use, Values, describe
from .lists import edit_of, edited
from .shown_warnings import count_change
from .sources import SOURCES, Filter, is_blanket


class WarningFilters(Restorable):
    """`warnings.filters`, and the functions that show a warning."""

    name = "warnings filters"

    def read(self) -> Values:
        return {
            "filters": list(warnings.filters),
            "shown by": [_own(warnings.showwarning), _own(warnings.formatwarning)],
            "to logging": getattr(logging, "_warnings_showwarning", None) is not None,
        }

    def text(self, found: Values) -> str:
        told = {
            "filters": describe([one for one in found["filters"] if self._counts(one)]),
            "to logging": found["to logging"],
            "shown by": [] if found["to logging"] else list(filter(None, found["shown by"])),
        }
        return super().text({key: value for key, value in told.items() if value})

    def _counts(self, one: Filter) -> bool:
        action, _message, category, module, _line = one
        if [action, getattr(category, "__name__", "")] in _USUAL and _module_of(module) in _NONE:
            return False
        return is_blanket(one) or one not in SOURCES.filters

    def felt(self, use: Use) -> bool:
        return True

    def difference(self, before: Values, after: Values, use: Use) -> Change:
        change: Change = {}
        old, new = before["filters"], after["filters"]
        if old != new and (use.mentions(_WORDS) or _blanket(old) != _blanket(new)):
            change["filters"] = edit_of(old, new)
        if before["shown by"] != after["shown by"] or before["to logging"] != after["to logging"]:
            change["to logging"] = after["to logging"]
            change["shown by"] = after["shown by"]
        return change

    def refusal(self, change: Change) -> str | None:
        if "filters" in change and change["filters"] is None:
            return "it reorders the warnings filters"
        if any(change.get("shown by", ())) and not change["to logging"]:
            return "it changes how warnings are shown"
        return None

    def put(self, change: Change) -> None:
        if "to logging" in change:
            logging.captureWarnings(change["to logging"])
        if "filters" in change:
            edit = change["filters"]
            # As `warnings` does it: a filter that is there already moves to its new place.
            added = [*edit["front"], *edit["back"]]
            kept = [] if edit["cleared"] else [f for f in warnings.filters if f not in added]
            found: Any = warnings.filters
            found[:] = edited(kept, {**edit, "cleared": False})
            count_change()


def _own(function: Any) -> str:
    """A function that shows warnings, "" for Python's own."""
    home = str(getattr(function, "__module__", ""))
    return "" if home in ("warnings", "_py_warnings") else str(describe(function))


def _blanket(filters: list[Filter]) -> list[Filter]:
    return [one for one in filters if is_blanket(one)]


def _module_of(module: Any) -> str:
    return str(module.pattern if isinstance(module, re.Pattern) else module)


_NONE = ("None", "__main__", r"__main__\Z")
_WORDS = frozenset("warnings filterwarnings simplefilter resetwarnings captureWarnings".split())
_USUAL = [
    ["ignore", "DeprecationWarning"],
    ["ignore", "PendingDeprecationWarning"],
    ["ignore", "ImportWarning"],
    ["ignore", "ResourceWarning"],
    ["default", "DeprecationWarning"],
]
