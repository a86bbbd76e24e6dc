"""One session of a kernel, run to its end in this process: every step and what it left.

The kernel is ipykernel's own, with its session, streams, display hook and events; only its sockets
are lists in memory. Runs in a child of the fork server (``server.py``), which has loaded what takes
long to load.
"""

from __future__ import annotations

import asyncio
import atexit
import json
import logging
import os
import re
import sys
import threading
from pathlib import Path
from typing import Any

import ipykernel.debugger  # noqa: F401 -- loaded before the fork
import zmq
from ipykernel.iostream import IOPubThread, OutStream
from ipykernel.ipkernel import IPythonKernel
from jupyter_client.session import Session
from traitlets import Any as AnyTrait
from traitlets.config import Config

from tests.programs.observe import observe, observe_at_the_end

LOAD = "%load_ext jupyterlab_cacheable"
SHOWN = frozenset(
    "stream display_data update_display_data execute_result clear_output error".split()
)
# A coloured traceback takes as long as three cells, and a plain one tells the same.
CONFIG = Config(
    {"HistoryManager": {"enabled": False}, "InteractiveShell": {"xmode": "Plain"}},
)
MARK = re.compile(r"\A%%cacheable")


class Sink:
    """A socket that keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[list[bytes]] = []
        self.context = zmq.Context.instance()

    def send_multipart(self, parts: list[Any], *_: Any, **__: Any) -> None:
        self.sent.append([part if isinstance(part, bytes) else bytes(part) for part in parts])

    def take(self) -> list[list[bytes]]:
        taken, self.sent = self.sent, []
        return taken

    def flush(self, *_: Any) -> None:
        """Streams have this; there is nothing to wait for."""


class SunkKernel(IPythonKernel):
    """ipykernel's kernel, whose shell stream may be a `Sink`."""

    shell_stream = AnyTrait()


class LiveSession:
    """A kernel in this process."""

    def __init__(self) -> None:
        self.published, self.replies = Sink(), Sink()
        self.session = Session(key=b"")
        self.thread = IOPubThread(self.published, session=self.session)
        self.thread.start()
        sys.path.insert(0, "")
        sys.stdout = OutStream(self.session, self.thread, "stdout", watchfd=False)
        sys.stderr = OutStream(self.session, self.thread, "stderr", watchfd=False)
        self.kernel = SunkKernel(
            session=self.session,
            iopub_thread=self.thread,
            iopub_socket=self.thread.background_socket,
            shell_stream=self.replies,
            log=logging.getLogger("kernel"),
            config=CONFIG,
        )

    async def run(self, source: str, cell: str) -> dict[str, Any]:
        """Execute one cell as a front end asks for it; its outputs and its reply."""
        content = {
            "code": source,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": False,
        }
        request = self.session.msg("execute_request", content, metadata={"cellId": cell})
        frames = [zmq.Message(part) for part in self.session.serialize(request)]
        await self.kernel.dispatch_shell(frames)
        self.wait_for_thread()
        outputs: list[dict[str, Any]] = []
        for message in map(self.decoded, self.published.take()):
            if message["header"]["msg_type"] in SHOWN:
                add(outputs, message["header"]["msg_type"], message["content"])
        reply = self.decoded(self.replies.take()[-1])
        return {
            "outputs": outputs,
            "reply": without_traceback(reply["content"]),
            "outcome": reply["metadata"].get("cacheable"),
        }

    def wait_for_thread(self) -> None:
        """Until everything handed to the thread that publishes has been sent."""
        passed = threading.Event()
        self.thread.schedule(passed.set)
        passed.wait()

    def decoded(self, frames: list[bytes]) -> dict[str, Any]:
        _, parts = self.session.feed_identities(frames)
        return self.session.deserialize(parts)  # type: ignore[no-any-return]

    async def steps(
        self, steps: list[dict[str, str]], *, load: bool, thorough: bool
    ) -> list[dict[str, Any]]:
        if load:
            await self.run(LOAD, "load")
        else:
            await self.run("pass", "load")
        done: list[dict[str, Any]] = []
        last = max((at for at, step in enumerate(steps) if not step.get("file")), default=-1)
        for position, step in enumerate(steps):
            if step.get("file"):
                Path(step["file"]).write_text(step["source"], encoding="utf-8")
                done.append({})
                continue
            source = step["source"] if load else MARK.sub("# %%cacheable", step["source"])
            ran = await self.run(source, step.get("cell", ""))
            look = observe_at_the_end if thorough and position == last else observe
            ran["namespace"] = look(self.kernel.shell)
            done.append(ran)
        return done


def add(outputs: list[dict[str, Any]], kind: str, content: dict[str, Any]) -> None:
    """Append an output; neighbouring chunks of one stream are one output.

    Which of the two streams comes first is chance: ipykernel sends them by a timer and at the end.
    """
    first = len(outputs)
    while first and kind == outputs[first - 1]["type"] == "stream":
        first -= 1
        if outputs[first]["name"] == content["name"]:
            outputs[first]["text"] += content["text"]
            return
    content.pop("traceback", None) if kind == "error" else None
    outputs.append({"type": kind, **content})
    if kind == "stream":
        outputs[first:] = sorted(outputs[first:], key=lambda output: str(output["name"]))


def without_traceback(reply: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in reply.items() if name not in ("engine_info",)}


def run_session(order: dict[str, Any]) -> None:
    """Run the steps of ``order`` in its folder and write what was seen to its result file."""
    os.environ.pop("PYTHONHASHSEED", None)
    os.environ.update(order["environment"])
    os.chdir(order["folder"])
    sys.argv = ["kernel"]
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    live = LiveSession()
    steps = live.steps(order["steps"], load=order["load"], thorough=order["thorough"])
    done = loop.run_until_complete(steps)
    atexit._run_exitfuncs()
    Path(order["result"]).write_text(json.dumps(done), encoding="utf-8")
