"""Whether pandas copies before it writes to memory that another frame shows."""

from __future__ import annotations

import sys
from typing import Any


def copies_on_write() -> bool:
    """True for pandas 3, and for pandas 2 where the option is set."""
    pandas: Any = sys.modules.get("pandas")
    if pandas is None:
        return False
    return not pandas.__version__.startswith("2.") or pandas.options.mode.copy_on_write is True
