"""Edits that cannot change what a cell gives: they cost nothing."""

from __future__ import annotations

import pytest

from tests.keys.records import Record, Trial, read

RECORDS = read("hits.yaml")


def test_there_are_enough() -> None:
    misses = read("misses-of-code.yaml") | read("misses-of-values.yaml")
    assert len(misses) >= 300
    assert len(RECORDS) >= 150


def test_each_says_why() -> None:
    assert [record.id for record in RECORDS.values() if len(record.why) < 8] == []


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS)
def test_it_hits(trial: Trial, record: Record) -> None:
    trial.hits(record)
