"""Environment variables: importing a library may set some, and a hit may not import it."""

from __future__ import annotations

import os
from collections.abc import Mapping


def environment_change(before: Mapping[str, str]) -> dict[str, str | None]:
    """Environment variables that differ from `before`: the new value, None for a removed one."""
    now = os.environ
    return {name: now.get(name) for name in {*before, *now} if before.get(name) != now.get(name)}


def put_back_environment(change: Mapping[str, str | None]) -> None:
    """Make the change again that a run made."""
    for name, value in change.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
