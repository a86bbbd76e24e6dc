"""Memory that values of two libraries share: each library stores its own copy of it.

A numpy array over the memory of an Arrow table or a bytearray sees it change. What one library
shares among its own values is told by their digests; nothing tells it across libraries, so such
values are found by their addresses and refused. Arrays that a tensor made of itself count as
torch's own, and two storages over one memory as two libraries.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Span(NamedTuple):
    """A range of addresses, the library that reads or writes it, and the storage of torch."""

    low: int
    high: int
    library: str
    storage: tuple[int, int] = (0, 0)


def overlap(spans: Iterable[Span]) -> tuple[Span, Span] | None:
    """Two spans of different owners with an address in common, None when there are none."""
    reaching: dict[object, Span] = {}
    for span in sorted(spans):
        reaching = {owner: other for owner, other in reaching.items() if other.high > span.low}
        for owner, other in reaching.items():
            if owner != span[2:]:
                return other, span
        last = reaching.get(span[2:])
        if last is None or span.high > last.high:
            reaching[span[2:]] = span
    return None
