"""The manifest: the JSON document that says everything about one entry except its bytes.

Grammar of the signed text: one JSON object with exactly the fields of `Manifest`, of which only
``accepted`` and ``verdict`` may be absent, ASCII only, no duplicate names, no NaN or infinity, at
most `MAX_BYTES` long and `shape.MAX_DEPTH` deep.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from .shape import Json, check_json, check_shape
from .verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..outcome import Reason

FORMAT = 1
_OPTIONAL = ("accepted", "verdict")
MAX_BYTES = 4 * 1024 * 1024


def timestamp(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds and ``Z``, the form of all times in manifests."""
    utc = moment.astimezone(UTC)
    return utc.strftime("%Y-%m-%dT%H:%M:%S.") + f"{utc.microsecond // 1000:03d}Z"


@dataclass(frozen=True)
class Manifest:
    """One entry as stored.

    Times are ISO 8601 in UTC with milliseconds and ``Z``; ``duration`` is in seconds.
    ``recipe`` is the `KEY_EPOCH` that the key was made with. ``source`` is the cell's body below
    the ``mark`` line. ``blobs`` holds ``{"role", "digest", "size"}`` with sizes in bytes and is
    filled in by `Store.publish`.
    ``result`` is ``"value"`` when the entry keeps the value of the last expression, ``"values"``
    when it keeps several, because every line displayed one. ``accepted`` is an `Acceptance` as JSON
    when the result was made under another key. ``verdict`` is a `Verdict` as JSON
    once the entry was put to the test.
    """

    format: int
    recipe: int
    id: str
    key: str
    base: str
    created_at: str
    duration: float
    label: str
    notebook: str | None
    cell_id: str | None
    source: str
    mark: str
    tags: list[str]
    expires_at: str | None
    parts: dict[str, Json]
    conditions: dict[str, Json]
    variables: list[dict[str, Json]]
    deleted: list[str]
    imports: dict[str, Json]
    result: str | None
    blobs: list[dict[str, Json]]
    notes: list[str]
    accepted: dict[str, Json] | None = None
    verdict: dict[str, Json] | None = None

    def to_json(self) -> dict[str, Json]:
        """The fields as they are, not copied."""
        data = {field.name: getattr(self, field.name) for field in fields(self)}
        for name in _OPTIONAL:
            if data[name] is None:
                del data[name]
        return data

    @classmethod
    def from_json(cls, data: object) -> Manifest:
        """Raises ValueError, naming the field, for anything `to_json` would not have written."""
        if not isinstance(data, dict):
            raise ValueError("the manifest is not an object")
        check_json(data)
        if data.get("format") != FORMAT or isinstance(data["format"], bool):
            raise ValueError(f"format {data.get('format')!r} is not known to this version")
        data = {**dict.fromkeys(_OPTIONAL), **data}
        check_shape(data)
        return cls(**{**data, "duration": float(data["duration"])})

    def encode(self) -> bytes:
        """The text to sign. Raises ValueError for a manifest that could not be read again."""
        data = Manifest.from_json(self.to_json()).to_json()
        text = json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False)
        if len(text) > MAX_BYTES:
            raise ValueError(f"the manifest is larger than {MAX_BYTES // 2**20} MiB")
        return text.encode("ascii")

    @classmethod
    def decode(cls, text: bytes) -> Manifest:
        """Raises ValueError for any text that `encode` did not write."""
        return cls.from_json(strict_json(text))

    def blob(self, role: str) -> dict[str, Json]:
        """The blob with this role; raises KeyError when there is none."""
        for blob in self.blobs:
            if blob["role"] == role:
                return blob
        raise KeyError(role)

    @property
    def quarantine(self) -> Reason | None:
        """Why the entry must never be used though it is whole; None when it may be."""
        return None if self.verdict is None else Verdict.from_json(self.verdict).quarantine

    def with_blobs(self, blobs: Iterable[dict[str, Json]]) -> Manifest:
        """The same manifest with these blobs."""
        return replace(self, blobs=list(blobs))


def strict_json(text: bytes, limit: int = MAX_BYTES) -> Json:
    """Parse JSON; raises ValueError for duplicate names, NaN, too much size or too much depth."""
    if len(text) > limit:
        raise ValueError("the text is too large")
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("the text is nested too deeply") from None


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    data = dict(pairs)
    if len(data) != len(pairs):
        raise ValueError("a name occurs twice")
    return data


def _refuse_constant(name: str) -> Json:
    raise ValueError(f"{name} is not a number")
