"""Copy the messages of one request as the kernel sends them, without touching the live output.

The tap replaces `send` on the kernel's session object. That is the one place that display data,
results, stream chunks, widget messages and the reply all pass through, in the order in which the
front end gets them. It is called from the main thread and from the thread that sends streams.
"""

from __future__ import annotations

import copy
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Message = dict[str, Any]

# The reader of the pipe holds the last bytes for a moment before it writes them to the stream.
_HANDOVER = 0.005

_RECORDED = frozenset(
    "stream display_data update_display_data execute_result clear_output error "
    "comm_open comm_msg comm_close input_request".split()
)


@dataclass
class Recording:
    """The messages of one request, oldest first: ``{"type", "content", "metadata", "buffers"}``."""

    request: str
    messages: list[Message] = field(default_factory=list)

    def add(self, kind: str, content: Any, metadata: Any, buffers: Any) -> None:
        self.messages.append(
            {
                "type": kind,
                "content": copy.deepcopy(content or {}),
                "metadata": copy.deepcopy(metadata or {}),
                "buffers": len(buffers or ()),
            }
        )


class Tap:
    """Wraps `session.send` until `close`; records at most one request at a time."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._send: Callable[..., Any] = session.send
        self._lock = threading.Lock()
        self._recording: Recording | None = None
        self._replies: dict[str, dict[str, Any]] = {}
        session.send = self._tapped

    def close(self) -> None:
        """Give the session its own `send` back."""
        if self._session.__dict__.get("send") == self._tapped:
            del self._session.send

    def start(self, request: str) -> Recording:
        """Record what is sent for the request with this message id."""
        with self._lock:
            self._recording = Recording(request)
            return self._recording

    def stop(self) -> None:
        """Close the recording after everything written so far has been sent."""
        drain_streams()
        with self._lock:
            self._recording = None

    def add_to_reply(self, request: str, metadata: dict[str, Any]) -> None:
        """Put `metadata` under ``cacheable`` into the coming reply to this request."""
        with self._lock:
            self._replies = {request: metadata}

    def send_unrecorded(self, *arguments: Any, **keywords: Any) -> Any:
        """Send past the recording: replayed outputs and status lines."""
        return self._send(*arguments, **keywords)

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
        with self._lock:
            if kind in _RECORDED and self._recording and self._recording.request == request:
                sent = whole or {"content": content, "metadata": metadata}
                self._recording.add(kind, sent.get("content"), sent.get("metadata"), buffers)
            if kind == "execute_reply" and request in self._replies:
                metadata = {**(metadata or {}), "cacheable": self._replies.pop(request)}
        return self._send(
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


def _message_id(parent: Any) -> str:
    header = (parent or {}).get("header", parent) or {}
    return str(header.get("msg_id", ""))


def drain_streams() -> None:
    """Wait until raw writes to file descriptors 1 and 2 have been read, then flush both streams.

    A watcher thread reads such writes from a pipe; they can arrive after the cell has ended.
    """
    import sys

    for stream in (sys.stdout, sys.stderr):
        pipe = getattr(stream, "_fid", None)
        if isinstance(pipe, int):
            _wait_until_empty(pipe)
        if stream is not None:
            stream.flush()


def _wait_until_empty(pipe: int, limit: float = 1.0) -> None:
    """Poll the pipe's unread byte count until it is zero; gives up after `limit` seconds."""
    import array
    import fcntl
    import termios

    waiting = array.array("i", [0])
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        try:
            fcntl.ioctl(pipe, termios.FIONREAD, waiting)
        except OSError:
            return
        if not waiting[0]:
            break
        os.sched_yield()
    time.sleep(_HANDOVER)
