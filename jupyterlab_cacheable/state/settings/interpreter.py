"""Settings of the interpreter and of the process."""

from __future__ import annotations

import asyncio
import gc
import locale
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from typing import Any

from .group import Change, Group, Restorable, Use, Values
from .lists import edit_of, edited


class Plain(Restorable):
    """A setting that one function reads and another sets."""

    def __init__(
        self,
        name: str,
        read: Callable[[], Any],
        put: Callable[[Any], object],
        felt: frozenset[str] | None,
    ) -> None:
        """`felt` are the names by which code gets at the setting; None when any code feels it."""
        self.name = name
        self._read, self._put, self._felt = read, put, felt

    def read(self) -> Values:
        return {"value": self._read()}

    def felt(self, use: Use) -> bool:
        return self._felt is None or use.mentions(self._felt)

    def put(self, change: Change) -> None:
        self._put(change["value"])


def _collector() -> list[Any]:
    return [gc.isenabled(), list(gc.get_threshold()), gc.get_debug()]


def _set_collector(value: list[Any]) -> None:
    (gc.enable if value[0] else gc.disable)()
    gc.set_threshold(*value[1])
    gc.set_debug(value[2])


PLAIN = (
    Plain("recursion limit", sys.getrecursionlimit, sys.setrecursionlimit, None),
    Plain("longest integer text", sys.get_int_max_str_digits, sys.set_int_max_str_digits, None),
    Plain("garbage collector", _collector, _set_collector, frozenset({"gc"})),
    Plain(
        "switch interval",
        sys.getswitchinterval,
        sys.setswitchinterval,
        frozenset({"getswitchinterval", "setswitchinterval"}),
    ),
    Plain(
        "timeout of sockets",
        socket.getdefaulttimeout,
        socket.setdefaulttimeout,
        frozenset({"socket", "setdefaulttimeout", "getdefaulttimeout"}),
    ),
)


class ModulePath(Restorable):
    """`sys.path`, which cells edit in place: a hit makes the same edits."""

    name = "sys.path"

    def read(self) -> Values:
        return {"path": list(sys.path)}

    def felt(self, use: Use) -> bool:
        """`path` alone may be a name that was imported from `sys`."""
        named = "path" in use.names and ("sys" in use.names or "os" not in use.names)
        return named or use.mentions({"site", "pkgutil"})

    def difference(self, before: Values, after: Values, use: Use) -> Change:
        if before == after:
            return {}
        return {"edit": edit_of(before["path"], after["path"])}

    def refusal(self, change: Change) -> str | None:
        return "it reorders sys.path" if change["edit"] is None else None

    def put(self, change: Change) -> None:
        sys.path[:] = edited(sys.path, change["edit"])


class Locale(Restorable):
    """All categories of the locale, as the system writes them in one text."""

    name = "locale"

    def read(self) -> Values:
        return {"all": locale.setlocale(locale.LC_ALL)}

    def felt(self, use: Use) -> bool:
        words = "locale strftime strptime format calendar time datetime date gettext".split()
        specs = (text for text in use.strings if text.endswith("n") and len(text) < 9)
        by_text = any(specs) or any("n}" in text for text in use.strings)
        return use.mentions(words) or by_text or bool(use.packages)

    def prepare(self, change: Change) -> None:
        now = self.read()
        try:
            self.put(change)
        finally:
            self.put(now)

    def put(self, change: Change) -> None:
        locale.setlocale(locale.LC_ALL, change["all"])


class TimeZone(Restorable):
    """The local time zone as `time.tzset` left it; its environment variable is put back before."""

    name = "time zone"

    def read(self) -> Values:
        return {"names": list(time.tzname), "offset": time.timezone, "TZ": os.environ.get("TZ")}

    def felt(self, use: Use) -> bool:
        words = "time datetime date calendar localtime fromtimestamp astimezone tzset zoneinfo"
        return use.mentions(words.split()) or bool(use.packages)

    def difference(self, before: Values, after: Values, use: Use) -> Change:
        keys = ("names", "offset")
        return {} if all(before[k] == after[k] for k in keys) else {"names": after["names"]}

    def put(self, change: Change) -> None:
        if hasattr(time, "tzset"):
            time.tzset()


class WorkingFolder(Group):
    """The working folder; relative paths of other cells start from it."""

    name = "working folder"

    def read(self) -> Values:
        return {"path": os.getcwd()}

    def felt(self, use: Use) -> bool:
        return False  # a cell that asks for files has conditions of its own


class Process(Group):
    """What belongs to the process: handlers of signals, the policy of asyncio."""

    name = "signal handlers or asyncio policy"

    def read(self) -> Values:
        policy = getattr(asyncio.events, "_event_loop_policy", None)
        patched = getattr(asyncio, "_nest_patched", False)
        handlers = [id(signal.getsignal(number)) for number in _SIGNALS]
        return {"policy": type(policy).__qualname__, "patched": patched, "handlers": handlers}

    def felt(self, use: Use) -> bool:
        return False


_SIGNALS = [
    getattr(signal, name)
    for name in ("SIGALRM", "SIGHUP", "SIGTERM", "SIGUSR1", "SIGUSR2")
    if hasattr(signal, name)
]


class Streams(Group):
    """`sys.stdout` and `sys.stderr` where they are not the kernel's own."""

    name = "output streams"

    def read(self) -> Values:
        return {"kinds": [type(stream).__qualname__ for stream in (sys.stdout, sys.stderr)]}

    def defaults(self) -> Values:
        return {"kinds": ["OutStream", "OutStream"]}

    def felt(self, use: Use) -> bool:
        return True
