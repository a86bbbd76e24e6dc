"""Which files a path stands for: a file, all files below a folder, or all that fit a pattern.

A pattern has ``*``, ``?``, ``[...]`` or ``**`` as in `glob`; a path that exists is never a pattern.
Folders are followed through links, but not around a loop. What only tools keep in a folder does
not count: `TOOLS`.
"""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterator
from typing import NamedTuple

TOOLS = frozenset({".git", ".ipynb_checkpoints", "__pycache__"})

_MAGIC = re.compile(r"[*?\[]")
_SEPARATOR = re.compile(r"[/\\]" if os.sep == "\\" else "/")

_Folders = tuple[tuple[int, int], ...]  # device and inode of each folder above


class Counted(NamedTuple):
    """One file that counts, or the folder itself.

    ``path`` is absolute, ``inner`` its place in the folder or among those that fit the pattern,
    empty for what the path itself leads to.
    """

    path: str
    inner: str = ""


def counted(text: str, folder: str, only: re.Pattern[str] | None = None) -> Iterator[Counted]:
    """Everything that the path ``text`` stands for, seen from ``folder``, in a fixed order.

    ``only``: of the files below folders, those with such a name. A path without a file and a
    pattern that nothing fits stand for themselves. Raises OSError for a folder that cannot be read.
    """
    start = os.path.join(folder, os.path.expanduser(text))
    if not is_pattern(text, folder):
        yield from _all_of(start, "", only)
        return
    found = sorted(set(_fitting(os.path.expanduser(text), folder)))
    if not found:
        yield Counted(start)
    for number, path in enumerate(found, 1):
        yield from _all_of(path, str(number), only)


def is_pattern(text: str, folder: str) -> bool:
    """Whether ``text`` stands for what fits it."""
    start = os.path.join(folder, os.path.expanduser(text))
    return bool(_MAGIC.search(text)) and not os.path.lexists(start)


def _all_of(path: str, inner: str, only: re.Pattern[str] | None) -> Iterator[Counted]:
    yield Counted(path, inner)
    if os.path.isdir(path):
        yield from _below(path, inner, only, ())


def _below(
    path: str, inner: str, only: re.Pattern[str] | None, above: _Folders
) -> Iterator[Counted]:
    above = (*above, _identity(path))
    for name in sorted(os.listdir(path)):
        one = Counted(os.path.join(path, name), f"{inner}/{name}" if inner else name)
        if not os.path.isdir(one.path):
            if only is None or only.search(name):
                yield one
        elif name in TOOLS:
            continue
        elif _identity(one.path) in above:
            yield one  # a link back: that it is there is all there is to it
        else:
            yield from _below(one.path, one.inner, only, above)


def _identity(path: str) -> tuple[int, int]:
    found = os.stat(path)
    return found.st_dev, found.st_ino


def _fitting(pattern: str, folder: str) -> Iterator[str]:
    """The absolute paths that fit a pattern."""
    drive, rest = os.path.splitdrive(pattern)
    root = drive + os.sep if _SEPARATOR.match(rest) else folder
    segments: list[str] = []
    for each in _SEPARATOR.split(rest):
        is_same = each == "**" and segments[-1:] == ["**"]
        if each not in ("", ".") and not is_same:
            segments.append(each)
    yield from _fitting_in(root, segments)


def _fitting_in(path: str, segments: list[str]) -> Iterator[str]:
    if not segments:
        yield path
        return
    first, *rest = segments
    if first == "**":
        yield from _at_any_depth(path, rest, ())
    elif not _MAGIC.search(first):
        if os.path.lexists(inner := os.path.join(path, first)):
            yield from _fitting_in(inner, rest)
    else:
        for name in _names(path):
            if _fits(name, first):
                yield from _fitting_in(os.path.join(path, name), rest)


def _at_any_depth(path: str, rest: list[str], above: _Folders) -> Iterator[str]:
    """``**``: what fits the rest in a folder and in all below it; at the end all their files."""
    if not os.path.isdir(path) or _identity(path) in above:
        return
    above = (*above, _identity(path))
    if rest:
        yield from _fitting_in(path, rest)
    for name in _names(path):
        inner = os.path.join(path, name)
        if name.startswith(".") or name in TOOLS:
            continue
        if not rest and not os.path.isdir(inner):
            yield inner
        yield from _at_any_depth(inner, rest, above)


def _names(path: str) -> list[str]:
    return os.listdir(path) if os.path.isdir(path) else []


def _fits(name: str, segment: str) -> bool:
    """As in `glob`, a name that starts with a dot fits only a segment that does."""
    return fnmatch.fnmatch(name, segment) and (segment.startswith(".") or name[0] != ".")
