"""The moment when a cell's own code has ended and other extensions' hooks have not yet run.

What hooks show (a stop-watch, say) is no output of the cell: they run after a hit as well. Only
matplotlib's hooks belong to the cell: they draw the figures that it has left open.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .capture import Tap, in_main_thread
from .interrupts import Interrupts

_EVENT = "post_execute"
_MATPLOTLIB = frozenset({"matplotlib", "matplotlib_inline"})

Hook = Callable[..., Any]


class Ending:
    """Calls `close` once the running cell has ended, before other hooks; `forget` ends that.

    `close` is not called when the cell itself registered hooks of matplotlib: nothing of ours can
    then be put behind them.
    """

    def __init__(
        self, shell: Any, tap: Tap, interrupts: Interrupts, close: Callable[[], None]
    ) -> None:
        self._hooks: list[Hook] = shell.events.callbacks[_EVENT]
        self._tap = tap
        self._interrupts = interrupts
        self._close = close
        self._known = self._drawing()
        end = self._end
        for hook in reversed(self._known):
            place = self._hooks.index(hook)
            self._hooks[place : place + 1] = [self._go_on, hook, end]
            end = self._pause
        self._hooks.insert(0, end)

    def forget(self) -> None:
        """Take our hooks away."""
        ours = (self._pause, self._go_on, self._end)
        self._hooks[:] = [hook for hook in self._hooks if hook not in ours]

    def _drawing(self) -> list[Hook]:
        return [hook for hook in self._hooks if _draws(hook)]

    def _pause(self) -> None:
        if in_main_thread():
            with self._interrupts.held():
                self._tap.pause()

    def _go_on(self) -> None:
        if in_main_thread():
            with self._interrupts.held():
                self._tap.go_on()

    def _end(self) -> None:
        if in_main_thread() and self._known == self._drawing():
            with self._interrupts.held():
                self._close()


def _draws(hook: Hook) -> bool:
    return str(getattr(hook, "__module__", "")).partition(".")[0] in _MATPLOTLIB
