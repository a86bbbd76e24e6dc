"""Show stored outputs again, as messages of the running request."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .capture import Tap
from .outputs import Output


def replay(shell: Any, tap: Tap, outputs: Iterable[Output]) -> None:
    """Send each output as the kernel would; results get the current execution count."""
    publisher = shell.display_pub
    for output in outputs:
        kind, content = output["type"], dict(output["content"])
        if kind == "execute_result":
            content["execution_count"] = shell.displayhook.prompt_count
        topic = f"stream.{content['name']}".encode() if kind == "stream" else publisher.topic
        tap.send_unrecorded(
            publisher.pub_socket,
            kind,
            content,
            parent=publisher.parent_header,
            ident=topic,
            metadata=output["metadata"],
        )


def set_result(shell: Any, value: Any) -> None:
    """Make `value` the result of the running cell: `_`, `Out[n]` and what `run_cell` returns."""
    shell.displayhook.update_user_ns(value)
    shell.displayhook.fill_exec_result(value)


def say(shell: Any, tap: Tap, line: str) -> None:
    """Show a status line on the error stream; it is never part of an entry."""
    publisher = shell.display_pub
    content = {"name": "stderr", "text": line + "\n"}
    tap.send_unrecorded(
        publisher.pub_socket,
        "stream",
        content,
        parent=publisher.parent_header,
        ident=b"stream.stderr",
    )
