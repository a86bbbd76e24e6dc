"""How one type of value is digested."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .walker import Walker


@dataclass(frozen=True)
class Rule:
    """Writes a value of one type into the walker.

    ``mutable`` values have an identity: met again, they are written as a reference to the first
    visit, and their ids are reported for the detection of shared parts. Immutable values are
    written in full each time, so that sharing them makes no difference.
    """

    write: Callable[[Walker, Any], None]
    mutable: bool = True
