"""The code cells of a notebook as they stand now, to be compared with recorded code."""

from __future__ import annotations

import tokenize
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from io import StringIO

from .analysis.canonical import source_digest
from .analysis.mark import Mark, find_mark
from .errors import UsageError

_QUIET = (tokenize.ENDMARKER, tokenize.NL, tokenize.NEWLINE, tokenize.COMMENT)


@dataclass(frozen=True)
class Cell:
    """A cell as a front end or a file gives it; notebooks older than format 4.5 have no ids."""

    id: str | None
    source: str
    type: str = "code"


class Code:
    """The code of one source, below its mark; everything is worked out once and kept.

    ``usage_error`` is the sentence about a mark that is written wrongly.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.mark: Mark | None = None
        self.usage_error: str | None = None
        try:
            self.mark = find_mark(source)
        except UsageError as error:
            self.usage_error = str(error)
        self.body = self.mark.body if self.mark else source

    @cached_property
    def digest(self) -> str | None:
        """The canonical digest, None when the body is not plain Python."""
        return source_digest(self.body)

    @cached_property
    def bare(self) -> str:
        """The text that counts in a cell with IPython syntax."""
        lines = (line.rstrip() for line in self.body.splitlines())
        return "\n".join(line for line in lines if line and not line.lstrip().startswith("#"))

    @cached_property
    def silent(self) -> bool:
        """Whether a final semicolon hides the value of the last expression."""
        if ";" not in self.body:
            return False
        tokens = tokenize.generate_tokens(StringIO(self.body).readline)
        try:
            code = [token.string for token in tokens if token.type not in _QUIET]
        except (tokenize.TokenError, SyntaxError):
            return False
        return code[-1:] == [";"]

    @property
    def first_line(self) -> str:
        """The first line of code, empty when there is none."""
        return next((line.strip() for line in self.bare.splitlines()), "")

    def equals(self, source: str, digest: str) -> bool:
        """Whether this is the code that was recorded as ``source`` with ``digest``."""
        if source in (self.body, self.source):
            return True
        if self.digest is not None:
            return self.digest == digest
        return self.bare == code_of(source).bare


@lru_cache(maxsize=4096)
def code_of(source: str) -> Code:
    """The code of a source, the same object for the same text."""
    return Code(source)


@dataclass(frozen=True)
class CodeCell:
    """A code cell of a document."""

    id: str | None
    code: Code

    @property
    def marked(self) -> bool:
        """Whether it asks to be cached, be it in a way that is not understood."""
        return self.code.mark is not None or self.code.usage_error is not None


class Document:
    """The code cells, found by id or, where nobody knows an id, by equal code."""

    def __init__(self, cells: Sequence[Cell]) -> None:
        self.code = [
            CodeCell(cell.id, code_of(cell.source)) for cell in cells if cell.type == "code"
        ]
        self.other_ids = {cell.id for cell in cells if cell.type != "code"}
        self._by_id = {cell.id: cell for cell in self.code if cell.id is not None}

    def find(self, cell_id: str | None, source: str, digest: str) -> list[CodeCell]:
        """The cell with this id, else every cell with this code.

        The kernel's key holds no cell ids: a cell that was cut and pasted, or that gets new ids
        with every session, still hits.
        """
        if cell_id is not None and cell_id in self._by_id:
            return [self._by_id[cell_id]]
        return [cell for cell in self.code if cell.code.equals(source, digest)]
