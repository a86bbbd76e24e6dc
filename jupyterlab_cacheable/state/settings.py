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
import gc
import hashlib
import importlib
import json
import locale
import logging
import os
import signal
import sys
import warnings
from collections.abc import Callable, Mapping
from typing import Any

Snapshot = dict[str, str]

_MATPLOTLIB_NOT_DISPLAY = {"backend", "backend_fallback", "interactive", "toolbar", "webagg.port"}


def display_settings() -> Snapshot:
    """Name of each display setting group -> digest of its differences from the defaults."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # reading a deprecated option warns
        quiet = {name: _text(read()) for name, read in _DISPLAY.items()}
    return {**quiet, "warnings filters": _text(_warnings())}


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
    """The context without its flags, which every inexact division sets."""
    default, now = (_context(c) for c in (decimal.DefaultContext, decimal.getcontext()))
    return "" if now == default else now


def _context(context: decimal.Context) -> list[Any]:
    traps = sorted(signal.__name__ for signal, is_on in context.traps.items() if is_on)
    return [context.prec, context.rounding, context.Emin, context.Emax, context.clamp, traps]


def _warnings() -> Any:
    """Filters for whole categories: those are a user's. Libraries filter by module or text."""
    blanket = [
        [action, str(getattr(category, "__name__", category))]
        for action, message, category, module, line in warnings.filters
        if message is None and module is None and not line and _is_builtin(category)
    ]
    return [one for one in blanket if one not in _USUAL_FILTERS]


def _is_builtin(category: object) -> bool:
    """Libraries add filters for categories of their own when they are imported."""
    return getattr(category, "__module__", "") == "builtins"


_USUAL_FILTERS = [
    ["ignore", "DeprecationWarning"],
    ["ignore", "PendingDeprecationWarning"],
    ["ignore", "ImportWarning"],
    ["ignore", "ResourceWarning"],
    ["default", "DeprecationWarning"],
]


def _sklearn() -> Any:
    module = sys.modules.get("sklearn._config")
    now = module.get_config() if module is not None else {}
    return {key: repr(value) for key, value in now.items() if value != _SKLEARN_DEFAULTS.get(key)}


_SKLEARN_DEFAULTS: dict[str, Any] = {
    "assume_finite": False,
    "working_memory": 1024,
    "print_changed_only": True,
    "display": "diagram",
    "pairwise_dist_chunk_size": 256,
    "enable_cython_pairwise_dist": True,
    "array_api_dispatch": False,
    "transform_output": "default",
    "enable_metadata_routing": False,
    "skip_parameter_validation": False,
    "sparse_interface": "spmatrix",
}


def _plots_are_held_back() -> Any:
    """True after `plt.ioff()`: the inline backend is up and does not show figures by itself."""
    return "matplotlib_inline.backend_inline" in sys.modules and not plots_interactively()


def _formatter() -> Any:
    """IPython's plain-text formatter: pretty printing on or off, printers written by the user."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None:
        return {}
    found: dict[str, Any] = {}
    for mime, formatter in shell.display_formatter.formatters.items():
        printers = {**formatter.type_printers, **formatter.deferred_printers}
        own = [repr(kind) for kind, made in printers.items() if _is_users(made, shell.user_ns)]
        if own or not getattr(formatter, "pprint", True):
            found[mime] = [sorted(own), getattr(formatter, "pprint", True)]
    return found


def _is_users(made: Any, namespace: Mapping[str, Any]) -> bool:
    return getattr(made, "__globals__", None) is namespace


def _logging() -> Any:
    """Loggers with a level or a handler of their own that writes somewhere."""
    root = logging.getLogger()
    found = [["root", root.level, len(root.handlers), logging.root.manager.disable]]
    for name, logger in sorted(root.manager.loggerDict.items()):
        if isinstance(logger, logging.Logger) and name.partition(".")[0] not in _OWN_LOGGERS:
            handlers = [h for h in logger.handlers if not isinstance(h, logging.NullHandler)]
            if logger.level or handlers or logger.disabled:
                found.append([name, logger.level, len(handlers), logger.disabled])
    return "" if found == [["root", logging.WARNING, 0, 0]] else found


def _streams() -> Any:
    """The types of `sys.stdout` and `sys.stderr` where they are not the kernel's own."""
    kinds = [type(stream).__qualname__ for stream in (sys.stdout, sys.stderr)]
    return [] if kinds == ["OutStream", "OutStream"] else kinds


_OWN_LOGGERS = frozenset({"traitlets", "asyncio", "tornado", "IPKernelApp", "cacheable", "parso"})


_SIGNALS = [
    getattr(signal, name)
    for name in ("SIGALRM", "SIGHUP", "SIGTERM", "SIGUSR1", "SIGUSR2")
    if hasattr(signal, name)
]
_DISPLAY: dict[str, Callable[[], Any]] = {
    "matplotlib rcParams": _matplotlib,
    "inline figure format": _inline_backend,
    "open matplotlib figures": _open_figures,
    "pandas options": _pandas,
    "numpy print options": _numpy,
    "decimal context": _decimal,
    "scikit-learn configuration": _sklearn,
    "plotting mode": _plots_are_held_back,
    "display formatters": _formatter,
    "logging settings": _logging,
    "output streams": _streams,
    "locale": lambda: locale.setlocale(locale.LC_ALL),
}
_PROCESS: dict[str, Callable[[], Any]] = {
    "the working folder": os.getcwd,
    "sys.path": lambda: list(sys.path),
    "the recursion limit": sys.getrecursionlimit,
    "the garbage collector": lambda: [gc.isenabled(), gc.get_threshold()],
    "the signal handlers": lambda: [id(signal.getsignal(number)) for number in _SIGNALS],
}
