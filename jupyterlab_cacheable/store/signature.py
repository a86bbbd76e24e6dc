"""The secret and the seal: who wrote a manifest.

    secret file  = 64 hex digits, newline; mode 0600 in a 0700 folder
    sub-key      = HMAC-SHA-256(secret, purpose)
    entry file   = {"algorithm":"hmac-sha256","signature":64 hex,"signed":manifest text}
    signature    = HMAC-SHA-256(sub-key "manifest", PREFIX + manifest text)

The signature covers the stored text, never a second serialisation of it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import secrets
import stat
from typing import TYPE_CHECKING

from ..errors import Damaged, StoreError, Untrusted
from . import files
from .folder import check_private
from .manifest import MAX_BYTES, strict_json

if TYPE_CHECKING:
    from pathlib import Path

ALGORITHM = "hmac-sha256"
PREFIX = b"jupyterlab-cacheable manifest 1\n"
MAX_ENTRY_BYTES = 2 * MAX_BYTES + 1024
"""A manifest is ASCII, so escaping it into the entry file at most doubles it."""

_SECRET = re.compile(rb"([0-9a-f]{64})\n")
_SECRET_BYTES = 65


def load_secret(path: Path, create: bool = True) -> bytes:
    """The 32 bytes of this user's secret, created on the first call unless ``create`` is false.

    Two first runs agree on one secret. Raises StoreError for a secret that somebody else could
    have read or made: a link, a foreign owner, a mode looser than 0600, a wrong size.
    """
    try:
        return _read_secret(path)
    except FileNotFoundError:
        if not create:
            raise StoreError("there is no secret to check the entries with") from None
    except OSError as error:
        raise StoreError(f"the secret cannot be read: {files.explain(error)}") from error
    try:
        _create_secret(path)
        return _read_secret(path)
    except OSError as error:
        raise StoreError(f"the secret cannot be created: {files.explain(error)}") from error


def subkey(secret: bytes, purpose: str) -> bytes:
    """A key for one purpose, so that a signature made for one never serves another."""
    return hmac.digest(secret, purpose.encode("ascii"), "sha256")


def seal(text: bytes, key: bytes) -> bytes:
    """The entry file for a manifest's text; ``key`` is the sub-key of manifests."""
    outer = {"algorithm": ALGORITHM, "signature": _sign(text, key), "signed": text.decode("ascii")}
    return json.dumps(outer, separators=(",", ":")).encode("ascii")


def unseal(entry: bytes, key: bytes) -> bytes:
    """The manifest's text, verified. Raises Damaged or Untrusted."""
    if len(entry) > MAX_ENTRY_BYTES:
        raise Damaged("its manifest is too large")
    try:
        outer = strict_json(entry, MAX_ENTRY_BYTES)
    except ValueError:
        raise Damaged("its manifest cannot be read") from None
    if not isinstance(outer, dict):
        raise Damaged("its manifest cannot be read")
    if "signature" not in outer:
        raise Untrusted("it is not signed")
    if outer.keys() != {"algorithm", "signature", "signed"}:
        raise Damaged("its manifest has other fields than it should have")
    if outer["algorithm"] != ALGORITHM:
        raise Untrusted("it is signed in a way this version does not know")
    return _verified(outer["signed"], outer["signature"], key)


def _verified(signed: object, signature: object, key: bytes) -> bytes:
    if not isinstance(signed, str) or not signed.isascii() or not isinstance(signature, str):
        raise Damaged("its manifest cannot be read")
    text = signed.encode("ascii")
    if not hmac.compare_digest(_sign(text, key).encode(), signature.encode("utf-8", "replace")):
        raise Untrusted("it was changed, or signed by somebody else")
    return text


def _sign(text: bytes, key: bytes) -> str:
    return hmac.new(key, PREFIX + text, hashlib.sha256).hexdigest()


def _read_secret(path: Path) -> bytes:
    check_private(path.parent, "the folder of the secret")
    descriptor, facts = files.open_read(path)
    try:
        _check_secret_file(facts)
        text = os.read(descriptor, _SECRET_BYTES + 1)
    finally:
        os.close(descriptor)
    found = _SECRET.fullmatch(text)
    if found is None:
        raise StoreError("the secret does not hold 64 hex digits")
    return bytes.fromhex(found[1].decode("ascii"))


def _check_secret_file(facts: os.stat_result) -> None:
    if hasattr(os, "geteuid"):
        if facts.st_uid != os.geteuid():
            raise StoreError("the secret belongs to another user")
        if stat.S_IMODE(facts.st_mode) & 0o177:
            raise StoreError("the secret can be read or changed by other users (mode is not 0600)")
    if facts.st_size != _SECRET_BYTES:
        raise StoreError("the secret has the wrong size")


def _create_secret(path: Path) -> None:
    """Written in full under a temporary name, then linked: whoever comes second keeps the first."""
    files.make_folders(path.parent)
    temporary = path.with_name(f"{path.name}-{secrets.token_hex(8)}")
    descriptor = files.create(temporary)
    try:
        with os.fdopen(descriptor, "wb", buffering=0):
            files.write(descriptor, secrets.token_bytes(32).hex().encode("ascii") + b"\n")
            files.fsync(descriptor)
        _name_secret(temporary, path)
        files.sync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _name_secret(temporary: Path, path: Path) -> None:
    try:
        files.link(temporary, path)
    except FileExistsError:
        return
    except (PermissionError, NotImplementedError) as error:
        raise OSError(None, "this file system has no links") from error
