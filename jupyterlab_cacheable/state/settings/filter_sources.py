"""Who put in a filter of warnings: the user, or a library when it was imported.

Filters of libraries are no condition of an entry, because a session in which a cell hit has not
imported what a run imports. They are told apart when they appear: after each cell, `Sources.look`
notes which filters are new.
"""

from __future__ import annotations

import sys
import warnings
from typing import Any

Filter = tuple[Any, ...]


class Sources:
    """Tells the filters of libraries from those of the user."""

    def __init__(self) -> None:
        self.of_libraries: list[Filter] = []
        self._seen: list[Filter] | None = None
        self._modules: set[str] = set()

    def begin(self, fresh: bool) -> None:
        """Note what stands there when a session begins; all of it is the user's unless `fresh`."""
        self._seen = list(warnings.filters)
        self._modules = set(sys.modules)
        if fresh:
            self.of_libraries = [one for one in warnings.filters if not is_blanket(one)]

    def look(self, code: str) -> None:
        """Note the filters that the cell with this code has added."""
        if self._seen is None or self._seen == warnings.filters:
            return
        modules = set(sys.modules)
        added = [one for one in warnings.filters if one not in self._seen]
        if "warn" not in code and self._only_installed(modules - self._modules):
            self.of_libraries += [one for one in added if not is_blanket(one)]
        self._seen, self._modules = list(warnings.filters), modules

    def _only_installed(self, new: set[str]) -> bool:
        from ...analysis.origin import Origin, origin_of_name  # only sessions with new filters pay

        tops = {name.partition(".")[0] for name in new}
        return bool(tops) and all(origin_of_name(top) is not Origin.LOCAL for top in tops)


def is_blanket(one: Filter) -> bool:
    """True for a filter of a whole category of Python's own: no library puts in one of these."""
    _action, message, category, module, line = one
    plain = message is None and module is None and not line
    return plain and getattr(category, "__module__", "") == "builtins"


SOURCES = Sources()
"""The filters are the process's, so is this."""
