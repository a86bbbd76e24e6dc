"""A path leads back to the very object it was found for, in a session of its own too."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyterlab_cacheable.digest import digest
from jupyterlab_cacheable.state.references import References


def references(named: dict[str, Any]) -> References:
    objects = {
        name: digest(value, definition=lambda _: None).objects for name, value in named.items()
    }
    return References(named, objects, {})


def test_a_named_object_is_found_by_its_name() -> None:
    data = [1]
    assert references({"data": data}).path(data) == ("name", "data")


@pytest.mark.parametrize(
    "pick",
    [
        lambda ns: ns["rows"][1],
        lambda ns: ns["rows"][1]["k"],
        lambda ns: ns["rows"][1]["k"][0],
        lambda ns: ns["frame"].columns,
        lambda ns: ns["frame"].index,
        lambda ns: ns["pair"][0],
    ],
)
def test_a_path_leads_to_the_same_place_in_an_equal_value(pick: Any) -> None:
    def make() -> dict[str, Any]:
        return {
            "rows": [{}, {"other": 1, "k": [["deep"]]}],
            "frame": pd.DataFrame({"a": [1]}, index=["i"]),
            "pair": ([1], 2),
        }

    one, other = make(), make()
    path = references(one).path(pick(one))
    assert path is not None
    assert references(one).resolve(path) is pick(one)
    assert references(other).resolve(path) is pick(other)


values = st.recursive(
    st.integers() | st.text(max_size=3) | st.none(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=2), inner, max_size=4)
        | st.tuples(inner, inner)
    ),
    max_leaves=20,
)


@given(values)
def test_equal_values_have_equal_objects_at_equal_places(value: Any) -> None:
    twin = copy.deepcopy(value)
    one, other = (digest(v, definition=lambda _: None) for v in (value, twin))
    assert one.text == other.text
    assert [type(each) for each in one.objects] == [type(each) for each in other.objects]
    assert one.objects == other.objects


def test_an_unknown_object_has_no_path() -> None:
    assert references({"data": [1]}).path([1]) is None


def test_a_path_that_leads_nowhere_raises() -> None:
    with pytest.raises(LookupError):
        references({"data": [1]}).resolve(("part", "data", 3))
    with pytest.raises(LookupError):
        references({}).resolve(("name", "gone"))


def test_an_array_around_another_is_found_by_memory() -> None:
    whole = np.arange(10)
    inside, outside = whole[2:5], whole[5:]
    found = references({"part": whole[1:6], "other": np.arange(3)})
    around = found.around(inside)
    assert around is not None
    assert np.shares_memory(around, inside)
    assert found.around(outside) is None
