from __future__ import annotations

import json
from dataclasses import fields

import pytest

from jupyterlab_cacheable.errors import Damaged, StoreError, Uncacheable, Untrusted
from jupyterlab_cacheable.outcome import Change, Outcome, Reason, Word

REASON = Reason(
    "upstream cell 'snr = 300' was edited",
    (
        Change(
            "upstream",
            name="snr",
            cell="c1",
            old="snr = 300",
            new="snr = 200",
            diff=("-snr = 300", "+snr = 200"),
        ),
        Change("inputs", "x", detail="went from 1 to 2"),
    ),
)


def test_reason_survives_json():
    assert Reason.from_json(json.loads(json.dumps(REASON.to_json()))) == REASON


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        {"sentence": "x"},
        {"sentence": 1, "changes": []},
        {"sentence": "x", "changes": {}},
        {"sentence": "x", "changes": [{}]},
        {"sentence": "x", "changes": [{**Change("code").to_json(), "part": None}]},
        {"sentence": "x", "changes": [{**Change("code").to_json(), "old": 3}]},
        {"sentence": "x", "changes": [{**Change("code").to_json(), "diff": "-a"}]},
        {"sentence": "x", "changes": [{**Change("code").to_json(), "diff": [1]}]},
        {"sentence": "x", "changes": [], "more": 1},
    ],
)
def test_what_is_not_a_reason_is_refused(data):
    with pytest.raises(ValueError):
        Reason.from_json(data)


def test_outcome_json_has_exactly_its_fields():
    outcome = Outcome(Word.MISS, key="v1:cell:00", reason=REASON, duration=2.5, variables=["a"])
    data = json.loads(json.dumps(outcome.to_json()))
    assert list(data) == [field.name for field in fields(Outcome)]
    assert data["outcome"] == "MISS"
    assert data["reason"]["changes"][0] == {
        "part": "upstream",
        "name": "snr",
        "cell": "c1",
        "old": "snr = 300",
        "new": "snr = 200",
        "detail": None,
        "diff": ["-snr = 300", "+snr = 200"],
    }
    assert Outcome(Word.HIT).to_json()["reason"] is None


def test_outcome_words_are_the_ones_in_run_logs():
    assert [*Word] == ["HIT", "MISS", "FORCED", "EXPIRED", "WAITED", "UNCACHED"]


@pytest.mark.parametrize("error", [StoreError, Damaged, Untrusted])
def test_store_errors_carry_a_reason(error):
    raised = error("the disk is full")
    assert isinstance(raised, StoreError)
    assert raised.reason == Reason("the disk is full", (Change("store"),))


def test_uncacheable_carries_its_reason():
    assert Uncacheable(REASON).reason is REASON
    assert str(Uncacheable(REASON)) == REASON.sentence
