"""Give restored functions the lines of the cell as it stands now."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from types import CodeType, FunctionType

from ..analysis.closure import code_digest
from .ledger import Row


class Recompiler:
    """Swaps a stored code object for the equal one of the cells as they stand now.

    Equal means: same name and same instructions, and the same rank among those that are alike.
    Then tracebacks and `inspect.getsource` show the lines of the cell on screen, even if comments
    moved them since the entry was stored. The code is that of the cell itself, or stands inside one
    of the `used` definitions of other cells: a closure that the cell had made by one of them.
    """

    def __init__(self, row: Row, file_name: str, used: Iterable[object] = ()) -> None:
        self._codes: dict[str, list[CodeType]] | None = None
        self._row = row
        self._file_name = file_name
        self._used = used

    def __call__(self, code: CodeType, rank: int) -> CodeType:
        equal = self._equal(code)
        return equal[min(rank, len(equal) - 1)] if equal else code

    def rank(self, code: CodeType) -> int:
        """The number of a code object among the equal ones of the cell, as from two lambdas."""
        places = [list(each.co_positions()) for each in self._equal(code)]
        place = list(code.co_positions())
        return places.index(place) if place in places else 0

    def _equal(self, code: CodeType) -> list[CodeType]:
        digest = code_digest(code)
        known = self._known().get(code.co_qualname, ())
        return [each for each in known if code_digest(each) == digest]

    def _known(self) -> dict[str, list[CodeType]]:
        if self._codes is None:
            self._codes = {}
            if self._row.tree is not None:
                flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
                # One statement at a time, as IPython compiles them: a call of what the same
                # module imports has other instructions.
                for statement in self._row.tree.body:
                    module = ast.Module([statement], [])
                    code = compile(module, self._file_name, "exec", flags, dont_inherit=True)
                    self._collect(code)
            for function in self._used:
                if isinstance(function, FunctionType):
                    self._collect(function.__code__)
        return self._codes

    def _collect(self, code: CodeType) -> None:
        assert self._codes is not None
        for constant in code.co_consts:
            if isinstance(constant, CodeType):
                self._codes.setdefault(constant.co_qualname, []).append(constant)
                self._collect(constant)
