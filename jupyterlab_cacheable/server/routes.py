"""The routes: each handler authenticates, authorizes, calls one function and answers JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.client import responses
from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado.web import HTTPError, authenticated

from ..errors import CacheableError
from ..store import is_id
from .access import Access
from .clearing import clear, remove_entry
from .judging import forecast_document
from .listing import list_entries, show_entry, store_stats
from .requests import BadRequestError, ClearRequest, ForecastRequest, ListRequest

PREFIX = "jupyterlab-cacheable"
SETTING = "jupyterlab_cacheable"

Json = dict[str, Any]


class RefusalError(HTTPError):
    """An answer with a 4xx status and one plain sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(status)
        self.sentence = sentence


class CacheableHandler(APIHandler):
    """What the routes share: whose resource they are, and that every answer is JSON."""

    auth_resource = "jupyterlab_cacheable"

    def set_default_headers(self) -> None:
        """No answer is kept by a browser or taken for anything but JSON."""
        super().set_default_headers()
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cache-Control", "no-store")

    async def answer(self, function: Callable[[Access], Json | None]) -> None:
        """Answer with what the function returns, None being "there is no such entry".

        The function runs off the event loop, and so does the writing of a long list.
        """
        access: Access = self.settings[SETTING]
        try:
            text = await access.run(lambda: _text(function(access)))
        except BadRequestError as error:
            raise RefusalError(400, str(error)) from None
        except CacheableError as error:
            raise RefusalError(422, str(error)) from None
        if text is None:
            raise RefusalError(404, "there is no such entry")
        self.finish(text)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer with a sentence; what went wrong inside stays in the server's log."""
        error = kwargs.get("exc_info", (None, None))[1]
        phrase = responses.get(status_code, "Unknown")
        if isinstance(error, RefusalError):
            message = error.sentence
        elif isinstance(error, HTTPError):
            message = error.log_message or phrase
        else:
            message = "the server failed to answer; its log says why"
        self.finish(json.dumps({"message": message, "reason": phrase}))


class EntriesHandler(CacheableHandler):
    """``entries``."""

    @authenticated
    @authorized
    async def get(self) -> None:
        """List entries."""
        query = {
            name: self.get_query_argument(name, strip=False)
            for name in self.request.query_arguments
        }
        await self.answer(lambda access: list_entries(access, ListRequest.parse(query)))


class EntryHandler(CacheableHandler):
    """``entries/<id>``; the route takes any text, so that a wrong id gets a JSON answer too."""

    @authenticated
    @authorized
    async def get(self, entry_id: str) -> None:
        """Everything known of one entry."""
        _check_id(entry_id)
        await self.answer(lambda access: show_entry(access, entry_id))

    @authenticated
    @authorized
    async def delete(self, entry_id: str) -> None:
        """Remove one entry."""
        _check_id(entry_id)
        await self.answer(lambda access: remove_entry(access, entry_id))


class ClearHandler(CacheableHandler):
    """``clear``."""

    @authenticated
    @authorized
    async def post(self) -> None:
        """Remove many entries, or count them."""
        body = self.request.body
        await self.answer(lambda access: clear(access, ClearRequest.parse(body)))


class ForecastHandler(CacheableHandler):
    """``forecast``; it changes nothing and is a POST only to carry the document."""

    @authenticated
    @authorized("read")  # type: ignore[untyped-decorator]
    async def post(self) -> None:
        """Judge the entries of a notebook, and its marked cells, by its live document."""
        body = self.request.body
        await self.answer(lambda access: forecast_document(access, ForecastRequest.parse(body)))


class StatsHandler(CacheableHandler):
    """``stats``."""

    @authenticated
    @authorized
    async def get(self) -> None:
        """Count entries, bytes, hits and the time saved."""
        await self.answer(store_stats)


_HANDLERS: list[tuple[str, type[CacheableHandler]]] = [
    (r"entries", EntriesHandler),
    (r"entries/(.*)", EntryHandler),
    (r"clear", ClearHandler),
    (r"forecast", ForecastHandler),
    (r"stats", StatsHandler),
]


def routes(base_url: str) -> list[tuple[str, type[CacheableHandler]]]:
    """Every route of this package below the server's base URL."""
    return [(url_path_join(base_url, PREFIX, path), handler) for path, handler in _HANDLERS]


def _check_id(entry_id: str) -> None:
    if not is_id(entry_id):
        raise RefusalError(400, "this is not the id of an entry")


def _text(answer: Json | None) -> str | None:
    return None if answer is None else json.dumps(answer, allow_nan=False)
