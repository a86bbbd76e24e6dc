"""Do something whose warnings are none of the user's business.

CPython warns about odd code (``x is 1``) when it compiles it. That belongs to the run of the cell,
not to a look at it. `warnings.catch_warnings` is no way out: it makes Python forget which warnings
it has shown, and then libraries show theirs again.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


@contextmanager
def unheard() -> Iterator[None]:
    """Show no warning meanwhile; a filter that turns one into an error still does."""
    module = vars(warnings)
    show = module.get("_showwarnmsg")
    module["_showwarnmsg"] = lambda _message: None
    try:
        yield
    finally:
        module["_showwarnmsg"] = show


def without_warnings(make: Callable[[], T]) -> T:
    """Return what `make`, which compiles something, returns, and show none of its warnings."""
    try:
        with unheard():
            return make()
    except SyntaxError:
        # Maybe a warning that a filter turns into an error.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return make()
