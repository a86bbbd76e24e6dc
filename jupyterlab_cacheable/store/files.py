"""Every file operation of the store, one thin function each.

Nothing else in the store touches the disk with more than a look, so a test that replaces these
functions sees, orders or fails every write. Links are never followed, only regular files are
opened, and permissions do not depend on the umask. All functions raise OSError.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE_MODE = 0o600
FOLDER_MODE = 0o700

_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_CLOSE_ON_EXEC = getattr(os, "O_CLOEXEC", 0)
_NO_BLOCK = getattr(os, "O_NONBLOCK", 0)
_BINARY = getattr(os, "O_BINARY", 0)


def create(path: Path) -> int:
    """A descriptor of a new file that only this user can read and write."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | _NO_FOLLOW | _CLOSE_ON_EXEC | _BINARY
    descriptor = os.open(path, flags, FILE_MODE)
    try:
        set_mode(descriptor, FILE_MODE)
    except OSError:
        os.close(descriptor)
        path.unlink(missing_ok=True)
        raise
    return descriptor


def open_append(path: Path) -> int:
    """A descriptor that writes at the end of an existing file."""
    return os.open(path, os.O_WRONLY | os.O_APPEND | _NO_FOLLOW | _CLOSE_ON_EXEC | _BINARY)


def set_mode(descriptor: int, mode: int) -> None:
    """Give the open file these permissions, whatever the umask; Windows has none to give."""
    if hasattr(os, "fchmod"):
        os.fchmod(descriptor, mode)


def write(descriptor: int, data: bytes | memoryview) -> None:
    """Write all of ``data``, which is one-dimensional bytes."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def fsync(descriptor: int) -> None:
    """Wait until the content is on disk; after an error the file must be thrown away."""
    os.fsync(descriptor)


def close(descriptor: int) -> None:
    """Close a descriptor of `create`, `open_append` or `open_read`."""
    os.close(descriptor)


def rename(source: Path, target: Path) -> None:
    """Give ``source`` the name ``target``, replacing a file that has it."""
    source.replace(target)


def link(source: Path, target: Path) -> None:
    """Give ``source`` a second name; raises FileExistsError when the name is taken."""
    os.link(source, target, follow_symlinks=False)


def unlink(path: Path) -> None:
    """Take the name away; who has the file open or mapped keeps its content."""
    path.unlink()


def sync_folder(path: Path) -> None:
    """Make new, renamed and removed names in this folder survive a power loss."""
    if os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | _NO_FOLLOW | _CLOSE_ON_EXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(path: Path) -> None:
    """Create the folder unless it exists; the new name is on disk when this returns."""
    try:
        path.mkdir(FOLDER_MODE)
    except FileExistsError:
        require_folder(path)
        return
    path.chmod(FOLDER_MODE)
    sync_folder(path.parent)


def make_folders(path: Path) -> None:
    """Create the folder and the missing ones above it."""
    if not path.parent.exists():
        make_folders(path.parent)
    make_folder(path)


def require_folder(path: Path) -> None:
    """Raises NotADirectoryError for anything but a real folder, a link to one included."""
    if not stat.S_ISDIR(path.lstat().st_mode):
        raise NotADirectoryError(errno.ENOTDIR, "not a folder", str(path))


def open_read(path: Path) -> tuple[int, os.stat_result]:
    """A descriptor of a regular file and its facts; refuses links, pipes and devices."""
    require_folder(path.parent)
    flags = os.O_RDONLY | _NO_FOLLOW | _NO_BLOCK | _CLOSE_ON_EXEC | _BINARY
    descriptor = os.open(path, flags)
    facts = os.fstat(descriptor)
    if not stat.S_ISREG(facts.st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return descriptor, facts


def read(path: Path, limit: int) -> bytes:
    """The whole file; raises EFBIG, before reading, when it is longer than ``limit`` bytes."""
    descriptor, facts = open_read(path)
    with os.fdopen(descriptor, "rb") as file:
        if facts.st_size > limit:
            raise OSError(errno.EFBIG, "too large", str(path))
        return file.read(facts.st_size)


def pieces(descriptor: int, buffer: bytearray) -> Iterator[memoryview]:
    """The rest of the file piece by piece, each valid until the next one is asked for."""
    view = memoryview(buffer)
    with os.fdopen(descriptor, "rb", buffering=0, closefd=False) as file:
        while count := file.readinto(buffer):
            yield view[:count]


def is_regular(path: Path) -> bool:
    """Whether there is a regular file of this name in a real folder."""
    try:
        require_folder(path.parent)
        return stat.S_ISREG(path.lstat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False


def explain(error: OSError) -> str:
    """The error as one plain sentence that can follow a colon."""
    known = _SENTENCES.get(error.errno or 0)
    return known or f"the store cannot be used ({error.strerror or type(error).__name__})"


@contextmanager
def as_store_error() -> Iterator[None]:
    """Turn an OSError of the body into a StoreError with one sentence."""
    try:
        yield
    except OSError as error:
        raise StoreError(explain(error)) from error


_SENTENCES = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EACCES: "the store may not be accessed (permission denied)",
    errno.EPERM: "the store may not be accessed (operation not permitted)",
    errno.EROFS: "the store is on a read-only file system",
    errno.EIO: "the disk reported an input/output error",
    errno.EMFILE: "this process has too many open files",
    errno.ENFILE: "this machine has too many open files",
    errno.ENOENT: "a file or folder of the store has vanished",
    errno.ENOTDIR: "a folder of the store is something else, perhaps a link",
    errno.ELOOP: "a file of the store is a link",
    errno.EINVAL: "a file of the store is not a regular file",
    errno.EFBIG: "a file of the store is too large",
    errno.EISDIR: "a file of the store is a folder",
    errno.ESTALE: "the network file system lost the store",
}
