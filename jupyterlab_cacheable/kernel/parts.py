"""Assemble the key parts of a cell from its code and the live namespace."""

from __future__ import annotations

import ast
import builtins
import difflib
import importlib.util
import sys
import tokenize
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from io import StringIO
from types import MappingProxyType, ModuleType
from typing import Any

from ..analysis.canonical import code_digest
from ..analysis.closure import Closure, Reached
from ..analysis.mark import Mark, Options
from ..analysis.names import Names
from ..analysis.origin import Origin, origin_of_name, version_of
from ..digest import Digest, Undigestible, describe, digest, facts_of
from ..digest.exact import is_a
from ..errors import Uncacheable
from ..outcome import Change, Reason
from ..store.key import Key, make_key
from .declared import Files, Wanted
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
    wanted: Wanted
    files: Files
    unloaded: list[str] = field(default_factory=list)

    @property
    def short(self) -> str:
        """The first 16 hex of the key's hash, as it is shown to people."""
        return self.key.key[-64:][:16]


@dataclass(frozen=True)
class Cell:
    """What the kernel knows of a cell when it is about to run.

    ``environment_key`` hides the values of environment variables.
    """

    tree: ast.Module
    names: Names
    row: Row
    mark: Mark
    interactivity: str
    future: int
    wanted: Wanted
    environment_key: bytes

    @property
    def options(self) -> Options:
        """The options of its mark."""
        return self.mark.options


def ask(cell: Cell, namespace: Mapping[str, Any], ledger: Ledger) -> Question:
    """Follow the cell's names and digest everything its result depends on.

    Raises
    ------
    Uncacheable
        when an input has no digest; the reason names it and its type.
    UsageError
        for an option that names a variable which is not there.
    """
    live = _live_names(cell, namespace)
    closure = Closure(namespace, vars(builtins))
    digests = _follow(closure, cell.names.inputs, cell.names)
    reached = closure.reached
    own = {*reached.values, *reached.definitions, *reached.absent}
    digests = _follow(closure, live, cell.names, digests)
    extra = live - own
    files = cell.wanted.files()
    packages, unloaded = _packages(reached, digests, cell.names)
    labels = [*reached.definitions, *reached.values, *reached.absent]
    upstream = ledger.upstream([name for name in labels if "." not in name], cell.row)
    parts = {
        "code": _code_part(cell),
        "definitions": {
            name: {"digest": text, "cell": ledger.cell_of(name, cell.row)}
            for name, text in sorted(reached.definitions.items())
            if name not in extra
        },
        "upstream": [_upstream_part(step) for step in upstream],
        "inputs": {
            **_without(_inputs_part(reached, digests, ledger, cell.row), extra),
            **sharing(closure, digests),
        },
        "files": files.rows,
        "env": cell.wanted.environment(cell.environment_key),
        "vars": _vars_part(cell, closure, digests, extra, ledger),
        "packages": {package: version_of(package) for package in sorted(packages)},
        "options": {"version": cell.options.version, "name": cell.options.name},
        "python": python_part(),
    }
    key = make_key(parts)
    about = (cell.names, reached, digests, upstream, parts, key, closure)
    return Question(*about, cell.wanted, files, unloaded)


def _live_names(cell: Cell, namespace: Mapping[str, Any]) -> set[str]:
    """The variables that count by their value though the cell may not mention them."""
    live = {name for name, text in cell.wanted.names.items() if text is None}
    for name in sorted(live):
        if name not in namespace and name in cell.wanted.own_names:
            near = difflib.get_close_matches(name, [n for n in namespace if n[:1] != "_"], n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise cell.mark.wrong("var", f"names {name!r}, which is not defined{hint}")
        if is_a(namespace.get(name), ModuleType):
            raise cell.mark.wrong("var", f"names the module {name!r}; only values can count")
    return live


def _follow(
    closure: Closure,
    names: Iterable[str],
    cell: Names,
    digests: Mapping[str, Digest] = MappingProxyType({}),
) -> dict[str, Digest]:
    """Follow names and digest the values that they lead to; `digests` are those known already."""
    try:
        closure.follow(names, cell.attributes, cell.modules)
    except Undigestible as refused:
        raise _without_digest("definition", refused.path, refused) from None
    return _digest_values(closure, digests)


def _without(labelled: Mapping[str, Any], labels: Set[str]) -> dict[str, Any]:
    return {label: found for label, found in labelled.items() if label not in labels}


def _vars_part(
    cell: Cell, closure: Closure, digests: Mapping[str, Digest], extra: Set[str], ledger: Ledger
) -> dict[str, Any]:
    """Declared values that the code itself does not reach; those it reaches are inputs."""
    found: dict[str, Any] = {}
    reached = closure.reached
    for name, text in sorted(cell.wanted.names.items()):
        if text is not None:
            # Unlike a live value of the same text, for which the cell may look in ways unseen.
            literal = digest(("text", text), definition=closure.definition)
            found[name] = _value(text, literal.text, None)
        elif name in extra and name in reached.absent:
            found[name] = _absent()
        elif name in extra and name in reached.values:
            owner = ledger.cell_of(name, cell.row)
            value = reached.values[name]
            found[name] = _value(value, digests[name].text, owner) | _about(value, digests[name])
        elif name in extra:
            owner = ledger.cell_of(name, cell.row)
            found[name] = _value(reached.defined[name], reached.definitions[name], owner)
    return found


def _digest_values(closure: Closure, known: Mapping[str, Digest]) -> dict[str, Digest]:
    """Digest all reached values; values can hold functions, which reach further values."""
    digests = dict(known)
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
        cell = None if "." in label else ledger.cell_of(label, row)
        value = reached.values[label]
        inputs[label] = _value(value, found.text, cell) | _about(value, found)
    return dict(sorted(inputs.items()))


def _value(value: Any, text: str, cell: str | None) -> dict[str, Any]:
    type_name, summary = describe(value)
    return {"digest": text, "type": type_name, "summary": summary, "cell": cell}


def _about(value: Any, found: Digest) -> dict[str, Any]:
    facts = facts_of(value, found)
    return {"facts": facts} if facts else {}


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
    packages = _installed(reached.packages)
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
