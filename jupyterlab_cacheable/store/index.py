"""The index: a disposable table over the manifests and run logs, for listing and counting.

It is never asked whether a cell hits. Everything in it can be read again from the store, so a
file that is damaged, of another schema, or made with another secret is deleted and rebuilt, and
where no file can be written the table lives in memory.
"""

# Every text that is put into a query here is a constant of this file.
# ruff: noqa: S608

from __future__ import annotations

import sqlite3
import time
from contextlib import suppress
from threading import RLock
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar

from ..config import index_path
from ..errors import StoreError
from . import files
from .rows import Row, Use, entry_columns, row_of, searchable, storable, use_of
from .runlog import read_lines, run_logs
from .table import connect, is_busy, require_complete, transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from .store import Store

Sort = Literal["created", "label", "size", "duration", "hits", "used"]
T = TypeVar("T")

_YOUNG_NS = 2_000_000_000
"""A folder changed this lately may change again within one tick of its clock: list it again."""

_UNSETTLED = -1

_ORDER: dict[Sort, str] = {
    "created": "created_at",
    "label": "label COLLATE NOCASE",
    "size": "entry.size",
    "duration": "duration",
    "hits": "hits",
    "used": "coalesce(last_used_at, created_at)",
}

_ROWS = """
SELECT entry.id, key, label, notebook, cell_id, created_at, duration, entry.size, tags,
    expires_at, coalesce(use.hits, 0) AS hits, use.last_used_at, coalesce(use.saved, 0.0),
    problem, sentence, "check"
FROM entry LEFT JOIN use ON use.entry = entry.id
"""

_HITS = ("HIT", "WAITED")
_MISSES = ("MISS", "FORCED", "EXPIRED")


class Totals(NamedTuple):
    """``bytes`` counts a blob that several entries share once."""

    entries: int
    bytes: int


class NotebookTotals(NamedTuple):
    """One notebook's entries; shared blobs count for each entry."""

    notebook: str | None
    entries: int
    bytes: int


class Stats(NamedTuple):
    """Counts of the store and of all run logs; ``saved`` in seconds."""

    entries: int
    bytes: int
    hits: int
    misses: int
    saved: float
    by_notebook: list[NotebookTotals]


class Index:
    """Lists and counts; call `refresh` first to see what has changed on disk.

    Safe to use from several threads; several processes may share the file. Every method raises
    StoreError only when the store itself cannot be listed.
    """

    def __init__(self, store: Store, path: Path | None = None) -> None:
        self._store = store
        self._path: Path | None = index_path(store.path) if path is None else path
        self._lock = RLock()
        self._table: sqlite3.Connection | None = None

    def close(self) -> None:
        """Let go of the file; the next call opens it again."""
        with self._lock:
            if self._table is not None:
                self._table.close()
                self._table = None

    def refresh(self) -> None:
        """Bring the table up to what is on disk; costs little when nothing has changed."""
        self._run(self._refresh)

    def rows(
        self,
        *,
        notebook: str | None = None,
        q: str | None = None,
        sort: Sort = "created",
        descending: bool = True,
        offset: int = 0,
        limit: int | None = None,
    ) -> list[Row]:
        """Entries of ``notebook`` (its absolute path) whose texts contain ``q``, case ignored."""
        where, values = _filter(notebook, q)
        direction = "DESC" if descending else "ASC"
        order = f" ORDER BY {_ORDER[sort]} {direction}, entry.id {direction} LIMIT ? OFFSET ?"
        values = [*values, -1 if limit is None else limit, offset]
        return self._run(lambda table: _rows(table, where + order, values))

    def row(self, entry_id: str) -> Row | None:
        """One entry, None when it is not listed."""
        found = self._run(lambda table: _rows(table, " WHERE entry.id = ?", [entry_id]))
        return found[0] if found else None

    def count_bytes(self, *, notebook: str | None = None, q: str | None = None) -> Totals:
        """How many entries the same filter finds, and the bytes they hold together."""
        where, values = _filter(notebook, q)
        return self._run(lambda table: _totals(table, where, values))

    def stats(self) -> Stats:
        """Counts over the whole store."""
        return self._run(_stats)

    def references(self, digest: str) -> list[str]:
        """The ids of the entries that name this blob."""
        return self._ids("SELECT entry FROM blob WHERE digest = ? ORDER BY entry", [digest])

    def ids(self, notebook: str | None = None) -> list[str]:
        """The ids of all entries, or of one notebook's, newest first."""
        where, values = _filter(notebook, None)
        query = f"SELECT id FROM entry{where} ORDER BY created_at DESC, id DESC"
        return self._ids(query, values)

    def nearest(self, notebook: str | None, cell_id: str | None, label: str) -> list[str]:
        """Entries that most likely come from this cell: same cell id, or same notebook and label.

        Those of the same notebook and cell come first, newest first among equals.
        """
        return self._ids(
            "SELECT id FROM entry WHERE problem IS NULL"
            " AND (cell_id = ?2 OR (notebook IS ?1 AND label = ?3))"
            " ORDER BY (notebook = ?1 AND cell_id = ?2) IS TRUE DESC, cell_id = ?2 DESC,"
            " created_at DESC, id DESC",
            [storable(notebook), storable(cell_id), storable(label)],
        )

    def _ids(self, query: str, values: list[Any]) -> list[str]:
        return self._run(lambda table: [row[0] for row in table.execute(query, values)])

    def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do the work; when the file is at fault, once more with a new one, then in memory."""
        with self._lock, files.as_store_error():
            for attempt in range(3):
                try:
                    return work(self._connected())
                except sqlite3.Error as error:
                    fault = error
                    self._start_over(in_memory=attempt > 0 or is_busy(error))
            raise StoreError(f"the index cannot be used ({fault})")

    def _start_over(self, in_memory: bool) -> None:
        self.close()
        if in_memory:
            self._path = None
        if self._path is None:
            return
        for suffix in ("", "-wal", "-shm"):
            with suppress(OSError):
                self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)

    def _connected(self) -> sqlite3.Connection:
        if self._table is None:
            self._table = connect(self._path, self._store.identity)
            if self._is_empty():
                self._refresh(self._table)
        return self._table

    def _is_empty(self) -> bool:
        assert self._table is not None
        return self._table.execute("SELECT 1 FROM folder").fetchone() is None

    def _refresh(self, table: sqlite3.Connection) -> None:
        folder = self._store.folder
        require_complete(table)
        known = dict(table.execute("SELECT name, mtime FROM folder").fetchall())
        present = set(folder.prefixes())
        for name in sorted(present | known.keys()):
            mtime = _mtime(folder.entries / name) if name in present else None
            if mtime is None or known.get(name) != mtime:
                self._list(table, name, mtime)
        for name in run_logs(folder):
            self._read_log(table, name)

    def _list(self, table: sqlite3.Connection, name: str, mtime: int | None) -> None:
        """Compare one folder with its rows; ``mtime`` was read before, None when it is gone."""
        with transaction(table):
            known = {
                row[0]: tuple(row[1:])
                for row in table.execute(
                    "SELECT id, inode, mtime, length FROM entry WHERE id >= ? AND id < ?",
                    [name, name + "g"],
                )
            }
            present = dict(self._facts(name))
            _drop(table, known.keys() - present.keys())
            changed = [entry for entry, facts in present.items() if known.get(entry) != facts]
            _drop(table, changed)
            self._add(table, {entry: present[entry] for entry in changed})
            settled = mtime is not None and time.time_ns() - mtime > _YOUNG_NS
            table.execute(
                "INSERT OR REPLACE INTO folder SELECT ?1, ?2, count(*) FROM entry"
                " WHERE id >= ?1 AND id < ?1 || 'g'",
                [name, mtime if settled else _UNSETTLED],
            )

    def _facts(self, name: str) -> Iterator[tuple[str, tuple[int, int, int]]]:
        folder = self._store.folder
        for entry_id in folder.ids(name):
            with suppress(FileNotFoundError):
                found = folder.entry(entry_id).lstat()
                yield entry_id, (found.st_ino, found.st_mtime_ns, found.st_size)

    def _add(self, table: sqlite3.Connection, entries: dict[str, tuple[int, int, int]]) -> None:
        for entry_id, manifest in self._store.manifests(entries).items():
            facts = entries[entry_id]
            columns = [entry_id, *facts, *entry_columns(entry_id, manifest, *facts[1:])]
            marks = ", ".join("?" * len(columns))
            table.execute(f"INSERT INTO entry VALUES ({marks})", columns)
            if not isinstance(manifest, StoreError):
                table.executemany(
                    "INSERT OR IGNORE INTO blob VALUES (?, ?, ?)",
                    [(entry_id, blob["digest"], blob["size"]) for blob in manifest.blobs],
                )

    def _read_log(self, table: sqlite3.Connection, name: str) -> None:
        row = table.execute("SELECT offset FROM log WHERE name = ?", [name]).fetchone()
        offset = 0 if row is None else row[0]
        try:
            if (self._store.folder.runs / name).lstat().st_size <= offset:
                return
        except OSError:
            return
        more = True
        while more:
            more, offset = self._read_some(table, name)

    def _read_some(self, table: sqlite3.Connection, name: str) -> tuple[bool, int]:
        """One stretch of a run log, its counts and the new offset in one transaction."""
        with transaction(table):
            row = table.execute("SELECT offset FROM log WHERE name = ?", [name]).fetchone()
            offset = 0 if row is None else row[0]
            try:
                lines, end = read_lines(self._store.folder, name, offset)
            except OSError:
                return False, offset
            _count(table, (use for line in lines if (use := use_of(line)) is not None))
            table.execute("INSERT OR REPLACE INTO log VALUES (?, ?)", [name, end])
        return end > offset, end


def _filter(notebook: str | None, q: str | None) -> tuple[str, list[Any]]:
    terms, values = [], []
    if notebook is not None:
        terms.append("notebook = ?")
        values.append(storable(notebook))
    if q:
        terms.append("instr(search, ?) > 0")
        values.append(searchable(q))
    return (" WHERE " + " AND ".join(terms) if terms else ""), values


def _rows(table: sqlite3.Connection, rest: str, values: list[Any]) -> list[Row]:
    try:
        return [row_of(columns) for columns in table.execute(_ROWS + rest, values)]
    except ValueError as error:
        raise sqlite3.DatabaseError(str(error)) from error


def _totals(table: sqlite3.Connection, where: str, values: list[Any]) -> Totals:
    counted = f"SELECT count(*), coalesce(sum(length), 0) FROM entry{where}"
    count, manifests = table.execute(counted, values).fetchone()
    distinct = (
        f"SELECT DISTINCT digest, size FROM blob WHERE entry IN (SELECT id FROM entry{where})"
    )
    shared = f"SELECT coalesce(sum(size), 0) FROM ({distinct})"
    blobs = table.execute(shared, values).fetchone()[0]
    return Totals(count, manifests + blobs)


def _stats(table: sqlite3.Connection) -> Stats:
    totals = _totals(table, "", [])
    notebooks = table.execute(
        "SELECT notebook, count(*), sum(size) FROM entry WHERE problem IS NULL"
        " GROUP BY notebook ORDER BY sum(size) DESC, notebook"
    ).fetchall()
    counted = {row[0]: row[1:] for row in table.execute("SELECT word, times, saved FROM outcome")}
    return Stats(
        *totals,
        hits=sum(counted[word][0] for word in _HITS if word in counted),
        misses=sum(counted[word][0] for word in _MISSES if word in counted),
        saved=sum((saved for _, saved in counted.values()), 0.0),
        by_notebook=[NotebookTotals(*row) for row in notebooks],
    )


def _drop(table: sqlite3.Connection, ids: Iterable[str]) -> None:
    gone = [(entry_id,) for entry_id in ids]
    table.executemany("DELETE FROM entry WHERE id = ?", gone)
    table.executemany("DELETE FROM blob WHERE entry = ?", gone)


def _count(table: sqlite3.Connection, uses: Iterable[Use]) -> None:
    for use in uses:
        table.execute(
            "INSERT INTO outcome VALUES (?1, 1, ?2) ON CONFLICT (word)"
            " DO UPDATE SET times = times + 1, saved = saved + ?2",
            [use.word, use.saved],
        )
        if use.entry and use.word in _HITS:
            table.execute(
                "INSERT INTO use VALUES (?1, 1, ?2, ?3) ON CONFLICT (entry)"
                " DO UPDATE SET hits = hits + 1, last_used_at = max(last_used_at, ?2),"
                " saved = saved + ?3",
                [use.entry, use.at, use.saved],
            )


def _mtime(path: Path) -> int | None:
    try:
        return path.lstat().st_mtime_ns
    except FileNotFoundError:
        return None
