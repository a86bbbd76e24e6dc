"""The saved notebooks that entries name: where they stand in the contents, and what is in them.

The only paths that are opened come from verified manifests; a request never names one.
"""

from __future__ import annotations

import json
import os
import stat
from collections import OrderedDict
from pathlib import Path, PurePath

from ..document import Cell
from ..errors import CacheableError

MAX_BYTES = 50 * 1024 * 1024
_KEPT = 32  # notebooks whose cells stay in memory

_Stamp = tuple[int, int, int, int]  # device, inode, size, modification time in ns


class UnreadableError(CacheableError):
    """A notebook that this server cannot or must not read; the text is a reason's sentence."""


_MALFORMED = "its notebook is not a valid one of format 4"


class Notebooks:
    """The notebooks below one root folder; ``root`` is None when the server serves no folder."""

    def __init__(self, root: Path | None) -> None:
        self._real_root = None if root is None else Path(os.path.realpath(root))
        spelled = [] if root is None else [Path(os.path.abspath(root))]
        self._roots = [*spelled, *([self._real_root] if self._real_root else [])]
        self._kept: OrderedDict[Path, tuple[_Stamp, list[Cell]]] = OrderedDict()

    def contents_path(self, path: str | None) -> str | None:
        """The path as the front end writes it, None when it is unknown or outside the root.

        Looks at text only: a kernel may know the root by its real or by its linked name.
        """
        pure = PurePath(path or "")
        if ".." in pure.parts:
            return None
        for root in self._roots:
            if pure.is_relative_to(root) and pure != root:
                return pure.relative_to(root).as_posix()
        return None

    def cells(self, path: str | None) -> list[Cell]:
        """The cells of a saved notebook. Raises UnreadableError with one plain sentence."""
        if path is None:
            raise UnreadableError("its notebook is not known")
        try:
            return self._cells(self._checked(path))
        except FileNotFoundError:
            raise UnreadableError("its notebook was moved or deleted") from None
        except (OSError, ValueError):
            raise UnreadableError("its notebook cannot be read") from None

    def _checked(self, path: str) -> Path:
        real = Path(os.path.realpath(path))
        if self._real_root is None or not real.is_relative_to(self._real_root):
            raise UnreadableError("its notebook is outside the folder of this server")
        if real.suffix != ".ipynb":
            raise UnreadableError("its notebook is not an .ipynb file")
        return real

    def _cells(self, path: Path) -> list[Cell]:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                raise UnreadableError("its notebook is not a regular file")
            if found.st_size > MAX_BYTES:
                raise UnreadableError("its notebook is too large to be read")
            stamp = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)
            kept = self._kept.get(path)
            if kept is None or kept[0] != stamp:
                kept = (stamp, _parse(file.read(MAX_BYTES)))
        self._keep(path, kept)
        return kept[1]

    def _keep(self, path: Path, cells: tuple[_Stamp, list[Cell]]) -> None:
        self._kept[path] = cells
        self._kept.move_to_end(path)
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)


def _parse(text: bytes) -> list[Cell]:
    """The cells of notebook JSON of format 4. Raises UnreadableError or ValueError."""
    try:
        notebook = json.loads(text)
    except RecursionError:
        raise UnreadableError(_MALFORMED) from None
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        raise UnreadableError(_MALFORMED)
    return [_cell(cell) for cell in cells]


def _cell(cell: object) -> Cell:
    if not isinstance(cell, dict):
        raise UnreadableError(_MALFORMED)
    cell_id, source, kind = cell.get("id"), cell.get("source"), cell.get("cell_type")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(cell_id, str | None) or not isinstance(source, str):
        raise UnreadableError(_MALFORMED)
    if not isinstance(kind, str):
        raise UnreadableError(_MALFORMED)
    return Cell(cell_id, source, kind)
