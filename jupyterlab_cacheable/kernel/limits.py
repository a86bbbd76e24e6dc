"""What this version does not store, judged from the code before it runs.

Each rule names what it found. A cell that breaks a rule runs as usual; only nothing is stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

from ..analysis.names import Names
from ..errors import Uncacheable
from ..outcome import Reason
from .parts import Question
from .watch import named_file, questions

_MAGICS = frozenset({"time", "timeit", "capture"})


def refuse_by_names(names: Names) -> None:
    """Raise Uncacheable for a cell whose names cannot be known, before they are followed."""
    for sentence in _unforeseeable(names):
        raise Uncacheable(Reason(sentence))


def refuse_by_reach(question: Question, namespace: Mapping[str, Any]) -> None:
    """Raise Uncacheable with the first rule that the cell, or what it reaches, breaks."""
    for sentence in _broken_rules(question, namespace):
        raise Uncacheable(Reason(sentence))


def _unforeseeable(names: Names) -> Iterator[str]:
    for module in names.star:
        yield f"it uses 'from {module} import *', which binds names that cannot be foreseen"
    for name in sorted(names.dynamic):
        yield f"it uses {name}(), so the names that it touches cannot be known"
    for kind, name, _text in names.magics:
        if kind == "shell":
            yield "it runs a shell command"
        elif name not in _MAGICS:
            yield f"it uses the magic %{name}"
    if "__future__" in names.modules:
        yield "it imports from __future__, which changes how later cells are compiled"


def _broken_rules(question: Question, namespace: Mapping[str, Any]) -> Iterator[str]:
    names, reached = question.names, question.reached
    for name, function in sorted(reached.unseeable):
        yield f"{function}() uses {name}(), so the names that it touches cannot be known"
    for module in question.unloaded:
        yield f"it imports the local module '{module}' first; import it in a cell above"
    yield from _changed_modules(question, namespace)
    yield from questions(names.attributes | reached.attributes, reached.roots | names.inputs)
    path = named_file(names.strings | reached.strings | _text_inputs(question))
    if path is not None:
        yield f"it names the file '{path}', and the contents of files are not part of the key yet"


def _changed_modules(question: Question, namespace: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted(question.names.stores):
        imported = question.names.imports.get(name)
        if isinstance(namespace.get(name), ModuleType) or (imported and imported[1] is None):
            yield f"it sets attributes of the module '{name}'"


def _text_inputs(question: Question) -> set[str]:
    """Inputs that are text or paths: they may name a file that the cell opens."""
    found = set()
    for value in question.reached.values.values():
        path = value if isinstance(value, str) else getattr(value, "__fspath__", None)
        if path is not None:
            found.add(value if isinstance(value, str) else str(value))
    return found
