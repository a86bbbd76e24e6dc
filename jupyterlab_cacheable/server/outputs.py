"""The stored outputs of an entry as the notebook format has them, for a preview in the panel."""

from __future__ import annotations

import json
from typing import Any

MAX_BYTES = 32 * 1024 * 1024

Json = dict[str, Any]


def nbformat_outputs(stored: bytes | memoryview) -> list[Json]:
    """Raises ValueError when the bytes are not what a kernel stores."""
    try:
        messages = json.loads(bytes(stored), parse_constant=lambda _: None)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(messages, list):
        raise ValueError("not a list of outputs")
    return [output for message in messages if (output := _output(message))]


def _output(message: object) -> Json | None:
    """One output; None for what only changes earlier outputs."""
    content = message.get("content") if isinstance(message, dict) else None
    if not isinstance(message, dict) or not isinstance(content, dict):
        raise ValueError("an output is not an object")
    kind = message.get("type")
    if kind == "stream":
        return {"output_type": kind, "name": _text(content, "name"), "text": _text(content, "text")}
    if kind not in ("display_data", "execute_result"):
        return None
    output = {
        "output_type": kind,
        "data": _bundle(content, "data"),
        "metadata": _bundle(content, "metadata"),
    }
    return {**output, "execution_count": None} if kind == "execute_result" else output


def _text(content: Json, name: str) -> str:
    value = content.get(name)
    if not isinstance(value, str):
        raise ValueError(f"{name} is not text")
    return value


def _bundle(content: Json, name: str) -> Json:
    value = content.get(name)
    if not isinstance(value, dict):
        raise ValueError(f"{name} is not an object")
    return value
