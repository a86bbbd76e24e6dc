"""Register with IPython, and take everything back.

Only what every session needs is imported here. The runner, and with it most of the package, is
loaded when the first marked cell comes.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

from .history import History
from .magics import CacheableMagics
from .transform import TreeTransformer, strip

if TYPE_CHECKING:
    import ast

    from .run import Runner

log = logging.getLogger("cacheable")

_ATTRIBUTE = "_jupyterlab_cacheable"


class Extension:
    """Everything that is registered with one shell."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._history = History(fresh=shell.execution_count <= 1)
        self._runner: Runner | None = None
        self._broken = False
        self._transformer = TreeTransformer(self._tree)
        shell.input_transformers_cleanup.insert(0, strip)
        shell.ast_transformers.append(self._transformer)
        shell.events.register("pre_run_cell", self._before)
        shell.events.register("post_run_cell", self._after)
        shell.register_magics(CacheableMagics(shell, lambda: self._runner))

    def close(self) -> None:
        """Take back what the constructor registered."""
        shell = self._shell
        shell.input_transformers_cleanup.remove(strip)
        if self._transformer in shell.ast_transformers:
            shell.ast_transformers.remove(self._transformer)
        shell.events.unregister("pre_run_cell", self._before)
        shell.events.unregister("post_run_cell", self._after)
        for kind in ("cell", "line"):
            shell.magics_manager.magics[kind].pop("cacheable", None)
        if self._runner is not None:
            self._runner.close()

    # Cells of subshells run in other threads; they are left alone.

    def _before(self, info: Any) -> None:
        if not _in_main_thread():
            return
        if self._runner is None and "cacheable" in info.raw_cell and not self._broken:
            self._make_runner()
        if self._runner is None:
            self._history.add(self._shell, info, info.raw_cell)
        else:
            self._runner.before(info)

    def _tree(self, tree: ast.Module) -> ast.Module:
        if self._runner is None or not _in_main_thread():
            return tree
        return self._runner.tree(tree)

    def _after(self, result: Any) -> None:
        if not _in_main_thread():
            return
        if self._runner is None:
            self._history.look()
        else:
            self._runner.after(result)

    def _make_runner(self) -> None:
        """Load the rest of the package; if that fails, say so once and leave all cells alone."""
        try:
            from .run import Runner

            self._runner = Runner(self._shell, self._history)
        except Exception as error:  # noqa: BLE001 -- whatever fails in here must not fail the cell
            self._broken = True
            log.error("jupyterlab-cacheable cannot be loaded, cells run uncached: %r", error)


def load(shell: Any) -> None:
    """Register with the shell unless that was done before."""
    if getattr(shell, _ATTRIBUTE, None) is None:
        setattr(shell, _ATTRIBUTE, Extension(shell))


def unload(shell: Any) -> None:
    """Take everything back that `load` registered."""
    extension = getattr(shell, _ATTRIBUTE, None)
    if extension is not None:
        extension.close()
        setattr(shell, _ATTRIBUTE, None)


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
