"""The run log: one JSON line for each lookup, from which hits and time saved are counted.

    line = {"at": ISO time, "outcome": word, "entry": id, "key": text, "notebook": text,
            "cell_id": text, "saved": seconds, "duration": seconds}   absent or null where unknown

Every process appends to a file of its own, so no line is ever interleaved with another. Losing
lines changes statistics, never results; so every error is ignored.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from . import files

if TYPE_CHECKING:
    from pathlib import Path

    from .folder import Folder

_SUFFIX = ".jsonl"
_MOST = 4 * 1024 * 1024


class RunLog:
    """One process's own file, made with the first line."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._file: Path | None = None
        self._process = 0

    def append(self, line: dict[str, Any]) -> None:
        """Append one line; what is not JSON or cannot be written is dropped."""
        with suppress(OSError, ValueError, TypeError):
            text = json.dumps(line, allow_nan=False, separators=(",", ":")).encode("ascii")
            self._write(text + b"\n")

    def _write(self, line: bytes) -> None:
        # A forked child must not write into its parent's file.
        if self._file is None or self._process != os.getpid():
            self._file, self._process = self._start(), os.getpid()
        descriptor = files.open_append(self._file)
        try:
            files.write(descriptor, line)
        finally:
            files.close(descriptor)

    def _start(self) -> Path:
        date = datetime.now(UTC).strftime("%Y%m%d")
        path = self._folder.runs / f"{date}-{os.getpid()}-{os.urandom(4).hex()}{_SUFFIX}"
        files.close(files.create(path))
        return path


def run_logs(folder: Folder) -> list[str]:
    """The names of all run logs; raises OSError."""
    return sorted(path.name for path in folder.runs.iterdir() if path.suffix == _SUFFIX)


def read_lines(folder: Folder, name: str, offset: int) -> tuple[list[dict[str, Any]], int]:
    """The complete lines from ``offset`` on, and the offset behind them; raises OSError.

    At most a few MiB at a time; lines that are not JSON objects are passed over.
    """
    descriptor, facts = files.open_read(folder.runs / name)
    with os.fdopen(descriptor, "rb") as file:
        if facts.st_size <= offset:
            return [], offset
        file.seek(offset)
        text = file.read(min(_MOST, facts.st_size - offset))
    end = text.rfind(b"\n") + 1
    if end == 0 and len(text) == _MOST:
        end = len(text)
    return [line for raw in text[:end].splitlines() if (line := _line(raw))], offset + end


def _line(raw: bytes) -> dict[str, Any] | None:
    try:
        line = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return line if isinstance(line, dict) else None
