"""The registered `%%cacheable` magic.

A marked cell never gets here: its mark is recognised in the text before any magic is looked up.
The magic exists for completion and `%%cacheable?`, and for marks in places where they cannot work.
"""

from __future__ import annotations

from typing import NoReturn

from IPython.core.error import UsageError
from IPython.core.magic import Magics, cell_magic, magics_class

PLACE = "%%cacheable must be the first line of its cell, above other magics and code"


@magics_class
class CacheableMagics(Magics):
    """Holds `%%cacheable`."""

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
          --force          run the cell even if there is an entry, and replace the entry
          --no-save        use an entry if there is one, but do not store a new one
          --always         store the result even if running the cell again would be cheaper
          --verify         run the cell even if there is an entry, and compare the two
          --verbose        say in the output what was decided and why
        """
        raise UsageError(PLACE)
