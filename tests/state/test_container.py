"""A state blob gives back what was packed, and anything else is refused in one way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyterlab_cacheable.state.container import ALIGNMENT, BadContainer, pack, unpack


def packed(stream: bytes, buffers: list[bytes]) -> bytes:
    return b"".join(pack(stream, [memoryview(b) for b in buffers]))


@given(st.binary(max_size=300), st.lists(st.binary(max_size=200), max_size=6))
def test_what_was_packed_comes_back(stream: bytes, buffers: list[bytes]) -> None:
    blob = memoryview(packed(stream, buffers))
    got_stream, got_buffers = unpack(blob)
    assert bytes(got_stream) == stream
    assert [bytes(b) for b in got_buffers] == buffers


def test_buffers_are_aligned_and_as_writable_as_before() -> None:
    buffers = [memoryview(bytearray(b"x" * 10)), memoryview(b"y" * 100)]
    blob = bytearray(b"".join(pack(b"stream", buffers)))
    _, got = unpack(memoryview(blob))
    assert [b.readonly for b in got] == [False, True]
    for letter in (b"x" * 10, b"y" * 100):
        assert blob.index(letter) % ALIGNMENT == 0


@given(st.data())
def test_a_changed_head_is_refused_or_read_within_the_blob(data: st.DataObject) -> None:
    blob = bytearray(packed(b"stream", [b"a" * 70, b"b" * 3]))
    at = data.draw(st.integers(0, 120))
    new = data.draw(st.integers(0, 255))
    blob[at] = new
    try:
        stream, buffers = unpack(memoryview(blob))
    except BadContainer:
        return
    assert all(part.nbytes <= len(blob) for part in (stream, *buffers))


@given(st.binary(max_size=200))
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(BadContainer):
        unpack(memoryview(data))


@pytest.mark.parametrize("length", range(0, 60, 7))
def test_a_truncated_blob_is_refused(length: int) -> None:
    blob = packed(b"stream", [b"a" * 70])
    with pytest.raises(BadContainer):
        unpack(memoryview(blob[: len(blob) - 1 - length]))
