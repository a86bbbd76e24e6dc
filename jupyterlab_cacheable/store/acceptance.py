"""That a user has said: the result still holds though the key is another one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..outcome import Reason

if TYPE_CHECKING:
    from .shape import Json


@dataclass(frozen=True)
class Acceptance:
    """Why an entry stands under a key that its result was not made with.

    ``entry``   the id of the entry whose result it is
    ``by``      the name of the user who accepted it
    ``at``      when, ISO 8601 in UTC
    ``reason``  the difference that was shown and accepted
    """

    entry: str
    by: str
    at: str
    reason: Reason

    def to_json(self) -> dict[str, Json]:
        """As it stands in the manifest."""
        return {
            "entry": self.entry,
            "by": self.by,
            "at": self.at,
            "reason": self.reason.to_json(),
        }

    @classmethod
    def from_json(cls, data: dict[str, Json]) -> Acceptance:
        """Of the ``accepted`` of a manifest. Raises ValueError when it is not what was written."""
        reason = Reason.from_json(data["reason"])
        return cls(data["entry"], data["by"], data["at"], reason)
