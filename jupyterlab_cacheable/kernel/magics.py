"""The registered magics `%%cacheable` and `%cacheable`.

A marked cell never gets here: its mark is recognised in the text before any magic is looked up.
The first one exists for completion and `%%cacheable?`, and for marks in places where they cannot
work. The second one asks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

from IPython.core.error import UsageError
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class, no_var_expand

from .. import errors

if TYPE_CHECKING:
    from .accepting import Accepted, Withdrawn
    from .run import Runner
    from .why import Why

PLACE = "%%cacheable must be the first line of its cell, above other magics and code"


@magics_class
class CacheableMagics(Magics):
    """Holds `%%cacheable` and `%cacheable`."""

    def __init__(self, shell: Any, runner: Callable[[], Runner | None]) -> None:
        """`runner` is None as long as no cell needed it, or where it cannot be loaded."""
        super().__init__(shell)
        self._runner = runner

    @cell_magic
    def cacheable(self, line: str, cell: str) -> NoReturn:  # noqa: ARG002 -- IPython passes both
        """Make this cell instant when nothing that its result depends on has changed.

        Write `%%cacheable` as the first line of a cell, or `#| cacheable` as a comment. The first
        run stores what the cell displayed and the variables it left. Later runs show the stored
        result without running the cell, as long as the code, the cells it builds on, the values
        it reads and the packages it uses are the same.

        Options:

          --name TEXT      label in the panel; entries with different names are kept apart
          --version TEXT   raise it to make older entries unreachable (default 1)
          --tag TEXT       tag for the panel, can be repeated
          --ttl TIME       lifetime of the entry: 90, 90s, 15m, 2h or 7d
          --file PATH      a file, folder or pattern that counts, can be repeated
          --file-pattern REGEX
                           of folders, only files with such names count
          --file-content-only
                           the contents of those files count, their paths do not
          --env NAME       an environment variable that counts, can be repeated
          --var NAME       a variable that counts though the cell does not mention it, or
                           NAME=TEXT, can be repeated
          --force          run the cell even if there is an entry, and replace the entry
          --no-save        use an entry if there is one, but do not store a new one
          --always         store the result even if running the cell again would be cheaper
          --verify         run the cell even if there is an entry, and compare the two
          --verbose        say in the output what was decided and why
        """
        raise UsageError(PLACE)

    @no_var_expand
    @line_magic("cacheable")  # type: ignore[arg-type]
    def ask(self, line: str) -> Why | Accepted | Withdrawn:
        """Ask about marked cells, or tell that a result still holds.

          %cacheable why [CELL] [--json]

        tells why a marked cell ran and what it would do now, with the differences. CELL is a label,
        a variable that the cell binds, or the first characters of its id; without it, the cell that
        ran last is meant. With --json the answer is shown as JSON; `w = %cacheable why` keeps it,
        and `w.to_dict()` is the same data. Nothing is run or restored.

          %cacheable accept [CELL]
          %cacheable withdraw [CELL]

        accept takes the nearest stored result for the cell as it would be now, after `why` has told
        what differs; the cell will be instant, and its entry says who accepted what. withdraw takes
        that back.
        """
        command, _, rest = line.strip().partition(" ")
        if command not in _COMMANDS:
            wrong = f"there is no command {command!r}; " if command else ""
            raise UsageError(f"%cacheable: {wrong}{_USE}")
        runner = self._runner()
        if runner is None:
            raise UsageError("%cacheable: the extension could not be loaded, see the log")
        try:
            if command == "why":
                return runner.why(rest)
            return runner.accept(rest) if command == "accept" else runner.withdraw(rest)
        except errors.UsageError as error:
            raise UsageError(str(error)) from None


_COMMANDS = frozenset({"accept", "why", "withdraw"})
_USE = "use %cacheable why [CELL] [--json], %cacheable accept [CELL] or %cacheable withdraw [CELL]"
