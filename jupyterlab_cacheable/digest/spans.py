"""Memory that values of two libraries share: each library stores its own copy of it.

A numpy array over the memory of a tensor, an Arrow table or a bytearray sees it change. What one
library shares among its own values is told by their digests; nothing tells it across libraries,
so such values are found by their addresses and refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Span(NamedTuple):
    """A range of addresses and the library that reads or writes it."""

    low: int
    high: int
    library: str


def overlap(spans: Iterable[Span]) -> tuple[Span, Span] | None:
    """Two spans of different libraries with an address in common, None when there are none."""
    reaching: dict[str, Span] = {}
    for span in sorted(spans):
        for library, other in reaching.items():
            if library != span.library and other.high > span.low:
                return other, span
        last = reaching.get(span.library)
        if last is None or span.high > last.high:
            reaching[span.library] = span
    return None
