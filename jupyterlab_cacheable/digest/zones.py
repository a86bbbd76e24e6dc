"""Rules for pytz, whose classes have no place that they could be imported from.

Only imported when the user imported it, as pandas 2 does.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from .rule import Rule

if TYPE_CHECKING:
    from .walker import Walker


def rule_of(kind: type) -> Rule | None:
    """Return the rule of a time zone, None for the other types of pytz."""
    return Rule(_zone, mutable=False) if issubclass(kind, datetime.tzinfo) else None


def _zone(walker: Walker, value: Any) -> None:
    """Write a zone, and which of its offsets this one is, as its own pickling names it."""
    make, arguments = value.__reduce__()
    walker.tag("pytz", make.__name__, *arguments)
