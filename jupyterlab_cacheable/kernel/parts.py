"""Assemble the key parts of a cell from its code and the live namespace."""

from __future__ import annotations

import ast
import builtins
import importlib.util
import sys
import tokenize
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from io import StringIO
from typing import Any

from ..analysis.canonical import code_digest
from ..analysis.closure import Closure, Reached
from ..analysis.mark import Options
from ..analysis.names import Names
from ..analysis.origin import Origin, origin_of_name, version_of
from ..digest import Digest, Undigestible, describe, digest
from ..errors import Uncacheable
from ..outcome import Change, Reason
from ..store.key import Key, make_key
from .ledger import Ledger, Row, Upstream
from .sharing import sharing


@dataclass
class Question:
    """A cell about to run, as the store is asked for it: its key parts and what they came from."""

    names: Names
    reached: Reached
    digests: dict[str, Digest]
    upstream: list[Upstream]
    parts: dict[str, Any]
    key: Key
    closure: Closure
    unloaded: list[str] = field(default_factory=list)

    @property
    def short(self) -> str:
        """The first 16 hex of the key's hash, as it is shown to people."""
        return self.key.key[-64:][:16]


@dataclass(frozen=True)
class Cell:
    """What the kernel knows of a cell when it is about to run."""

    tree: ast.Module
    names: Names
    row: Row
    options: Options
    interactivity: str
    future: int


def ask(cell: Cell, namespace: Mapping[str, Any], ledger: Ledger) -> Question:
    """Follow the cell's names and digest everything its result depends on.

    Raises
    ------
    Uncacheable
        when an input has no digest; the reason names it and its type.
    """
    closure = Closure(namespace, vars(builtins))
    try:
        names = cell.names
        reached = closure.follow(names.inputs, names.attributes, names.modules)
    except Undigestible as refused:
        raise _without_digest("definition", refused.path, refused) from None
    digests = _digest_values(closure)
    packages, unloaded = _packages(reached, digests, cell.names)
    labels = [*reached.definitions, *reached.values, *reached.absent]
    upstream = ledger.upstream([name for name in labels if "." not in name], cell.row)
    parts = {
        "code": _code_part(cell),
        "definitions": {
            name: {"digest": text, "cell": ledger.cell_of(name, cell.row)}
            for name, text in sorted(reached.definitions.items())
        },
        "upstream": [_upstream_part(step) for step in upstream],
        "inputs": {
            **_inputs_part(reached, digests, ledger, cell.row),
            **sharing(closure, digests),
        },
        "files": {},
        "env": {},
        "vars": {},
        "packages": {package: version_of(package) for package in sorted(packages)},
        "options": {"version": cell.options.version, "name": cell.options.name},
        "python": python_part(),
    }
    return Question(
        cell.names, reached, digests, upstream, parts, make_key(parts), closure, unloaded
    )


def _digest_values(closure: Closure) -> dict[str, Digest]:
    """Digest all reached values; values can hold functions, which reach further values."""
    digests: dict[str, Digest] = {}
    while pending := sorted(closure.reached.values.keys() - digests.keys()):
        for label in pending:
            value = closure.reached.values[label]
            try:
                digests[label] = digest(value, definition=closure.definition)
                closure.drain()
            except Undigestible as refused:
                raise _without_digest("input", label, refused) from None
    return digests


def _without_digest(kind: str, label: str, refused: Undigestible) -> Uncacheable:
    place = f" at {refused.path}" if refused.path and refused.path != label else ""
    sentence = (
        f"its {kind} '{label}' ({refused.type_name}{place}) cannot be compared: {refused.why}"
    )
    return Uncacheable(Reason(sentence, (Change("inputs", label),)))


def _inputs_part(
    reached: Reached, digests: Mapping[str, Digest], ledger: Ledger, row: Row
) -> dict[str, Any]:
    inputs = {name: _absent() for name in reached.absent}
    for label, found in digests.items():
        type_name, summary = describe(reached.values[label])
        cell = None if "." in label else ledger.cell_of(label, row)
        inputs[label] = {"digest": found.text, "type": type_name, "summary": summary, "cell": cell}
    return dict(sorted(inputs.items()))


def _absent() -> dict[str, Any]:
    return {"digest": "absent", "type": "nothing", "summary": "not defined", "cell": None}


def _code_part(cell: Cell) -> dict[str, Any]:
    return {
        "digest": code_digest(cell.tree),
        "semicolon": ends_with_semicolon(cell.row.code),
        "interactivity": cell.interactivity,
        "future": cell.future,
    }


def _upstream_part(step: Upstream) -> dict[str, Any]:
    row = step.row
    return {
        "cell": row.cell_id,
        "code": row.digest,
        "source": row.source,
        "names": list(step.names),
    }


def python_part() -> dict[str, str]:
    """Implementation, version and bytecode format: code objects are only good for all three."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    magic = importlib.util.MAGIC_NUMBER.hex()
    return {"implementation": sys.implementation.name, "version": version, "magic": magic}


def _packages(
    reached: Reached, digests: Mapping[str, Digest], names: Names
) -> tuple[set[str], list[str]]:
    """Installed packages that count by version, and local modules that are not loaded yet."""
    packages = set(reached.packages)
    for found in digests.values():
        packages |= _installed(found.packages)
    unloaded = []
    for module in sorted(names.modules | reached.imported):
        top = module.partition(".")[0]
        origin = origin_of_name(top)
        if origin is Origin.INSTALLED:
            packages.add(top)
        if origin is Origin.LOCAL and module not in sys.modules:
            unloaded.append(module)
    return packages, unloaded


def _installed(tops: Iterable[str]) -> set[str]:
    return {top for top in tops if origin_of_name(top) is Origin.INSTALLED}


def ends_with_semicolon(code: str) -> bool:
    """IPython's own rule: the last token that is not a comment or a line end is a semicolon."""
    ignored = (tokenize.ENDMARKER, tokenize.NL, tokenize.NEWLINE, tokenize.COMMENT)
    try:
        tokens = [
            t for t in tokenize.generate_tokens(StringIO(code).readline) if t.type not in ignored
        ]
    except (tokenize.TokenError, IndentationError):
        return False
    return bool(tokens) and tokens[-1].string == ";"
