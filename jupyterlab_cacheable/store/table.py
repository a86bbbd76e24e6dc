"""The index's SQLite file: how it is made, and when it is not to be believed."""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from ..errors import StoreError
from . import files
from .folder import check_private

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCHEMA = 1

BUSY_SECONDS = 5.0
"""How long to wait for another process before working in memory instead."""

_TABLES = """
CREATE TABLE identity (text TEXT NOT NULL);
CREATE TABLE folder (name TEXT PRIMARY KEY, mtime INTEGER NOT NULL, entries INTEGER NOT NULL);
CREATE TABLE entry (
    id TEXT PRIMARY KEY, inode INTEGER, mtime INTEGER, length INTEGER,
    key TEXT, label TEXT, notebook TEXT, cell_id TEXT, created_at TEXT, duration REAL,
    size INTEGER, tags TEXT, expires_at TEXT, problem TEXT, sentence TEXT, search TEXT,
    "check" INTEGER
) WITHOUT ROWID;
CREATE INDEX entry_notebook ON entry (notebook, created_at);
CREATE TABLE blob (entry TEXT, digest TEXT, size INTEGER, PRIMARY KEY (entry, digest))
    WITHOUT ROWID;
CREATE INDEX blob_digest ON blob (digest);
CREATE TABLE log (name TEXT PRIMARY KEY, offset INTEGER NOT NULL);
CREATE TABLE use (entry TEXT PRIMARY KEY, hits INTEGER, last_used_at TEXT, saved REAL);
CREATE TABLE outcome (word TEXT PRIMARY KEY, times INTEGER, saved REAL);
"""


def connect(path: Path | None, identity: str) -> sqlite3.Connection:
    """A table made for this schema and secret; raises sqlite3.Error."""
    if path is not None and not _prepare(path):
        path = None
    table = sqlite3.connect(
        ":memory:" if path is None else path,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        table.execute("PRAGMA journal_mode = WAL")
        table.execute("PRAGMA synchronous = OFF")
        with transaction(table):
            _make_tables(table, identity)
    except BaseException:
        table.close()
        raise
    return table


def require_complete(table: sqlite3.Connection) -> None:
    """Damage may take rows away without any error; then the counts differ."""
    counted = "SELECT (SELECT coalesce(sum(entries), 0) FROM folder) = (SELECT count(*) FROM entry)"
    if table.execute(counted).fetchone() != (1,):
        raise sqlite3.DatabaseError("rows are missing")


@contextmanager
def transaction(table: sqlite3.Connection) -> Iterator[None]:
    """All of the body or nothing; others may read meanwhile but not write."""
    table.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        with suppress(sqlite3.Error):
            table.execute("ROLLBACK")
        raise
    table.execute("COMMIT")


def is_busy(error: sqlite3.Error) -> bool:
    """Whether another process holds the file, which is no reason to delete it."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _prepare(path: Path) -> bool:
    """Make a private file for the table; False where there cannot be one."""
    try:
        files.make_folders(path.parent)
        check_private(path.parent, "the folder of the index")
        if not os.path.lexists(path):
            with suppress(FileExistsError):
                files.close(files.create(path))
        return files.is_regular(path)
    except (OSError, StoreError):
        return False


def _make_tables(table: sqlite3.Connection, identity: str) -> None:
    version = table.execute("PRAGMA user_version").fetchone()[0]
    if version == 0:
        for statement in _TABLES.split(";"):
            table.execute(statement)
        table.execute("INSERT INTO identity VALUES (?)", [identity])
        table.execute(f"PRAGMA user_version = {SCHEMA}")
        return
    if version != SCHEMA or table.execute("SELECT text FROM identity").fetchall() != [(identity,)]:
        raise sqlite3.DatabaseError("made by another version or with another secret")
    if table.execute("PRAGMA integrity_check(1)").fetchall() != [("ok",)]:
        raise sqlite3.DatabaseError("damaged")
