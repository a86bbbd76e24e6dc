from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyterlab_cacheable.store.manifest import Manifest
from jupyterlab_cacheable.store.shape import MAX_DEPTH, is_id
from tests.store.samples import manifest

TEXT = st.text(st.characters(), max_size=20)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=10,
)


@given(
    label=TEXT,
    source=TEXT,
    notebook=st.none() | TEXT,
    tags=st.lists(TEXT),
    duration=st.floats(0, 1e9),
    conditions=st.dictionaries(TEXT, JSON, max_size=3),
    imports=st.dictionaries(TEXT, JSON, max_size=3),
)
def test_manifest_survives_its_text(**changes):
    made = manifest(1, **changes)
    assert Manifest.decode(made.encode()) == made


@given(source=st.text(st.characters(categories=["Cs", "L"]), max_size=5))
def test_half_surrogates_survive(source):
    assert Manifest.decode(manifest(1, source=source).encode()).source == source


@pytest.mark.parametrize("field", manifest(1).to_json())
def test_missing_field_is_refused(field):
    data = manifest(1).to_json()
    del data[field]
    with pytest.raises(ValueError):
        Manifest.from_json(data)


@pytest.mark.parametrize("field", manifest(1).to_json())
@pytest.mark.parametrize(
    "odd", [object(), b"", {1: 2}, -1, True, ("a",)], ids=lambda odd: type(odd).__name__
)
def test_wrong_type_is_refused(field, odd):
    with pytest.raises(ValueError):
        Manifest.from_json({**manifest(1).to_json(), field: odd})


@pytest.mark.parametrize(
    "change",
    [
        {"more": 1},
        {"format": 2},
        {"format": True},
        {"format": "1"},
        {"id": "../../../etc/passwd"},
        {"id": manifest(1).id + "\n"},
        {"id": manifest(1).id.upper()},
        {"base": "0" * 63},
        {"created_at": "yesterday"},
        {"created_at": "٢٠٢٦-01-01T00:00:00.000Z"},
        {"expires_at": ""},
        {"duration": float("nan")},
        {"duration": float("inf")},
        {"duration": -1},
        {"tags": [1]},
        {"blobs": [{"role": "state", "digest": "sha256:../../x", "size": 1}]},
        {"blobs": [{"role": "../x", "digest": "sha256:" + "0" * 64, "size": 1}]},
        {"blobs": [{"role": "state", "digest": "sha256:" + "0" * 64, "size": 2**60}]},
        {"blobs": [{"role": "state", "digest": "sha256:" + "0" * 64, "size": 1}] * 2},
        {"variables": [{"name": "x"}]},
        {"parts": {}},
        {"parts": {**manifest(1).parts, "code": {"digest": "x"}}},
        {"parts": {**manifest(1).parts, "upstream": [{"cell": 1}]}},
        {"parts": {**manifest(1).parts, "more": {}}},
        {"conditions": {"x": float("nan")}},
    ],
    ids=str,
)
def test_odd_content_is_refused(change):
    with pytest.raises(ValueError):
        Manifest.from_json({**manifest(1).to_json(), **change})


def nested(depth):
    data = {}
    for _ in range(depth):
        data = {"x": data}
    return data


def test_depth_is_limited():
    assert Manifest.from_json({**manifest(1).to_json(), "imports": nested(MAX_DEPTH - 2)})
    with pytest.raises(ValueError, match="deep"):
        Manifest.from_json({**manifest(1).to_json(), "imports": nested(MAX_DEPTH)})
    with pytest.raises(ValueError):
        Manifest.decode(b'{"x":' * 200_000)


def test_size_is_limited():
    with pytest.raises(ValueError, match="MiB"):
        manifest(1, source="x" * 5_000_000).encode()
    with pytest.raises(ValueError, match="large"):
        Manifest.decode(b" " * 5_000_000)


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"1", b"\xff", b"null", b'{"format":1,"format":1}', b"{}x", b"NaN"]
)
def test_text_that_is_not_a_manifest_is_refused(text):
    with pytest.raises(ValueError):
        Manifest.decode(text)


def test_duplicate_name_is_refused():
    text = manifest(1).encode()
    assert Manifest.decode(text)
    with pytest.raises(ValueError, match="twice"):
        Manifest.decode(text.replace(b'{"base"', b'{"mark":"","base"', 1))


def test_text_is_canonical():
    text = manifest(1).encode()
    assert json.loads(text) == manifest(1).to_json()
    assert text == Manifest.decode(text).encode()


@pytest.mark.parametrize("text", ["", "a", "0" * 74, "0" * 32 + "-" + "0" * 32 + "-" + "0" * 9])
def test_is_id_wants_a_full_match(text):
    assert not is_id(text)
    assert is_id(manifest(1).id)
