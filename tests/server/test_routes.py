"""Who may ask, what an answer looks like, and that nothing outside is touched."""

from __future__ import annotations

import ast
import http.client
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from tornado.routing import Rule
from tornado.web import RequestHandler

import jupyterlab_cacheable
from jupyterlab_cacheable.server.routes import PREFIX, CacheableHandler, routes
from jupyterlab_cacheable.store import Store
from tests.server.conftest import TOKEN, Server

ABSENT = "-".join(("0" * 32, "1" * 32, "2" * 8))
VERBS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
BODIES = {
    "clear": {"scope": "all"},
    "forecast": {"notebook": "a.ipynb", "cells": []},
}
HOSTILE = [
    "..",
    ".",
    "../" * 8 + "etc/passwd",
    "..%2f" * 8 + "etc%2fpasswd",
    "%2e%2e%2f" * 8 + "etc%2fpasswd",
    "%252e%252e%252f" * 8 + "etc%252fpasswd",
    "..%5c..%5csecret",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "//etc/passwd",
    f"{ABSENT}%00",
    f"{ABSENT}%00.json",
    f"{ABSENT}%0a",
    f"{ABSENT}/../../../canary",
    f"{ABSENT}.json",
    f"%20{ABSENT}",
    f"{ABSENT}%20",
    ABSENT.upper().replace("0", "A"),
    ABSENT.replace("1", "%EF%BC%91"),
    ABSENT.replace("-", "%E2%80%90"),
    ABSENT[:-1],
    f"{ABSENT}0",
    "%C0%AE%C0%AE%2f",
    "%ff",
    "%ED%A0%80",
    "CON",
    "~",
    "~root",
    "C:%5Cwindows",
    "0" * 10_000,
    "%F0%9F%92%A5" * 500,
    "*",
    "%3Cscript%3E",
    "",
]


def rules(found: list[Rule]) -> Iterator[tuple[str, type[RequestHandler]]]:
    """Every path pattern of the application with its handler."""
    for rule in found:
        if hasattr(rule.target, "rules"):
            yield from rules(rule.target.rules)
        elif pattern := getattr(rule.matcher, "regex", None):
            yield pattern.pattern, rule.target


def our_routes(server: Server) -> list[tuple[str, type[RequestHandler]]]:
    """Our paths as the running server knows them, an id put in where one belongs."""
    found = rules(server.app.web_app.default_router.rules)
    return [
        (pattern.rstrip("$").replace("(.*)", ABSENT), handler)
        for pattern, handler in found
        if f"/{PREFIX}/" in pattern
    ]


def calls(server: Server) -> Iterator[tuple[str, str, object]]:
    """Every route with every verb it has."""
    for path, handler in our_routes(server):
        for verb in VERBS:
            if getattr(handler, verb.lower()) is not RequestHandler._unimplemented_method:
                yield verb, path, BODIES.get(path.rpartition("/")[2])


def snapshot(*folders: Path) -> dict[str, tuple[int, int, bytes]]:
    """Everything on disk but the times of reading."""
    return {
        str(path): (
            path.stat().st_mode,
            path.stat().st_mtime_ns,
            path.read_bytes() if path.is_file() else b"",
        )
        for folder in folders
        for path in [folder, *folder.rglob("*")]
    }


class TestAccess:
    def test_table_is_the_one_that_is_registered(self, server):
        registered = [handler for _, handler in our_routes(server)]
        assert registered == [handler for _, handler in routes("/base/")]
        assert all(issubclass(handler, CacheableHandler) for handler in registered)
        assert {handler.auth_resource for handler in registered} == {"jupyterlab_cacheable"}
        assert len(list(calls(server))) >= 6

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"Authorization": "token wrong"},
            {"Authorization": f"token {TOKEN}x"},
            {"Authorization": "Bearer"},
            {"Cookie": "username-127-0-0-1=forged"},
        ],
    )
    def test_without_the_token_is_refused_everywhere(self, server, store: Store, publish, headers):
        publish()
        before = snapshot(store.path)
        for verb, path, body in calls(server):
            answer = server.raw(verb, path, body, headers)
            assert answer.status == 403, (verb, path)
            assert answer.json.keys() == {"message", "reason"}
            assert answer.headers["Content-Type"] == "application/json"
        assert snapshot(store.path) == before

    def test_with_verbs_that_a_route_does_not_have_is_refused(self, server):
        known = {(verb, path) for verb, path, _ in calls(server)}
        for path, _ in our_routes(server):
            for verb in VERBS:
                if (verb, path) not in known:
                    assert server.ask(verb, path).status == 405
                    assert server.raw(verb, path).status in (403, 405)

    def test_is_the_servers_authorizer_to_decide(self, server, store, publish, monkeypatch):
        entry = publish()
        asked = []

        async def refuse(handler, user, action, resource):
            asked.append((action, resource))
            return False

        monkeypatch.setattr(server.app.authorizer, "is_authorized", refuse)
        for verb, path, body in calls(server):
            assert server.ask(verb, path, body).status == 403, (verb, path)
        expected = {("read", "jupyterlab_cacheable"), ("write", "jupyterlab_cacheable")}
        assert set(asked) == expected
        assert list(store.ids()) == [entry.id]


class TestCookieLogin:
    @pytest.fixture
    def cookies(self, server: Server) -> dict[str, str]:
        """The cookies of a browser that logged in."""
        return self.given(server, f"/base/login?token={TOKEN}")

    def given(self, server: Server, path: str) -> dict[str, str]:
        """The cookies that a page sets."""
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        connection.request("GET", path)
        found = connection.getresponse().headers.get_all("Set-Cookie") or []
        connection.close()
        pairs = (cookie.partition(";")[0].partition("=") for cookie in found)
        return {name: value for name, _, value in pairs}

    def header(self, cookies: dict[str, str]) -> dict[str, str]:
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}

    def test_may_read(self, server, cookies):
        answer = server.raw("GET", server.url("entries"), headers=self.header(cookies))
        assert answer.status == 200

    def test_may_not_change_anything_without_the_xsrf_token(
        self, server, store: Store, publish, cookies
    ):
        entry = publish()
        for verb, path, body in calls(server):
            if verb != "GET":
                path = path.replace(ABSENT, entry.id)
                assert server.raw(verb, path, body, self.header(cookies)).status == 403
        assert list(store.ids()) == [entry.id]

    def test_may_change_with_the_xsrf_token(self, server, store: Store, publish, cookies):
        entry = publish()
        jar = self.given(server, "/base/login") | cookies
        headers = self.header(jar) | {"X-XSRFToken": jar["_xsrf"]}
        path = server.url(f"entries/{entry.id}")
        assert server.raw("DELETE", path, headers=headers).status == 200

    def test_may_not_ask_from_another_origin(self, server, store: Store, publish, cookies):
        publish()
        headers = self.header(cookies) | {"Origin": "http://evil.example"}
        answer = server.raw("GET", server.url("entries"), headers=headers)
        assert answer.status == 404
        assert "Access-Control-Allow-Origin" not in answer.headers


class TestAnswers:
    def test_are_json_that_nobody_takes_for_a_page(self, server, publish):
        entry = publish(label="<script>alert(1)</script>")
        for path in ("entries", f"entries/{entry.id}", f"entries/{ABSENT}", "entries/x", "stats"):
            answer = server.ask("GET", path)
            assert answer.headers["Content-Type"] == "application/json"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
            assert answer.headers["Cache-Control"] == "no-store"
            assert isinstance(answer.json, dict)

    @pytest.mark.parametrize(
        "text",
        [
            "<img src=x onerror=alert(1)>",
            "</script><script>",
            "\u202egnp.exe",
            "\x00\x1b[31m\x7f",
            "\ud800",
            "=cmd|' /C calc'!A0",
            "{{7*7}}%s%n",
            "💥" * 50,
        ],
    )
    def test_carry_hostile_names_as_plain_text(self, server, publish, text):
        publish(label=text, tags=(text,), cell=text, notebook=f"/x/{text.replace('/', '')}.ipynb")
        answer = server.ask("GET", "entries")
        assert answer.text.isascii()
        (found,) = answer.json["entries"]
        expected = text.encode("utf-8", "replace").decode()
        assert found["label"] == found["cell_id"] == expected
        assert found["tags"] == [text]
        assert found["notebook_name"] == f"{expected.replace('/', '')}.ipynb"

    def test_of_unexpected_faults_hold_no_trace(self, server, monkeypatch):
        monkeypatch.setattr("jupyterlab_cacheable.server.routes.store_stats", lambda access: 1 / 0)
        answer = server.ask("GET", "stats")
        assert (answer.status, answer.json) == (
            500,
            {
                "message": "the server failed to answer; its log says why",
                "reason": "Internal Server Error",
            },
        )

    @pytest.mark.parametrize(
        ("path", "body", "message"),
        [
            ("clear", {"scope": "all", "pth": 1}, "unknown field 'pth'"),
            ("forecast", {"notebook": "a", "cells": [], "100%": 1}, "unknown field '100%'"),
            ("forecast", b"{", "the request is not JSON"),
        ],
    )
    def test_to_wrong_requests_say_what_is_wrong(self, server, path, body, message):
        answer = server.ask("POST", path, body)
        assert answer.status == 400
        assert answer.json == {"message": message, "reason": "Bad Request"}
        assert server.ask("GET", "entries", sort="x").status == 400

    def test_of_a_busy_store_do_not_stop_the_server(self, server, publish, monkeypatch):
        import threading

        started, release = threading.Event(), threading.Event()

        def wait(access):
            started.set()
            release.wait(20)
            return {}

        monkeypatch.setattr("jupyterlab_cacheable.server.routes.store_stats", wait)
        slow = threading.Thread(target=server.ask, args=("GET", "stats"))
        slow.start()
        try:
            assert started.wait(10)
            assert server.ask("GET", "/base/api").status == 200
        finally:
            release.set()
            slow.join(20)


class TestReading:
    def test_changes_nothing_on_disk(self, server, store: Store, publish, save, tmp_path: Path):
        notebook = save(("c1", "%%cacheable\ny = slow(x)"))
        entry, odd = publish(notebook=notebook), publish("odd = 1")
        path = store.folder.entry(odd.id)
        path.write_bytes(path.read_bytes()[:-9])
        (store.folder.entries / "zz").mkdir()
        (store.path / "tmp" / "1-0123456789abcdef").write_text("being written")
        folders = (store.path, tmp_path / "data", server.root)
        before = snapshot(*folders)
        for address in (
            server.url("entries"),
            server.url("entries", state="stale", q="y", sort="used"),
            server.url(f"entries/{entry.id}"),
            server.url(f"entries/{odd.id}"),
            server.url("stats"),
        ):
            assert server.ask("GET", address).status == 200
        body = {"notebook": "a.ipynb", "cells": []}
        assert server.ask("POST", "forecast", body).status == 200
        assert server.ask("POST", "clear", {"scope": "all", "dry_run": True}).status == 200
        assert snapshot(*folders) == before

    def test_does_not_mend_a_store(self, server, store: Store, publish):
        publish()
        (store.path / "tmp").rmdir()
        before = snapshot(store.path)
        assert server.ask("GET", "entries").status == 200
        assert server.ask("GET", "stats").status == 200
        assert snapshot(store.path) == before


OPENED: list[str] = []
RECORDING = False
OPENINGS = ("open", "os.listdir", "os.scandir", "os.remove", "os.rename")


def _record(event: str, arguments: tuple[object, ...]) -> None:
    if RECORDING and event in OPENINGS and isinstance(arguments[0], str | bytes):
        OPENED.append(os.fsdecode(arguments[0]))


@pytest.fixture(scope="session")
def _hook() -> None:
    sys.addaudithook(_record)


@pytest.fixture
def opened(_hook: None, server: Server, publish, tmp_path: Path) -> Iterator[list[str]]:
    """The paths this process opens during a test; a file outside waits to be opened."""
    global RECORDING
    publish()
    server.ask("GET", "entries")
    (tmp_path / "canary").write_text("{}")
    OPENED.clear()
    RECORDING = True
    yield OPENED
    RECORDING = False


class TestHostileText:
    def outside(self, opened: list[str], server: Server, tmp_path: Path) -> list[str]:
        package = Path(jupyterlab_cacheable.__file__).parent
        python = (Path(sys.prefix), Path(os.__file__).parent, package)
        places = (*(tmp_path / name for name in ("store", "cache", "data")), server.root, *python)
        absolute = (Path(path) for path in opened if os.path.isabs(path))
        return [
            str(path)
            for path in absolute
            if not any(path.is_relative_to(place) for place in places)
        ]

    @pytest.mark.parametrize("verb", ["GET", "DELETE"])
    def test_as_an_id_is_refused_and_opens_nothing(
        self, server, store: Store, tmp_path: Path, opened, verb
    ):
        for text in HOSTILE:
            path = f"/base/{PREFIX}/entries/{text}"
            answer = server.raw(verb, path, headers={"Authorization": f"token {TOKEN}"})
            assert answer.status == 400, (verb, text[:80])
            assert answer.json["reason"] == "Bad Request"
        assert self.outside(opened, server, tmp_path) == []
        assert len(list(store.ids())) == 1

    def test_as_a_notebook_is_only_compared(self, server, store: Store, tmp_path: Path, opened):
        texts = [*HOSTILE, str(tmp_path / "canary"), "\0", "\ud800", "../" * 9 + "canary"]
        for text in filter(None, texts):
            cells = [{"id": text[:99], "source": text, "type": "code"}]
            if len(text) <= 4096:
                found = server.ask("POST", "forecast", {"notebook": text, "cells": cells})
                assert (found.status, found.json["entries"]) == (200, {})
                body = {"scope": "notebook", "notebook": text}
                assert server.ask("POST", "clear", body).json["removed"] == 0
            query = f"?notebook={quote(text, errors='surrogatepass')}"
            assert server.ask("GET", server.url("entries") + query).status in (200, 400)
        assert self.outside(opened, server, tmp_path) == []
        assert len(list(store.ids())) == 1

    def test_recorder_sees_what_is_opened(self, server, tmp_path: Path, opened):
        assert (tmp_path / "canary").read_text() == "{}"
        assert self.outside(opened, server, tmp_path) == [str(tmp_path / "canary")]


class TestImports:
    @pytest.mark.parametrize("module", ["routes", "extension"])
    def test_load_neither_ipython_nor_an_unpickler(self, module):
        code = (
            "import json, sys\n"
            f"import jupyterlab_cacheable.server.{module}\n"
            "print(json.dumps(sorted(sys.modules)))"
        )
        result = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            check=True,
            text=True,
            cwd=Path(jupyterlab_cacheable.__file__).parent.parent,
        )
        loaded = set(json.loads(result.stdout))
        assert f"jupyterlab_cacheable.server.{module}" in loaded
        for name in (
            "IPython",
            "ipykernel",
            "cloudpickle",
            "dill",
            "joblib",
            "numpy",
            "pandas",
            "jupyterlab_cacheable.state",
            "jupyterlab_cacheable.kernel",
            "jupyterlab_cacheable.digest",
        ):
            assert not [other for other in loaded if other == name or other.startswith(f"{name}.")]

    def test_of_unpicklers_stand_nowhere_in_server_store_and_forecast(self):
        package = Path(jupyterlab_cacheable.__file__).parent
        files = [package / "forecast.py", package / "document.py", package / "outcome.py"]
        for folder in ("server", "store"):
            files += sorted((package / folder).rglob("*.py"))
        assert len(files) > 15
        forbidden = {"pickle", "_pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}
        for file in files:
            for node in ast.walk(ast.parse(file.read_text())):
                names = [
                    alias.name for alias in getattr(node, "names", []) if hasattr(alias, "name")
                ]
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                roots = {name.partition(".")[0] for name in names}
                assert not roots & forbidden, file
                assert not (isinstance(node, ast.ImportFrom) and "kernel" in names[-1]), file

    def test_are_lazy_in_the_package_itself(self):
        code = (
            "import sys, jupyterlab_cacheable\n"
            "assert not {'tornado', 'jupyter_server', 'IPython', 'sqlite3'} & set(sys.modules)"
        )
        subprocess.run(
            [sys.executable, "-c", code],
            check=True,
            cwd=Path(jupyterlab_cacheable.__file__).parent.parent,
        )
