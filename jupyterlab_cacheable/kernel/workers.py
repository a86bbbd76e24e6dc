"""The processes that joblib lets do its work (`n_jobs=2`): nobody is told what happens in there.

What installed code does there belongs to its version, like what it does here. Code of the user
could read files or settings, so a cell that has some is not stored.
"""

from __future__ import annotations

import sys
import threading

_LIBRARY = "joblib.externals.loky"
_FEEDER = "QueueFeederThread"


class Workers:
    """Tells, after a run, whether the run has used them."""

    def __init__(self) -> None:
        self._before = _work_done()

    def were_used(self) -> bool:
        """Whether anything was given to a worker since this was made."""
        return _work_done() != self._before


def belongs_to_workers(thread: threading.Thread) -> bool:
    """True for the threads of this process that hand out work; they wait for more of it."""
    if type(thread).__module__.startswith(_LIBRARY):
        return True
    return thread.name == _FEEDER and _work_done() != (0, 0)


def _work_done() -> tuple[int, int]:
    """The number of the pool and of the tasks it was given."""
    executor = getattr(sys.modules.get(f"{_LIBRARY}.reusable_executor"), "_executor", None)
    if executor is None:
        return 0, 0
    return int(executor.executor_id), int(executor._queue_count)
