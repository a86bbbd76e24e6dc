"""Readings of a rain gauge, and how to convert them."""

READINGS = [0.0, 12.7, 3.2, 25.4]


def mm_to_inches(millimetres: float) -> float:
    return millimetres / 25.4
