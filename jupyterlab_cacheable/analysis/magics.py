"""IPython magics as they stand in transformed source: ``get_ipython().run_line_magic(...)``."""

from __future__ import annotations

import ast
import getopt
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal

Kind = Literal["line", "cell", "shell"]

_RUNNERS: dict[str, tuple[Kind, int]] = {
    "run_line_magic": ("line", 2),
    "run_cell_magic": ("cell", 3),
    "system": ("shell", 1),
    "getoutput": ("shell", 1),
}
_IDENTIFIER = re.compile(r"[^\W\d]\w*")
_BRACED = re.compile(r"\{([^{}]+)\}")
_DOLLAR = re.compile(r"(?<!\$)\$([^\W\d]\w*)")


class Running(Enum):
    """What happens to the names that a magic's code binds."""

    HERE = "bound in the notebook"
    MAYBE = "bound in the notebook unless an error stopped the code silently"
    APART = "lost, the code runs as the body of a function"


@dataclass(frozen=True)
class Magic:
    """One magic call: ``%name line``, ``%%name line`` above ``body``, or ``!line``."""

    kind: Kind
    name: str
    line: str
    body: str = ""

    @property
    def label(self) -> str:
        return {"line": "%", "cell": "%%", "shell": "!"}[self.kind] + self.name

    @property
    def text(self) -> str:
        return f"{self.line}\n{self.body}" if self.kind == "cell" else self.line


@dataclass(frozen=True)
class MagicCode:
    """The Python in a magic, how it runs, and the names that its options bind."""

    source: str
    running: Running = Running.HERE
    binds: list[str] = field(default_factory=list)


def magic_of(call: ast.Call) -> Magic | None:
    """Return the magic that this call runs, None when it is an ordinary call."""
    if not (isinstance(call.func, ast.Attribute) and _is_get_ipython(call.func.value)):
        return None
    kind, count = _RUNNERS.get(call.func.attr, ("line", -1))
    texts = list(_texts(call.args))
    if call.keywords or len(call.args) != count or len(texts) != count:
        return None
    return Magic(kind, call.func.attr, *texts) if kind == "shell" else Magic(kind, *texts)


def _texts(nodes: list[ast.expr]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def code_of(magic: Magic) -> MagicCode | None:
    """Return the Python code that a magic runs, None for magics that run none or other text."""
    if magic.kind == "shell":
        return None
    match magic.name:
        case "time":
            return _time(magic)
        case "timeit":
            return _timeit(magic)
        case "prun":
            _, line = _options(magic.line, "D:l:rs:T:q")
            return MagicCode(f"{line}\n{magic.body}")
        case "capture" if magic.kind == "cell":
            words = [word for word in magic.line.split() if not word.startswith("-")]
            return MagicCode(magic.body, Running.MAYBE, words)
    return None


def interpolated_names(text: str) -> Iterator[str]:
    """Yield the names that IPython replaces by their values: ``{expression}`` and ``$name``."""
    yield from _DOLLAR.findall(text)
    for expression in _BRACED.findall(text):
        yield from identifiers(expression)


def identifiers(text: str) -> list[str]:
    """Return everything in a text that could be a name."""
    return _IDENTIFIER.findall(text)


def _is_get_ipython(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "get_ipython"
        and not node.args
        and not node.keywords
    )


def _time(magic: Magic) -> MagicCode:
    line = re.sub(r"^\s*--no-raise-error\b", "", magic.line)
    running = Running.HERE if line == magic.line else Running.MAYBE
    return MagicCode(f"{line.strip()}\n{magic.body}", running)


def _timeit(magic: Magic) -> MagicCode:
    options, line = _options(magic.line, "n:r:tcp:qov:")
    binds = [text for option, text in options if option == "-v"]
    return MagicCode(f"{line}\n{magic.body}", Running.APART, binds)


def _options(line: str, allowed: str) -> tuple[list[tuple[str, str]], str]:
    """Split a line into its leading options and the code behind them."""
    words = line.split()
    try:
        options, rest = getopt.getopt(words, allowed)
    except getopt.GetoptError:
        return [], line
    if not rest:
        return options, ""
    # The code keeps its own blanks: skip as many words as the options took.
    skipped = len(words) - len(rest)
    return options, line.split(maxsplit=skipped)[skipped]
