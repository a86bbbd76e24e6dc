"""Functions that a state stream calls to make sympy values. Only imported for such streams.

Their names are part of the stored format, like those of `rebuild`.
"""

from __future__ import annotations

from typing import Any

import sympy


def function(name: str, assumptions: dict[str, Any]) -> Any:
    """A function without definition."""
    return sympy.Function(name, **assumptions)


def applied(kind: Any, arguments: tuple[Any, ...]) -> Any:
    """Such a function of arguments."""
    return kind(*arguments)
