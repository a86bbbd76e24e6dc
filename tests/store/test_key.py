from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given

from jupyterlab_cacheable.store import key as key_module
from jupyterlab_cacheable.store.key import encode, make_id, make_key, parts_hash
from tests.store.samples import parts
from tests.store.test_manifest import JSON


def strict(value):
    """Equality that tells 1 from True from 1.0, and 0.0 from -0.0."""
    if isinstance(value, dict):
        return ("dict", frozenset((name, strict(inner)) for name, inner in value.items()))
    if isinstance(value, list):
        return ("list", tuple(strict(inner) for inner in value))
    return (type(value).__name__, repr(value))


@given(JSON, JSON)
def test_different_values_have_different_encodings(one, two):
    assert (encode(one) == encode(two)) == (strict(one) == strict(two))


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (1, True),
        (1, 1.0),
        (0.0, -0.0),
        (0, None),
        ("1", 1),
        ([], {}),
        (["a", "b"], ["ab"]),
        (["a", "b"], ["b", "a"]),
        ([["a"], "b"], [["a", "b"]]),
        ({"a": "b"}, ["a", "b"]),
        ({"a": {"b": 1}}, {"a": {}, "b": 1}),
        ("S1:a", "a"),
        ("\u00e9", "e\u0301"),
        ("\ud800", "?"),
        (12, "12"),
        ([1, 2], [12]),
    ],
)
def test_near_equal_values_have_different_encodings(one, two):
    assert encode(one) != encode(two)


def test_order_of_an_object_does_not_count():
    assert encode({"a": 1, "b": 2}) == encode({"b": 2, "a": 1})


@pytest.mark.parametrize("odd", [object(), b"x", (1,), {1: 2}, {"a": {1, 2}}])
def test_what_is_not_json_is_refused(odd):
    with pytest.raises((TypeError, AttributeError)):
        encode(odd)


def test_encoding_survives_json():
    assert encode(json.loads(json.dumps(parts(1)))) == encode(parts(1))


def test_key_text_names_version_and_namespace():
    made = parts(1)
    made["options"] = {"version": "2", "name": "fit"}
    version, namespace, digest = make_key(made).key.split(":")
    assert (version, namespace, len(digest)) == ("v2", "fit", 64)
    assert make_key(parts(1)).key.startswith("v1:cell:")


def test_only_upstream_separates_key_from_base():
    one, two = make_key(parts(1, upstream=1)), make_key(parts(1, upstream=2))
    assert one.base == two.base
    assert one.key != two.key
    assert parts_hash(parts(1), True) != parts_hash(parts(1), False)


EXPLANATIONS = [
    lambda p: p["upstream"][0].update(cell=None),
    lambda p: p["upstream"][0].update(source="snr   =  300  # a comment"),
    lambda p: p["inputs"]["snr"].update(type="float"),
    lambda p: p["inputs"]["snr"].update(summary="other"),
    lambda p: p["inputs"]["snr"].update(cell=None),
    lambda p: p["definitions"]["load"].update(cell="c9"),
    lambda p: p["files"]["data.csv"].update(size=None, time=None),
    lambda p: p["vars"]["vintage"].update(summary="other", cell="c9"),
]


@pytest.mark.parametrize("change", EXPLANATIONS)
def test_what_only_explains_does_not_change_the_key(change):
    made = parts(1)
    change(made)
    assert made != parts(1)
    assert make_key(made) == make_key(parts(1))


MEANINGS = [
    lambda p: p["code"].update(digest="sha256:x"),
    lambda p: p["code"].update(semicolon=True),
    lambda p: p["code"].update(interactivity="all"),
    lambda p: p["code"].update(future=["annotations"]),
    lambda p: p["definitions"]["load"].update(digest="package numpy.save"),
    lambda p: p["definitions"].clear(),
    lambda p: p["inputs"]["snr"].update(digest="xxh3-128:2"),
    lambda p: p["inputs"].update(rate=p["inputs"].pop("snr")),
    lambda p: p["files"]["data.csv"].update(digest="absent"),
    lambda p: p["files"].update(other=p["files"].pop("data.csv")),
    lambda p: p["env"].update(a="b"),
    lambda p: p["vars"]["vintage"].update(digest="xxh3-128:2"),
    lambda p: p["vars"].clear(),
    lambda p: p["packages"].update(numpy="2.2"),
    lambda p: p["options"].update(version="2"),
    lambda p: p["options"].update(name="x"),
    lambda p: p["python"].update(version="3.12"),
]


@pytest.mark.parametrize("change", MEANINGS)
def test_every_other_part_changes_base_and_key(change):
    made = parts(1)
    change(made)
    assert make_key(made).base != make_key(parts(1)).base
    assert make_key(made).key != make_key(parts(1)).key


UPSTREAM = [
    lambda p: p["upstream"][0].update(code="sha256:2"),
    lambda p: p["upstream"][0].update(names=["snr", "rate"]),
    lambda p: p["upstream"].clear(),
    lambda p: p["upstream"].append(p["upstream"][0]),
]


@pytest.mark.parametrize("change", UPSTREAM)
def test_upstream_changes_the_key_alone(change):
    made = parts(1)
    change(made)
    assert make_key(made).base == make_key(parts(1)).base
    assert make_key(made).key != make_key(parts(1)).key


def test_order_of_upstream_cells_and_names_does_not_count():
    made = parts(1)
    made["upstream"].append({"cell": None, "code": "sha256:b", "source": "", "names": ["x", "y"]})
    turned = copy.deepcopy(made)
    turned["upstream"].reverse()
    turned["upstream"][0]["names"].reverse()
    assert make_key(turned) == make_key(made)


def test_part_moved_to_another_name_changes_the_key():
    one, two = parts(1), parts(1)
    one["files"], one["vars"] = one["vars"], {}
    two["files"] = {}
    assert make_key(one).base != make_key(two).base


def test_id_follows_from_key_and_conditions():
    key = make_key(parts(1))
    assert make_id(key, {}) != make_id(key, {"random": {}})
    assert make_id(key, {"a": 1, "b": 2}) == make_id(key, {"b": 2, "a": 1})
    assert make_id(key, {}).startswith(key.base[:32] + "-" + key.key[-64:][:32] + "-")


def test_new_epoch_drops_every_key(monkeypatch):
    before = make_key(parts(1))
    monkeypatch.setattr(key_module, "KEY_EPOCH", key_module.KEY_EPOCH + 1)
    assert make_key(parts(1)).base != before.base
