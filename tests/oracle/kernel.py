"""A kernel process driven as a front end drives it; keeps every message of every request."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_client.manager import KernelManager

KEPT = frozenset(
    "stream display_data execute_result update_display_data clear_output error "
    "comm_open comm_msg comm_close input_request".split()
)
LOAD = "get_ipython().extension_manager.load_extension('jupyterlab_cacheable')"


class KernelDied(Exception):
    """The process ended, or a cell took longer than it may."""


@dataclass
class Answer:
    """What came back for one request: the messages, the reply, and the seconds until the reply."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    reply: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0


class Kernel:
    """A fresh kernel in `folder`; `close` lets it write what it still has to write."""

    def __init__(self, folder: Path, env: dict[str, str], timeout: float) -> None:
        self._timeout = timeout
        self._answers: dict[str, Answer] = {}
        # Unlike ports, sockets in a folder of one's own cannot be taken by another kernel.
        self._sockets = tempfile.TemporaryDirectory(prefix="k-")
        self._manager = KernelManager(
            kernel_name="python3",
            shutdown_wait_time=30,
            transport="ipc",
            ip=os.path.join(self._sockets.name, "s"),
        )
        launcher = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        self._manager.kernel_cmd = launcher
        self._manager.start_kernel(cwd=str(folder), env=env, stderr=subprocess.DEVNULL)
        self._client = self._manager.client()
        self._client.start_channels()
        try:
            self._client.wait_for_ready(timeout=120)
        except BaseException:
            self.close()
            raise

    def run(self, source: str, cell_id: str | None) -> Answer:
        """Execute a cell; with a cell id as JupyterLab does, without one as nbclient does."""
        metadata = {} if cell_id is None else {"cellId": cell_id, "deletedCells": []}
        return self._execute(source, metadata, silent=False)

    def ask(self, source: str) -> Answer:
        """Execute without a trace in history, counters and outputs."""
        return self._execute(source, {}, silent=True)

    def close(self) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=not self._manager.is_alive())
        self._sockets.cleanup()

    def _execute(self, source: str, metadata: dict[str, Any], *, silent: bool) -> Answer:
        content = {
            "code": source,
            "silent": silent,
            "store_history": not silent,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": True,
        }
        started = time.monotonic()
        message = self._client.session.msg("execute_request", content, metadata=metadata)
        self._client.shell_channel.send(message)
        request = message["header"]["msg_id"]
        answer = self._answers[request] = Answer()
        self._until_idle(request, started + self._timeout)
        reply = self._reply(request, started + self._timeout)
        answer.reply, answer.metadata = reply["content"], reply["metadata"]
        answer.seconds = time.monotonic() - started
        if answer.metadata.get("cacheable", {}).get("saving"):
            answer.metadata["cacheable"] = self._saved(request, started + self._timeout)
        return answer

    def _saved(self, request: str, deadline: float) -> dict[str, Any]:
        """The outcome of a run that was saved after its reply."""
        while True:
            message = self._next(self._client.get_iopub_msg, deadline)
            if message["parent_header"].get("msg_id") == request:
                outcome = message["metadata"].get("cacheable")
                if outcome is not None:
                    return dict(outcome)

    def _until_idle(self, request: str, deadline: float) -> None:
        while True:
            message = self._next(self._client.get_iopub_msg, deadline)
            parent = message["parent_header"].get("msg_id")
            if message["msg_type"] in KEPT and parent in self._answers:
                self._answers[parent].messages.append(message)
            if message["msg_type"] == "status" and parent == request:
                if message["content"]["execution_state"] == "idle":
                    return

    def _reply(self, request: str, deadline: float) -> dict[str, Any]:
        while True:
            message = self._next(self._client.get_shell_msg, deadline)
            if message["parent_header"].get("msg_id") == request:
                return message

    def _next(self, get: Any, deadline: float) -> dict[str, Any]:
        while True:
            try:
                return dict(get(timeout=1))
            except queue.Empty:
                if not self._manager.is_alive():
                    raise KernelDied("the kernel died") from None
                if time.monotonic() > deadline:
                    raise KernelDied(f"it took longer than {self._timeout:.0f} s") from None


def environment(store: Path, settings: Path, folder: Path | None = None) -> dict[str, str]:
    """The kernel's environment: everything personal lies in `settings`."""
    moved = {
        "CACHEABLE_DIR": store,
        "XDG_DATA_HOME": settings / "data",
        "XDG_CACHE_HOME": settings / "cache",
        "MPLCONFIGDIR": settings / "matplotlib",
        "IPYTHONDIR": settings / "ipython",
        "JUPYTER_RUNTIME_DIR": settings / "runtime",
    }
    if folder is not None:
        moved["TMPDIR"] = folder
    repository = str(Path(__file__).resolve().parents[2])
    search = [repository, *filter(None, [os.environ.get("PYTHONPATH")])]
    own = {"PYTEST_CURRENT_TEST", "JPY_SESSION_NAME", "MPLBACKEND"}
    inherited = {name: value for name, value in os.environ.items() if name not in own}
    return {
        **inherited,
        **{name: str(path) for name, path in moved.items()},
        "PYTHONPATH": os.pathsep.join(search),
    }
