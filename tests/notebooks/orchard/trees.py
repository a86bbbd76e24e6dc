"""Trees that grow and bear fruit."""

from __future__ import annotations

from collections.abc import Iterable


class Tree:
    """A fruit tree: age in years, fruit in kilos."""

    def __init__(self, name: str, age: int, kilos_per_year: float) -> None:
        self.name = name
        self.age = age
        self.kilos_per_year = kilos_per_year

    def grow(self, years: int = 1) -> None:
        self.age += years

    @property
    def fruit(self) -> float:
        return self.age * self.kilos_per_year


def total_yield(trees: Iterable[Tree]) -> float:
    return sum(tree.fruit for tree in trees)


def short(tree: Tree) -> str:
    return f"{tree.name} ({tree.fruit:g} kg)"
