"""Settings of the session that a cell can feel without reading a name, and may change.

Two groups. *Display settings* (matplotlib's rcParams, pandas and numpy print options, warnings
filters, ...) decide what outputs look like; their differences from the defaults are conditions of
an entry, so that "library not loaded yet" and "loaded, nothing changed" are the same. *Process
settings* (working folder, module path) are only compared before and after: this version does not
store a cell that changes any of them. Environment variables are put back on a hit: importing a
library may set some (scikit-learn does), and a hit may not import it.
"""

from __future__ import annotations

import decimal
import hashlib
import importlib
import json
import locale
import os
import sys
import warnings
from collections.abc import Callable, Mapping
from typing import Any

Snapshot = dict[str, str]

_MATPLOTLIB_NOT_DISPLAY = {"backend", "backend_fallback", "interactive", "toolbar", "webagg.port"}


def display_settings() -> Snapshot:
    """Name of each display setting group -> digest of its differences from the defaults."""
    return {name: _text(read()) for name, read in _DISPLAY.items()}


def process_settings() -> Snapshot:
    """Name of each process setting -> digest of its value."""
    return {name: _text(read()) for name, read in _PROCESS.items()}


def differing(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Names whose values differ, in the order of `after`."""
    return [name for name in after if before.get(name, "") != after[name]]


def environment_change(before: Mapping[str, str]) -> dict[str, str | None]:
    """Environment variables that differ from `before`: the new value, None for a removed one."""
    now = os.environ
    return {name: now.get(name) for name in {*before, *now} if before.get(name) != now.get(name)}


def put_back_environment(change: Mapping[str, str | None]) -> None:
    """Make the change again that a run made."""
    for name, value in change.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def plots_interactively() -> bool:
    """True once a plotting backend is at work that shows figures by itself, as inline does."""
    module = sys.modules.get("matplotlib")
    parameters = getattr(module, "rcParams", None)
    return parameters is not None and bool(dict.get(parameters, "interactive"))


def start_plotting() -> None:
    """Bring the plotting backend up as the first figure of a session does."""
    if not plots_interactively():
        pyplot = importlib.import_module("matplotlib.pyplot")
        pyplot.switch_backend(pyplot.get_backend())


def _text(value: Any) -> str:
    if not value:
        return ""
    data = json.dumps(value, sort_keys=True, default=repr).encode()
    return hashlib.sha256(data).hexdigest()[:32]


def _matplotlib() -> Any:
    module = sys.modules.get("matplotlib")
    defaults = getattr(module, "rcParamsDefault", None)
    if module is None or defaults is None:
        return {}
    now = dict.items(module.rcParams)
    return {
        key: repr(value)
        for key, value in now
        if key not in _MATPLOTLIB_NOT_DISPLAY and value != dict.get(defaults, key)
    }


def _inline_backend() -> Any:
    module = sys.modules.get("matplotlib_inline.config")
    backend = getattr(module, "InlineBackend", None)
    if backend is None or not backend.initialized():
        return {}
    made, fresh = backend.instance(), backend.class_traits()
    names = ("figure_formats", "print_figure_kwargs", "close_figures", "rc")
    return {name: repr(getattr(made, name)) for name in names if _is_changed(made, fresh, name)}


def _is_changed(made: Any, fresh: Mapping[str, Any], name: str) -> bool:
    value, default = getattr(made, name), fresh[name].default_value
    if name == "figure_formats":
        return bool(value != {"png"})
    if name == "rc":
        return bool(value)
    if name == "print_figure_kwargs":
        return bool(value != {"bbox_inches": "tight"})
    return bool(value != default and (value or default))


def _open_figures() -> Any:
    module = sys.modules.get("matplotlib._pylab_helpers")
    return [] if module is None else sorted(module.Gcf.figs)


def _pandas() -> Any:
    module = sys.modules.get("pandas._config.config")
    if module is None:
        return {}
    registered = module._registered_options
    return {
        key: repr(module.get_option(key))
        for key, option in registered.items()
        if not key.startswith(("io.", "plotting.")) and module.get_option(key) != option.defval
    }


def _numpy() -> Any:
    module = sys.modules.get("numpy")
    if module is None or not hasattr(module, "get_printoptions"):
        return {}
    now = {**module.get_printoptions(), **module.geterr()}
    return {key: repr(value) for key, value in now.items() if value != _NUMPY_DEFAULTS.get(key)}


_NUMPY_DEFAULTS: dict[str, Any] = {
    "edgeitems": 3,
    "threshold": 1000,
    "floatmode": "maxprec",
    "precision": 8,
    "suppress": False,
    "linewidth": 75,
    "nanstr": "nan",
    "infstr": "inf",
    "sign": "-",
    "formatter": None,
    "legacy": False,
    "override_repr": None,
    "divide": "warn",
    "over": "warn",
    "under": "ignore",
    "invalid": "warn",
}


def _decimal() -> Any:
    default, now = decimal.DefaultContext, decimal.getcontext()
    return "" if repr(now) == repr(default) else repr(now)


def _warnings() -> Any:
    return [repr(item) for item in warnings.filters]


_DISPLAY: dict[str, Callable[[], Any]] = {
    "matplotlib rcParams": _matplotlib,
    "inline figure format": _inline_backend,
    "open matplotlib figures": _open_figures,
    "pandas options": _pandas,
    "numpy print options": _numpy,
    "decimal context": _decimal,
    "locale": lambda: locale.setlocale(locale.LC_ALL),
}
_PROCESS: dict[str, Callable[[], Any]] = {
    "the working folder": os.getcwd,
    "sys.path": lambda: list(sys.path),
}


def warning_filters() -> str:
    """Digest of the warnings filters: a condition only of entries that show a warning."""
    return _text(_warnings())
