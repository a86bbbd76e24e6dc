"""What one run does with files and folders, and what it makes of them for the next run.

Every place the run touches has two sides. *Needs*: a file that was read, a question that was asked
has to be found again with the same answer. *Leaves*: what the run wrote or removed has to be as it
left it, because a hit does not write. A hit finds the world once, so both sides must agree: a run
that leaves a place unlike it needed it can never be repeated by a hit, and is refused by name.

A file or folder that the run creates only where nothing was (a temporary folder) is *its own*:
nothing in there was needed, and as long as it is gone in the end nothing is left.

Paths are kept as the run spelled them: a relative path is looked at from the working folder of
the session that asks, unless the run changed the working folder itself.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from os import getcwd

from ..digest.files import Facts, facts_of, look
from . import places
from .places import shown

LISTINGS = ("names", "entries")
_realpath = os.path.realpath


@dataclass
class Place:
    """One file of the run.

    ``facts`` is what the run found, ``early`` the digest of it where it was taken before the end,
    ``spellings`` maps each way the path was written to the absolute path. ``needed``: its content
    before mattered; ``changed``: the run wrote, replaced or removed it.
    """

    facts: Facts | None
    spellings: dict[str, str] = field(default_factory=dict)
    early: str | None = None
    needed: bool = False
    changed: bool = False

    @property
    def is_folder(self) -> bool:
        """True when a folder was found."""
        return self.facts is not None and stat.S_ISDIR(self.facts.mode)

    @property
    def is_regular(self) -> bool:
        """True when a file with contents was found, or nothing."""
        return self.facts is None or stat.S_ISREG(self.facts.mode)


class Deeds:
    """Collects what a run does; `settle` then says what has to be found again.

    ``texts`` are the texts in the code and among the inputs. One that is the path of a file counts
    as read if the code ``may_open_unseen``, as a reader written in C does: ``named``.
    ``sentences`` takes what cannot be stored at all.

    ``places`` are the files by real path, ``answers`` those to questions: (path, aspect) ->
    (absolute path, answer), ``made`` the folders that were made, with their spelling, ``own`` what
    was created only where nothing was, ``temporary`` what `tempfile` named. ``folder`` is the
    working folder, None when it did not matter.
    """

    def __init__(
        self, texts: Iterable[str], sentences: list[str], may_open_unseen: Callable[[], bool]
    ) -> None:
        self._sentences = sentences
        self._start = _working_folder()
        self.places: dict[str, Place] = {}
        self.answers: dict[tuple[str, str], tuple[str, str]] = {}
        self.own: set[str] = set()
        self.temporary: set[str] = set()
        self.made: dict[str, str] = {}
        self._systems: dict[str, bool] = {}
        self._read: set[tuple[str, str]] = set()
        self.folder: str | None = None
        self._homes = tuple(
            os.path.join(folder, "")
            for folder in {self._start, *(os.path.abspath(each) for each in sys.path if each)}
            if folder != os.sep and not places.is_systems(folder)
        )
        self._texts = frozenset(texts)
        self.named = {t: found for t in self._texts if (found := self._file_named(t)) is not None}
        if any(facts for _, facts, _ in self.named.values()) and not may_open_unseen():
            self.named = {t: found for t, found in self.named.items() if found[1] is None}

    # -- what the run does ---------------------------------------------------------------------

    def read(self, path: str) -> None:
        """It opens a file to read."""
        again = path, _working_folder()
        if again in self._read:
            return
        self._read.add(again)
        if places.is_import_system() and path.endswith(".pyc"):
            path = _source_of(path)
        found = self._touch(path)
        if found is None:
            return
        if found.is_folder:
            self._forget(path)
            self.ask(path, "folder")
        elif found.is_regular:
            self._need(found)
        else:
            self.refuse(f"it reads {shown(path)}, which is no regular file")

    def write(self, path: str) -> None:
        """It opens a file to write it anew."""
        found = self._touch(path)
        if found is None:
            return
        if found.is_folder:
            self._forget(path)
            return
        if found.facts is None and not os.path.isdir(os.path.dirname(self._absolute(path))):
            self.ask(os.path.dirname(path), "folder")
        self._change(found)

    def update(self, path: str) -> None:
        """It opens a file to change it in place, or to go on at its end."""
        if (found := self._touch(path)) is not None:
            self._need(found)
            self._change(found)

    def create(self, path: str) -> None:
        """It opens a file that must not exist."""
        found = self._touch(path)
        if found is not None and found.facts is not None:
            self.ask(path, "entry")
        elif found is not None:
            self._forget(path)
            self._claim(path)

    def move(self, source: str, target: str) -> None:
        """It renames a file, over another one or not."""
        if os.path.islink(self._absolute(target)) or os.path.isdir(self._absolute(source)):
            self.refuse(f"it moves {shown(source)} to {shown(target)}")
            return
        self.read(source)
        if (found := self._touch(source)) is not None:
            self._change(found)
        self.write(target)

    def remove(self, path: str, must_exist: bool = True) -> None:
        """It removes a file."""
        if os.path.islink(self._absolute(path)):
            self.refuse(f"it removes the link {shown(path)}")
            return
        if must_exist:
            self.ask(path, "entry")
        if (found := self._touch(path)) is not None:
            self._change(found)

    def make_folder(self, path: str, may_exist: bool) -> None:
        """It makes a folder."""
        absolute = self._absolute(path)
        if os.path.lexists(absolute):
            self.ask(path, "folder" if may_exist else "entry")
        elif self._is_foreign(absolute) and not self._is_own(absolute):
            spelled = self._claim(path)
            self._count_folder(path, spelled)
            if may_exist:
                self.own.discard(_realpath(absolute))

    def remove_folder(self, path: str) -> None:
        """It removes a folder, or all that is below it."""
        absolute = self._absolute(path)
        if not (self._is_own(absolute) or places.is_workers(absolute)):
            self.refuse(f"it removes the folder {shown(path)}")

    def adjust(self, path: str) -> None:
        """It sets permissions or times, which only count for files of others."""
        place = _realpath(self._absolute(path))
        if not (self._is_own(place) or self.is_changed(place) or places.is_workers(place)):
            self.refuse(f"it changes the permissions or times of {shown(path)}")

    def database(self, path: str) -> None:
        """It connects to a SQLite database."""
        if any("attach" in text.lower() for text in self._texts):
            self.refuse(f"it attaches a database to {shown(path)}")
            return
        self.update(path)
        for journal in ("-wal", "-journal"):
            self.read(path + journal)

    def list(self, path: str, aspect: str = "names") -> None:
        """It lists a folder, and may ask the entries for their facts: ``entries``."""
        if not places.is_import_system():
            self.ask(path, aspect)

    def ask(self, path: str, aspect: str) -> None:
        """It asks something about a path, whose answer is taken now."""
        spelled, absolute = self._spell(path)
        if (spelled, aspect) in self.answers or not self._is_foreign(absolute, path):
            return
        if self._is_own(absolute) or (aspect not in LISTINGS and self.is_changed(absolute)):
            return
        self._count_folder(path, spelled)
        self.answers[spelled, aspect] = (absolute, look(absolute, aspect))

    def ask_folder(self) -> None:
        """It asks for the working folder."""
        if not places.is_installed_import() and not places.is_import_system():
            self.folder = self._start

    def refuse(self, sentence: str) -> None:
        """It does what a hit could not repeat."""
        if sentence not in self._sentences and not places.is_installed_import():
            self._sentences.append(sentence)

    def is_temporary(self, path: str) -> None:
        """`tempfile` is about to create this path, under a name of its own making."""
        self.temporary.add(_realpath(path))

    # -- places --------------------------------------------------------------------------------

    def _spell(self, path: str) -> tuple[str, str]:
        """The path as a condition names it, and where it leads now."""
        if os.path.isabs(path):
            return path, path
        now = _working_folder()
        absolute = os.path.join(now, path)
        return (path or "." if now == self._start else absolute), absolute

    def _count_folder(self, path: str, spelled: str) -> None:
        """The working folder matters for a path that only now is known to be below it.

        A copy of the project in another folder has its own file at its own absolute path.
        """
        moved = not os.path.isabs(path) and os.path.isabs(spelled)
        if moved or (path not in self._texts and spelled.startswith(self._homes)):
            self.folder = self._start

    def _absolute(self, path: str) -> str:
        return self._spell(path)[1]

    def _is_foreign(self, absolute: str, path: str = "") -> bool:
        """False for the installation and for what Python does for its own ends."""
        known = self._systems.get(absolute)
        if known is None:
            known = self._systems[absolute] = places.is_systems(os.path.normpath(absolute))
        if known:
            return path in self._texts
        return not places.is_explaining(absolute) and not places.is_installed_import()

    def _is_own(self, absolute: str) -> bool:
        if not self.own:
            return False
        place = _realpath(absolute)
        return any(place == own or place.startswith(own + os.sep) for own in self.own)

    def is_changed(self, absolute: str) -> bool:
        """True when what is there now is the doing of the run."""
        if not self.made and not any(found.changed for found in self.places.values()):
            return False
        place = _realpath(absolute)
        found = self.places.get(place)
        return self._is_own(place) or place in self.made or bool(found and found.changed)

    def _touch(self, path: str) -> Place | None:
        """The place of a path, None when it does not count."""
        spelled, absolute = self._spell(path)
        if not self._is_foreign(absolute, path):
            return None
        place = _realpath(absolute)
        if self._is_own(place):
            return None
        self._count_folder(path, spelled)
        if place not in self.places:
            self.places[place] = Place(facts_of(absolute))
        self.places[place].spellings.setdefault(spelled, absolute)
        return self.places[place]

    def _forget(self, path: str) -> None:
        self.places.pop(_realpath(self._absolute(path)), None)

    def _claim(self, path: str) -> str:
        spelled, absolute = self._spell(path)
        place = _realpath(absolute)
        self.own.add(place)
        self.made[place] = spelled
        return spelled

    def _need(self, found: Place) -> None:
        if found.needed or found.changed:
            return
        found.needed = True
        if found.facts is None:
            found.early = "absent"
        elif found.facts.is_young:
            found.early = look(next(iter(found.spellings.values())), "content")

    def _change(self, found: Place) -> None:
        if found.needed and found.early is None:
            found.early = look(next(iter(found.spellings.values())), "content")
        found.changed = True

    def _file_named(self, text: str) -> tuple[str, Facts | None, str | None] | None:
        """What is at the path that a text may be, None for a text that is no path."""
        if not text or len(text) > 1000 or "\n" in text or "\0" in text:
            return None
        absolute = os.path.join(self._start, text)
        facts = facts_of(absolute)
        if facts is not None and not stat.S_ISREG(facts.mode):
            return None
        young = facts is not None and facts.is_young
        return absolute, facts, look(absolute, "content") if young else None


def _working_folder() -> str:
    try:
        return getcwd()
    except OSError:
        return os.sep


def _source_of(path: str) -> str:
    """The source file of a compiled one, which the import system compared before it took it."""
    import importlib.util

    try:
        return importlib.util.source_from_cache(path)
    except ValueError:
        return path
