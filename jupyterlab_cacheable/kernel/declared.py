"""What a mark or the project says counts, whether the code mentions it or not.

    files   name -> {"digest", "size", "time"} of each file that ``--file`` stands for
    env     name -> keyed digest of the value, or "absent"
    vars    name -> {"digest", "type", "summary", "cell"} of a value that the code does not reach

A file is named by its path without links, relative to the working folder if it was written so.
Of files only the name and the digest are part of the key; the time is that of its last change.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import PurePath
from typing import Any

import xxhash

from ..analysis.mark import Options, read_environment_name, read_variable
from ..config import Declared
from ..digest.files import Changing, Facts, facts_of, look
from ..digest.paths import Counted, counted, is_pattern
from ..errors import Uncacheable
from ..outcome import Change, Reason
from ..state import environment
from ..store.key import encode
from ..store.manifest import timestamp
from .places import shown

_MOST = 100_000  # files of one path
_MOST_ROWS = 1_000  # of one path; more are one row together

Row = dict[str, Any]


@dataclass
class Files:
    """The declared files as they are now.

    ``rows`` is the key part, ``facts`` what the system told of each file when it was digested, by
    its path, ``notes`` what the user should hear of. ``here``: the working folder.
    """

    here: str
    rows: dict[str, Row] = field(default_factory=dict)
    facts: dict[str, Facts | None] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Wanted:
    """What counts for one cell: its own options and those of the project, united."""

    options: Options
    project: Declared

    @classmethod
    def of(cls, options: Options, project: Declared) -> Wanted:
        """Raises Uncacheable for a name that the project spells wrongly."""
        try:
            env = tuple(map(read_environment_name, project.env))
            variables = tuple(map(read_variable, project.vars))
        except ValueError as error:
            sentence = f"a name that the project file in {shown(str(project.folder))} lists {error}"
            raise Uncacheable(Reason(sentence)) from None
        return cls(options, project._replace(env=env, vars=variables))

    @property
    def own_names(self) -> frozenset[str]:
        """The names that the cell itself lists, which have to be there."""
        return frozenset(text.partition("=")[0] for text in self.options.vars)

    @property
    def names(self) -> dict[str, str | None]:
        """The variables that count, with the text that stands for one; None: its live value."""
        texts = (each.partition("=") for each in (*self.project.vars, *self.options.vars))
        return {name: value if equals else None for name, equals, value in texts}

    def environment(self, key: bytes) -> dict[str, str]:
        """The key part `env`; nothing in it tells a value without the key."""
        return environment.digests({*self.project.env, *self.options.env}, os.environ, key)

    def files(self, here: str | None = None) -> Files:
        """Look at all files, from the working folder; raises Uncacheable if that is impossible."""
        if not self.options.files and not self.project.files:
            return Files("")
        here = here or _working_folder()
        found, options = Files(here), self.options
        only = None if options.file_pattern is None else re.compile(options.file_pattern)
        declared = [(text, here) for text in options.files]
        declared += [(text, str(self.project.folder)) for text in self.project.files]
        for number, (text, folder) in enumerate(dict.fromkeys(declared), 1):
            is_numbered = options.file_content_only
            name = f"#{number}" if is_numbered else _name_of(text, folder, here)
            _add(found, _Path(text, folder, name, is_numbered), only)
        return found


def _working_folder() -> str:
    try:
        return os.getcwd()
    except OSError as error:
        raise Uncacheable(Reason(f"its working folder cannot be told ({error.strerror})")) from None


@dataclass(frozen=True)
class _Path:
    """One declared path, and how what it stands for is named."""

    text: str
    folder: str
    name: str
    is_numbered: bool

    def name_of(self, one: Counted, here: str) -> str:
        """The name of one file that the path stands for."""
        if not one.inner:
            return self.name
        if self.is_numbered or not is_pattern(self.text, self.folder):
            return f"{self.name}/{one.inner}"
        return _relative(one.path, self.text, here)


def _add(found: Files, path: _Path, only: re.Pattern[str] | None) -> None:
    rows: dict[str, Row] = {}
    try:
        for one in islice(counted(path.text, path.folder, only), _MOST + 1):
            facts = found.facts[one.path] = facts_of(one.path)
            rows[path.name_of(one, found.here)] = _row(path.text, one.path, facts)
    except OSError as error:
        raise _refused(path.text, f"cannot be read ({error.strerror})") from None
    if len(rows) > _MOST:
        raise _refused(path.text, f"stands for more than {_MOST} files")
    if [row["digest"] for row in rows.values()] == ["absent"]:
        fits = is_pattern(path.text, path.folder)
        what = "no file fits" if fits else "there is no file"
        found.notes.append(f"{what} {shown(path.text)}, which --file names")
    if len(rows) > _MOST_ROWS:
        found.notes.append(f"--file {shown(path.text)} stands for {len(rows)} files")
        rows = {path.name: _together(rows)}
    found.rows |= rows


def _row(text: str, path: str, facts: Facts | None) -> Row:
    try:
        digest = look(path, "content")
    except Changing:
        raise _refused(text, f"is changing right now ({shown(path)})") from None
    if digest in ("unreadable", "special"):
        what = "cannot be read" if digest == "unreadable" else "is no regular file"
        raise _refused(text, f"{what} ({shown(path)})")
    if facts is None or not digest.startswith("xxh3"):
        return {"digest": digest, "size": None, "time": None}
    return {"digest": digest, "size": facts.size, "time": time_of(facts)}


def time_of(facts: Facts) -> str | None:
    """When a file was changed last; None for what no calendar has."""
    try:
        return timestamp(datetime.fromtimestamp(facts.mtime / 1e9, UTC))
    except (OverflowError, ValueError, OSError):  # a year that no calendar has
        return None


def _together(rows: Mapping[str, Row]) -> Row:
    digests = {name: row["digest"] for name, row in rows.items()}
    return {
        "digest": f"xxh3-128:{xxhash.xxh3_128(encode(digests)).hexdigest()}",
        "size": sum(row["size"] or 0 for row in rows.values()),
        "time": max((row["time"] for row in rows.values() if row["time"]), default=None),
    }


def _refused(text: str, what: str) -> Uncacheable:
    sentence = f"{shown(text)}, which --file names, {what}"
    return Uncacheable(Reason(sentence, (Change("files", text),)))


# -- names -------------------------------------------------------------------------------------


def _name_of(text: str, folder: str, here: str) -> str:
    """The name of a declared path, the same for a link and for what it leads to."""
    path = os.path.join(folder, os.path.expanduser(text))
    if is_pattern(text, folder):
        return _relative(path, text, here)
    real = os.path.realpath(path)
    plain = _relative(path, text, here)
    name = _relative(real, text, os.path.realpath(here))
    is_below = not os.path.isabs(name) and name.split("/")[0] != ".."
    return name if is_below or name == plain else real


def _relative(path: str, text: str, here: str) -> str:
    """A path as it is named, which was written as part of `text`."""
    path = os.path.normpath(path)
    if not os.path.isabs(os.path.expanduser(text)):
        try:
            path = os.path.relpath(path, here)
        except ValueError:  # on another drive
            return path
    return PurePath(path).as_posix()


# -- after the run -----------------------------------------------------------------------------


def refuse_changed(before: Files, after: Files, wrote: Callable[[str], bool]) -> None:
    """Raise Uncacheable when a declared file changed while the cell ran.

    ``wrote`` tells whether the run itself wrote a file. The same content, put there by somebody
    else, may have been another one while the run read it.
    """
    for name in sorted(before.rows.keys() | after.rows.keys()):
        one, other = before.rows.get(name), after.rows.get(name)
        if one is None or other is None or one["digest"] != other["digest"]:
            raise _meanwhile(name)
    for path, facts in before.facts.items():
        is_file = facts is not None and not stat.S_ISDIR(facts.mode)
        if is_file and facts != after.facts.get(path) and not wrote(path):
            raise _meanwhile(os.path.relpath(path, before.here))


def _meanwhile(name: str) -> Uncacheable:
    sentence = f"the file {shown(name)} changed while the cell ran"
    return Uncacheable(Reason(sentence, (Change("files", name),)))
