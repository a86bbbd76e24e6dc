"""The settings and random generators of the process that a cell can change and a later one feel."""

from __future__ import annotations

import builtins
import copyreg
import csv
import decimal
import gc
import hashlib
import locale
import logging
import os
import random
import re
import signal
import socket
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterable
from typing import Any

from .python import logger_settings
from .walker import Tree, digest, name_of, text_of

OWN_VARIABLES = re.compile(r"JPY_|KERNEL_|PYTEST_|_$|SHLVL|PWD|OLDPWD|LINES|COLUMNS")
OWN_LOGGERS = (
    "cacheable",
    "jupyterlab_cacheable",
    "traitlets",
    "asyncio",
    "tornado",
    "IPKernelApp",
)


def settings() -> dict[str, Tree]:
    """Every setting by name; the text of an error where one cannot be read."""
    with warnings.catch_warnings():
        filters = warning_filters()
        warnings.simplefilter("ignore")
        found = {name: attempt(read) for name, read in READERS.items()}
    return {**found, "warnings filters": filters}


def generators() -> dict[str, str]:
    """A digest of the state of each global generator that is loaded."""
    found = {"random": digest(repr(random.getstate()).encode())}
    numpy, torch = sys.modules.get("numpy.random"), sys.modules.get("torch")
    if numpy is not None:
        found["numpy.random"] = digest(repr(numpy_state(numpy)).encode())
    if torch is not None and hasattr(torch, "get_rng_state"):
        found["torch"] = digest(torch.get_rng_state().numpy().tobytes())
    return found


def numpy_state(module: Any) -> Any:
    name, keys, *rest = module.get_state()
    return [name, hashlib.sha256(keys.tobytes()).hexdigest(), *rest]


def attempt(read: Callable[[], Tree]) -> Tree:
    try:
        return read()
    except Exception as error:
        return ["cannot be read", text_of(error)]


def warning_filters() -> Tree:
    return [
        [action, pattern(message), name_of(category), pattern(module), line]
        for action, message, category, module, line in warnings.filters
        if not is_installed(category.__module__)
        and not str(pattern(message)).startswith("numpy.")  # numpy's own, set when it is loaded
    ]


def is_installed(name: str) -> bool:
    """Whether a module is neither Python's own nor the user's: a library may load it when it likes."""
    file = getattr(sys.modules.get(name), "__file__", None) or ""
    return "site-packages" in file


def pattern(value: Any) -> Any:
    return getattr(value, "pattern", value)


def environment() -> Tree:
    return {name: os.environ[name] for name in sorted(os.environ) if not OWN_VARIABLES.match(name)}


def umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def signals() -> Tree:
    handlers = {
        number.name: signal.getsignal(number)
        for number in signal.valid_signals()
        if isinstance(number, signal.Signals)
    }
    return {name: getattr(one, "__qualname__", str(one)) for name, one in sorted(handlers.items())}


def loggers() -> Tree:
    """Root and every logger that has settings of its own."""
    found = {"": logger_settings(logging.root), "disabled": logging.root.manager.disable}
    for name, one in sorted(logging.root.manager.loggerDict.items()):
        own = isinstance(one, logging.Logger) and (one.level or one.handlers or one.disabled)
        if own and name.partition(".")[0] not in OWN_LOGGERS:
            found[name] = logger_settings(one)  # type: ignore[arg-type]
    return found


def decimal_context() -> Tree:
    return text_of(decimal.getcontext())


def pandas_options() -> Tree:
    """Options that are not as they are by default: libraries add some when first used."""
    pandas = sys.modules.get("pandas")
    if pandas is None or not hasattr(pandas, "describe_option"):
        return []
    text = pandas.describe_option(_print_desc=False)
    return changed_options(
        re.findall(r"^(\S+) :|\[default: (.*?)\] +\[currently: (.*?)\]", text, re.M)
    )


def changed_options(states: Iterable[tuple[str, str, str]]) -> list[list[str]]:
    """Name and value of the options that are not as they are by default."""
    changed, name = [], ""
    for title, default, current in states:
        name = title or name
        if not title and default != current:
            changed.append([name, current])
    return changed


NUMPY_DEFAULTS = {
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
    "call": None,
}


def numpy_options() -> Tree:
    """Options that are not as they are by default: a library may load numpy when it likes."""
    numpy = sys.modules.get("numpy")
    if numpy is None or not hasattr(numpy, "get_printoptions"):
        return []
    found = {**numpy.get_printoptions(), **numpy.geterr(), "call": numpy.geterrcall()}
    return [
        [name, text_of(value)]
        for name, value in sorted(found.items())
        if value != NUMPY_DEFAULTS.get(name)
    ]


def drawing_options() -> Tree:
    matplotlib = sys.modules.get("matplotlib")
    if matplotlib is None or not hasattr(matplotlib, "rcParams"):
        return []
    return {name: text_of(value) for name, value in sorted(dict.items(matplotlib.rcParams))}


def inline_options() -> Tree:
    module = sys.modules.get("matplotlib_inline.config")
    if module is None or not module.InlineBackend.initialized():
        return []
    made = module.InlineBackend.instance()
    names = ("figure_formats", "print_figure_kwargs", "close_figures", "rc")
    return [text_of(getattr(made, name)) for name in names]


def figures() -> Tree:
    """Open figures and the current axes of each."""
    helpers = sys.modules.get("matplotlib._pylab_helpers")
    if helpers is None:
        return []
    return [
        [
            number,
            [
                axes is manager.canvas.figure._axstack.current()
                for axes in manager.canvas.figure.axes
            ],
        ]
        for number, manager in helpers.Gcf.figs.items()
    ]


def torch_options() -> Tree:
    torch = sys.modules.get("torch")
    if torch is None or not hasattr(torch, "get_default_dtype"):
        return []
    return [
        str(torch.get_default_dtype()),
        str(torch.get_default_device()),
        torch.is_grad_enabled(),
        torch.get_num_threads(),
        torch.are_deterministic_algorithms_enabled(),
        text_of(vars(torch._tensor_str.PRINT_OPTS)),
    ]


def polars_options() -> Tree:
    polars = sys.modules.get("polars")
    return text_of(sorted(polars.Config.state().items())) if hasattr(polars, "Config") else ""


def sklearn_options() -> Tree:
    module = sys.modules.get("sklearn")
    return text_of(sorted(module.get_config().items())) if hasattr(module, "get_config") else ""


def shell() -> Any:
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None


def magics() -> Tree:
    """Magics by name, without the one that the extension adds, and aliases."""
    made = shell()
    if made is None:
        return []
    named = {
        kind: sorted(set(found) - {"cacheable"})
        for kind, found in made.magics_manager.magics.items()
    }
    return [named, sorted(map(str, made.alias_manager.aliases))]


def display_formatters() -> Tree:
    """For each kind of representation the types that have a printer of their own.

    A printer is kept by the name of its type until the first such value is shown.
    """
    made = shell()
    if made is None:
        return []
    return {
        mime: [
            sorted(
                "<class '{}.{}'>".format(*one) if isinstance(one, tuple) else text_of(one)
                for one in (*formatter.type_printers, *formatter.deferred_printers)
            ),
            getattr(formatter, "pprint", None),
            formatter.enabled,
        ]
        for mime, formatter in sorted(made.display_formatter.formatters.items())
    }


def shell_options() -> Tree:
    made = shell()
    names = ("ast_node_interactivity", "autoawait", "autocall", "automagic", "pdb")
    if made is None:
        return []
    tracebacks = getattr(getattr(made, "InteractiveTB", None), "mode", None)
    return [tracebacks, *(text_of(getattr(made, name, None)) for name in names)]


def name_of_hook(value: Any) -> str:
    return str(getattr(value, "__qualname__", name_of(type(value))))


def text_of_stream(value: Any) -> Tree:
    return [name_of(type(value)), text_of(getattr(value, "name", None))]


READERS: dict[str, Callable[[], Tree]] = {
    "working folder": os.getcwd,
    "environment": environment,
    "sys.path": lambda: list(sys.path),
    "sys.argv": lambda: len(sys.argv),
    "file mode mask": umask,
    "recursion limit": sys.getrecursionlimit,
    "switch interval": sys.getswitchinterval,
    "integer digits": sys.get_int_max_str_digits,
    "hooks": lambda: [name_of_hook(one) for one in (sys.unraisablehook, threading.excepthook)],
    "output streams": lambda: [text_of_stream(sys.stdout), text_of_stream(sys.stderr)],
    "signal handlers": signals,
    "garbage collector": lambda: [gc.isenabled(), list(gc.get_threshold())],
    "builtins": lambda: sorted(vars(builtins)),
    "locale": lambda: [locale.setlocale(locale.LC_ALL), list(time.tzname)],
    "decimal context": decimal_context,
    "logging": loggers,
    "copyreg": lambda: sorted(
        name_of(kind)
        for kind, function in copyreg.dispatch_table.items()
        if not is_installed(function.__module__)
    ),
    "csv dialects": csv.list_dialects,
    "socket timeout": socket.getdefaulttimeout,
    "matplotlib rcParams": drawing_options,
    "inline backend": inline_options,
    "open figures": figures,
    "pandas options": pandas_options,
    "numpy options": numpy_options,
    "torch options": torch_options,
    "polars options": polars_options,
    "scikit-learn options": sklearn_options,
    "magics": magics,
    "display formatters": display_formatters,
    "shell options": shell_options,
}
