"""The names of the notebook around a run: what the cell bound, deleted, or left alone."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from ..analysis.names import Names
from ..digest.exact import is_a
from ..errors import Uncacheable
from ..outcome import Reason
from .parts import Question

NO_RESULT = object()
"""Stands for "the cell displayed no value"."""

_PLACEHOLDER = object()
_ABSENT = object()

_IPYTHON = frozenset(
    "In Out _ __ ___ _i _ii _iii _ih _oh _dh exit quit open get_ipython "
    "__warningregistry__ __annotations__ __annotate__ __conditional_annotations__".split()
)


@dataclass
class Left:
    """What the run left in the namespace, sorted by how a hit brings it back.

    ``imports`` maps a name to its module, the attribute of it or None, and the submodules that
    were imported along with it.
    """

    values: dict[str, Any] = field(default_factory=dict)
    imports: dict[str, list[Any]] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)
    result: Any = NO_RESULT
    result_kind: str | None = None

    def take_results(self, values: list[Any]) -> None:
        """Keep what the cell displayed as results: usually one value, else a tuple of them."""
        if values:
            several = len(values) > 1
            self.result = tuple(values) if several else values[0]
            self.result_kind = "values" if several else "value"

    @property
    def names(self) -> list[str]:
        """Names of the variables, for the outcome and the panel."""
        return sorted({*self.values, *self.imports})


class Before(AbstractContextManager["Before"]):
    """The namespace as the cell found it.

    While this is open, names that the cell may or may not bind, and that nothing in it can read,
    hold a placeholder. What stands there afterwards tells exactly what the cell did with them:
    the placeholder (nothing), a value (bound), no name at all (deleted).
    """

    def __init__(self, question: Question, namespace: dict[str, Any]) -> None:
        names, reached = question.names, question.reached
        self.names = frozenset(namespace)
        # Kept alive, so that a new object cannot be mistaken for the old one at its address.
        self.written = {n: namespace[n] for n in reached.written if n in namespace}
        self.placed: dict[str, Any] = {}
        self.deleted: set[str] = set()
        self.untouched: set[str] = set()
        self._namespace = namespace
        self._unsure = (names.bound | names.deleted) - names.definite - names.inputs - reached.roots

    def __enter__(self) -> Before:
        for name in self._unsure:
            self.placed[name] = self._namespace.get(name, _ABSENT)
            self._namespace[name] = _PLACEHOLDER
        return self

    def __exit__(self, *_exception: object) -> None:
        """Take the placeholders away; what the cell bound or deleted stays so."""
        for name, value in self.placed.items():
            if name not in self._namespace:
                self.deleted.add(name)
            elif self._namespace[name] is not _PLACEHOLDER:
                continue
            elif value is _ABSENT:
                del self._namespace[name]
            else:
                self._namespace[name] = value
                self.untouched.add(name)
        self.placed.clear()


def collect(question: Question, before: Before, namespace: Mapping[str, Any]) -> Left:
    """Sort what the cell bound and deleted.

    Raises
    ------
    Uncacheable
        when names appeared or vanished that the analysis did not foresee.
    """
    names = question.names
    starred = _starred(names.star)
    foreseen = names.bound | names.deleted | question.reached.written | starred.keys()
    appeared = {n for n in namespace.keys() - before.names - foreseen if not is_ipythons(n)}
    vanished = before.names - namespace.keys() - foreseen
    for name in sorted(appeared | vanished):
        raise Uncacheable(Reason(f"it changes the name '{name}' in a way that was not foreseen"))
    gone = {n for n in foreseen & before.names if n not in namespace}
    left = Left(deleted=sorted(before.deleted | gone))
    for name in sorted((foreseen & namespace.keys()) - before.untouched):
        unbound = name not in names.bound
        if name in starred and getattr(sys.modules[starred[name]], name) is namespace[name]:
            left.imports[name] = [starred[name], name, []]
        elif not (unbound and before.written.get(name, NO_RESULT) is namespace[name]):
            _sort_in(left, name, namespace[name], names)
    return left


def _starred(modules: Iterable[str]) -> dict[str, str]:
    """The names that `from module import *` binds, with the module; the last one counts."""
    found: dict[str, str] = {}
    for name in modules:
        members = vars(sys.modules[name]) if name in sys.modules else {}
        public = members.get("__all__", [member for member in members if member[:1] != "_"])
        found.update((member, name) for member in public if member in members)
    return found


def is_ipythons(name: str) -> bool:
    """True for names that IPython and Python themselves keep (`_`, `Out`, `_i3`, ...)."""
    return name in _IPYTHON or (name.lstrip("_i").isdigit() and name.startswith("_"))


def _sort_in(left: Left, name: str, value: Any, names: Names) -> None:
    if is_a(value, ModuleType) and sys.modules.get(value.__name__) is value:
        inner = sorted(m for m in names.modules if m.startswith(value.__name__ + "."))
        left.imports[name] = [value.__name__, None, inner]
        return
    imported = names.imports.get(name)
    if imported is not None and imported[1] is not None:
        module = sys.modules.get(imported[0])
        if module is not None and getattr(module, imported[1], NO_RESULT) is value:
            left.imports[name] = [imported[0], imported[1], []]
            return
    left.values[name] = value
