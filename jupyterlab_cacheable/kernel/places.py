"""Which paths belong to the installation or to the machinery of a notebook, and not to its data."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from types import FrameType

from ..analysis.origin import is_installed_path
from ..config import index_path

_SYSTEM = (
    *("/proc/", "/sys/", "/etc/", "/usr/share/", "/usr/lib/", "/usr/local/share/"),
    *(
        os.path.join(prefix, folder, "")
        for prefix in (sys.prefix, sys.base_prefix)
        for folder in ("lib", "share", "etc")
    ),
)
_SHARED_MEMORY = os.path.join("/dev", "shm", "")
_OF_WORKERS = os.path.join("", "joblib_memmapping_folder_")
_CELLS = os.path.join(tempfile.gettempdir(), "ipykernel_")
_IMPORTLIB = os.path.join(os.path.dirname(os.__file__), "importlib")
_IMPORT_SYSTEM = "<frozen importlib._bootstrap_external>"
_OWN = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "")
# Modules that look at source files to explain errors and warnings.
_EXPLAINERS = frozenset({"linecache", "tokenize", "inspect"})


def is_systems(path: str) -> bool:
    """True for an absolute path that belongs to the system or to the installed packages."""
    if is_workers(path):
        return True
    if path.startswith("/dev/") and not path.startswith(_SHARED_MEMORY):
        return True
    if path.startswith(os.path.join(index_path(Path(path)).parent, "")):
        return True  # our own index, which a look-up has opened
    return path.startswith(_SYSTEM) or is_installed_path(path) or _is_cell_source(path)


def is_workers(path: str) -> bool:
    """True for a file through which joblib hands large arrays to its processes."""
    return _OF_WORKERS in path


def _is_cell_source(path: str) -> bool:
    """Tracebacks and warnings look for the file that a cell pretends to be compiled from."""
    return path.startswith(_CELLS) or os.path.basename(path).startswith("<")


def is_import_system() -> bool:
    """True when the import system itself is at work, looking for a module or reading its code."""
    frame = outside_frame()
    file = "" if frame is None else frame.f_code.co_filename
    return file == _IMPORT_SYSTEM or file.startswith(_IMPORTLIB)


def is_explaining(path: str) -> bool:
    """True when Python reads source code in order to show it in a traceback or a warning."""
    return path.endswith(".py") and acting(outside_frame())[0] in _EXPLAINERS


def is_installed_import() -> bool:
    """True inside the import of an installed module: what that does belongs to its version.

    (matplotlib, for one, builds its list of fonts when it is imported for the first time.)
    """
    inner = ""
    frame = outside_frame()
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith("<frozen importlib"):
            if inner and is_installed_path(inner):
                return True
        else:
            inner = file
        frame = frame.f_back
    return False


# They start a program to learn about the machine: its cores, its name, its libraries.
_ABOUT_THE_MACHINE = ("joblib.externals.loky.backend.context", "platform", "ctypes.util")
_WORKERS = ("joblib.externals.loky",)


def asks_about_machine() -> bool:
    """True inside a library's question about the machine, whose answer is no result of a cell."""
    return _is_inside(_ABOUT_THE_MACHINE)


def starts_workers() -> bool:
    """True inside what starts the processes that joblib (`n_jobs=2`) lets do its work."""
    return _is_inside(_WORKERS)


def _is_inside(modules: tuple[str, ...]) -> bool:
    frame = outside_frame()
    while frame is not None:
        if str(frame.f_globals.get("__name__", "")).startswith(modules):
            return is_installed_path(frame.f_code.co_filename)
        frame = frame.f_back
    return False


def outside_frame() -> FrameType | None:
    """The nearest frame that is not of this package."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and is_ours(frame):
        frame = frame.f_back
    return frame


def acting(frame: FrameType | None) -> tuple[str, str]:
    """The top-level module and the function whose code a frame runs."""
    if frame is None:
        return "", ""
    module = str(frame.f_globals.get("__name__", ""))
    return module.partition(".")[0], frame.f_code.co_name


def is_ours(frame: FrameType) -> bool:
    """True for a frame of this package."""
    return frame.f_code.co_filename.startswith(_OWN)


def shown(path: str) -> str:
    """A path as it stands in a sentence: quoted, the end of a long one."""
    return repr(path if len(path) <= 60 else "…" + path[-59:])
