"""What can be seen of a kernel between two cells, as JSON: the same on a hit as after a run."""

from __future__ import annotations

import decimal
import hashlib
import os
import random
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.examples.namespace import LAST_RESULTS, Describer, user_names

# A cell that seeds a generator binds this name first: before that its state is chance.
SEEDED = {"random": "seeded", "numpy": "np_seeded"}


def observe(shell: Any, environment: Mapping[str, str]) -> dict[str, Any]:
    """The user's variables, the kept results, settings of the process, and the files here."""
    namespace: Mapping[str, Any] = shell.user_ns
    describer = Describer(namespace)
    names = user_names(namespace, shell.user_ns_hidden)
    variables = {name: describer.start(name, namespace[name]) for name in names}
    results = {
        str(number): describer.start(f"Out[{number}]", value)
        for number, value in sorted(namespace.get("_oh", {}).items())
    }
    results |= {name: describer.start(name, namespace.get(name)) for name in LAST_RESULTS}
    describer.finish()
    return {
        "variables": variables,
        "results": results,
        "generators": generators(namespace),
        "settings": settings(environment),
        "files": files(Path.cwd()),
    }


def generators(namespace: Mapping[str, Any]) -> dict[str, str]:
    """The states of the global generators that the program has seeded."""
    found = {}
    if SEEDED["random"] in namespace:
        found["random"] = digest(repr(random.getstate()))
    if SEEDED["numpy"] in namespace:
        state = sys.modules["numpy"].random.get_state(legacy=False)
        found["numpy"] = digest(repr(state["state"]["key"].tolist()) + repr(state))
    return found


def settings(environment: Mapping[str, str]) -> dict[str, Any]:
    changed = {name: os.environ.get(name) for name in os.environ.keys() | environment.keys()}
    found: dict[str, Any] = {
        "environ": {n: v for n, v in sorted(changed.items()) if environment.get(n) != v},
        "path": list(sys.path),
        "warnings": repr(warnings.filters),
        "decimal": repr(decimal.getcontext()),
        "recursion": sys.getrecursionlimit(),
    }
    numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
    if numpy is not None:
        found["numpy"] = repr((numpy.get_printoptions(), numpy.geterr()))
    if pandas is not None:
        found["pandas"] = repr(sys.modules["pandas._config.config"]._global_config)
    return found


def files(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): digest(path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def digest(value: str | bytes) -> str:
    return hashlib.sha256(value.encode() if isinstance(value, str) else value).hexdigest()
