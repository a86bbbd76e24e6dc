"""The moment when a cell's own code has ended and other extensions' hooks have not yet run.

What hooks print (a stop-watch, say) is no output of the cell: they run after a hit as well.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

_EVENT = "post_execute"


def call_at_end(shell: Any, call: Callable[[], None]) -> Callable[[], None]:
    """Let IPython call this once the running cell has ended; returns what takes that back.

    Only the hook of matplotlib that draws the cell's figures comes before. Should that hook be
    registered by the cell itself, it stands behind ours and ours is not called at all.
    """
    callbacks: list[Callable[..., Any]] = shell.events.callbacks[_EVENT]

    def end(*_arguments: Any) -> None:
        # Messages that a subshell handles in its own thread fire the event too.
        in_main = threading.current_thread() is threading.main_thread()
        if in_main and not any(map(_draws, callbacks[callbacks.index(end) :])):
            call()

    def forget() -> None:
        if end in callbacks:
            callbacks.remove(end)

    place = max((i for i, hook in enumerate(callbacks, 1) if _draws(hook)), default=0)
    callbacks.insert(place, end)
    return forget


def _draws(hook: Callable[..., Any]) -> bool:
    return getattr(hook, "__name__", "") == "flush_figures"
