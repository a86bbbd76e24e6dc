r"""The key of an entry: a hash of its key parts.

Canonical encoding of a JSON value (type-tagged, length-framed, therefore injective):

    value  = "N" | "T" | "F"                       null, true, false
           | "I" length ":" decimal digits         integer
           | "D" 8 bytes                           float, IEEE 754 big-endian
           | "S" length ":" UTF-8                  text, lone surrogates passed through
           | "L" count ":" value*                  list
           | "M" count ":" (text value)*           object, sorted by encoded name
    length, count = decimal digits

What each key part contributes:

    code                              its digest, semicolon, interactivity and future flags
    definitions, inputs, files, vars  name -> digest
    upstream                          sorted list of [code digest, sorted names]
    env packages options python       the whole part

So cell ids, types, summaries, sources, sizes and times, which only explain a miss, never make one.

    hash  = SHA-256("jupyterlab-cacheable key " epoch "\n" encoded object of the contributions)
    base  = hash of all parts but upstream
    key   = "v" options.version ":" (options.name or "cell") ":" hash of all parts
    id    = base[:32] "-" hash of all parts[:32] "-" SHA-256(canonical conditions)[:8]
            without the conditions' "about", which only explains
"""

from __future__ import annotations

import hashlib
import struct
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .shape import Json

KEY_EPOCH = 1
"""Raised when a fault made wrong keys: every older entry then misses."""

_NAMED = ("definitions", "inputs", "files", "vars")
_WHOLE = ("env", "packages", "options", "python")
_CODE = ("digest", "semicolon", "interactivity", "future")


class Key(NamedTuple):
    """``key`` is the whole text; ``base`` is 64 hex."""

    key: str
    base: str


def make_key(parts: dict[str, Json]) -> Key:
    """Raises KeyError for a missing part and TypeError for a value that is not JSON."""
    options = parts["options"]
    name, version = options.get("name") or "cell", options.get("version", "1")
    return Key(f"v{version}:{name}:{parts_hash(parts, True)}", parts_hash(parts, False))


def make_id(key: Key, conditions: dict[str, Json]) -> str:
    """The id of the entry with this key and these conditions."""
    counted = {name: value for name, value in conditions.items() if name != "about"}
    tail = hashlib.sha256(encode(counted)).hexdigest()
    return f"{key.base[:32]}-{key.key[-64:][:32]}-{tail[:8]}"


def parts_hash(parts: dict[str, Json], with_upstream: bool) -> str:
    """64 hex over what the parts contribute; without upstream it is the base."""
    counted: dict[str, Json] = {
        "code": {name: parts["code"][name] for name in _CODE},
        **{name: _digests(parts[name]) for name in _NAMED},
        **{name: parts[name] for name in _WHOLE},
    }
    if with_upstream:
        cells = parts["upstream"]
        counted["upstream"] = sorted([cell["code"], sorted(cell["names"])] for cell in cells)
    header = b"jupyterlab-cacheable key %d\n" % KEY_EPOCH
    return hashlib.sha256(header + encode(counted)).hexdigest()


def encode(value: Json) -> bytes:
    """The canonical encoding; raises TypeError for anything that is not JSON."""
    pieces: list[bytes] = []
    _encode(value, pieces)
    return b"".join(pieces)


def _digests(named: dict[str, Json]) -> dict[str, Json]:
    return {name: value["digest"] for name, value in named.items()}


def _framed(tag: bytes, payload: bytes) -> bytes:
    return b"%b%d:%b" % (tag, len(payload), payload)


def _text(value: str) -> bytes:
    return _framed(b"S", value.encode("utf-8", "surrogatepass"))


def _encode(value: Json, pieces: list[bytes]) -> None:
    match value:
        case None:
            pieces.append(b"N")
        case bool():
            pieces.append(b"T" if value else b"F")
        case int():
            pieces.append(_framed(b"I", b"%d" % value))
        case float():
            pieces.append(b"D" + struct.pack(">d", value))
        case str():
            pieces.append(_text(value))
        case list():
            pieces.append(b"L%d:" % len(value))
            for inner in value:
                _encode(inner, pieces)
        case dict():
            pieces.append(b"M%d:" % len(value))
            for name, inner in sorted((_text(name), inner) for name, inner in value.items()):
                pieces.append(name)
                _encode(inner, pieces)
        case _:
            raise TypeError(f"{type(value).__name__} is not a JSON type")
