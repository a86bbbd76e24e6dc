r"""The byte layout of a state blob: one pickle stream and the raw buffers it refers to.

::

    blob    = magic  head-length  head  padding  buffer*  stream
    magic   = b"cacheable-state-1\n"
    head-length = 8 bytes, little endian
    head    = JSON {"stream": [offset, length], "buffers": [[offset, length, writable], ...]}
    buffer  = raw bytes at an offset that is a multiple of 64

Offsets count from the end of the padding after the head. Buffers stand uncompressed so that a
restore can hand out slices of a private mapping without copying.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from .strided import Strided

MAGIC = b"cacheable-state-1\n"
ALIGNMENT = 64
_LENGTH = 8


Buffer = memoryview | Strided


class BadContainer(ValueError):
    """The bytes are not a state blob of this format."""


def pack(stream: bytes, buffers: Sequence[Buffer]) -> Iterator[bytes | memoryview]:
    """Yield the chunks of a blob, each to be used before the next one is asked for.

    Buffers are passed on without being copied.
    """
    places: list[list[Any]] = []
    offset = 0
    for buffer in buffers:
        places.append([offset, buffer.nbytes, not buffer.readonly])
        offset = _aligned(offset + buffer.nbytes)
    head = json.dumps({"stream": [offset, len(stream)], "buffers": places}).encode()
    start = len(MAGIC) + _LENGTH + len(head)
    yield MAGIC + len(head).to_bytes(_LENGTH, "little") + head + bytes(_aligned(start) - start)
    for buffer in buffers:
        if isinstance(buffer, Strided):
            yield from buffer.pieces()
        else:
            yield buffer
        yield bytes(_aligned(buffer.nbytes) - buffer.nbytes)
    yield stream


def unpack(blob: memoryview) -> tuple[memoryview, list[memoryview]]:
    """Return the stream and the buffers as slices of `blob`; BadContainer when they do not fit."""
    fixed = len(MAGIC) + _LENGTH
    if bytes(blob[: len(MAGIC)]) != MAGIC:
        raise BadContainer("not a state blob")
    length = int.from_bytes(blob[len(MAGIC) : fixed], "little")
    try:
        head = json.loads(bytes(blob[fixed : fixed + length]))
        places = [*head["buffers"], [*head["stream"], False]]
        body = blob[_aligned(fixed + length) :]
        parts = [
            _slice(body, int(offset), int(size), writable) for offset, size, writable in places
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise BadContainer(str(error)) from None
    return parts[-1], parts[:-1]


def _slice(body: memoryview, offset: int, size: int, writable: bool) -> memoryview:
    if offset < 0 or size < 0 or offset + size > body.nbytes:
        raise BadContainer("a buffer lies outside the blob")
    part = body[offset : offset + size]
    return part if writable else part.toreadonly()


def _aligned(offset: int) -> int:
    return -(-offset // ALIGNMENT) * ALIGNMENT
