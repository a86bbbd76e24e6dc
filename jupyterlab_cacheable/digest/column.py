"""The digest of a column of a frame by itself, as it stands in the digests of frames."""

from __future__ import annotations

from typing import Any

from .walker import Content, Definition, Walker


def column_digest(values: Any, *, definition: Definition) -> Content:
    """The digest of what pandas keeps a column in, and the mutable objects in that.

    ``definition`` is that of `digest`. Raises Undigestible.
    """
    from .frames import write_content

    walker = Walker(definition)
    write_content(walker, values)
    (found,) = walker.contents.values()
    return found
