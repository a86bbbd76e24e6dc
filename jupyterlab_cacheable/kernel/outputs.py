"""The visible end state of a recording, and showing it again.

A live run spreads its messages over time; what stays visible is less: streams merge, updates
change a display that is already there, `clear_output` removes what came before. That end state is
what an entry keeps, as a list of ``{"type", "content", "metadata"}`` in the order shown.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ..errors import Uncacheable
from ..outcome import Reason
from .capture import Message

Output = dict[str, Any]

# jupyter_server drops messages of a kernel above about 1 MB of stream text or 1000 messages per
# second; a replay arrives in one burst, so more than this could not be shown again in full.
MOST_TEXT = 900_000
MOST_MESSAGES = 800

_REFUSED = {
    "input_request": "it asks for input",
    "comm_open": "it shows a widget",
    "comm_msg": "it changes a widget",
    "comm_close": "it closes a widget",
}


def end_state(messages: Iterable[Message]) -> list[Output]:
    """Fold messages into what is visible at the end.

    Raises
    ------
    Uncacheable
        for widgets, questions to the user, binary buffers, or more output than can be replayed.
    """
    outputs: list[Output] = []
    clear_before_next = False
    for message in messages:
        _refuse(message)
        kind, content = message["type"], message["content"]
        if kind == "clear_output":
            clear_before_next = bool(content.get("wait"))
            if not clear_before_next:
                outputs.clear()
            continue
        if kind == "update_display_data" and _update_earlier(outputs, content):
            continue
        if clear_before_next and kind != "update_display_data":
            outputs.clear()
            clear_before_next = False
        _append(outputs, message)
    if clear_before_next:
        outputs.append({"type": "clear_output", "content": {"wait": True}, "metadata": {}})
    _refuse_too_much(outputs)
    return outputs


def _refuse(message: Message) -> None:
    sentence = _REFUSED.get(message["type"])
    if sentence is None and message["buffers"]:
        sentence = "one of its outputs has binary buffers"
    if sentence is not None:
        raise Uncacheable(Reason(sentence))


def _update_earlier(outputs: list[Output], content: dict[str, Any]) -> bool:
    """Change the displays with this id that are already in the list; False if there is none."""
    wanted = content.get("transient", {}).get("display_id")
    found = False
    for output in outputs:
        own = output["content"].get("transient", {}).get("display_id")
        if wanted is not None and own == wanted and output["type"] != "update_display_data":
            output["content"] = {
                **output["content"],
                "data": content["data"],
                "metadata": content["metadata"],
            }
            found = True
    return found


def _append(outputs: list[Output], message: Message) -> None:
    content = dict(message["content"])
    last = outputs[-1] if outputs else None
    if (
        last is not None
        and message["type"] == last["type"] == "stream"
        and content["name"] == last["content"]["name"]
    ):
        last["content"]["text"] += content["text"]
        return
    outputs.append({"type": message["type"], "content": content, "metadata": message["metadata"]})


def _refuse_too_much(outputs: list[Output]) -> None:
    text = sum(len(o["content"].get("text", "")) for o in outputs if o["type"] == "stream")
    if text > MOST_TEXT:
        raise Uncacheable(
            Reason(f"it prints {text / 1e6:.1f} MB of text, more than can be replayed at once")
        )
    if len(outputs) > MOST_MESSAGES:
        raise Uncacheable(
            Reason(f"it shows {len(outputs)} outputs, more than can be replayed at once")
        )


def encode(outputs: list[Output]) -> bytes:
    """Outputs as the JSON bytes that the store keeps; Uncacheable if a display is not JSON."""
    try:
        return json.dumps(outputs, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError) as error:
        raise Uncacheable(Reason(f"one of its outputs is not JSON ({error})")) from None


def decode(data: bytes) -> list[Output]:
    """The outputs of an entry; raises ValueError when the bytes are something else."""
    outputs = json.loads(data)
    if not isinstance(outputs, list) or not all(isinstance(o, dict) for o in outputs):
        raise ValueError("not a list of outputs")
    return outputs
