"""Puts the routes into a Jupyter server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .access import Access
from .routes import SETTING, routes

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp
    from tornado.web import Application


def setup(server_app: ServerApp) -> None:
    """Register the routes under the server's base URL; the store is opened by the first request."""
    web_app: Application = server_app.web_app
    # Contents that are not files on this machine have no root folder.
    root = getattr(server_app.contents_manager, "root_dir", None)
    web_app.settings[SETTING] = Access(Path(root) if root else None)
    web_app.add_handlers(".*$", list(routes(web_app.settings["base_url"])))
