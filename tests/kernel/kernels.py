"""A real kernel in a process of its own, driven as a front end drives it."""

from __future__ import annotations

import os
import re
import sys
import tempfile
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

    ``messages`` are all messages of the request on the IOPub channel, as they came. ``replied`` is
    the outcome of the reply, which a second one replaces when the run was saved after it.
    """

    outputs: list[dict[str, Any]] = field(default_factory=list)
    reply: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    replied: dict[str, Any] = field(default_factory=dict)
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
        # Unlike ports, sockets in a folder of one's own cannot be taken by another kernel.
        self._sockets = tempfile.TemporaryDirectory(prefix="k-")
        sockets = os.path.join(self._sockets.name, "s")
        self._manager = KernelManager(kernel_name="python3", transport="ipc", ip=sockets)
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

    def send(self, source: str, cell: str | None = None, **fields: Any) -> str:
        """Ask to execute; `fields` of the request other than the usual ones."""
        content: dict[str, Any] = {
            "code": source,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": False,
        }
        metadata = {"cellId": uuid.uuid4().hex if cell is None else cell}
        return self.request("execute_request", content | fields, metadata if cell != "" else {})

    def request(
        self, kind: str, content: dict[str, Any], metadata: dict[str, Any] | None = None
    ) -> str:
        """Send any message to the shell channel; its id."""
        message = self._client.session.msg(kind, content, metadata=metadata or {})
        self._client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def finish(self, request: str, timeout: float = 60) -> Ran:
        ran = self.answered(request, timeout)
        if ran.replied.get("saving"):
            ran.metadata = {**ran.metadata, "cacheable": self.saved(request, timeout)}
        return ran

    def answered(self, request: str, timeout: float = 60) -> Ran:
        """What came until the kernel was idle; it may still be saving."""
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
                break
        ran.replied = ran.metadata.get("cacheable", {})
        return ran

    def saved(self, request: str, timeout: float = 60) -> dict[str, Any]:
        """The second outcome of a request whose reply came before it was saved."""
        deadline = time.monotonic() + timeout
        while True:
            message = self._client.get_iopub_msg(timeout=max(0.1, deadline - time.monotonic()))
            if message["parent_header"].get("msg_id") != request:
                continue
            outcome = message["metadata"].get("cacheable")
            if outcome is not None:
                return dict(outcome)

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

    def status(self, timeout: float = 30) -> tuple[str, str]:
        """The next state that the kernel tells, and the id of the request it belongs to."""
        while True:
            message = self._client.get_iopub_msg(timeout=timeout)
            if message["msg_type"] == "status":
                state = str(message["content"]["execution_state"])
                return state, str(message["parent_header"].get("msg_id", ""))

    def until_busy(self) -> None:
        """Wait until the kernel is busy with something that is no request: it saves."""
        while self.status() != ("busy", ""):
            pass

    def value(self, expression: str) -> str:
        """`repr` of an expression, evaluated in an unmarked cell."""
        ran = self.run(f"print(repr({expression}))")
        assert ran.reply["status"] == "ok", ran.traceback
        return ran.text.strip()

    def interrupt(self) -> None:
        self._manager.interrupt_kernel()

    def shut_down(self) -> None:
        """End the kernel as a front end does: it may finish what it is doing."""
        self._manager.shutdown_kernel(now=False)

    def stop(self) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)
        self._sockets.cleanup()


def _add(outputs: list[dict[str, Any]], kind: str, content: dict[str, Any]) -> None:
    last = outputs[-1] if outputs else None
    joins = last is not None and kind == last["type"] == "stream"
    if joins and last is not None and last["content"]["name"] == content["name"]:
        last["content"]["text"] += content["text"]
        return
    outputs.append({"type": kind, "content": dict(content)})
