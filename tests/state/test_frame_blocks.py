"""Who looks into the memory of a frame is told by counting references, and counted right."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from jupyterlab_cacheable.digest.copying import copies_on_write
from jupyterlab_cacheable.state.frame_blocks import array_at, blocks_of, is_looked_into, part_of

pytestmark = pytest.mark.skipif(
    not copies_on_write(), reason="frames of pandas 2 share what is written"
)


def all_types() -> Any:
    return pd.DataFrame(
        {
            "float": [1.0, 2],
            "more": [3.0, 4],
            "nullable": pd.array([1, 2], dtype="Int64"),
            "category": pd.Categorical(["x", "y"]),
            "date": pd.to_datetime(["2020", "2021"]),
            "zone": pd.to_datetime(["2020", "2021"]).tz_localize("UTC"),
            "object": [object(), 2],
            "int": [1, 2],
        }
    )


def looked_into(frame: Any) -> list[str]:
    """The first column of each block that something looks into."""
    return [
        frame.columns[block.mgr_locs.as_array[0]]
        for block in blocks_of(frame)
        if is_looked_into(block)
    ]


def test_a_frame_by_itself_is_not_looked_into() -> None:
    assert looked_into(all_types()) == []


def test_frames_and_indexes_over_the_same_memory_are_known() -> None:
    frame = all_types()
    others = [frame["float"], frame.iloc[1:], frame["nullable"], frame.assign(new=1)]
    others += [pd.Index(frame["int"]), frame.set_index("float"), frame[["float", "more"]].T]
    assert looked_into(frame) == []
    assert [looked_into(other) for other in others if isinstance(other, pd.DataFrame)] == [[]] * 4


LOOKS = {
    "float": lambda frame: frame["more"].to_numpy(),
    "nullable": lambda frame: frame["nullable"].array,
    "category": lambda frame: frame["category"].array,
    "date": lambda frame: frame["date"].to_numpy(),
    "zone": lambda frame: [frame["zone"].array],
    "object": lambda frame: frame["object"].values[1:],
    "int": lambda frame: {"held": frame["int"].values[::-1]},
}


@pytest.mark.parametrize("column", LOOKS)
def test_an_array_is_noticed_while_it_lives(column: str) -> None:
    frame = all_types()
    array = LOOKS[column](frame)
    assert looked_into(frame) == [column]
    del array
    assert looked_into(frame) == []


def test_the_array_a_frame_was_made_of_is_noticed() -> None:
    values = np.arange(20.0).reshape(5, 4)
    frame = pd.DataFrame(values, copy=False)
    assert looked_into(frame) == [0]
    del values
    assert looked_into(frame) == []


def test_a_part_is_found_again() -> None:
    whole = np.arange(24.0).reshape(4, 6)
    part = whole[1:, ::-2]
    address = whole.__array_interface__["data"][0]
    layout = (whole.dtype, whole.shape, whole.strides)
    found = part_of(part, address, layout)
    assert found is not None
    again = array_at(whole, *found)
    again[0, 0] = -1
    assert part[0, 0] == -1
    assert np.array_equal(again, part)
    assert part_of(np.arange(3.0), address, layout) is None
