"""A small package that a notebook works with."""

from .trees import Tree, short

__version__ = "0.3"

SETTINGS = {"season": "summer"}


def standard_trees() -> list[Tree]:
    return [Tree("apple", age=10, kilos_per_year=8), Tree("pear", age=7, kilos_per_year=6)]


def describe(tree: Tree) -> str:
    return f"{short(tree)} in {SETTINGS['season']}"
