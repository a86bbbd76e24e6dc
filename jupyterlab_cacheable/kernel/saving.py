"""Saving after the reply: the user gets the result at once, and the entry is written behind it.

A save is put off until the kernel has sent the reply and said that it is idle; then it runs, still
as the last part of handling that request. So nothing comes between the run and its save: no next
cell, no completion, no message to a widget, no callback of the loop. Only threads could, and with
one of the user's alive nothing is put off.
"""

from __future__ import annotations

import atexit
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

from .capture import Tap, flush_streams
from .interrupts import Interrupts

_POST_RUN_CELL = "post_run_cell"
_KERNELS = frozenset({"ipykernel", "IPython", "zmq", "tornado", "debugpy", "pydevd"})
_HARMLESS = frozenset({"_MainThread", "TMonitor", "GarbageCollectorThread"})
_SUBSHELL = "SubshellThread"
_LONGEST_WAIT = 0.5
# A cell that was waiting when a save was interrupted comes within this time.
_QUEUED = 1.0


class Later:
    """Keeps at most one save until its request is answered."""

    def __init__(self, shell: Any, tap: Tap, interrupts: Interrupts) -> None:
        self._shell = shell
        self._kernel = getattr(shell, "kernel", None)
        self._tap = tap
        self._save: Callable[[], None] | None = None
        self._stopped: tuple[datetime, float] | None = None
        self._leaving = interrupts.leaving
        if self._kernel is not None:
            self._do_shutdown = self._kernel.do_shutdown
            self._kernel.do_shutdown = self._shut_down
        atexit.register(self.flush)

    def close(self) -> None:
        """Do what waits, and take our hooks back."""
        self.flush()
        atexit.unregister(self.flush)
        if self._kernel is not None and self._kernel.__dict__.get("do_shutdown") == self._shut_down:
            del self._kernel.do_shutdown

    def begin(self) -> bool:
        """A cell is about to run; whether it was waiting when the save before it was interrupted.

        Then the interrupt was meant for it as well.
        """
        self.flush()
        stopped, self._stopped = self._stopped, None
        if stopped is None or time.monotonic() > stopped[1] + _QUEUED:
            return False
        sent = self._parent().get("header", {}).get("date")
        return isinstance(sent, datetime) and sent < stopped[0]

    def stop_next(self, at: datetime) -> None:
        """A save was interrupted at this time."""
        self._stopped = (at, time.monotonic())

    def is_possible(self, request: str) -> bool:
        """Whether the values of the cell that just ran stay as they are until it is answered."""
        parent = self._parent()
        asks_more = parent.get("content", {}).get("user_expressions")
        if self._kernel is None or _message_id(parent) != request or asks_more:
            return False
        # What runs behind our own hook may change values.
        hooks = self._shell.events.callbacks[_POST_RUN_CELL]
        return bool(hooks) and _is_ours(hooks[-1]) and not _others_run()

    def put(self, request: str, save: Callable[[], None]) -> None:
        """Call `save` when this request is answered, or at the latest when `flush` is called."""
        self._save = save
        self._tap.when_idle(request, self._answered)

    def flush(self) -> None:
        """Save now what waits."""
        save, self._save = self._save, None
        if save is not None:
            save()

    def say(self, state: str, metadata: dict[str, Any] | None = None) -> None:
        """Tell that the kernel is busy or idle again, with metadata for the request.

        While it saves it answers nobody, so that it is busy then. That is no part of the request:
        front ends take the times of a cell from the messages of its request.
        """
        if self._kernel is None:
            return
        parent = self._shell.display_pub.parent_header if metadata else None
        with suppress(Exception):  # at the very end there may be nobody left to tell
            self._tap.send_unrecorded(
                self._kernel.iopub_socket,
                "status",
                {"execution_state": state},
                parent=parent,
                ident=f"kernel.{self._kernel.ident}.status".encode(),
                metadata=metadata,
            )

    def _parent(self) -> dict[str, Any]:
        """The message that is being handled."""
        return self._shell.get_parent() or {}

    def _answered(self) -> None:
        with suppress(Exception):  # the save does not depend on it
            self._send_out()
        self.flush()

    def _send_out(self) -> None:
        """Wait until the reply and the idle message have left; a save may keep the interpreter."""
        flush_streams()
        kernel: Any = self._kernel
        thread = getattr(kernel, "shell_channel_thread", None)
        if thread is None:
            kernel.shell_stream.flush()
            return
        # The first round may come before what has been sent is seen, the second one comes after.
        sent = threading.Event()
        loop = thread.io_loop
        loop.add_callback(lambda: loop.add_callback(sent.set))
        sent.wait(_LONGEST_WAIT)

    def _shut_down(self, *arguments: Any, **keywords: Any) -> Any:
        self._leaving.set()
        return self._do_shutdown(*arguments, **keywords)


def _message_id(message: dict[str, Any]) -> str:
    return str(message.get("header", {}).get("msg_id", ""))


def _is_ours(hook: Any) -> bool:
    return str(getattr(hook, "__module__", "")).startswith(__package__)


def _others_run() -> bool:
    """Whether a thread is there that may run code of the user."""
    known = {thread.ident for thread in threading.enumerate() if _is_kernels(thread)}
    return not sys._current_frames().keys() <= known


def _is_kernels(thread: threading.Thread) -> bool:
    kind = type(thread)
    if kind.__name__ == _SUBSHELL:
        return False
    target = getattr(thread, "_target", None)
    homes = (kind.__module__, getattr(target, "__module__", None))
    return kind.__name__ in _HARMLESS or any(
        str(home).partition(".")[0] in _KERNELS for home in homes
    )
