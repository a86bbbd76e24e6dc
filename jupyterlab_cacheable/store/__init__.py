"""Entries, blobs and the run log on disk.

`Index` is not among these names, because importing it loads the database module.
"""

from __future__ import annotations

from .key import Key, make_id, make_key
from .manifest import Manifest
from .shape import is_id
from .store import Found, Removed, Store

__all__ = ["Found", "Key", "Manifest", "Removed", "Store", "is_id", "make_id", "make_key"]
