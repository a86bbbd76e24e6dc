"""A strict description of a notebook's namespace and of the process around it, as JSON.

Runs inside the kernel after the last cell, loaded by path under a private name, so that it cannot
meet a module of the notebook. It imports no library that the notebook has not imported itself and
shares no code with the package under test: two namespaces are taken as equal only when these
descriptions are equal.

Described are types, values bit by bit, dtypes, memory order, labels, functions by their bytecode
and by what they are bound to, classes by their members, figures by what they draw, which variables
are the same object, which arrays share memory, the modules beside the notebook, and the settings
and random generators of the process.

Deliberately not told apart: two equal plain scalars, tuples or dates that are or are not the same
object; the order in which a set is walked; addresses in texts; file names of cells.
"""

from __future__ import annotations

import gc
import json
import re
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path

from . import arrays, drawings, frames, libraries, modules, python, surroundings, tensors
from .walker import Describer, Tree

KEPT_BY_IPYTHON = re.compile(r"_|__|___|_\d+|_i\d*|_ii|_iii|_ih|_oh|_dh|__\w+__")
LAST_RESULTS = ("_", "__", "___")
RULES = (
    *drawings.RULES,
    *frames.RULES,
    *tensors.RULES,
    *arrays.RULES,
    *libraries.RULES,
    *python.RULES,
)
DEPTH = 50_000


def user_names(namespace: Mapping[str, object], hidden: Mapping[str, object]) -> list[str]:
    """The names a user made, sorted: not those that IPython keeps for itself."""
    return sorted(
        name
        for name, value in namespace.items()
        if not KEPT_BY_IPYTHON.fullmatch(name) and not (name in hidden and hidden[name] is value)
    )


def variables_and_results(
    namespace: Mapping[str, object], hidden: Mapping[str, object], folder: str | None = None
) -> dict[str, Tree]:
    """Trees of the variables, the kept results, and the members of the modules in `folder`."""
    describer = Describer(namespace, RULES)
    variables = {
        name: describer.start(name, namespace[name]) for name in user_names(namespace, hidden)
    }
    kept: Mapping[int, object] = namespace.get("_oh", {})  # type: ignore[assignment]
    results = {
        str(number): describer.start(f"Out[{number}]", value)
        for number, value in sorted(kept.items())
    }
    results |= {name: describer.start(name, namespace.get(name)) for name in LAST_RESULTS}
    local = {
        name: describer.start(name, content) for name, content in modules.below(folder).items()
    }
    describer.finish()
    return {"variables": variables, "results": results, "modules": local}


def snapshot(
    namespace: Mapping[str, object], hidden: Mapping[str, object], folder: str | None = None
) -> dict[str, Tree]:
    """All that is compared, by part and name; with the modules whose files lie in `folder`."""
    settings = surroundings.settings()
    generators = surroundings.generators()
    patched = modules.patched(namespace)
    limit = sys.getrecursionlimit()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            sys.setrecursionlimit(max(limit, DEPTH))
            described = variables_and_results(namespace, hidden, folder)
        finally:
            sys.setrecursionlimit(limit)
    return {
        **described,
        "history": {"In": list(namespace.get("_ih", []))},  # type: ignore[call-overload]
        "patched": patched,
        "settings": settings,
        "generators": generators,
    }


def write(
    namespace: Mapping[str, object], hidden: Mapping[str, object], target: str, folder: str
) -> None:
    """Write the snapshot of a namespace to a file."""
    gc.collect()
    found = snapshot(namespace, hidden, folder)
    Path(target).write_text(json.dumps(found), encoding="utf-8")
