"""How IPython shows values: its formatters' switches, and printers that somebody registered."""

from __future__ import annotations

import importlib
import sys
from types import CellType, FunctionType, ModuleType
from typing import Any

from ...analysis.closure import code_digest
from ...analysis.origin import Origin, origin_of
from .group import Change, Group, Restorable, Use, Values, describe, same

_SWITCHES = ("pprint", "max_width", "max_seq_length", "newline", "verbose")


def _shell() -> Any:
    ipython = sys.modules.get("IPython")
    return None if ipython is None else ipython.get_ipython()


def shows_values(use: Use) -> bool:
    """Whether IPython formats a value for the run."""
    return bool(use.shown - {"stream"}) or use.mentions({"display", "format_display_data"})


class Switches(Restorable):
    """Pretty printing, precision (`%precision`) and length of plain text."""

    name = "display precision and layout"

    def read(self) -> Values:
        formatter = _plain_text()
        if formatter is None:
            return {}
        found = {name: getattr(formatter, name, None) for name in _SWITCHES}
        return {**found, "float_precision": formatter.float_precision}

    def defaults(self) -> Values:
        usual = {"pprint": True, "max_width": 79, "max_seq_length": 1000, "newline": "\n"}
        return {**usual, "verbose": False, "float_precision": ""}

    def felt(self, use: Use) -> bool:
        return shows_values(use) or use.mentions({"precision"})

    def put(self, change: Change) -> None:
        formatter = _plain_text()
        for name, value in change.items():
            setattr(formatter, name, value)


class Tables(Group):
    """The table of printers that plain text makes for the first value that it shows.

    Numpy's numbers obey `%precision` where numpy was loaded by then.
    """

    name = "display precision of numpy's numbers"
    comes_once = True

    def read(self) -> Values:
        formatter = _plain_text()
        if formatter is None or not formatter.trait_has_value(_PRINTERS):
            return {}
        return {"numpy": any(_type_name(kind) == _NUMBER for kind in formatter.type_printers)}

    def text(self, found: Values) -> str:
        formatter = _plain_text()
        if formatter is None or not formatter.float_precision:
            return ""
        return super().text({"numpy": found.get("numpy", "numpy" in sys.modules)})

    def defaults(self) -> Values:
        return {"numpy": False}

    def difference(self, before: Values, after: Values, use: Use) -> Change:
        return {} if before else after

    def felt(self, use: Use) -> bool:
        return shows_values(use)

    def refusal(self, change: Change) -> str | None:
        return None

    def prepare(self, change: Change) -> None:
        if change["numpy"]:
            importlib.import_module("numpy")

    def put(self, change: Change) -> None:
        printers = _plain_text().type_printers
        for kind in [kind for kind in printers if _type_name(kind) == _NUMBER]:
            if not change["numpy"]:
                del printers[kind]


_PRINTERS, _NUMBER = "type_printers", "numpy.float64"


def _plain_text() -> Any:
    shell = _shell()
    return None if shell is None else shell.display_formatter.formatters["text/plain"]


class Printers(Group):
    """Printers for types, other than IPython's own and those of figures; MIME types in use."""

    name = "display formatters"

    def read(self) -> Values:
        shell = _shell()
        if shell is None:
            return {}
        found: Values = {"types": tuple(shell.display_formatter.active_types)}
        for mime, formatter in shell.display_formatter.formatters.items():
            for kind, printer in _printers(formatter):
                if not _is_ipythons(printer) and not _is_figure(kind):
                    found[f"{mime} {_type_name(kind)}"] = printer
        return found

    def text(self, found: Values) -> str:
        return super().text({key: _printer(value) for key, value in found.items()})

    def defaults(self) -> Values:
        shell = _shell()
        return {} if shell is None else {"types": shell.display_formatter.format_types}

    def felt(self, use: Use) -> bool:
        return shows_values(use)

    def difference(self, before: Values, after: Values, use: Use) -> Change:
        keys = {*before, *after}
        return {k: True for k in keys if not same(before.get(k), after.get(k))}


def _printers(formatter: Any) -> list[tuple[Any, Any]]:
    """The printers of a formatter by type, as far as it has made its tables yet.

    Asking for them would make them: see `Tables`.
    """
    made = [t for t in (_PRINTERS, "deferred_printers") if formatter.trait_has_value(t)]
    return [item for table in made for item in getattr(formatter, table).items()]


def _is_ipythons(printer: Any) -> bool:
    module = str(getattr(printer, "__module__", ""))
    return module.startswith("IPython.")


def _is_figure(kind: Any) -> bool:
    return _type_name(kind) == "matplotlib.figure.Figure"


def _type_name(kind: Any) -> str:
    if isinstance(kind, tuple):
        return ".".join(map(str, kind))
    return f"{getattr(kind, '__module__', '')}.{getattr(kind, '__qualname__', kind)}"


def _printer(value: Any, seen: frozenset[int] = frozenset()) -> Any:
    """A printer by its code and by what its closure holds."""
    if isinstance(value, ModuleType):
        return value.__name__
    if id(value) in seen:
        return "again"
    if _is_published(value):
        return f"{value.__module__}.{value.__name__}"
    if not isinstance(value, FunctionType) or value.__module__ == "__main__":
        return describe(value)
    inner = seen | {id(value)}
    cells = [_printer(_content(cell), inner) for cell in value.__closure__ or ()]
    return [value.__module__, code_digest(value.__code__), cells]


def _content(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return "empty"


def _is_published(value: Any) -> bool:
    """True for what an installed module offers under its own name."""
    home = sys.modules.get(str(getattr(value, "__module__", "")))
    name = getattr(value, "__name__", None)
    if home is None or not isinstance(name, str) or getattr(home, name, None) is not value:
        return False
    return origin_of(home) is Origin.INSTALLED
