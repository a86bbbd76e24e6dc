"""A path leads back to the very object it was found for."""

from __future__ import annotations

import pandas as pd
import pytest

from jupyterlab_cacheable.state.references import References, follow


def test_a_named_object_is_its_own_path() -> None:
    data = [1]
    found = References({"data": data})
    assert found.whole(data) == ("data",)
    assert found.part(data) is None


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
def test_a_path_leads_to_the_same_object(pick: object) -> None:
    namespace = {
        "rows": [{}, {"other": 1, "k": [["deep"]]}],
        "frame": pd.DataFrame({"a": [1]}, index=["i"]),
        "pair": ([1], 2),
    }
    wanted = pick(namespace)
    path = References(namespace).part(wanted)
    assert path is not None
    assert follow(path, namespace) is wanted


def test_the_shortest_path_is_taken_and_cycles_end() -> None:
    ring: list = [[0]]
    ring.append(ring)
    inner = ring[0]
    found = References({"ring": ring, "deep": [[[inner]]]})
    assert found.part(inner) == ("ring", ("item", 0))


def test_an_unknown_object_has_no_path() -> None:
    found = References({"data": [1]})
    assert found.part([1]) is None


def test_a_path_that_leads_nowhere_raises() -> None:
    with pytest.raises((KeyError, IndexError)):
        follow(("data", ("item", 3)), {"data": [1]})
    with pytest.raises(KeyError):
        follow(("gone",), {})
