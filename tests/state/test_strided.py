"""Arrays with gaps are written piece by piece and come back with the same gaps."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from jupyterlab_cacheable.state.container import Buffer, pack, unpack
from jupyterlab_cacheable.state.strided import StandIns, Strided

ROWS = 2_000

ARRAYS = {
    "columns": np.arange(ROWS * 200, dtype=float).reshape(ROWS, 200)[:, 3:150],
    "every other": np.arange(400_000)[::2],
    "backwards": np.arange(200_000.0)[::-1],
    "three dimensions": np.arange(ROWS * 300, dtype="f4").reshape(ROWS, 30, 10)[:, ::2, 1:],
    "dates": np.arange(400_000).view("M8[s]")[::2],
    "byte strings": np.arange(400_000).astype("S7")[::2],
    "records": np.zeros(300_000, [("a", "i4"), ("b", "f8")])[::2],
    "other byte order": np.arange(400_000, dtype=">i8")[1::2],
    "read-only": np.broadcast_to(np.float64(3), (500, 500)),
}


class Pickler(pickle.Pickler):
    def __init__(self, file: object, buffers: list[Buffer]) -> None:
        self.stand_ins = StandIns()
        super().__init__(
            file,  # type: ignore[arg-type]
            protocol=5,
            buffer_callback=lambda buffer: buffers.append(self.stand_ins.real(buffer)),
        )

    def reducer_override(self, value: object) -> object:
        return (self.stand_ins.reduce(value) if isinstance(value, np.ndarray) else None) or (
            NotImplemented
        )


def stored(value: object) -> tuple[bytes, list[Buffer]]:
    import io

    stream, buffers = io.BytesIO(), list[Buffer]()
    Pickler(stream, buffers).dump(value)
    return stream.getvalue(), buffers


@pytest.mark.parametrize("kind", ARRAYS)
def test_elements_come_back(kind: str) -> None:
    array = ARRAYS[kind]
    stream, buffers = stored([array, "other", array])
    assert [type(buffer) for buffer in buffers] == [Strided]
    blob = bytearray(b"".join(bytes(chunk) for chunk in pack(stream, buffers)))
    got, parts = unpack(memoryview(blob))
    first, _, second = pickle.loads(got, buffers=parts)
    assert first is second
    assert first.dtype == array.dtype
    assert first.strides == array.strides
    assert first.flags.writeable == array.flags.writeable
    np.testing.assert_array_equal(first, array)


def test_pieces_are_small() -> None:
    array = np.arange(3_000_000.0)[::2]
    sizes = [piece.nbytes for piece in Strided(array).pieces()]
    assert sum(sizes) == array.nbytes
    assert max(sizes) <= 1 << 20


@pytest.mark.parametrize(
    "array",
    [
        np.arange(400_000),
        np.arange(400_000).reshape(2, -1).T,
        np.arange(400_000).astype(object)[::2],
    ],
    ids=["no gaps", "other order", "objects"],
)
def test_other_arrays_are_left_to_numpy(array: object) -> None:
    assert StandIns().reduce(array) is None
