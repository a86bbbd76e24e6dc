"""Copy the messages of one request as the kernel sends them, without touching the live output.

The tap replaces `send` on the kernel's session object. That is the one place that display data,
results, stream chunks, widget messages and the reply all pass through, in the order in which the
front end gets them. It is called from the main thread and from the thread that sends streams.
"""

from __future__ import annotations

import copy
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from ..analysis.unheard import unheard
from .outputs import EndState

# The reader of a pipe holds the last bytes for a moment before it writes them to its stream: a
# guess for systems that do not tell what a thread is doing.
_HANDOVER = 0.025
_LONGEST_WAIT = 1.0

_SHOWN = frozenset(
    "stream display_data update_display_data execute_result clear_output error".split()
)
_RECORDED = _SHOWN | {"comm_open", "comm_msg", "comm_close", "input_request"}


class Recording:
    """What one request shows: the end state of its messages, and the values it displayed."""

    def __init__(self, request: str) -> None:
        self.request = request
        self.state = EndState()
        self.results: list[Any] = []

    def add(self, kind: str, content: Any, metadata: Any, buffers: Any) -> None:
        """Take a message that is being sent."""
        self.state.add(
            {
                "type": kind,
                "content": copy.deepcopy(content or {}),
                "metadata": copy.deepcopy(metadata or {}),
                "buffers": [bytes(buffer) for buffer in buffers or ()],
            }
        )


class Tap:
    """Wraps `session.send` until `close`; records at most one request at a time.

    It also sees the values that the display hook shows.
    """

    def __init__(self, session: Any, displayhook: Any) -> None:
        self._session = session
        self._displayhook = displayhook
        self._send: Callable[..., Any] = session.send
        self._fill: Callable[[Any], None] = displayhook.fill_exec_result
        self._lock = threading.Lock()
        self._recording: Recording | None = None
        self._paused = False
        self._muted: str | None = None
        self._reply: tuple[str, dict[str, Any]] | None = None
        self._unanswered: tuple[str, Callable[[], None]] | None = None
        self._late: dict[str, Callable[[], None]] = {}
        self._idle: tuple[str, Callable[[], None]] | None = None
        session.send = self._tapped
        displayhook.fill_exec_result = self._filled

    def close(self) -> None:
        """Give both their own method back."""
        if self._session.__dict__.get("send") == self._tapped:
            del self._session.send
        if self._displayhook.__dict__.get("fill_exec_result") == self._filled:
            del self._displayhook.fill_exec_result

    def start(self, request: str) -> Recording:
        """Record what is sent for the request with this message id."""
        with self._lock:
            self._recording = Recording(request)
            return self._recording

    def pause(self) -> None:
        """Record nothing that is written from now on."""
        drain_streams()
        self._paused = True

    def go_on(self) -> None:
        """Record again."""
        flush_streams()
        self._paused = False

    def stop(self) -> None:
        """Close the recording after everything written so far has been sent."""
        if self._recording is not None:
            drain_streams()
        with self._lock:
            self._recording = None
            self._paused = False

    @contextmanager
    def muted(self, request: str) -> Iterator[None]:
        """Hold back what is shown for this request meanwhile.

        Reading values back may import modules and call methods of the user's classes, which may
        print; a run would not, or has done so already. `sys.stdout` stays what it is, because a
        module may keep it.
        """
        flush_streams()
        loaded = len(sys.modules)
        try:
            self._muted = request
            yield
        finally:
            try:
                drain_streams() if len(sys.modules) > loaded else flush_streams()
            finally:
                self._muted = None

    def unmute(self) -> None:
        """Hold nothing back any more: an interrupt may have come on the way out of `muted`."""
        self._muted = None

    def add_to_reply(self, request: str, metadata: dict[str, Any]) -> None:
        """Put `metadata` under ``cacheable`` into the coming reply to this request."""
        with self._lock:
            self._reply = (request, metadata)

    def when_late(self, request: str, call: Callable[[], None]) -> None:
        """Call once, from any thread, if something is shown for this request after its reply."""
        with self._lock:
            self._unanswered = (request, call)

    def when_idle(self, request: str, call: Callable[[], None]) -> None:
        """Call once, in the main thread, when everything about this request has been sent.

        The kernel handles nothing else meanwhile: neither a message nor a callback of its loop.
        """
        self._idle = (request, call)

    def send_unrecorded(self, *arguments: Any, **keywords: Any) -> Any:
        """Send past the recording: replayed outputs and status lines."""
        return self._send(*arguments, **keywords)

    def as_sent(self, content: Any) -> Any:
        """The content as a client gets it: without what JSON does not have."""
        try:
            with unheard():
                return self._session.unpack(self._session.pack(content))
        finally:
            # Its warning counts as one of this module, which would not be so after a hit.
            globals().pop("__warningregistry__", None)

    def _filled(self, value: Any) -> None:
        with self._lock:
            if self._recording is not None and not self._paused:
                self._recording.results.append(value)
        self._fill(value)

    def _tapped(
        self,
        stream: Any,
        msg_or_type: Any,
        content: Any = None,
        parent: Any = None,
        ident: Any = None,
        buffers: Any = None,
        track: bool = False,
        header: Any = None,
        metadata: Any = None,
    ) -> Any:
        whole = msg_or_type if isinstance(msg_or_type, dict) else None
        kind = whole["header"]["msg_type"] if whole else msg_or_type
        request = _message_id(whole.get("parent_header") if whole else parent)
        late = None
        with self._lock:
            if kind in _RECORDED:
                if request == self._muted and kind in _SHOWN:
                    return None
                recording = self._recording
                if recording is not None and recording.request == request and not self._paused:
                    sent = whole or {"content": content, "metadata": metadata}
                    buffers = buffers or sent.get("buffers")
                    recording.add(kind, sent.get("content"), sent.get("metadata"), buffers)
                late = self._late.pop(request, None)
            if kind == "execute_reply":
                metadata = self._answered(request, metadata)
        sent_message = self._send(
            stream,
            msg_or_type,
            content=content,
            parent=parent,
            ident=ident,
            buffers=buffers,
            track=track,
            header=header,
            metadata=metadata,
        )
        if late is not None:
            late()
        if kind == "status":
            self._rested(request, content)
        return sent_message

    def _rested(self, request: str, content: Any) -> None:
        idle, state = self._idle, (content or {}).get("execution_state")
        if idle is None or idle[0] != request or state != "idle" or not in_main_thread():
            return
        self._idle = None
        idle[1]()

    def _answered(self, request: str, metadata: Any) -> Any:
        if self._unanswered is not None and self._unanswered[0] == request:
            self._late[request] = self._unanswered[1]
            self._unanswered = None
        if self._reply is not None and self._reply[0] == request:
            metadata = {**(metadata or {}), "cacheable": self._reply[1]}
            self._reply = None
        return metadata


def in_main_thread() -> bool:
    """False for messages of a subshell, which are handled in a thread of its own."""
    return threading.current_thread() is threading.main_thread()


def _message_id(parent: Any) -> str:
    header = (parent or {}).get("header", parent) or {}
    return str(header.get("msg_id", ""))


def drain_streams() -> None:
    """Wait until raw writes to file descriptors 1 and 2 have been read, then flush both streams.

    A watcher thread reads such writes from a pipe; they can arrive after the cell has ended.
    """
    pipes = [
        (pipe, getattr(stream, "watch_fd_thread", None))
        for stream in _streams()
        if isinstance(pipe := getattr(stream, "_fid", None), int)
    ]
    deadline = time.monotonic() + _LONGEST_WAIT
    while any(_unread(pipe) for pipe, _ in pipes) and time.monotonic() < deadline:
        os.sched_yield()
    for pipe, reader in pipes:
        _hand_over(pipe, reader, deadline)
    flush_streams()


def _streams() -> tuple[Any, Any]:
    return sys.stdout, sys.stderr


def _unread(pipe: int) -> int:
    """Bytes that wait in a pipe; 0 when it cannot be asked."""
    import array
    import fcntl
    import termios

    waiting = array.array("i", [0])
    try:
        fcntl.ioctl(pipe, termios.FIONREAD, waiting)
    except OSError:
        return 0
    return waiting[0]


def _hand_over(pipe: int, reader: Any, deadline: float) -> None:
    """Let the reader of a pipe pass on what it has taken, until it waits for more."""
    while time.monotonic() < deadline:
        waits = _waits_for(pipe, reader)
        if waits is None:
            time.sleep(_HANDOVER)
        if waits is not False:
            return
        time.sleep(0)


def _waits_for(pipe: int, reader: Any) -> bool | None:
    """True when a thread is asleep in a read of the pipe; None where the system does not tell."""
    try:
        path = f"/proc/self/task/{reader.native_id}/syscall"
        with open(path, encoding="ascii") as file:
            call = file.read().split()
    except (OSError, AttributeError):
        return None
    return len(call) > 1 and int(call[1], 16) == pipe


def flush_streams() -> None:
    """Wait until what was written to both streams so far has been sent."""
    for stream in _streams():
        with suppress(Exception):  # the user may have put anything in their place
            stream.flush()
