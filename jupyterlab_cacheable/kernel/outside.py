"""Files, folders and environment variables as conditions of an entry.

files    path -> aspect -> answer, see `digest.files`; relative to the working folder
written  those of the paths that the run wrote, removed or made
folder   the working folder where it mattered
env      name -> keyed digest of the value before the run, or "absent"
about    path -> size and time of a file that was read: not compared, but told when it changes
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from ..difference import told_file
from ..digest.files import Changing, facts_of, look
from ..outcome import Change
from ..state import environment
from .declared import time_of
from .deeds import LISTINGS
from .places import shown
from .settle import World

_NOT_THERE = ("absent", "no")
_MOST_TOLD = 200


def conditions_of(
    world: World, variables: Iterable[str], before: Mapping[str, str], key: bytes
) -> dict[str, Any]:
    """The conditions of a run that found the environment as in `before`."""
    return {
        "files": world.files,
        "written": sorted(set(world.written)),
        "folder": world.folder,
        "env": environment.digests(variables, before, key),
        "about": dict(islice(_about(world.files), _MOST_TOLD)),
    }


def _about(files: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, aspects in files.items():
        if "content" in aspects and (facts := facts_of(path)) is not None:
            yield path, {"size": facts.size, "time": time_of(facts)}


def broken(conditions: Mapping[str, Any], key: bytes) -> tuple[Change, ...]:
    """Those conditions that do not hold now; the cheap ones are looked at first."""
    folder = conditions.get("folder")
    if folder is not None and folder != _working_folder():
        return (Change("conditions", "the working folder", None, folder, _working_folder()),)
    names = environment.differing(conditions.get("env", {}), key)
    if names:
        return tuple(Change("env", name) for name in names)
    return tuple(_broken_files(conditions))


def _broken_files(conditions: Mapping[str, Any]) -> Iterator[Change]:
    written, about = conditions.get("written", []), conditions.get("about", {})
    for path, aspects in conditions.get("files", {}).items():
        for aspect, answer in aspects.items():
            now = _answer(path, aspect)
            if now != answer:
                yield _change(path, aspect, answer, now, path in written, about.get(path))
                break


def _answer(path: str, aspect: str) -> str:
    try:
        return look(path, aspect)
    except Changing:
        return "changing"


def _change(
    path: str, aspect: str, old: str, new: str, is_written: bool, about: Mapping[str, Any] | None
) -> Change:
    if is_written:
        there, now = (None if text in _NOT_THERE else text for text in (old, new))
        return Change("conditions", f"what the cell wrote to {shown(path)}", None, there, now)
    if aspect in LISTINGS:
        return Change("conditions", f"the listing of the folder {shown(path)}", None, old, new)
    if aspect == "content":
        known = next((about for _, about in _about({path: {aspect: new}})), None)
        return Change("files", path, None, _told(old, about), _told(new, known))
    there_before, there_now = (text if text not in _NOT_THERE else None for text in (old, new))
    return Change("files", path, None, there_before, there_now)


def _told(digest: str, about: Mapping[str, Any] | None) -> str | None:
    is_file = about is not None and digest.startswith("xxh3")
    facts = about if is_file and about is not None else {"size": None, "time": None}
    return told_file({"digest": digest, **facts})


def _working_folder() -> str | None:
    try:
        return os.getcwd()
    except OSError:
        return None
