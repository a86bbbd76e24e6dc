"""Widgets that only show something, kept as they look at the end.

A widget lives in two places: an object in the kernel and a model in the front end, which talk over
a comm. Of progress bars, texts and pictures a hit opens the front end's half again, with the last
state of the run; nothing stands behind it, and nothing has to. Controls would be dead: cells that
show one are refused.
"""

from __future__ import annotations

import base64
import copy
import json
import re
import uuid
from dataclasses import dataclass
from typing import Any

Record = dict[str, Any]

_TARGET = "jupyter.widget"
_VIEW = "application/vnd.jupyter.widget-view+json"
_REFERENCE = "IPY_MODEL_"
_SHOWING = frozenset(
    "BoxModel HBoxModel VBoxModel GridBoxModel HTMLModel HTMLMathModel LabelModel ImageModel "
    "AudioModel VideoModel IntProgressModel FloatProgressModel ValidModel LayoutModel".split()
)
_RANDOM = re.compile("[0-9a-f]{32}")
_OWN = frozenset({"@jupyter-widgets/base", "@jupyter-widgets/controls"})


class WidgetTrouble(Exception):
    """A hit could not show this again; the message is a sentence."""


@dataclass
class _Model:
    """One comm: its opening message, and its state as merged so far; binary parts are bytes."""

    opening: Record
    state: dict[str, Any]
    closed: bool = False

    def record(self) -> Record:
        """The message that opens a model in the last state."""
        content, buffers = self.opening["content"], list[bytes]()
        paths: list[list[Any]] = []
        state = _without_buffers(self.state, [], paths, buffers)
        data = {**content["data"], "state": state, "buffer_paths": paths}
        return {
            "type": "comm_open",
            "content": {**content, "data": data},
            "metadata": self.opening["metadata"],
            "buffers": [base64.b64encode(buffer).decode("ascii") for buffer in buffers],
        }


class Widgets:
    """The widgets that one run opens."""

    def __init__(self) -> None:
        self._models: dict[str, _Model] = {}

    def add(self, message: Record) -> None:
        """Take a message about a comm; raises WidgetTrouble."""
        content = message["content"]
        comm = content["comm_id"]
        if message["type"] == "comm_open":
            self._models[comm] = _opened(message)
        elif comm not in self._models:
            raise WidgetTrouble("it changes a widget of another cell")
        elif message["type"] == "comm_close":
            self._models[comm].closed = True
        else:
            data = content["data"]
            if data.get("method") != "update":
                raise WidgetTrouble(
                    f"it sends messages to a widget ({_name(self._models[comm].state)})"
                )
            self._models[comm].state.update(_state(data, message["buffers"]))

    def records(self, shown: list[Record]) -> tuple[list[Record], list[Record]]:
        """The messages before and after the outputs that bring the widgets back.

        A widget that was closed has no view any more; it is opened and closed again only if an
        output refers to it. Raises WidgetTrouble when an output shows a widget of another cell.
        """
        wanted = _views(shown)
        for comm in [*wanted, *(c for m in self._models.values() for c in _references(m.state))]:
            if comm not in self._models:
                raise WidgetTrouble("it shows a widget that another cell made")
        opened, closed = [], []
        for comm, model in self._models.items():
            if model.closed and comm not in wanted:
                continue
            opened.append(model.record())
            if model.closed:
                content = {"comm_id": comm, "data": {}}
                closed.append({"type": "comm_close", "content": content, "metadata": {}})
        return opened, closed


def _opened(message: Record) -> _Model:
    content = message["content"]
    if content.get("target_name") != _TARGET:
        raise WidgetTrouble(f"it opens a comm ({content.get('target_name')!r})")
    state = _state(content["data"], message["buffers"])
    if not _only_shows(state):
        raise WidgetTrouble(f"it shows a widget ({_name(state)}) that needs the running kernel")
    return _Model({"content": content, "metadata": message["metadata"]}, state)


def _only_shows(state: dict[str, Any]) -> bool:
    name = str(state.get("_model_name"))
    style = name.endswith("StyleModel")
    return state.get("_model_module") in _OWN and (name in _SHOWING or style)


def _name(state: dict[str, Any]) -> str:
    return str(state.get("_model_name", "of unknown kind")).removesuffix("Model")


def _state(data: dict[str, Any], buffers: list[bytes]) -> dict[str, Any]:
    """The state in a message, with its buffers put where they belong."""
    state: dict[str, Any] = copy.deepcopy(data.get("state", {}))
    for path, buffer in zip(data.get("buffer_paths", []), buffers, strict=True):
        place: Any = state
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = buffer
    return state


def _without_buffers(
    value: Any, path: list[Any], paths: list[list[Any]], buffers: list[bytes]
) -> Any:
    """The value without its binary parts, which go to `buffers`, and their places to `paths`."""
    if isinstance(value, dict):
        items: list[tuple[Any, Any]] = list(value.items())
    elif isinstance(value, list | tuple):
        items = list(enumerate(value))
    else:
        return value
    kept: dict[Any, Any] = {}
    for key, inner in items:
        if isinstance(inner, bytes):
            paths.append([*path, key])
            buffers.append(inner)
            if not isinstance(value, dict):
                kept[key] = None
        else:
            kept[key] = _without_buffers(inner, [*path, key], paths, buffers)
    return kept if isinstance(value, dict) else list(kept.values())


def _views(shown: list[Record]) -> list[str]:
    """The models that outputs show."""
    found = []
    for output in shown:
        view = output["content"].get("data", {}).get(_VIEW)
        if isinstance(view, dict):
            found.append(str(view.get("model_id")))
    return found


def _references(value: Any) -> list[str]:
    """The models that a state refers to."""
    if isinstance(value, str) and value.startswith(_REFERENCE):
        return [value.removeprefix(_REFERENCE)]
    if not isinstance(value, dict | list | tuple):
        return []
    parts = value.values() if isinstance(value, dict) else value
    return [comm for part in parts for comm in _references(part)]


def renewed(outputs: list[Record]) -> list[Record]:
    """The same outputs with new names for their widgets, as another run would choose them."""
    comms = [o["content"]["comm_id"] for o in outputs if o["type"] == "comm_open"]
    text = json.dumps(outputs) if comms else ""
    for comm in filter(_RANDOM.fullmatch, comms):
        text = text.replace(comm, uuid.uuid4().hex)
    renewed: list[Record] = json.loads(text) if comms else outputs
    return renewed
