"""The server's access to the store: opened late, looked at from one thread, never created."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from ..config import store_dir
from ..errors import StoreError
from ..store import Store
from ..store.index import Index
from .notebooks import Notebooks

T = TypeVar("T")


@dataclass(frozen=True)
class Opened:
    """A store with its index; ``place`` tells whether the folder is still the same one."""

    store: Store
    index: Index
    place: tuple[Path, int, int]


class Access:
    """What the routes work on. Everything but `run` belongs to the one worker thread.

    One thread is the lock: the index is one SQLite connection, and a listing must not see half
    of a removal. Where the store is gets looked up for each request, so that a folder that was
    made, moved or configured after the server's start is found.
    """

    def __init__(self, root: Path | None) -> None:
        self.notebooks = Notebooks(root)
        self._root = root
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="cacheable")
        self._opened: Opened | None = None

    async def run(self, work: Callable[[], T]) -> T:
        """Do the work in the worker thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def store_path(self) -> Path:
        """Where the store is or would be. Raises ConfigError."""
        return store_dir(self._root)

    def opened(self) -> Opened | None:
        """The store as it is now, None when nothing was ever stored.

        Raises StoreError or ConfigError with one plain sentence.
        """
        path = self.store_path()
        if _is_absent(path):
            return None
        place = _place(path)
        if self._opened is None or self._opened.place != place:
            store = Store.open(path, create=False)
            self._opened = Opened(store, Index(store), place)
        self._opened.index.refresh()
        return self._opened


def _is_absent(path: Path) -> bool:
    """Whether there is nothing, or an empty folder that may become a store."""
    try:
        return not any(path.iterdir())
    except FileNotFoundError:
        return not path.is_symlink()
    except OSError:
        return False


def _place(path: Path) -> tuple[Path, int, int]:
    try:
        facts = os.lstat(path)
    except OSError as error:
        raise StoreError(f"the store cannot be reached: {path}") from error
    return path, facts.st_dev, facts.st_ino
