import itertools

from tests.digest.zoo import ARRAYS, CONTAINERS, FRAMES, SCALARS, TIMES, Point


def equal_pairs(text, values):
    texts = [text(value) for value in values]
    pairs = itertools.combinations(range(len(values)), 2)
    return [(values[i], values[j]) for i, j in pairs if texts[i] == texts[j]]


def test_no_two_small_values_share_a_digest(text):
    assert equal_pairs(text, SCALARS + TIMES) == []


def test_no_two_containers_or_objects_share_a_digest(text):
    assert equal_pairs(text, CONTAINERS) == []


def test_no_two_arrays_share_a_digest(text):
    assert equal_pairs(text, ARRAYS) == []


def test_no_two_frames_or_columns_share_a_digest(text):
    assert equal_pairs(text, FRAMES) == []


def test_no_value_shares_a_digest_with_itself_inside_of_something(text):
    values = [*SCALARS, *TIMES, *CONTAINERS]
    for value in values:
        around = [value, [value], (value,), {"a": value}, [[value]], [value, None], Point(a=value)]
        assert len({text(each) for each in around}) == len(around), value
