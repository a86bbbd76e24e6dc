"""Entries made from a number, so that every value tells which key it belongs to."""

from __future__ import annotations

import hashlib
import pickle
from typing import TYPE_CHECKING, Any

from jupyterlab_cacheable.store import Manifest, Store, make_id, make_key
from jupyterlab_cacheable.store.references import named_digests

if TYPE_CHECKING:
    from pathlib import Path


def parts(number: int, upstream: int = 0) -> dict[str, Any]:
    return {
        "code": {
            "digest": f"sha256:{number:064x}",
            "semicolon": False,
            "interactivity": "last_expr",
            "future": [],
        },
        "definitions": {"load": {"digest": "package numpy.load", "cell": None}},
        "upstream": [
            {
                "cell": "c0",
                "code": f"sha256:{upstream:064x}",
                "source": f"snr = {upstream}",
                "names": ["snr"],
            }
        ],
        "inputs": {
            "snr": {"digest": f"xxh3-128:{number}", "type": "int", "summary": "5", "cell": "c0"}
        },
        "files": {
            "data.csv": {"digest": "xxh3-128:0", "size": 5, "time": "2026-01-01T00:00:00.000Z"}
        },
        "env": {},
        "vars": {"vintage": {"digest": "xxh3-128:1", "type": "str", "summary": "5", "cell": None}},
        "packages": {"numpy": "2.1"},
        "options": {"version": "1", "name": None},
        "python": {"implementation": "cpython", "version": "3.11", "magic": 3495},
    }


def manifest(number: int, *, upstream: int = 0, **changes: Any) -> Manifest:
    made = parts(number, upstream)
    conditions = changes.get("conditions", {})
    key = make_key(made)
    fields: dict[str, Any] = {
        "format": 1,
        "recipe": 1,
        "id": make_id(key, conditions),
        "key": key.key,
        "base": key.base,
        "created_at": f"2026-01-01T00:00:{number % 60:02d}.000Z",
        "duration": 12.5,
        "label": f"fit {number}",
        "notebook": f"/home/ada/{number % 3}.ipynb",
        "cell_id": f"cell-{number}",
        "source": f"model = fit({number})",
        "mark": "%%cacheable",
        "tags": ["fit"],
        "expires_at": None,
        "parts": made,
        "conditions": conditions,
        "variables": [
            {"name": "model", "type": "bytes", "summary": "b'...'", "digest": None, "size": 9}
        ],
        "deleted": [],
        "imports": {},
        "result": None,
        "blobs": [],
        "notes": [],
    }
    return Manifest(**{**fields, **changes})


def value(number: int) -> dict[str, Any]:
    """What the cell of this number computes; about 3 kB, and no two alike."""
    seed = hashlib.sha256(str(number).encode()).digest()
    return {"number": number, "bytes": seed * 100}


def blobs(number: int) -> dict[str, list[bytes]]:
    state = pickle.dumps(value(number))
    return {"state": [state[:100], state[100:]], "outputs": [b'[{"text": "%d"}]' % number]}


def publish(store: Store, number: int, **changes: Any) -> Manifest:
    return store.publish(manifest(number, **changes), blobs(number))


def read(store: Store, number: int) -> tuple[str, Any, str]:
    """What a kernel would do: ("hit", value, "") or ("miss", None, why)."""
    from jupyterlab_cacheable.errors import StoreError

    sentence = "there is no entry"
    for found in store.lookup(manifest(number).base):
        if found.manifest is None:
            sentence = found.reason.sentence
            continue
        try:
            state = store.read_blob(found.manifest, "state")
            store.read_blob(found.manifest, "outputs")
        except StoreError as error:
            sentence = error.reason.sentence
            continue
        return "hit", pickle.loads(state), ""
    return "miss", None, sentence


def entry_file(store: Store, number: int) -> Path:
    return store.folder.entry(manifest(number).id)


def blob_file(store: Store, number: int, role: str) -> Path:
    digest = hashlib.sha256(b"".join(blobs(number)[role])).hexdigest()
    return store.folder.blob(digest)


def all_files(place: Path) -> list[Path]:
    return sorted(path for path in place.rglob("*") if path.is_file())


def audit(store: Store) -> dict[str, int]:
    """Check the whole store against itself; returns counts, ``orphans`` being unnamed blobs."""
    assert all_files(store.folder.tmp) == []
    entries = {entry: store.get(entry) for entry in store.ids()}
    named = set()
    for entry, found in entries.items():
        named |= named_digests(store.folder.entry(entry).read_bytes())
        for blob in found.blobs:
            store.read_blob(found, blob["role"])
    present = {f"sha256:{path.name}" for path in all_files(store.folder.blobs)}
    return {"entries": len(entries), "blobs": len(present), "orphans": len(present - named)}
