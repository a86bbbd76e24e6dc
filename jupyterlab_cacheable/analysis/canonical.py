"""A syntax tree as bytes: equal for two sources that mean the same, different otherwise.

Comments, layout, quotes, positions and type comments do not count; names, constants with their
types, and docstrings do. The encoding is our own because ``ast.dump`` changes between Python
versions, while these bytes are the same on 3.11 to 3.14. Three rules make that so:

* A field that is absent or empty is left out, hence one that a newer version adds changes nothing
  until it is used (``type_params``).
* Neighbouring literal pieces of an f-string are one piece, whatever way the parser cut them.
* Fields are written by name, in the order of their names.

Grammar, with every text and number framed so that no two trees share an encoding::

    node     = "N" name count { name value }
    value    = node | "L" count { value } | "Z" | constant
    constant = kind length payload
"""

from __future__ import annotations

import ast
import hashlib
import struct
import types

from .unheard import without_warnings

_IGNORED_FIELDS = frozenset({"ctx", "kind", "type_comment", "type_ignores"})
_INTERPOLATED = frozenset({"JoinedStr", "TemplateStr"})
_HEADER = b"jupyterlab-cacheable code 1\n"

_Value = ast.AST | list["_Value"] | str | int | None


def canonical(tree: ast.AST) -> bytes:
    """Return the canonical encoding of a syntax tree.

    Walks with a list of its own, not by recursion: ``a + a + ...`` nests as deep as it is long.
    Raises TypeError for a tree that no parser produces.
    """
    encoded: list[bytes] = []
    waiting: list[_Value | bytes] = [tree]  # bytes are ready to be written
    while waiting:
        value = waiting.pop()
        if isinstance(value, bytes):
            encoded.append(value)
        elif isinstance(value, ast.Constant):
            encoded.append(_constant(value.value))
        elif isinstance(value, ast.AST):
            waiting.extend(reversed(_node(value)))
        elif isinstance(value, list):
            encoded.append(b"L" + _number(len(value)))
            waiting.extend(reversed(value))
        elif value is None:
            encoded.append(b"Z")
        else:
            encoded.append(_constant(value))
    return b"".join(encoded)


def code_digest(tree: ast.AST) -> str:
    """Return ``sha256:<hex>`` of the canonical encoding."""
    return f"sha256:{hashlib.sha256(_HEADER + canonical(tree)).hexdigest()}"


def source_digest(source: str) -> str | None:
    """Return the code digest of a source text, None when it is not plain Python."""
    try:
        tree = without_warnings(lambda: ast.parse(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return code_digest(tree)


def _node(node: ast.AST) -> list[_Value | bytes]:
    """Return what is to be written for a node, in order."""
    fields = _fields(node)
    items: list[_Value | bytes] = [
        b"N" + _text(type(node).__name__) + _number(len(fields)),
    ]
    for name in sorted(fields):
        items += [_text(name), fields[name]]
    return items


def _fields(node: ast.AST) -> dict[str, _Value]:
    fields: dict[str, _Value] = {}
    for name, value in ast.iter_fields(node):
        if type(node).__name__ in _INTERPOLATED and name == "values":
            value = _merge_pieces(value)
        if name in _IGNORED_FIELDS or value is None or value == [] or _is_empty_spec(name, value):
            continue
        fields[name] = value
    return fields


def _merge_pieces(pieces: list[ast.expr]) -> list[_Value]:
    """Join neighbouring literal pieces of an f-string and drop empty ones."""
    merged: list[_Value] = []
    for piece in pieces:
        text = piece.value if isinstance(piece, ast.Constant) else None
        if not isinstance(text, str):
            merged.append(piece)
        elif merged and isinstance(merged[-1], ast.Constant):
            merged[-1] = ast.Constant(str(merged[-1].value) + text)
        elif text:
            merged.append(piece)
    return merged


def _is_empty_spec(name: str, value: object) -> bool:
    """Tell whether this is the format of ``f"{x:}"``, which formats like ``f"{x}"``."""
    return (
        name == "format_spec"
        and isinstance(value, ast.JoinedStr)
        and not _merge_pieces(value.values)
    )


def _constant(value: object) -> bytes:
    kind, payload = _constant_payload(value)
    return kind + _number(len(payload)) + payload


def _constant_payload(value: object) -> tuple[bytes, bytes]:
    match value:
        case None:
            return b"0", b""
        case bool():
            return b"?", b"1" if value else b"0"
        case int():
            return b"i", format(value, "x").encode()  # decimal digits are limited, these are not
        case float():
            return b"f", struct.pack("<d", value)
        case complex():
            return b"c", struct.pack("<dd", value.real, value.imag)
        case str():
            return b"s", _utf8(value)
        case bytes():
            return b"b", value
        case types.EllipsisType():
            return b".", b""
        case tuple():
            return b"t", b"".join(map(_constant, value))
        case frozenset():
            return b"S", b"".join(sorted(map(_constant, value)))
    raise TypeError(f"a {type(value).__name__} is not a constant of Python")


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _text(text: str) -> bytes:
    payload = _utf8(text)
    return _number(len(payload)) + payload


def _number(number: int) -> bytes:
    return b"%d:" % number
