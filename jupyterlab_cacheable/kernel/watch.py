"""See what a running cell does to the world outside the notebook's memory.

Python's audit events tell which files are opened, which processes are started and which hosts are
called. An audit hook cannot be removed, so one is installed per process and sleeps between runs.
This version stores no cell that touches such things, because they are not part of its key.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any

from ..analysis.origin import is_installed_path

_SYSTEM = (
    *("/dev/", "/proc/", "/sys/", "/etc/", "/usr/share/", "/usr/lib/", "/usr/local/share/"),
    *(
        os.path.join(prefix, folder, "")
        for prefix in (sys.prefix, sys.base_prefix)
        for folder in ("lib", "share", "etc")
    ),
)
_PROCESSES = frozenset(
    "subprocess.Popen os.system os.exec os.fork os.forkpty os.posix_spawn os.startfile "
    "pty.spawn".split()
)
_NETWORK = frozenset(
    "socket.connect socket.bind socket.getaddrinfo socket.gethostbyname urllib.Request".split()
)
_CHANGES = frozenset(
    "os.rename os.remove os.mkdir os.rmdir os.link os.symlink os.truncate os.chmod os.utime "
    "shutil.copyfile shutil.move shutil.rmtree shutil.make_archive shutil.unpack_archive".split()
)
_LISTINGS = frozenset({"os.listdir", "os.scandir", "glob.glob", "os.walk"})
_IMPORTLIB = os.path.join(os.path.dirname(os.__file__), "importlib")
_IMPORT_SYSTEM = "<frozen importlib._bootstrap_external>"
# Threads of libraries that only watch and never write into the cell's output.
_HARMLESS_THREADS = frozenset({"TMonitor"})


class Watch:
    """Collects, during one run, sentences about what cannot be part of this version's keys."""

    def __init__(self) -> None:
        self.sentences: list[str] = []
        self._foreign_threads = {thread.ident for thread in threading.enumerate()}
        self._foreign_threads.discard(threading.get_ident())
        self._threads = set(threading.enumerate())
        self._tasks = _user_tasks()

    def see(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Called for each audit event of the process while this watch is on."""
        if threading.get_ident() in self._foreign_threads:
            return
        sentence = _judge(event, arguments)
        if sentence is not None and sentence not in self.sentences and not _while_importing():
            self.sentences.append(sentence)

    def look_for_leftovers(self) -> None:
        """Name threads and tasks that the cell started and that still run."""
        for thread in set(threading.enumerate()) - self._threads:
            if type(thread).__name__ not in _HARMLESS_THREADS and thread.is_alive():
                self.sentences.append(
                    f"the thread {thread.name!r} that it started is still running"
                )
        for name in _user_tasks() - self._tasks:
            self.sentences.append(f"the task {name!r} that it started is still running")


def _user_tasks() -> set[str]:
    """Names of unfinished asyncio tasks whose coroutine is written in a notebook cell."""
    try:
        tasks = asyncio.all_tasks()
    except RuntimeError:
        return set()
    names = set()
    for task in tasks:
        code = getattr(task.get_coro(), "cr_code", None)
        if code is not None and "ipykernel_" in code.co_filename and code.co_name != "<module>":
            names.add(f"{code.co_name} ({task.get_name()})")
    return names


def _judge(event: str, arguments: tuple[Any, ...]) -> str | None:
    if event == "open":
        return _judge_open(*arguments[:3])
    if event in _PROCESSES:
        return f"it starts a process ({_shown(arguments[0]) if arguments else event})"
    if event in _NETWORK:
        return "it uses the network"
    if event == "sqlite3.connect" and arguments[0] != ":memory:":
        return f"it opens the database {_shown(arguments[0])}"
    if event in _CHANGES and not _is_ours(arguments[0]):
        return f"it changes the file {_shown(arguments[0])}"
    if event in _LISTINGS and not _is_look_up(arguments[0] if arguments else "."):
        return f"it lists the folder {_shown(arguments[0] if arguments else '.')}"
    return None


def _judge_open(path: Any, mode: Any, flags: Any) -> str | None:
    if isinstance(path, int) or _is_ours(path):
        return None
    writes = any(letter in mode for letter in "wax+") if isinstance(mode, str) else False
    if isinstance(flags, int):
        writes = writes or bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
    return f"it {'writes' if writes else 'reads'} the file {_shown(path)}"


def _is_ours(path: Any) -> bool:
    """True for files that belong to the installation and for the import system's own look-ups."""
    if path is None or _caller_file() == _IMPORT_SYSTEM:
        return True
    try:
        absolute = os.path.abspath(os.fsdecode(path))
    except (TypeError, ValueError):
        return False
    if absolute.startswith(_SYSTEM) or is_installed_path(absolute):
        return True
    return _is_cell_source(absolute)


def _is_look_up(folder: Any) -> bool:
    """True when the import system or `importlib.metadata` goes through the module path."""
    return _caller_file().startswith(_IMPORTLIB) or _is_ours(folder)


def _while_importing() -> bool:
    """True inside the import of an installed module: what that does belongs to its version.

    (matplotlib, for one, builds its list of fonts when it is imported for the first time.)
    """
    inner = ""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith("<frozen importlib"):
            if inner and is_installed_path(inner):
                return True
        else:
            inner = file
        frame = frame.f_back
    return False


def _caller_file() -> str:
    """File of the nearest Python frame outside this module; "" when there is none."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename == __file__:
        frame = frame.f_back
    return "" if frame is None else frame.f_code.co_filename


def _is_cell_source(path: str) -> bool:
    """Tracebacks and warnings look for the file that a cell pretends to be compiled from."""
    return path.startswith(os.path.join(tempfile.gettempdir(), "ipykernel_")) or "<" in path


def _shown(path: Any) -> str:
    try:
        text = os.fsdecode(path)
    except TypeError:
        text = str(path)
    return repr(text if len(text) <= 60 else "…" + text[-59:])


_active: Watch | None = None
_installed = False


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    watch = _active
    if watch is not None and event in _INTERESTING:
        watch.see(event, arguments)


_INTERESTING = frozenset({"open", "sqlite3.connect", *_PROCESSES, *_NETWORK, *_CHANGES, *_LISTINGS})


class Watcher:
    """Switches the process's one audit hook on for a run and off again."""

    def __init__(self, install: Callable[[Any], None] = sys.addaudithook) -> None:
        global _installed
        if not _installed:
            install(_hook)
            _installed = True

    def start(self) -> Watch:
        global _active
        _active = Watch()
        return _active

    def stop(self) -> None:
        global _active
        _active = None


# What a cell can ask of the world without an audit event, seen from the names its code uses.
_FILE_QUESTIONS = frozenset(
    "exists lexists isfile isdir islink is_file is_dir getmtime getsize stat lstat access samefile "
    "getcwd cwd abspath realpath absolute resolve home expanduser gettempdir".split()
)
_FILE_ROOTS = frozenset("os Path pathlib path posixpath tempfile shutil".split())
_C_READERS = frozenset("pyarrow polars h5py duckdb netCDF4 fastparquet".split())
_READERS = ("read_", "scan_", "open_", "memory_map", "dataset", "File")
# What changes the session in ways that a hit would not repeat: name -> where it counts, what it is.
_CHANGERS = {
    "filterwarnings": ("warnings", "the warnings filters"),
    "simplefilter": ("warnings", "the warnings filters"),
    "catch_warnings": ("warnings", "the warnings filters"),
    "setLevel": ("logging", "the logging settings"),
    "addHandler": ("logging", "the logging settings"),
    "removeHandler": ("logging", "the logging settings"),
    "basicConfig": ("logging", "the logging settings"),
    "dictConfig": ("logging", "the logging settings"),
    "register": ("atexit", "the functions that run at exit"),
}
_ENVIRONMENT = frozenset({"environ", "getenv", "environb", "expandvars", "argv"})
_CLOCKS = frozenset(
    "time time_ns perf_counter perf_counter_ns monotonic now utcnow today uuid1".split()
)
_ENTROPY = frozenset("uuid4 urandom SystemRandom token_hex token_bytes getrandbits".split())


def questions(attributes: Iterable[str], names: Iterable[str]) -> list[str]:
    """Sentences about what the code asks of the world, from the names and attributes it uses."""
    used, roots = set(attributes) | set(names), set(names)
    found = []
    if used & _ENVIRONMENT and roots & {"os", "sys", *_ENVIRONMENT}:
        found.append("it reads environment variables or the command line")
    if used & _FILE_QUESTIONS and roots & _FILE_ROOTS:
        asked = sorted(used & _FILE_QUESTIONS)[0]
        found.append(f"it asks the file system ({asked})")
    for name in sorted(used & _CHANGERS.keys()):
        module, what = _CHANGERS[name]
        if module in roots:
            found.append(f"it changes {what}")
    for name in sorted(used):
        if roots & _C_READERS and name.startswith(_READERS):
            found.append(f"it reads files with {name}")
        if name.startswith("register_"):
            found.append(f"it registers something with a library ({name})")
    return found


def notes(attributes: Iterable[str], names: Iterable[str]) -> list[str]:
    """Remarks for the entry: a hit shows the clock and the entropy of the run that was stored."""
    used, roots = set(attributes) | set(names), set(names)
    found = []
    if used & _CLOCKS and roots & {"time", "datetime", "perf_counter", "date", "pd"}:
        found.append("reads the clock")
    if used & _ENTROPY and roots & {"uuid", "os", "secrets", "random", "uuid4", "np"}:
        found.append("uses entropy of the operating system")
    return found


def named_file(strings: Iterable[str]) -> str | None:
    """The first text that is the path of an existing file outside the installation.

    Readers written in C open files without an audit event, so a path in the code counts as read.
    """
    for text in sorted(strings):
        if not text or len(text) > 1000 or "\n" in text or "\0" in text:
            continue
        if os.path.isfile(text) and not _is_ours(text):
            return text
    return None
