"""What stands in the way of pickling a variable."""

from __future__ import annotations


class Unstorable(Exception):
    """A variable cannot be pickled; the message says why in a few words."""


class SharedPart(Exception):
    """A variable holds a part of another cell's object that no path leads to."""

    def __init__(self, part: int) -> None:
        super().__init__("it shares data with an object that another cell made")
        self.part = part
