"""What came out when entries were put to the test: the cell ran, and the two were compared."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from ..outcome import Reason

if TYPE_CHECKING:
    from .shape import Json


class Finding(StrEnum):
    """The words are written into manifests, so never rename one."""

    VERIFIED = "verified"
    NON_DETERMINISTIC = "non-deterministic"
    WRONG = "wrong"


@dataclass(frozen=True)
class Verdict:
    """The result of all comparisons of one entry so far.

    ``state``    wrong: never used again; non-deterministic: runs differ, for the ``cause`` given
    ``at``       when it was last compared, ISO 8601 in UTC
    ``times``    how often it was compared
    ``differs``  what differed, as short clauses such as ``the variable 'x'``
    """

    state: Finding
    at: str
    times: int
    differs: tuple[str, ...] = ()
    cause: str | None = None

    def to_json(self) -> dict[str, Json]:
        """As it stands in the manifest."""
        return {**asdict(self), "state": self.state.value, "differs": list(self.differs)}

    @classmethod
    def from_json(cls, data: dict[str, Json]) -> Verdict:
        """Of the ``verdict`` of a manifest whose shape was checked."""
        return cls(**{**data, "state": Finding(data["state"]), "differs": tuple(data["differs"])})

    def after(self, earlier: Verdict | None) -> Verdict:
        """Return this verdict on one comparison, with those before it.

        What was once found to vary stays so, even if two runs were equal by chance.
        """
        if earlier is None:
            return self
        varied = Finding.NON_DETERMINISTIC
        if (self.state, earlier.state) == (Finding.VERIFIED, varied):
            return Verdict(varied, self.at, earlier.times + 1, earlier.differs, earlier.cause)
        return Verdict(self.state, self.at, earlier.times + 1, self.differs, self.cause)

    @property
    def quarantine(self) -> Reason | None:
        """Why the entry must not be used; None when it may."""
        if self.state is not Finding.WRONG:
            return None
        day, _, time = self.at.partition("T")
        when = f"{day} {time[:5]} UTC"
        return Reason(f"its entry was found wrong by --verify at {when}: {self.difference}")

    @property
    def difference(self) -> str:
        """What differed, as one clause."""
        shown = ", ".join(self.differs[:3])
        more = len(self.differs) - 3
        return f"{shown} and {more} more" if more > 0 else shown
