"""Slow notebook cells become instant, and nobody has to doubt a cached result.

The package is imported by two kinds of process: a kernel (`%load_ext jupyterlab_cacheable`) and a
Jupyter server (the panel's routes). Each hook below imports only its own side, so that a kernel
never pays for the web server and the server never loads IPython or an unpickler.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["__version__", "load_ipython_extension", "unload_ipython_extension"]


def __getattr__(name: str) -> str:
    """`__version__`, looked up when asked for: reading metadata costs a kernel half its start."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("jupyterlab-cacheable")
    except PackageNotFoundError:  # a source tree that is on the path without being installed
        return "0+unknown"


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Called by `%load_ext jupyterlab_cacheable`; loading twice changes nothing."""
    from .kernel.extension import load

    load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Called by `%unload_ext jupyterlab_cacheable`; everything registered is taken back."""
    from .kernel.extension import unload

    unload(shell)


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "jupyterlab-cacheable"}]


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "jupyterlab_cacheable"}]


def _load_jupyter_server_extension(server_app: Any) -> None:
    from .server.extension import setup

    setup(server_app)
