"""The store: entries in, entries out, entries removed.

Blobs first, manifest last; the name of the manifest is the commit. Reading goes the other way:
signature, then the manifest's own consistency, then the blob. No lock guards any of it. Whatever
is wrong on disk is reported as a miss with a reason.
"""

from __future__ import annotations

import os
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from ..config import secret_path, store_dir
from ..errors import Damaged, StoreError
from ..outcome import Reason
from . import files
from .blobs import Blobs, Put
from .folder import Folder, open_folder
from .key import make_id, make_key
from .manifest import Manifest
from .publish import Chunk, discard, give_name, write_temporary
from .recent import Recent
from .references import References, named_digests
from .runlog import RunLog
from .shape import Json, is_id
from .signature import MAX_ENTRY_BYTES, load_secret, seal, subkey, unseal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from .publish import Check

MOST_ALIKE = 20
"""Entries that are kept of one cell with the same code and values under different conditions."""

_NO_CHECKS: Mapping[str, Check] = MappingProxyType({})


class Found(NamedTuple):
    """One candidate of a lookup: a verified manifest, or the reason why it cannot be used."""

    id: str | None
    manifest: Manifest | None
    reason: Reason | None


@dataclass(frozen=True)
class Removed:
    """``count`` manifests are gone and ``bytes``, blobs included, were really freed."""

    count: int
    bytes: int


class Store:
    """The entries in one folder, as this user may read and write them.

    Safe to use from several threads and processes at once.
    """

    def __init__(self, folder: Folder, secret: bytes) -> None:
        self.folder = folder
        self.identity = subkey(secret, "identity").hex()
        """Tells stores of different secrets apart, without telling the secret."""
        self.environment_key = subkey(secret, "environment")
        """For digests of environment variables, which may be secrets."""
        self._key = subkey(secret, "manifest")
        self._references = References(folder)
        self._blobs = Blobs(folder, self._references)
        self._runs = RunLog(folder)
        self._recent = Recent()

    @classmethod
    def open(
        cls, path: Path | None = None, *, secret: Path | None = None, create: bool = True
    ) -> Store:
        """The store at ``path`` (default: the configured place), created when absent.

        Raises StoreError when the folder or the secret may not be used, ConfigError when the
        configured place cannot be told.
        """
        folder = open_folder(store_dir() if path is None else path, create)
        return cls(folder, load_secret(secret_path() if secret is None else secret, create))

    @property
    def path(self) -> Path:
        """The absolute path of the store's folder."""
        return self.folder.root

    def publish(
        self,
        manifest: Manifest,
        blobs: Mapping[str, Iterable[Chunk]],
        checks: Mapping[str, Check] = _NO_CHECKS,
    ) -> Manifest:
        """Store one entry; returns its manifest with digests and sizes of the blobs filled in.

        ``blobs``: role -> the chunks of one blob. ``checks``: role -> what gets the written bytes
        before the entry is there, to raise if they will not do. An entry of the same id is
        replaced. Raises StoreError, or what a check raised, with nothing left behind; the cause
        is one sentence.
        """
        _check_names(manifest.with_blobs([]))
        with ExitStack() as undo, files.as_store_error():
            put: dict[str, Put] = {}
            undo.callback(lambda: self._blobs.free(p.digest for p in put.values() if p.new))
            for role, chunks in blobs.items():
                put[role] = self._blobs.put(chunks, checks.get(role))
            full = manifest.with_blobs(
                {"role": role, "digest": p.digest, "size": p.size} for role, p in put.items()
            )
            self._replace(full)
            undo.pop_all()
        return full

    def publish_again(self, manifest: Manifest) -> Manifest:
        """Store a manifest over blobs that are there: under another key, or with more to tell.

        Raises StoreError when one of its blobs is gone.
        """
        _check_names(manifest)
        with files.as_store_error():
            self._replace(manifest)
        return manifest

    def lookup(self, base: str) -> Iterator[Found]:
        """Every entry whose key parts except upstream hash to ``base``, newest first.

        Candidates that cannot be used come last, each with its reason. Never raises.
        """
        found: list[Found] = []
        try:
            ids = self._alike(base)
        except OSError as error:
            yield Found(None, None, Reason(files.explain(error)))
            return
        for entry_id in ids:
            try:
                manifest = self.get(entry_id)
            except KeyError:
                continue
            except StoreError as error:
                found.append(Found(entry_id, None, error.reason))
                continue
            if manifest.base == base:
                found.append(Found(entry_id, manifest, None))
        yield from sorted(found, key=_age, reverse=True)

    def get(self, entry_id: str) -> Manifest:
        """The manifest, read and verified now.

        Raises KeyError when there is none, Damaged or Untrusted when it must not be used.
        """
        return self._decode(entry_id, self._read(entry_id))

    def manifests(self, ids: Iterable[str]) -> dict[str, Manifest | StoreError]:
        """Many manifests for showing; absent ones are left out.

        A file that has not changed since it was verified by this process is not read again.
        """
        found: dict[str, Manifest | StoreError] = {}
        for entry_id in ids:
            try:
                found[entry_id] = self._shown(entry_id)
            except KeyError:
                continue
            except StoreError as error:
                found[entry_id] = error
        return found

    def ids(self) -> Iterator[str]:
        """The ids of all entries on disk, in no order; raises StoreError."""
        with files.as_store_error():
            for prefix in self.folder.prefixes():
                yield from self.folder.ids(prefix)

    def read_blob(self, manifest: Manifest, role: str) -> memoryview:
        """The blob's bytes, verified, in a private mapping that may be written to.

        Raises KeyError when the entry has no such blob, Damaged when it is not as stored.
        """
        blob = manifest.blob(role)
        return self._blobs.map(blob["digest"], blob["size"])

    def remove(self, ids: Iterable[str]) -> Removed:
        """Remove these entries, then the blobs that no other entry names.

        Absent ones count nothing. Raises StoreError when the store cannot be written.
        """
        count, freed, digests = 0, 0, set[str]()
        touched: set[Path] = set()
        try:
            with files.as_store_error():
                for entry_id in ids:
                    named, size = self._digests(entry_id), self._unlink(entry_id)
                    if size is not None:
                        count, freed, digests = count + 1, freed + size, digests | named
                        touched.add(self.folder.entry(entry_id).parent)
                for place in touched:
                    files.sync_folder(place)
        finally:
            freed += self._blobs.free(digests)
        return Removed(count, freed)

    def log_run(self, line: dict[str, Any]) -> None:
        """Append one line to this process's run log; see runlog.py for its fields."""
        self._runs.append(line)

    def _replace(self, manifest: Manifest) -> None:
        """Commit, and free what only an earlier entry of the same id has named."""
        replaced = self._digests(manifest.id)
        self._commit(manifest)
        if replaced:
            self._blobs.free(replaced - self._digests(manifest.id))
        with suppress(OSError, StoreError):  # the entry is there; what is too much may stay
            self._thin_out(manifest)

    def _thin_out(self, newest: Manifest) -> None:
        """Remove the oldest entries of the same base when there are too many to look through."""
        alike = self._alike(newest.base)
        if len(alike) > MOST_ALIKE:
            found = [found.manifest for found in self.lookup(newest.base) if found.manifest]
            old = [each.id for each in found if each.id != newest.id and each.quarantine is None]
            self.remove(old[MOST_ALIKE - 1 :])

    def _alike(self, base: str) -> list[str]:
        """The ids of the entries whose key parts except upstream may hash to ``base``."""
        return [each for each in self.folder.ids(base[:2]) if each.startswith(base[:32])]

    def _commit(self, manifest: Manifest) -> None:
        entry = seal(_encode(manifest), self._key)
        target = self.folder.entry(manifest.id)
        written = write_temporary(self.folder, [entry], files.FILE_MODE)
        inode = written.path.lstat().st_ino
        give_name(written, target)
        # A clear in another process may have removed a blob that was there before this entry.
        if not all(self._blobs.exists(blob["digest"], blob["size"]) for blob in manifest.blobs):
            if os.path.lexists(target) and target.lstat().st_ino == inode:
                discard(target)
            raise StoreError("the entry was cleared while it was being saved")

    def _read(self, entry_id: str) -> bytes:
        if not is_id(entry_id):
            raise KeyError(entry_id)
        try:
            return files.read(self.folder.entry(entry_id), MAX_ENTRY_BYTES)
        except FileNotFoundError:
            raise KeyError(entry_id) from None
        except OSError as error:
            raise Damaged(f"its manifest cannot be read: {files.explain(error)}") from error

    def _decode(self, entry_id: str, entry: bytes) -> Manifest:
        text = unseal(entry, self._key)
        try:
            manifest = Manifest.decode(text)
        except ValueError as error:
            raise Damaged(f"its manifest is malformed: {error}") from None
        if manifest.id != entry_id:
            raise Damaged("its manifest belongs to another entry")
        if not _consistent(manifest):
            raise Damaged("its key does not follow from its key parts")
        return manifest

    def _shown(self, entry_id: str) -> Manifest:
        path = self.folder.entry(entry_id) if is_id(entry_id) else None
        if path is None:
            raise KeyError(entry_id)
        if (known := self._recent.get(entry_id, path)) is not None:
            return known
        facts = self._recent.facts(path)
        entry = self._read(entry_id)
        manifest = self._decode(entry_id, entry)
        self._recent.put(entry_id, facts, manifest, len(entry))
        return manifest

    def _digests(self, entry_id: str) -> set[str]:
        """The digests an entry names, as far as it can be read."""
        try:
            return set(named_digests(self._read(entry_id)))
        except (KeyError, Damaged):
            return set()

    def _unlink(self, entry_id: str) -> int | None:
        """Remove a manifest; returns its size, None when there is none. Raises OSError."""
        if not is_id(entry_id) or not files.is_regular(path := self.folder.entry(entry_id)):
            return None
        try:
            size = path.lstat().st_size
            files.unlink(path)
        except FileNotFoundError:
            return None
        return size


def _encode(manifest: Manifest) -> bytes:
    try:
        return manifest.encode()
    except ValueError as error:
        raise StoreError(f"the manifest cannot be written: {error}") from None


def _check_names(manifest: Manifest) -> None:
    """Refuse, before anything is written, a manifest that could never be found again."""
    _encode(manifest)
    if not _consistent(manifest):
        raise StoreError("the manifest cannot be written: its key or id does not follow from it")


def _consistent(manifest: Manifest) -> bool:
    try:
        key = make_key(manifest.parts)
        return (manifest.key, manifest.base, manifest.id) == (
            *key,
            make_id(key, manifest.conditions),
        )
    except (KeyError, TypeError, AttributeError):
        return False


def _age(found: Found) -> tuple[bool, str, str]:
    manifest: Any = found.manifest
    created: Json = manifest.created_at if manifest is not None else ""
    return manifest is not None, created, found.id or ""
