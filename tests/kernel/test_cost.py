"""What storing is said to take: figures that are far off keep cells out, or make them wait."""

from __future__ import annotations

import datetime
from fractions import Fraction

import pytest

from jupyterlab_cacheable.kernel.cost import seconds_to_store


def price(value: object) -> float:
    return seconds_to_store([value]) - seconds_to_store([])


def test_a_table_of_numbers_costs_about_a_microsecond_a_number() -> None:
    assert price({n: n * 3 for n in range(40_000)}) == pytest.approx(0.08, rel=0.1)


def test_small_containers_cost_more_than_what_is_in_them() -> None:
    flat, nested = list(range(20_000)), [[n, n] for n in range(10_000)]
    assert price(flat) < price(nested) < 4 * price(flat)


@pytest.mark.parametrize("make", [datetime.date.fromordinal, Fraction, lambda n: slice(n)])
def test_objects_of_a_class_cost_more_than_plain_numbers(make: type) -> None:
    numbers = list(range(1, 5_001))
    assert price([make(n) for n in numbers]) > 20 * price(numbers)
