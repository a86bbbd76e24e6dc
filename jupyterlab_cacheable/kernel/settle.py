"""After a run: what has to be found again of files and folders for a hit to equal it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from ..digest.files import Changing, facts_of, look
from ..errors import Uncacheable
from ..outcome import Change, Reason
from .deeds import LISTINGS, Deeds, Place
from .places import shown

_MOST = 5000


@dataclass
class World:
    """What an entry needs of files and folders.

    ``files``: path -> aspect -> answer (see `digest.files`). ``written``: those of them that the
    run wrote. ``folder``: the working folder, None when it did not matter.
    """

    files: dict[str, dict[str, str]] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)
    folder: str | None = None

    def add(self, path: str, aspect: str, answer: str, is_written: bool = False) -> None:
        """One more answer that has to be found again."""
        self.files.setdefault(path, {})[aspect] = answer
        if is_written and path not in self.written:
            self.written.append(path)


def settle(deeds: Deeds) -> World:
    """Look at every place once more; raises Uncacheable for what a hit could not equal."""
    world = World(folder=deeds.folder)
    try:
        _settle_own(deeds, world)
        for place, found in [*deeds.places.items(), *_named_only(deeds)]:
            _settle_place(world, place, found)
        for (spelled, aspect), (absolute, answer) in deeds.answers.items():
            if look(absolute, aspect) != answer:
                raise _other_answer(spelled, aspect, deeds.is_changed(absolute))
            world.add(spelled, aspect, answer)
    except Changing as error:
        raise _meanwhile(str(error)) from None
    if len(world.files) > _MOST:
        raise Uncacheable(Reason(f"it uses {len(world.files)} files, more than can be compared"))
    return world


def _settle_own(deeds: Deeds, world: World) -> None:
    for place in sorted(deeds.own):
        spelled = deeds.made[place]
        if os.path.lexists(place):
            raise _refused(spelled, _left_behind(shown(spelled), place in deeds.temporary))
        if place not in deeds.temporary:
            world.add(spelled, "entry", "no")
    for place in sorted(deeds.made.keys() - deeds.own):
        world.add(deeds.made[place], "folder", look(place, "folder"), is_written=True)


def _left_behind(path: str, is_temporary: bool) -> str:
    if is_temporary:
        return f"it leaves the temporary {path} behind"
    return f"it creates {path} and would fail where that exists (use exist_ok=True, or mode 'w')"


def _named_only(deeds: Deeds) -> list[tuple[str, Place]]:
    """Files that the code names, and that nobody was told of being opened."""
    found = []
    for text, (absolute, facts, early) in sorted(deeds.named.items()):
        try:
            place = os.path.realpath(absolute)
        except ValueError:  # a text that no file can have as its name
            continue
        if place in deeds.places or place in deeds.made:
            continue
        if facts is not None:
            found.append((place, Place(facts, {text: absolute}, early, needed=True)))
        elif os.path.isfile(absolute):
            raise _refused(text, f"it creates {shown(text)} in a way that cannot be followed")
    return found


def _settle_place(world: World, place: str, found: Place) -> None:
    for spelled, absolute in found.spellings.items():
        if os.path.realpath(absolute) != place:
            raise _meanwhile(spelled)
        if found.needed and not found.changed and facts_of(place) != found.facts:
            raise _meanwhile(spelled)
        text = look(absolute, "content")
        if found.needed and found.early not in (None, text):
            raise _other_content(spelled, found, text)
        if found.changed and text in ("folder", "special", "unreadable"):
            raise _refused(spelled, f"it writes {shown(spelled)}, which is no regular file")
        is_written = found.changed and not (found.needed and found.early == text)
        world.add(spelled, "content", text, is_written)


def _other_content(spelled: str, found: Place, now: str) -> Uncacheable:
    path = shown(spelled)
    if not found.changed:
        return _meanwhile(spelled)
    if now == "absent":
        return _refused(spelled, f"it moves or removes the file {path}, which it finds")
    if found.early == "absent":
        sentence = f"it creates {path}, or goes on with it where it exists; write it anew instead"
        return _refused(spelled, sentence)
    return _refused(
        spelled, f"it changes the file {path}, which it reads; write to another file instead"
    )


def _other_answer(spelled: str, aspect: str, is_changed: bool) -> Uncacheable:
    path = shown(spelled)
    if aspect in LISTINGS:
        return _refused(spelled, f"it lists the folder {path} and changes what is in it")
    if not is_changed:
        return _meanwhile(spelled)
    if aspect in ("facts", "own facts", "size"):
        return _refused(spelled, f"it asks for the size or time of {path} and changes it")
    if aspect == "entry":
        return _refused(spelled, f"it removes {path}, which must be there before")
    return _refused(spelled, f"it asks whether {path} exists and then creates or removes it")


def _meanwhile(spelled: str) -> Uncacheable:
    return _refused(spelled, f"the file {shown(spelled)} changed while the cell ran")


def _refused(spelled: str, sentence: str) -> Uncacheable:
    return Uncacheable(Reason(sentence, (Change("files", spelled),)))
