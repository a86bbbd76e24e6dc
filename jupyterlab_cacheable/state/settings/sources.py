"""What libraries set when they are imported: filters of warnings, and loggers of their own.

Neither is a condition of an entry, because a session in which a cell hit has not imported what a
run imports. They are told apart from the user's when they appear: after each cell, `Sources.look`
notes what is new. This module is loaded with the first cell of any session and stays small.
"""

from __future__ import annotations

import logging
import sys
import warnings
from typing import Any

Filter = tuple[Any, ...]

_OF_LOGGING = ("logging", "Logger", "loglevel")


class Sources:
    """Tells the filters and loggers of libraries from those of the user."""

    def __init__(self) -> None:
        self.filters: list[Filter] = []
        self.loggers: dict[str, Any] = {}
        self._seen: list[Filter] = []
        self._modules: set[str] = set()

    def begin(self, fresh: bool) -> None:
        """Note what stands there when a session begins; all of it is the user's unless `fresh`."""
        self._seen, self._modules = list(warnings.filters), set(sys.modules)
        self.filters, self.loggers = [], {}
        if fresh:
            self.filters = [one for one in warnings.filters if not is_blanket(one)]
            self.loggers = _loggers(set())

    def look(self, code: str) -> None:
        """Note what the cell with this code has added."""
        if len(sys.modules) == len(self._modules) and self._seen == warnings.filters:
            return
        modules = set(sys.modules)
        new = modules - self._modules
        new = {name for name in new if not name.startswith("jupyterlab_cacheable.")}
        by_import = bool(new) and not any(_is_local(name) for name in new)
        if by_import and "warn" not in code:
            added = (one for one in warnings.filters if one not in self._seen)
            self.filters += [one for one in added if not is_blanket(one)]
        if by_import and not any(word in code for word in _OF_LOGGING):
            self.loggers |= _loggers({name.partition(".")[0] for name in new})
        self._seen, self._modules = list(warnings.filters), modules


def _is_local(name: str) -> bool:
    """True for a module of a package that is neither installed nor Python's own, nor ours."""
    name = name.partition(".")[0]  # what a package makes up need not have a real file
    if name == __name__.partition(".")[0]:
        return False
    from ...analysis.origin import Origin, origin_of  # only sessions with new modules pay

    module = sys.modules.get(name)
    if not isinstance(getattr(module, "__file__", None), str) or module is None:
        return False
    return origin_of(module) is Origin.LOCAL


def is_blanket(one: Filter) -> bool:
    """True for a filter of a whole category of Python's own: no library puts in one of these."""
    _action, message, category, module, line = one
    plain = message is None and module is None and not line
    return plain and getattr(category, "__module__", "") == "builtins"


def _loggers(tops: set[str]) -> dict[str, Any]:
    """The loggers named like these top-level modules, or of all when there are none."""
    found = list(logging.root.manager.loggerDict.items())
    return {
        name: shape_of(logger)
        for name, logger in found
        if isinstance(logger, logging.Logger) and (not tops or name.partition(".")[0] in tops)
    }


def shape_of(logger: logging.Logger) -> list[Any]:
    """What of a logger a library may have set, to find out whether somebody changed it since."""
    handlers = [id(handler) for handler in logger.handlers]
    return [logger.level, bool(logger.disabled), bool(logger.propagate), handlers]


SOURCES = Sources()
"""Filters and loggers are the process's, so is this."""
