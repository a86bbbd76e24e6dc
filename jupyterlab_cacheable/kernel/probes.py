"""Questions that raise no audit event, seen by standing in for the functions that answer them.

While a run is watched, `os.stat` and its like, the key conversion of `os.environ`, and the
functions with which polars, pyarrow, pandas and torch open files in native code are replaced by
stand-ins. A stand-in tells the watch and then does what the original does. Code that keeps a
stand-in beyond the run keeps a function that only does what the original does.
"""

from __future__ import annotations

import functools
import os
import sys
import threading
from collections.abc import Callable, Iterator
from importlib.machinery import ModuleSpec
from types import TracebackType
from typing import Any

from .places import is_ours

Tell = Callable[[tuple[Any, ...], dict[str, Any]], None]

_set = setattr  # the original, though something may stand in for the builtin


class Gate:
    """Lets through what the cell does: not the kernel's own threads, nothing done while telling.

    Nothing that goes wrong in here may reach the cell; ``faults`` says what did.
    """

    def __init__(self) -> None:
        self.faults: list[str] = []
        self._foreign = {t.ident for t in threading.enumerate() if _is_kernels(t)}
        self._busy: set[int] = set()

    def is_open(self) -> bool:
        """True when what happens now is the doing of the cell."""
        ident = threading.get_ident()
        return ident not in self._foreign and ident not in self._busy

    def tell(self, listener: Callable[..., None], *about: Any) -> None:
        """Call the listener, unless the gate is closed; what it does is not told in turn."""
        if not self.is_open():
            return
        ident = threading.get_ident()
        self._busy.add(ident)
        try:
            listener(*about)
        except Exception as error:  # noqa: BLE001 - the cell must never see it
            self.faults.append(repr(error))
        finally:
            self._busy.discard(ident)


def _is_kernels(thread: threading.Thread) -> bool:
    """True for the threads that serve messages, watch pipes and save the history."""
    target = getattr(thread, "_target", None)
    owner = getattr(target, "__self__", None)
    home = type(owner).__module__ if owner is not None else getattr(target, "__module__", "")
    modules = (type(thread).__module__, home or "")
    return any(module.partition(".")[0] in _KERNEL_PACKAGES for module in modules)


_KERNEL_PACKAGES = frozenset({"ipykernel", "IPython", "zmq", "jupyter_client", "tornado"})


class Probe:
    """Stands in for a function; equal to it, so that it is found in sets such as `supports_fd`.

    An object rather than a function, so that a class that takes it as a member does not bind it.
    """

    def __init__(self, original: Callable[..., Any], tell: Tell) -> None:
        self.original = original
        self.tell: Tell | None = tell

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.tell is not None:
            self.tell(args, kwargs)
        return self.original(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.original, name)

    def __eq__(self, other: object) -> bool:
        return self is other or self.original == other

    def __hash__(self) -> int:
        return hash(self.original)

    def __repr__(self) -> str:
        return repr(self.original)

    def __reduce__(self) -> tuple[Any, ...]:
        return getattr, (sys.modules[self.original.__module__], self.original.__name__)


class Probes:
    """Puts stand-ins into modules and classes, and takes them out again."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._undo: list[Callable[[], object]] = []

    def replace(self, owner: Any, name: str, tell: Tell) -> None:
        """Stand in for a function of a module, or a method of a class; nothing if there is none."""
        original = vars(owner).get(name)
        if original is None or isinstance(original, Probe | type):
            return
        probe = Probe(original, functools.partial(self._gate.tell, tell))
        stand_in = _method(probe) if isinstance(owner, type) else probe
        _set(owner, name, stand_in)
        self._undo.append(functools.partial(_put_back, owner, name, stand_in, probe))

    def replace_attribute(self, owner: Any, name: str, value: Any) -> None:
        """Set an attribute until the end of the run."""
        original = getattr(owner, name)
        _set(owner, name, value)
        self._undo.append(functools.partial(_set, owner, name, original))

    def on_import(self, names: frozenset[str], call: Callable[[str], None]) -> None:
        """Call back after a module of these names has been imported for the first time."""
        finder = _Finder(names, call)
        sys.meta_path.insert(0, finder)
        self._undo.append(functools.partial(_take_out, finder))

    def close(self, namespace: dict[str, Any]) -> None:
        """Everything is as it was, in `namespace` too; can be called again."""
        while self._undo:
            self._undo.pop()()
        without_probes(namespace)


def _put_back(owner: Any, name: str, stand_in: Any, probe: Probe) -> None:
    probe.tell = None
    if vars(owner).get(name) is stand_in:
        _set(owner, name, probe.original)


def _method(probe: Probe) -> Callable[..., Any]:
    """A function, since a method has to be bound to its object."""

    @functools.wraps(probe.original)
    def method(*args: Any, **kwargs: Any) -> Any:
        return probe(*args, **kwargs)

    return method


class _Finder:
    """Finds nothing by itself; has the loaders of some modules call back when they are done."""

    def __init__(self, names: frozenset[str], call: Callable[[str], None]) -> None:
        self._names, self._call = names, call

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name not in self._names:
            return None
        for finder in sys.meta_path:
            if finder is not self and (spec := finder.find_spec(name, path, target)) is not None:
                self._announce(spec)
                return spec
        return None

    def _announce(self, spec: ModuleSpec) -> None:
        loader: Any = spec.loader
        execute = getattr(loader, "exec_module", None)
        if execute is None:
            return

        def exec_module(module: Any) -> None:
            del loader.exec_module
            execute(module)
            self._call(spec.name)

        loader.exec_module = exec_module


def _take_out(finder: _Finder) -> None:
    if finder in sys.meta_path:
        sys.meta_path.remove(finder)


def without_probes(namespace: dict[str, Any]) -> None:
    """Give names that were bound to a stand-in, as by ``from os import stat``, the original."""
    for name, value in list(namespace.items()):
        if type(value) is Probe:
            namespace[name] = value.original


def hide_in_tracebacks(shell: Any) -> Callable[[], None]:
    """Leave the frames of stand-ins out of the errors that the shell shows; returns the undoing."""
    show = shell.showtraceback

    def showtraceback(*args: Any, **kwargs: Any) -> Any:
        hide_frames(sys.exc_info()[1])
        return show(*args, **kwargs)

    shell.showtraceback = showtraceback
    return functools.partial(vars(shell).pop, "showtraceback", None)


def hide_frames(error: BaseException | None) -> None:
    """Take the frames of stand-ins out of the tracebacks of an error and of what led to it."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        error.__traceback__ = _pruned(error.__traceback__)
        error = error.__cause__ or error.__context__


def _pruned(traceback: TracebackType | None) -> TracebackType | None:
    kept = [each for each in _chain(traceback) if not is_ours(each.tb_frame)]
    for one, following in zip(kept, [*kept[1:], None], strict=True):
        one.tb_next = following
    return kept[0] if kept else None


def _chain(traceback: TracebackType | None) -> Iterator[TracebackType]:
    while traceback is not None:
        yield traceback
        traceback = traceback.tb_next


def path_of(args: tuple[Any, ...], kwargs: dict[str, Any], position: int, *names: str) -> Any:
    """The argument that is the path, by position or by name; None when it was not given."""
    for name in names:
        if name in kwargs:
            return kwargs[name]
    return args[position] if position < len(args) else None


def environments() -> list[Any]:
    """`os.environ`, and `os.environb` where the system has it."""
    return [os.environ, *([os.environb] if hasattr(os, "environb") else [])]
