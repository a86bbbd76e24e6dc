"""Write the golden digests anew: ``python -m tests.golden.make``.

Only when the recipe of keys was meant to change, which also raises ``KEY_EPOCH``: otherwise every
stored result of every user is lost.
"""

from __future__ import annotations

import builtins
import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jupyterlab_cacheable.analysis.canonical import source_digest
from jupyterlab_cacheable.analysis.closure import Closure
from jupyterlab_cacheable.digest import digest
from jupyterlab_cacheable.store.key import KEY_EPOCH, encode, make_id, make_key

FOLDER = Path(__file__).parent
DIGESTS = FOLDER / "digests.json"
MODULES = (
    "array collections datetime decimal fractions functools ipaddress itertools operator pathlib "
    "random re struct types uuid zoneinfo"
).split()
SHORT = {"np": "numpy", "pd": "pandas"}

NAMED = {"digest": "sha256:00", "type": "int", "summary": "1", "cell": None}
PARTS: dict[str, Any] = {
    "code": {"digest": "sha256:11", "semicolon": False, "interactivity": "last_expr", "future": 0},
    "definitions": {"f": NAMED},
    "inputs": {"x": NAMED},
    "upstream": [{"cell": "c1", "code": "sha256:22", "names": ["x", "f"], "source": "x = 1"}],
    "files": {},
    "env": {},
    "vars": {},
    "packages": {},
    "options": {"version": "1"},
    "python": {"version": "3.11"},
}
JSON = {
    "nothing": None,
    "numbers": [0, -1, 2**70, 1.5, -0.0, True, False],
    "texts": ["", "a", "é", "\ud800", "\0"],
    "nested": {"b": [], "a": {}, "": [[1], {"c": [None]}]},
}


def cells() -> Iterator[str]:
    """The sources; a line of the file is one cell, with ``\\n`` for its line ends."""
    for line in (FOLDER / "cells.txt").read_text(encoding="utf-8").splitlines():
        yield line.replace("\\n", "\n")


def values() -> Iterator[tuple[str, Any]]:
    """The expressions and what they make."""
    names = {name: importlib.import_module(name) for name in MODULES}
    names |= {short: importlib.import_module(name) for short, name in SHORT.items()}
    for line in (FOLDER / "values.txt").read_text(encoding="utf-8").splitlines():
        yield line, eval(line, dict(names))


def found() -> dict[str, Any]:
    """All digests as this Python makes them."""
    definition = Closure({}, vars(builtins)).definition
    return {
        "epoch": KEY_EPOCH,
        "cells": {source: source_digest(source) for source in cells()},
        "values": {text: digest(value, definition=definition).text for text, value in values()},
        "keys": {
            "key": list(make_key(PARTS)),
            "id": make_id(make_key(PARTS), {"random": {}}),
            "encoded": {name: encode(value).hex() for name, value in JSON.items()},
        },
    }


if __name__ == "__main__":
    DIGESTS.write_text(json.dumps(found(), indent=2) + "\n", encoding="ascii")
