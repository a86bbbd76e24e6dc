"""See what a running cell does to the world outside the notebook's memory.

Python's audit events tell which files are opened, which processes are started and which hosts are
called. An audit hook cannot be removed, so one is installed per process and sleeps between runs.
Files and environment variables become conditions of the entry (`deeds`, `reading`); what cannot be
compared later, such as a process or a host, is refused by name.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Callable, Iterable, Set
from typing import Any

from . import events
from .asking import Asking
from .attributes import AttributeSets
from .deeds import Deeds
from .held import HeldFiles
from .native import watch_libraries
from .places import asks_about_machine, is_installed_import, shown, starts_workers
from .probes import Gate, Probes
from .reading import EnvironmentReads
from .settle import World, settle
from .workers import Workers, belongs_to_workers

_PROCESSES = frozenset(
    "subprocess.Popen os.system os.exec os.fork os.forkpty os.posix_spawn os.startfile "
    "pty.spawn".split()
)
_NETWORK = frozenset(
    "socket.connect socket.bind socket.getaddrinfo socket.gethostbyname urllib.Request".split()
)
# Threads that never write into the cell's output: tqdm's monitor, the one that pyzmq starts with
# the first message above 64 kB, and the kernel's own for the front end's other messages.
_HARMLESS_THREADS = frozenset({"TMonitor", "GarbageCollectorThread", "SubshellThread"})


class Watch:
    """Collects, during one run, what it does to files, and sentences about what cannot be stored.

    ``texts`` are the texts that the cell mentions, ``used`` the names and attributes, and
    ``may_open_unseen`` tells whether it uses what could open files unseen.
    ``workers`` tells whether other processes have worked for it, where nothing is seen.
    """

    def __init__(
        self, texts: Iterable[str], used: Set[str], may_open_unseen: Callable[[], bool]
    ) -> None:
        self.sentences: list[str] = []
        self.workers = Workers()
        self._gate = Gate()
        self._deeds = Deeds(texts, self.sentences, may_open_unseen)
        self._held = HeldFiles()
        self._asking = Asking(self._deeds, self._held)
        self._events = events.Events(self._deeds, self._asking)
        self._reads = EnvironmentReads(self._deeds, self._gate, used)
        self._sets = AttributeSets(self.sentences, used)
        self._probes = Probes(self._gate)
        self._threads = set(threading.enumerate())
        self._tasks = _user_tasks()

    def start(self) -> None:
        """Begin to watch."""
        self._asking.watch(self._probes)
        self._reads.watch(self._probes)
        self._sets.watch(self._probes)
        watch_libraries(self._probes, self._deeds)

    def stop(self, namespace: dict[str, Any]) -> None:
        """Put everything back; names that the run bound to a stand-in get the original."""
        self._probes.close(namespace)

    def see(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Called for each audit event of the process while this watch is on."""
        listener = self._events.hear if event in events.NAMES else self._judge
        self._gate.tell(listener, event, arguments)

    def _judge(self, event: str, arguments: tuple[Any, ...]) -> None:
        sentence = "it uses the network"
        if event in _PROCESSES:
            if asks_about_machine() or starts_workers():
                return
            what = _text(arguments[0]) if arguments else event
            sentence = f"it starts a process ({shown(what)})"
        if sentence not in self.sentences and not is_installed_import():
            self.sentences.append(sentence)

    def world(self) -> World:
        """What the run needs of files and leaves; Uncacheable when a hit cannot equal it."""
        return settle(self._deeds)

    def wrote(self, path: str) -> bool:
        """Whether the run itself wrote, replaced or removed the file at an absolute path."""
        return self._deeds.is_changed(path)

    def variables_read(self) -> frozenset[str]:
        """The environment variables that the run read before it set them."""
        return frozenset(self._reads.names)

    def variables_set(self) -> frozenset[str]:
        """The environment variables that the run set without reading them before."""
        return frozenset(self._reads.set)

    def look_for_leftovers(self) -> None:
        """Name threads and tasks that the cell started and that still run."""
        for thread in set(threading.enumerate()) - self._threads:
            if not _is_harmless(thread) and thread.is_alive():
                self.sentences.append(
                    f"the thread {thread.name!r} that it started is still running"
                )
        for name in _user_tasks() - self._tasks:
            self.sentences.append(f"the task {name!r} that it started is still running")
        self.sentences += self._held.sentences()
        for fault in self._gate.faults:
            self.sentences.append(f"what it does with files could not be followed ({fault})")


def _is_harmless(thread: threading.Thread) -> bool:
    return type(thread).__name__ in _HARMLESS_THREADS or belongs_to_workers(thread)


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


def _text(argument: Any) -> str:
    try:
        return os.fsdecode(argument)
    except TypeError:
        return str(argument)


_active: Watch | None = None
_installed = False
_INTERESTING = events.NAMES | _PROCESSES | _NETWORK


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    watch = _active
    if watch is not None and event in _INTERESTING:
        watch.see(event, arguments)


class Watcher:
    """Switches the process's one audit hook on for a run and off again."""

    def __init__(self, install: Callable[[Any], None] = sys.addaudithook) -> None:
        global _installed
        if not _installed:
            install(_hook)
            _installed = True

    def start(
        self, texts: Iterable[str], used: Set[str], may_open_unseen: Callable[[], bool]
    ) -> Watch:
        """Begin to watch a run."""
        global _active
        watch = Watch(texts, used, may_open_unseen)
        watch.start()
        _active = watch
        return watch

    def stop(self, namespace: dict[str, Any]) -> None:
        """End the watch, if there is one."""
        global _active
        watch, _active = _active, None
        if watch is not None:
            watch.stop(namespace)


# What a cell can ask of the world without an audit event, seen from the names its code uses.
_FILE_QUESTIONS = frozenset(
    "samefile sameopenfile samestat fstat statvfs fstatvfs disk_usage st_ino st_dev st_nlink "
    "st_atime st_atime_ns st_ctime st_ctime_ns st_birthtime getatime getctime linecache".split()
)
# On Windows the library answers these in native code, where nothing can stand in.
_ON_WINDOWS = frozenset("exists lexists isfile isdir islink".split())
# What changes the session in ways that a hit would not repeat: name -> where it counts, what it is.
_CHANGERS = {
    "register": ("atexit", "the functions that run at exit"),
    "umask": ("os", "the permissions of new files"),
    "setrlimit": ("resource", "the limits of the process"),
}
_CLOCKS = frozenset(
    "time time_ns perf_counter perf_counter_ns monotonic now utcnow today uuid1".split()
)
_ENTROPY = frozenset(
    "uuid4 uuid6 uuid7 urandom SystemRandom token_hex token_bytes getrandbits".split()
)
_PROCESS = frozenset({"getpid", "getppid"})


# Methods that change only the object they are called on: torch's modules, tensors and optimizers.
_REGISTERS_INSIDE = frozenset(
    "register_buffer register_parameter register_module register_forward_hook register_hook "
    "register_forward_pre_hook register_full_backward_hook register_full_backward_pre_hook "
    "register_backward_hook register_post_accumulate_grad_hook register_step_pre_hook "
    "register_step_post_hook register_state_dict_pre_hook register_state_dict_post_hook "
    "register_load_state_dict_pre_hook register_load_state_dict_post_hook".split()
)


def questions(
    attributes: Iterable[str], names: Iterable[str], own: Iterable[str] = ()
) -> list[str]:
    """Sentences about what the code asks of the world, from the names and attributes it uses.

    ``own`` are the names of the user's functions and methods.
    """
    used, roots = set(attributes) | set(names), set(names)
    found = []
    if "argv" in used and roots & {"sys", "argv"}:
        found.append("it reads the command line")
    if {"environ", "_data"} <= used or ("posix" in roots and "environ" in used):
        found.append("it reads environment variables where that is not seen")
    asked = used & (_FILE_QUESTIONS | (_ON_WINDOWS if os.name == "nt" else frozenset()))
    if asked:
        found.append(f"it asks the file system ({min(asked)})")
    for name in sorted(used & _CHANGERS.keys()):
        module, what = _CHANGERS[name]
        if module in roots:
            found.append(f"it changes {what}")
    for name in sorted(used - _REGISTERS_INSIDE - set(own)):
        if name.startswith("register_"):
            found.append(f"it registers something with a library ({name})")
    return found


def notes(attributes: Iterable[str], names: Iterable[str]) -> list[str]:
    """Remarks for the entry: a hit shows the clock, the entropy and the process of its run."""
    used, roots = set(attributes) | set(names), set(names)
    found = []
    if used & _CLOCKS and roots & {"time", "datetime", "perf_counter", "date", "pd"}:
        found.append("reads the clock")
    if used & _ENTROPY and roots & {"uuid", "os", "secrets", "random", "uuid4", "np"}:
        found.append("uses entropy of the operating system")
    if used & _PROCESS and roots & {"os", "getpid", "getppid"}:
        found.append("reads the number of the process")
    return found
