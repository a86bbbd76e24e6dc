"""Register with IPython, and take everything back."""

from __future__ import annotations

from typing import Any

from . import run
from .capture import Tap
from .magics import CacheableMagics
from .transform import TreeTransformer, strip

_ATTRIBUTE = "_jupyterlab_cacheable"


class Extension:
    """Everything that is registered with one shell."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        session = getattr(shell.display_pub, "session", None)
        self._tap = None if session is None else Tap(session)
        self._runner = run.Runner(shell, self._tap)
        self._transformer = TreeTransformer(self._runner.tree)
        shell.input_transformers_cleanup.insert(0, strip)
        shell.ast_transformers.append(self._transformer)
        shell.events.register("pre_run_cell", self._runner.before)
        shell.events.register("post_run_cell", self._runner.after)
        shell.register_magics(CacheableMagics)
        run.start(self._runner)

    def close(self) -> None:
        shell = self._shell
        shell.input_transformers_cleanup.remove(strip)
        if self._transformer in shell.ast_transformers:
            shell.ast_transformers.remove(self._transformer)
        shell.events.unregister("pre_run_cell", self._runner.before)
        shell.events.unregister("post_run_cell", self._runner.after)
        shell.magics_manager.magics["cell"].pop("cacheable", None)
        if self._tap is not None:
            self._tap.close()
        run.start(None)


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
