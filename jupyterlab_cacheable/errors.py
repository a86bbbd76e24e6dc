"""Every exception this package raises on purpose.

CacheableError
├── ConfigError      a configuration file is wrong
├── UsageError       an option line is wrong
├── Uncacheable      a cell or value cannot be cached; carries the reason
└── StoreError       the store cannot be used
    ├── Damaged      an entry is not what its manifest says
    └── Untrusted    an entry was not signed with this user's secret

The text of each is one plain sentence without a trailing period.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .outcome import Change, Reason

if TYPE_CHECKING:
    from pathlib import Path


class CacheableError(Exception):
    """Base of all errors of this package; its text is one plain sentence."""


class ConfigError(CacheableError):
    """A configuration file is wrong; ``line`` is 1-based, None when it is not known."""

    def __init__(self, path: Path, line: int | None, sentence: str) -> None:
        where = str(path) if line is None else f"{path}, line {line}"
        super().__init__(f"{where}: {sentence}")
        self.path = path
        self.line = line
        self.sentence = sentence


class UsageError(CacheableError):
    """The option line of a cell is wrong; the text says which option and what is allowed."""


class Uncacheable(CacheableError):
    """A result that must not be stored."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.sentence)
        self.reason = reason


class StoreError(CacheableError):
    """The store, or one entry of it, cannot be used."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = Reason(sentence, (Change("store"),))


class Damaged(StoreError):
    """A manifest or blob that cannot be read as written; equal to a miss."""


class Untrusted(StoreError):
    """A manifest that this user's secret did not sign; nothing in it may be used."""
