"""Other values, files or settings that can change what a cell gives."""

from __future__ import annotations

import pytest

from tests.keys.records import Record, Trial, read

RECORDS = read("misses-of-values.yaml")


def test_each_says_why() -> None:
    assert [record.id for record in RECORDS.values() if len(record.why) < 8] == []


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS)
def test_it_misses_and_names_the_part(trial: Trial, record: Record) -> None:
    trial.misses(record)
