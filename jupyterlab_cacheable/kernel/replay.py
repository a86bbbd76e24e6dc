"""Show stored outputs again, as messages of the running request.

jupyter_server drops what a kernel sends above a mean of 1000 messages or 1 MB of stream text per
second over three seconds. A run spreads its messages, a replay comes at once: what is more than
the server takes in three seconds is sent in bursts with a pause in between.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterable
from typing import Any

from .capture import Tap
from .outputs import Output
from .text import pieces, size_of
from .widgets import renewed

_BURST_BYTES = 2_600_000
_BURST_MESSAGES = 2_600
_PAUSE = 3.1
_ENVELOPE = 1_500  # bytes of a message besides its text


class Pace:
    """Pauses before a message that the server would drop."""

    def __init__(self, sleep: Callable[[float], None] = time.sleep) -> None:
        self._sleep = sleep
        self._bytes = self._messages = 0

    def before(self, size: int) -> None:
        """Call before each message, with the size of its stream text."""
        if self._bytes + size > _BURST_BYTES or self._messages >= _BURST_MESSAGES:
            self._sleep(_PAUSE)
            self._bytes = self._messages = 0
        self._bytes += size
        self._messages += 1


def replay(shell: Any, tap: Tap, outputs: list[Output]) -> None:
    """Send each output as the kernel would; results get the current execution count."""
    pace = Pace()
    for output in renewed(outputs):
        kind, content = output["type"], dict(output["content"])
        if kind == "payload":
            shell.payload_manager.write_payload(content, single=False)
        elif kind == "stream":
            _send_text(shell, tap, pace, content)
        elif kind in ("comm_open", "comm_close"):
            _send(shell, tap, output, content, f"comm-{content['comm_id']}".encode())
        else:
            pace.before(0)
            if kind == "execute_result":
                content["execution_count"] = shell.displayhook.prompt_count
                shell.displayhook.log_output(content["data"])
            _send(shell, tap, output, content, shell.display_pub.topic)


def _send_text(shell: Any, tap: Tap, pace: Pace, content: dict[str, Any]) -> None:
    name = content["name"]
    for piece in pieces(content["text"]):
        pace.before(size_of(piece) + _ENVELOPE)
        record = {"type": "stream", "metadata": {}}
        _send(shell, tap, record, {"name": name, "text": piece}, f"stream.{name}".encode())


def _send(shell: Any, tap: Tap, output: Output, content: Any, topic: bytes) -> None:
    publisher = shell.display_pub
    tap.send_unrecorded(
        publisher.pub_socket,
        output["type"],
        content,
        parent=publisher.parent_header,
        ident=topic,
        metadata=output["metadata"],
        buffers=[base64.b64decode(buffer) for buffer in output.get("buffers", [])] or None,
    )


def set_results(shell: Any, values: Iterable[Any]) -> None:
    """Make each the result of the running cell in turn: `_`, `Out[n]`, what `run_cell` returns."""
    for value in values:
        shell.displayhook.update_user_ns(value)
        shell.displayhook.fill_exec_result(value)


def say(shell: Any, tap: Tap, line: str) -> None:
    """Show a status line on the error stream; it is never part of an entry."""
    content = {"name": "stderr", "text": line + "\n"}
    _send(shell, tap, {"type": "stream", "metadata": {}}, content, b"stream.stderr")
