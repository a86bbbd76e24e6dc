"""What can be seen of a kernel between two cells, as JSON: the same on a hit as after a run."""

from __future__ import annotations

import gc
import hashlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.oracle.namespace import modules, surroundings, variables_and_results
from tests.oracle.namespace.walker import Tree
from tests.programs.statements import LIBRARIES

# A cell that seeds a generator binds this name first: before that its state is chance.
SEEDED = {"seeded": "random", "np_seeded": "numpy.random"}
CHEAP_SETTINGS = (
    "working folder",
    "environment",
    "sys.path",
    "recursion limit",
    "decimal context",
    "locale",
    "numpy options",
)


def observe(shell: Any) -> dict[str, Any]:
    """The user's variables, the kept results, settings of the process, and the files here."""
    gc.collect()
    namespace: Mapping[str, Any] = shell.user_ns
    folder = Path.cwd()
    described = variables_and_results({**namespace, **local()}, shell.user_ns_hidden)
    states = surroundings.generators()
    settings = {name: surroundings.READERS[name]() for name in CHEAP_SETTINGS}
    settings["warnings filters"] = surroundings.warning_filters()
    return {
        **described,
        "generators": {states_of: states.get(states_of) for states_of in seeded(namespace)},
        "settings": settings,
        "files": files(folder),
    }


def observe_at_the_end(shell: Any) -> dict[str, Any]:
    """What takes long to look at: every setting, and what was put into modules of libraries."""
    return {
        **observe(shell),
        "settings": surroundings.settings(),
        "patched": patched(),
        "history": list(shell.user_ns["_ih"][2:]),
    }


def local() -> dict[str, Any]:
    """The members of the module beside the notebook, under names that no variable has."""
    found = vars(sys.modules["helpers"]) if "helpers" in sys.modules else {}
    return {f"helpers.{name}": v for name, v in found.items() if name not in modules.NOISE}


def patched() -> dict[str, Tree]:
    """What sits in the libraries that programs use: functions and classes of the notebook."""
    found: dict[str, Tree] = {}
    for name in LIBRARIES:
        if name in sys.modules:
            for place, value in modules.members(name, sys.modules[name]):
                if modules.is_notebooks(value):
                    found[place] = [type(value).__name__, value.__qualname__]
            found[name] = modules.plain_members(sys.modules[name])
    return found


def seeded(namespace: Mapping[str, Any]) -> list[str]:
    return [generator for name, generator in SEEDED.items() if name in namespace]


def files(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
