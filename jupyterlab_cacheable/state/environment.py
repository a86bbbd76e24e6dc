"""Environment variables as conditions: compared by keyed digests, never kept in clear."""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterable, Mapping

ABSENT = "absent"


def digests(names: Iterable[str], values: Mapping[str, str], key: bytes) -> dict[str, str]:
    """Name -> keyed digest of its value in `values`, or ``absent``."""
    return {name: _digest(name, values.get(name), key) for name in sorted(names)}


def differing(stored: Mapping[str, str], key: bytes) -> list[str]:
    """The names whose values are not now what they were."""
    now = digests(stored, os.environ, key)
    return [name for name, digest in now.items() if stored[name] != digest]


def _digest(name: str, value: str | None, key: bytes) -> str:
    if value is None:
        return ABSENT
    # An environment name holds no "=", so name and value cannot run into each other.
    data = f"{name}={value}".encode("utf-8", "surrogateescape")
    return "hmac-sha256:" + hmac.digest(key, data, "sha256").hex()
