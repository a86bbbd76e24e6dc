"""Put a hit into the session: all of it, or nothing.

Whatever can fail keeps beforehand what takes it back. An object that is changed in place can run
code of the user's (the hash of a key), a setting belongs to a library that may refuse it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from typing import Any

from ..digest.lineage import name_figures
from ..state import generators
from ..state.patches import Patch
from ..state.restoring import CannotRestore
from ..state.settings import session
from ..state.settings.environment import put_back_environment
from ..state.settings.group import Use
from ..state.settings.matplotlib_settings import start_plotting
from .lookup import Ready

_ABSENT = object()


def set_up(ready: Ready) -> None:
    """Do again what takes its time and leaves the names alone; to be called before `bind`.

    Raises CannotRestore.
    """
    plotting = ready.effects["plotting"]
    if plotting:
        _attempt(lambda: start_plotting(inline=plotting == "inline"))


def bind(ready: Ready, namespace: dict[str, Any]) -> None:
    """Put the variables of a hit into the namespace, as the run would have left it.

    Raises
    ------
    CannotRestore
        when a part of it failed; the session then is as it was.
    """
    _attempt(lambda: _bind(ready, namespace))


def _attempt(step: Callable[[], None]) -> None:
    try:
        step()
    except Exception as error:  # code of the user's and of libraries may raise anything
        raise CannotRestore(f"{type(error).__name__}: {error}".splitlines()[0]) from error


def _bind(ready: Ready, namespace: dict[str, Any]) -> None:
    effects = ready.effects
    with ExitStack() as undo:
        _patch(ready.patches, undo)
        _put_settings(effects, undo)
        _put_names(ready, namespace, undo)
        undo.pop_all()
    session.note_shown(effects["settings"], ready.manifest.base)
    name_figures(ready.figures, ready.manifest.id)


def _patch(changes: Iterable[Patch], undo: ExitStack) -> None:
    for patch in sorted(changes, key=lambda patch: patch.is_sure):
        if not patch.is_sure:
            undo.callback(patch.opposite().put)
        patch.put()


def _put_settings(effects: Mapping[str, Any], undo: ExitStack) -> None:
    if effects["random"]:
        states = {name: generators.state_of(name) for name in effects["random"]}
        known = {name: state for name, state in states.items() if state is not None}
        undo.callback(generators.put_back, known)
        generators.put_back(effects["random"])
    if effects["environment"]:
        undo.callback(
            put_back_environment, {name: os.environ.get(name) for name in effects["environment"]}
        )
        put_back_environment(effects["environment"])
    if effects["settings"]:
        before = session.Snapshot.now()
        undo.callback(lambda: session.put_back(_back_to(before)))
        session.put_back(effects["settings"])


def _back_to(before: session.Snapshot) -> session.Changes:
    return session.differences(session.Snapshot.now(), before, Use())


def _put_names(ready: Ready, namespace: dict[str, Any], undo: ExitStack) -> None:
    touched = {*ready.manifest.deleted, *ready.variables}
    undo.callback(_rebind, namespace, {name: namespace.get(name, _ABSENT) for name in touched})
    for name in ready.manifest.deleted:
        namespace.pop(name, None)
    namespace.update(ready.variables)


def _rebind(namespace: dict[str, Any], values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if value is _ABSENT:
            namespace.pop(name, None)
        else:
            namespace[name] = value
