"""Give restored functions the lines of the cell as it stands now."""

from __future__ import annotations

import ast
from types import CodeType

from ..analysis.closure import code_digest
from .ledger import Row


class Recompiler:
    """Swaps a stored code object for the equal one of the cell as it stands now.

    Equal means: same name and same instructions. Then tracebacks and `inspect.getsource` show the
    lines of the cell on screen, even if comments moved them since the entry was stored.
    """

    def __init__(self, row: Row, file_name: str) -> None:
        self._codes: dict[str, list[CodeType]] | None = None
        self._row = row
        self._file_name = file_name

    def __call__(self, code: CodeType) -> CodeType:
        for candidate in self._known().get(code.co_qualname, ()):
            if code_digest(candidate) == code_digest(code):
                return candidate
        return code

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
        return self._codes

    def _collect(self, code: CodeType) -> None:
        assert self._codes is not None
        for constant in code.co_consts:
            if isinstance(constant, CodeType):
                self._codes.setdefault(constant.co_qualname, []).append(constant)
                self._collect(constant)
