"""The user's interrupt while our own code runs.

Python raises KeyboardInterrupt between any two instructions of the main thread: in the middle of
binding variables, or of taking a hook back. While our code runs, an interrupt is therefore *held*:
it only leaves a mark. In the parts that take long and can be given up it is let through, once.

Between two cells ipykernel ignores interrupts. A save that goes on there hears them by `awaited`.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import FrameType
from typing import Any

_PIECE = 1 << 24
# Whoever shuts a kernel down interrupts it first; the request to shut down follows at once.
_GRACE = 0.2


class Interrupts:
    """Holds and lets through the interrupts of the main thread.

    ``pending`` tells that one came that nobody has heard of yet, ``at`` when the last one came
    while it was `awaited`, ``leaving`` that the kernel is being shut down.
    """

    def __init__(self) -> None:
        self.pending = False
        self.at = datetime.now(UTC)
        self.leaving = threading.Event()
        self._holding = False
        self._letting_through = False
        self._awaiting = False

    @contextmanager
    def awaited(self) -> Iterator[None]:
        """As `held`, between two cells; an interrupt that only announces the end counts nothing."""
        handler = signal.getsignal(signal.SIGINT)
        if not _in_main_thread() or self._holding or handler is None:
            yield
            return
        self.pending = False
        signal.signal(signal.SIGINT, self._handle)
        self._holding = self._awaiting = True
        try:
            yield
        finally:
            self._holding = self._letting_through = self._awaiting = False
            signal.signal(signal.SIGINT, handler)

    @contextmanager
    def held(self) -> Iterator[None]:
        """No KeyboardInterrupt is raised in here, except inside of `let_through`."""
        handler = _handler()
        if self._holding or handler is None:
            yield
            return
        signal.signal(signal.SIGINT, self._handle)
        self._holding = True
        try:
            yield
        finally:
            self._holding = self._letting_through = False
            signal.signal(signal.SIGINT, handler)

    @contextmanager
    def let_through(self) -> Iterator[None]:
        """An interrupt raises KeyboardInterrupt in here, one that came before at once.

        A second one is held again, so that nothing cuts short what cleans up after the first.
        """
        self.check()
        self._letting_through = self._holding
        try:
            yield
        finally:
            self._letting_through = False

    def check(self) -> None:
        """Raise the KeyboardInterrupt that is pending."""
        if self.pending:
            self.pending = False
            raise KeyboardInterrupt

    def checked(self, chunks: Iterable[bytes | memoryview]) -> Iterator[memoryview]:
        """Cut chunks into pieces that are quickly written, and check before each."""
        for chunk in chunks:
            flat = memoryview(chunk).cast("B") if memoryview(chunk).nbytes else memoryview(b"")
            for start in range(0, flat.nbytes, _PIECE):
                self.check()
                yield flat[start : start + _PIECE]

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        if self._awaiting:
            self.at = datetime.now(UTC)
            if self.leaving.wait(_GRACE):
                return
        if not self._letting_through:
            self.pending = True
            return
        self._letting_through = False
        raise KeyboardInterrupt


def _handler() -> Callable[[int, FrameType | None], Any] | None:
    """What an interrupt calls; None when that is nothing of Python's, or not in this thread."""
    if not _in_main_thread():
        return None
    handler = signal.getsignal(signal.SIGINT)
    return handler if callable(handler) else None


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
