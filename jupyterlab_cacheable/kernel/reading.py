"""Which environment variables a run reads before it sets them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Set
from typing import Any

from .deeds import Deeds
from .places import is_import_system, is_installed_import, starts_workers
from .probes import Gate, Probes, environments

# Asked once in the life of a process, and by the clock in native code.
_FELT = {
    "TMPDIR TEMP TMP": frozenset({"tempfile"}),
    "TZ": frozenset("fromtimestamp localtime mktime strftime astimezone timestamp ctime".split()),
}

_ALL = "it goes through all environment variables; read those it needs by name"


class EnvironmentReads:
    """The names that a run reads or sets; every access to `os.environ` converts the name first."""

    def __init__(self, deeds: Deeds, gate: Gate, used: Set[str]) -> None:
        self.names = {name for names, by in _FELT.items() if by & used for name in names.split()}
        self.set: set[str] = set()
        self._deeds, self._gate = deeds, gate

    def watch(self, probes: Probes) -> None:
        """Stand in for the conversions until `probes` is closed."""
        for environment in environments():
            encode, decode = environment.encodekey, environment.decodekey
            probes.replace_attribute(environment, "encodekey", self._one(encode))
            probes.replace_attribute(environment, "decodekey", self._all(decode))

    def _one(self, encode: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def encodekey(key: Any) -> Any:
            encoded = encode(key)
            self._gate.tell(self._note, os.fsdecode(key), sys._getframe(1).f_code.co_name)
            return encoded

        return encodekey

    def _all(self, decode: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def decodekey(key: Any) -> Any:
            self._gate.tell(self._refuse)
            return decode(key)

        return decodekey

    def _refuse(self) -> None:
        if not starts_workers():
            self._deeds.refuse(_ALL)

    def _note(self, name: str, method: str) -> None:
        if name in self.names or name in self.set:
            return
        if method == "__setitem__":
            self.set.add(name)
        elif not is_installed_import() and not is_import_system():
            self.names.add(name)
