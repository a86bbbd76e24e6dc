"""A real kernel in a process of its own, driven as a front end drives it."""

from __future__ import annotations

import os
import re
import sys
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_client.manager import KernelManager

OUTPUTS = {
    "stream",
    "display_data",
    "update_display_data",
    "execute_result",
    "clear_output",
    "error",
}
LOAD = "%load_ext jupyterlab_cacheable"


@dataclass
class Ran:
    """One executed cell: the outputs in order (adjacent stream chunks joined) and the reply.

    ``messages`` are all messages of the request on the IOPub channel, as they came.
    """

    outputs: list[dict[str, Any]] = field(default_factory=list)
    reply: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    messages: list[dict[str, Any]] = field(default_factory=list)

    @property
    def outcome(self) -> dict[str, Any]:
        return self.metadata["cacheable"]

    @property
    def word(self) -> str:
        return str(self.outcome["outcome"])

    @property
    def why(self) -> str:
        reason = self.outcome["reason"]
        return "" if reason is None else str(reason["sentence"])

    @property
    def parts(self) -> set[tuple[str, str | None]]:
        return {(c["part"], c["name"]) for c in self.outcome["reason"]["changes"]}

    @property
    def text(self) -> str:
        """Everything printed and the plain text of results."""
        texts = []
        for output in self.outputs:
            content = output["content"]
            texts.append(content.get("text") or content.get("data", {}).get("text/plain", ""))
        return "".join(texts)

    @property
    def traceback(self) -> str:
        """Text of the traceback, without colours."""
        return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(self.reply.get("traceback", [])))


class Kernel:
    """Starts a kernel; `run` executes a cell and waits until the kernel is idle again."""

    def __init__(self, folder: Path, *, load: bool = True) -> None:
        self._manager = KernelManager(kernel_name="python3")
        self._manager.kernel_cmd = [
            sys.executable,
            "-m",
            "ipykernel_launcher",
            "-f",
            "{connection_file}",
        ]
        # ipykernel does not read raw writes to standard output when it believes to be in pytest.
        variables = {n: v for n, v in os.environ.items() if n != "PYTEST_CURRENT_TEST"}
        self._manager.start_kernel(cwd=str(folder), env=variables)
        self._client = self._manager.client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=60)
        self._cells: dict[str, str] = {}
        if load:
            self.run(LOAD)

    def run(self, source: str, cell: str | None = None, timeout: float = 60) -> Ran:
        return self.finish(self.send(source, cell), timeout)

    def send(self, source: str, cell: str | None = None) -> str:
        content = {
            "code": source,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": False,
        }
        metadata = {"cellId": cell or uuid.uuid4().hex}
        message = self._client.session.msg("execute_request", content, metadata=metadata)
        self._client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def finish(self, request: str, timeout: float = 60) -> Ran:
        ran = Ran()
        deadline = time.monotonic() + timeout
        while True:
            message = self._client.get_iopub_msg(timeout=max(0.1, deadline - time.monotonic()))
            if message["parent_header"].get("msg_id") != request:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "status" and content["execution_state"] == "idle":
                break
            ran.messages.append(message)
            if kind in OUTPUTS:
                _add(ran.outputs, kind, content)
        while True:
            reply = self._client.get_shell_msg(timeout=max(0.1, deadline - time.monotonic()))
            if reply["parent_header"].get("msg_id") == request:
                ran.reply, ran.metadata = reply["content"], reply["metadata"]
                return ran

    def until_printed(self, request: str, text: str, timeout: float = 30) -> None:
        """Wait until the running request has printed `text`."""
        seen = ""
        while text not in seen:
            message = self._client.get_iopub_msg(timeout=timeout)
            if (
                message["parent_header"].get("msg_id") == request
                and message["msg_type"] == "stream"
            ):
                seen += message["content"]["text"]

    def value(self, expression: str) -> str:
        """`repr` of an expression, evaluated in an unmarked cell."""
        ran = self.run(f"print(repr({expression}))")
        assert ran.reply["status"] == "ok", ran.traceback
        return ran.text.strip()

    def interrupt(self) -> None:
        self._manager.interrupt_kernel()

    def stop(self) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)


def _add(outputs: list[dict[str, Any]], kind: str, content: dict[str, Any]) -> None:
    last = outputs[-1] if outputs else None
    joins = last is not None and kind == last["type"] == "stream"
    if joins and last is not None and last["content"]["name"] == content["name"]:
        last["content"]["text"] += content["text"]
        return
    outputs.append({"type": kind, "content": dict(content)})
