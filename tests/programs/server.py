"""The fork server: loads what every kernel needs, then forks a child for each session.

Reads one order per line on standard input and answers each with one line when its child has
ended. ``--extension`` loads the package under test too; without it the process never sees it.
"""

from __future__ import annotations

import faulthandler
import gc
import importlib
import inspect
import json
import os
import sys
import traceback
from typing import Any

MOST_SECONDS = 100
LAZY = (
    "bdb sqlite3 tornado.platform.asyncio IPython.core.application IPython.core.completerlib "
    "IPython.core.crashhandler IPython.core.logger IPython.core.magics.extension "
    "IPython.core.oinspect IPython.utils.wildcard"
).split()
OURS = ("jupyterlab_cacheable.kernel.extension", "jupyterlab_cacheable.store.index")


def serve() -> None:
    import numpy  # noqa: F401
    import pandas  # noqa: F401

    from tests.programs.session import run_session

    # What every child would import or look up again: the files of modules, and versions.
    for name in LAZY:
        importlib.import_module(name)
    inspect.getmodule(inspect.currentframe(), __file__)
    if "--extension" in sys.argv:
        for name in OURS:
            importlib.import_module(name)
        from jupyterlab_cacheable.analysis.origin import version_of

        version_of("numpy")
    else:
        assert not any(name.startswith("jupyterlab_cacheable") for name in sys.modules)
    sys.path[:] = [entry for entry in sys.path if entry not in ("", os.getcwd())]
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if not child:
            be_child(order, run_session)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def be_child(order: dict[str, Any], run_session: Any) -> None:
    """Run the order and leave without the clean-up that belongs to the parent."""
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    faulthandler.dump_traceback_later(MOST_SECONDS, exit=True, file=log)
    code = 1
    try:
        run_session(order)
        code = 0
    except BaseException:
        traceback.print_exc(file=sys.__stderr__)
    finally:
        sys.__stderr__.flush()  # type: ignore[union-attr]
        os._exit(code)


if __name__ == "__main__":
    serve()
