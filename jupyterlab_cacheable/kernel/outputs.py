"""The visible end state of a run: what an entry keeps of its messages.

A live run spreads its messages over time; what stays visible is less: streams merge, updates
change a display that is already there, `clear_output` removes what came before, a widget has only
its last state. That end state is a list of records ``{"type", "content", "metadata"}`` in the
order shown, and ``"buffers"`` for a widget that has any.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from ..errors import Uncacheable
from ..outcome import Reason
from .text import overwritten, size_of
from .widgets import Widgets, WidgetTrouble

Message = dict[str, Any]
Output = dict[str, Any]

MOST_TEXT = 8_000_000
"""Bytes of text that a hit shows; more than one burst of it is sent with pauses in between."""
MOST_MESSAGES = 8_000

# Text that is kept as it was sent; above this, what carriage returns have overwritten goes.
_RAW_TEXT = 500_000
# Characters that are kept in memory while the cell runs, before anything is overwritten.
_MOST_RECORDED = 100_000_000

_COMMS = frozenset({"comm_open", "comm_msg", "comm_close"})
_REFUSED = {
    "input_request": "it asks for input",
    "error": "one of its outputs is a traceback",
}
_PAYLOADS = frozenset({"page", "set_next_input"})


class EndState:
    """Folds messages, one by one, into what is visible at the end.

    `add` never raises: a message that cannot be shown again is remembered and raised by `outputs`.
    """

    def __init__(self) -> None:
        self._outputs: list[Output] = []
        self._texts: list[str] = []  # of the last output, while that is a stream
        self._widgets = Widgets()
        self._clearing = False
        self._recorded = 0
        self._refusal: str | None = None

    def add(self, message: Message) -> None:
        """Take the next message: ``{"type", "content", "metadata", "buffers"}``."""
        if self._refusal is None:
            self._refusal = self._refused(message)
        if self._refusal is not None:
            self._outputs, self._texts = [], []
            return
        kind = message["type"]
        if kind in _COMMS:
            self._change_widget(message)
        elif kind == "clear_output":
            self._clear(message)
        elif kind == "update_display_data":
            self._update(message)
        else:
            self._show(message)

    def refuse(self, sentence: str) -> None:
        """Make `outputs` raise with this sentence, unless there is an earlier reason."""
        self._refusal = self._refusal or sentence

    def outputs(self) -> list[Output]:
        """The records of the end state.

        Raises
        ------
        Uncacheable
            for controls, questions to the user, tracebacks, or more output than can be replayed.
        """
        self._end_text()
        shown = list(self._outputs)
        if self._clearing:
            shown.append({"type": "clear_output", "content": {"wait": True}, "metadata": {}})
        try:
            opened, closed = self._widgets.records(shown)
        except WidgetTrouble as trouble:
            self.refuse(str(trouble))
        if self._refusal is None:
            shown = _within_limits([*opened, *shown, *closed])
        if self._refusal is not None:
            raise Uncacheable(Reason(self._refusal))
        return shown

    def _refused(self, message: Message) -> str | None:
        kind = message["type"]
        if kind in _REFUSED:
            return _REFUSED[kind]
        if message["buffers"] and kind not in _COMMS:
            return "one of its outputs has binary buffers"
        if kind == "stream":
            self._recorded += len(message["content"]["text"])
            if self._recorded > _MOST_RECORDED:
                return f"it prints more than {_MOST_RECORDED / 1e6:.0f} MB of text"
        return None

    def _change_widget(self, message: Message) -> None:
        try:
            self._widgets.add(message)
        except WidgetTrouble as trouble:
            self.refuse(str(trouble))

    def _clear(self, message: Message) -> None:
        self._clearing = bool(message["content"].get("wait"))
        if not self._clearing:
            self._empty()

    def _empty(self) -> None:
        """Remove what the cell shows; what it has changed in other cells stays changed."""
        self._outputs = [o for o in self._outputs if o["type"] == "update_display_data"]
        self._texts = []

    def _update(self, message: Message) -> None:
        """Change the displays with this id that are there; none: it belongs to another cell."""
        content = message["content"]
        wanted = content.get("transient", {}).get("display_id")
        known = [output for output in self._outputs if wanted is not None and _id(output) == wanted]
        for output in known:
            new = {"data": content["data"], "metadata": content["metadata"]}
            output["content"] = {**output["content"], **new}
        if not known:
            self._append(message)

    def _show(self, message: Message) -> None:
        if self._clearing:
            self._empty()
            self._clearing = False
        last = self._outputs[-1] if self._outputs else None
        if (
            last is not None
            and message["type"] == last["type"] == "stream"
            and message["content"]["name"] == last["content"]["name"]
        ):
            self._texts.append(message["content"]["text"])
            return
        self._append(message)

    def _append(self, message: Message) -> None:
        self._end_text()
        content = dict(message["content"])
        self._texts = [content["text"]] if message["type"] == "stream" else []
        record = {"type": message["type"], "content": content, "metadata": message["metadata"]}
        self._outputs.append(record)

    def _end_text(self) -> None:
        if self._texts:
            self._texts = ["".join(self._texts)]
            self._outputs[-1]["content"]["text"] = self._texts[0]


def _id(output: Output) -> Any:
    return output["content"].get("transient", {}).get("display_id")


def payload_records(payloads: Iterable[dict[str, Any]]) -> list[Output]:
    """What the cell asked of the front end in its reply (a pager, a new cell), as records.

    Raises
    ------
    Uncacheable
        when it asks for something that also needs the kernel.
    """
    records: list[Output] = []
    for payload in payloads:
        source = payload.get("source")
        if source not in _PAYLOADS:
            raise Uncacheable(Reason(f"it asks the front end for something ({source})"))
        records.append({"type": "payload", "content": payload, "metadata": {}})
    return records


def _within_limits(outputs: list[Output]) -> list[Output]:
    streams = [output for output in outputs if output["type"] == "stream"]
    if sum(len(stream["content"]["text"]) for stream in streams) > _RAW_TEXT:
        for stream in streams:
            stream["content"]["text"] = overwritten(stream["content"]["text"])
    size = sum(size_of(stream["content"]["text"]) for stream in streams)
    if size > MOST_TEXT:
        raise Uncacheable(
            Reason(f"it prints {size / 1e6:.1f} MB of text, and {MOST_TEXT / 1e6:.0f} MB is most")
        )
    if len(outputs) > MOST_MESSAGES:
        raise Uncacheable(Reason(f"it shows {len(outputs)} outputs, and {MOST_MESSAGES} is most"))
    return outputs


def encode(outputs: list[Output], as_sent: Callable[[Any], Any]) -> bytes:
    """Outputs as the JSON bytes that the store keeps.

    `as_sent` turns what JSON does not have (NaN, dates, bytes) into what the kernel's session
    sends in its place; it is only asked when there is such a thing.

    Raises
    ------
    Uncacheable
        when an output is not JSON even so.
    """
    try:
        return _json(outputs)
    except (TypeError, ValueError):
        pass
    try:
        return _json(as_sent(outputs))
    except Exception as error:  # noqa: BLE001 -- whatever the session raises, it is not JSON
        raise Uncacheable(Reason(f"one of its outputs is not JSON ({error})")) from None


def _json(outputs: list[Output]) -> bytes:
    return json.dumps(outputs, allow_nan=False, separators=(",", ":")).encode()


def decode(data: bytes) -> list[Output]:
    """The outputs of an entry; raises ValueError when the bytes are something else."""
    outputs = json.loads(data)
    if not isinstance(outputs, list) or not all(isinstance(o, dict) for o in outputs):
        raise ValueError("not a list of outputs")
    return outputs
