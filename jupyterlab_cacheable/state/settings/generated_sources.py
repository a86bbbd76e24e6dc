"""The source of functions that libraries generate, as tracebacks and `inspect` look for it."""

from __future__ import annotations

import linecache

from .group import Change, Group, Use, Values


class GeneratedSources(Group):
    """What sympy's `lambdify`, attrs and others have put into `linecache`."""

    name = "the sources of generated functions"

    def read(self) -> Values:
        found = list(linecache.cache.items())
        return {name: entry for name, entry in found if name[:1] == "<" and len(entry) == 4}

    def felt(self, use: Use) -> bool:
        return False

    def refusal(self, change: Change) -> str | None:
        return None

    def put(self, change: Change) -> None:
        linecache.cache.update(change)
