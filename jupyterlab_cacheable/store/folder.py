"""The store's folder: its layout, and whether it may be used.

<store>/                           0700, files 0600, blobs 0444
  STORE                            marker: this folder is a store
  CACHEDIR.TAG  .gitignore         keep it out of backups and repositories
  format-1/entries/ab/<id>.json    sealed manifests
  format-1/blobs/cd/<64 hex>       content under its own SHA-256
  format-1/runs/<date>-<pid>-<random>.jsonl
  tmp/  locks/

Entry ids and digests are the only names; both are matched in full before they become a path.
"""

from __future__ import annotations

import os
import re
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import StoreError
from . import files
from .manifest import FORMAT
from .shape import is_id

if TYPE_CHECKING:
    from collections.abc import Iterator

MARKER = "STORE"
_MARKER_TEXT = b"jupyterlab-cacheable store 1\n"
_TAG_TEXT = (
    b"Signature: 8a477f597d28d172789f06886806bc55\n"
    b"# This folder is a cache of jupyterlab-cacheable; it can be removed at any time.\n"
)
_STALE_SECONDS = 24 * 3600
_TEMPORARY = re.compile(r"[0-9]+-[0-9a-f]{16}")
_PREFIX = re.compile(r"[0-9a-f]{2}")
_SUFFIX = ".json"


class Folder:
    """The paths inside one store; no name in it comes from anywhere but ids and digests."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.format = root / f"format-{FORMAT}"
        self.entries = self.format / "entries"
        self.blobs = self.format / "blobs"
        self.runs = self.format / "runs"
        self.tmp = root / "tmp"
        self.locks = root / "locks"

    def entry(self, entry_id: str) -> Path:
        """The file of an entry's manifest."""
        return self.entries / entry_id[:2] / f"{entry_id}{_SUFFIX}"

    def blob(self, digest: str) -> Path:
        """``digest`` is ``sha256:<64 hex>``."""
        name = digest.removeprefix("sha256:")
        return self.blobs / name[:2] / name

    def temporary(self) -> Path:
        """A new name in ``tmp``, on the same file system as all else."""
        return self.tmp / f"{os.getpid()}-{os.urandom(8).hex()}"

    def prefixes(self) -> Iterator[str]:
        """The names of the folders that hold entries; raises OSError."""
        with os.scandir(self.entries) as found:
            for item in found:
                if _PREFIX.fullmatch(item.name) and item.is_dir(follow_symlinks=False):
                    yield item.name

    def ids(self, prefix: str) -> Iterator[str]:
        """The entries in one such folder; raises OSError, but nothing when it is absent."""
        place = self.entries / prefix
        try:
            files.require_folder(place)
            names = [item.name for item in place.iterdir()]
        except FileNotFoundError:
            return
        for name in names:
            entry_id = name.removesuffix(_SUFFIX)
            if name.endswith(_SUFFIX) and is_id(entry_id) and entry_id.startswith(prefix):
                yield entry_id


def open_folder(root: Path, create: bool) -> Folder:
    """The store at ``root``, created or completed unless ``create`` is false.

    Raises StoreError when it is a link, another user's, writable by others, the root folder or
    home, or a folder that holds other things.
    """
    folder = Folder(Path(os.path.normpath(root.absolute())))
    _refuse_home(folder.root)
    with files.as_store_error():
        if create:
            _make_root(folder.root)
        try:
            check_private(folder.root, "the store")
        except FileNotFoundError:
            raise StoreError(f"there is no store at {folder.root}") from None
        _claim(folder.root, create)
        for place in (
            folder.format,
            folder.entries,
            folder.blobs,
            folder.runs,
            folder.tmp,
            folder.locks,
        ):
            files.make_folder(place) if create else files.require_folder(place)
        if create:
            _sweep(folder.tmp)
    return folder


def check_private(path: Path, what: str) -> None:
    """Require a real folder of this user that nobody else can write; nobody else may read it.

    Raises FileNotFoundError when it is absent, StoreError when it may not be used.
    """
    facts = os.lstat(path)
    if stat.S_ISLNK(facts.st_mode):
        raise StoreError(f"{what} is a link: {path}")
    if not stat.S_ISDIR(facts.st_mode):
        raise StoreError(f"{what} is not a folder: {path}")
    if not hasattr(os, "geteuid"):
        return
    if facts.st_uid != os.geteuid():
        raise StoreError(f"{what} belongs to another user: {path}")
    if facts.st_mode & 0o022:
        raise StoreError(f"{what} can be written by other users: {path}")
    if facts.st_mode & 0o077:
        path.chmod(files.FOLDER_MODE)


def _refuse_home(root: Path) -> None:
    if root.parent == root:
        raise StoreError("the store cannot be the root folder")
    if root.resolve() == Path.home().resolve():
        raise StoreError("the store cannot be the home folder")


def _make_root(root: Path) -> None:
    if not os.path.lexists(root):
        files.make_folders(root)


def _claim(root: Path, create: bool) -> None:
    """Require the marker, or put it into an empty folder.

    The marker is the first thing in a store, so a process that finds other things looks for it
    once more before it refuses: another process may be creating the same store.
    """
    if _has_marker(root):
        return
    if any(root.iterdir()) and not _has_marker(root):
        raise StoreError(f"the folder holds other things and is not a store: {root}")
    if not create:
        raise StoreError(f"there is no store at {root}")
    for name, text in ((MARKER, _MARKER_TEXT), ("CACHEDIR.TAG", _TAG_TEXT), (".gitignore", b"*\n")):
        _write_new(root / name, text)


def _has_marker(root: Path) -> bool:
    """A marker may still be empty: its name counts, its text only tells whose it is."""
    try:
        return files.read(root / MARKER, 1024) in (b"", _MARKER_TEXT)
    except FileNotFoundError:
        return False


def _write_new(path: Path, text: bytes) -> None:
    try:
        descriptor = files.create(path)
    except FileExistsError:
        return
    try:
        files.write(descriptor, text)
    finally:
        files.close(descriptor)


def _sweep(tmp: Path) -> None:
    """Remove what a killed process left behind a day ago; an error leaves it for the next time."""
    oldest = time.time() - _STALE_SECONDS
    with os.scandir(tmp) as found:
        names = [item.name for item in found if _TEMPORARY.fullmatch(item.name)]
    for name in names:
        with suppress(OSError):
            if files.is_regular(tmp / name) and os.lstat(tmp / name).st_mtime < oldest:
                files.unlink(tmp / name)
