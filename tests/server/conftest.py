"""A real Jupyter server in this process, and stores filled through the real store."""

from __future__ import annotations

import asyncio
import http.client
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from jupyter_server.serverapp import ServerApp
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

from jupyterlab_cacheable.server.routes import PREFIX
from jupyterlab_cacheable.store import Manifest, Store
from tests.manifests import manifest

TOKEN = "a-token-for-tests"


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    text: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass
class Server:
    app: ServerApp
    port: int
    root: Path

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: dict[str, str] | None = None,
        **query: object,
    ) -> Answer:
        """A request with the token; ``path`` below our prefix, or absolute."""
        authorization = {"Authorization": f"token {TOKEN}"}
        return self.raw(method, self.url(path, **query), body, {**authorization, **(headers or {})})

    def raw(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """A request with nothing added; ``path`` goes out as it is."""
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, data, headers or {})
            response = connection.getresponse()
            return Answer(response.status, dict(response.headers.items()), response.read())
        finally:
            connection.close()

    def url(self, path: str, **query: object) -> str:
        path = path if path.startswith("/") else f"{self.app.base_url}{PREFIX}/{path}"
        return f"{path}?{urlencode(query)}" if query else path


class _App(ServerApp):
    def init_signal(self) -> None:
        """Leave the signals to pytest."""


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests; which store it looks at is told by the environment."""
    folder = tmp_path_factory.mktemp("server")
    root = folder / "root"
    root.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_NO_CONFIG", "1")
        for name in ("CONFIG", "DATA", "RUNTIME"):
            patch.setenv(f"JUPYTER_{name}_DIR", str(folder / name.lower()))
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        app = _App(
            root_dir=str(root),
            base_url="/base/",
            token=TOKEN,
            open_browser=False,
            allow_root=True,
            port=0,
            jpserver_extensions={"jupyterlab_cacheable": True},
        )
        app.initialize(argv=[], new_httpserver=False)
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        sockets = bind_sockets(0, "127.0.0.1")
        http_server = _in(loop, _serve(app, sockets))
        yield Server(app, sockets[0].getsockname()[1], root)
        _in(loop, _stop(app, http_server))
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        asyncio.set_event_loop(None)


def _in(loop: asyncio.AbstractEventLoop, work: Any) -> Any:
    return asyncio.run_coroutine_threadsafe(work, loop).result(30)


async def _serve(app: ServerApp, sockets: list[Any]) -> HTTPServer:
    http_server = HTTPServer(app.web_app)
    http_server.add_sockets(sockets)
    return http_server


async def _stop(app: ServerApp, http_server: HTTPServer) -> None:
    http_server.stop()
    await app._cleanup()


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folders, new for each test; returns where the store is or will be."""
    store = tmp_path / "store"
    monkeypatch.setenv("CACHEABLE_DIR", str(store))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return store


@pytest.fixture
def store(places: Path) -> Store:
    """The store that the server will find, made by this user."""
    return Store.open(places)


Publish = Callable[..., Manifest]


@pytest.fixture
def publish(store: Store) -> Publish:
    """Publish an entry: ``publish(source, outputs=[...], state=b"...", **manifest arguments)``."""

    def run(
        source: str = "y = slow(x)",
        *,
        outputs: list[dict[str, Any]] | bytes | None = None,
        state: bytes = b"state",
        **arguments: Any,
    ) -> Manifest:
        if not isinstance(outputs, bytes):
            outputs = json.dumps(outputs or []).encode()
        blobs = {"outputs": [outputs], "state": [state]}
        return store.publish(manifest(source, **arguments), blobs)

    return run


@pytest.fixture
def save(server: Server, tmp_path: Path) -> Callable[..., str]:
    """Save a notebook below the server's root; returns its absolute path."""

    def run(*cells: tuple[str | None, str], name: str = "a.ipynb", **top: Any) -> str:
        path = server.root / tmp_path.name / name
        path.parent.mkdir(parents=True, exist_ok=True)
        found = [
            {"cell_type": "code", "source": source.splitlines(True), "metadata": {}, "outputs": []}
            | ({} if cell is None else {"id": cell})
            for cell, source in cells
        ]
        notebook = {"cells": found, "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **top}
        path.write_text(json.dumps(notebook))
        return str(path)

    return run
