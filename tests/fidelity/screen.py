"""A front end of the tests' own: what a person sees after the messages of one request.

Written from the messaging specification and the behaviour of JupyterLab, not from the package.
"""

from __future__ import annotations

import copy
import re
from typing import Any

VIEW = "application/vnd.jupyter.widget-view+json"

# No two runs have these in common.
UNSTABLE = (
    (re.compile(r"/tmp/ipykernel_\d+/\d+\.py"), "CELL.py"),
    (re.compile(r"0x[0-9a-f]{6,}"), "0xADDRESS"),
    (re.compile(r"\b\d[\d.]*(e\+\d+)? (ns|[µμ]s|ms|s|min)\b"), "A TIME"),
)


class Screen:
    """Shows messages as they come; `visible` is the end."""

    def __init__(self) -> None:
        self.shown: list[dict[str, Any]] = []
        self.elsewhere: dict[str, Any] = {}
        self.models: dict[str, dict[str, Any]] = {}
        self._clearing = False

    @classmethod
    def of(cls, messages: list[dict[str, Any]]) -> Screen:
        screen = cls()
        for message in messages:
            getattr(screen, f"on_{message['msg_type']}", screen.ignore)(message)
        return screen

    def ignore(self, message: dict[str, Any]) -> None:
        assert message["msg_type"] in ("status", "execute_input"), message["msg_type"]

    def on_stream(self, message: dict[str, Any]) -> None:
        content = message["content"]
        self._settle()
        if self.shown and self.shown[-1].get("name") == content["name"]:
            self.shown[-1]["text"] += content["text"]
        else:
            self.shown.append({"type": "stream", **content})

    def on_display_data(self, message: dict[str, Any]) -> None:
        content = message["content"]
        display_id = content["transient"].get("display_id")
        self._settle()
        if display_id is not None:
            self._change(display_id, content)
        self.shown.append(
            {"type": "display_data", "metadata_of_message": message["metadata"], **content}
        )

    def on_update_display_data(self, message: dict[str, Any]) -> None:
        self._change(message["content"]["transient"]["display_id"], message["content"])

    def on_execute_result(self, message: dict[str, Any]) -> None:
        self._settle()
        self.shown.append({"type": "execute_result", **message["content"]})

    def on_error(self, message: dict[str, Any]) -> None:
        self._settle()
        self.shown.append({"type": "error", **message["content"]})

    def on_clear_output(self, message: dict[str, Any]) -> None:
        self._clearing = message["content"]["wait"]
        if not self._clearing:
            self.shown.clear()

    def on_comm_open(self, message: dict[str, Any]) -> None:
        content = message["content"]
        self.models[content["comm_id"]] = {
            "target": content["target_name"],
            "metadata": message["metadata"],
            "state": state_of(message),
        }

    def on_comm_msg(self, message: dict[str, Any]) -> None:
        assert message["content"]["data"]["method"] == "update"
        self.models[message["content"]["comm_id"]]["state"].update(state_of(message))

    def on_comm_close(self, message: dict[str, Any]) -> None:
        del self.models[message["content"]["comm_id"]]

    def _settle(self) -> None:
        if self._clearing:
            self.shown.clear()
            self._clearing = False

    def _change(self, display_id: str, content: dict[str, Any]) -> None:
        self.elsewhere[display_id] = content["data"]
        for output in self.shown:
            if output.get("transient", {}).get("display_id") == display_id:
                output.update(data=content["data"], metadata=content["metadata"])

    @property
    def visible(self) -> dict[str, Any]:
        """All that differs between two screens that look different; random names are numbered."""
        numbers: dict[str, str] = {}
        outputs = [self._output(output, numbers) for output in copy.deepcopy(self.shown)]
        changed = {_numbered(name, numbers): data for name, data in self.elsewhere.items()}
        return {"outputs": outputs, "displays": changed, "clearing": self._clearing}

    def _output(self, output: dict[str, Any], numbers: dict[str, str]) -> dict[str, Any]:
        if output["type"] == "stream":
            output["text"] = lines_of(stable(output["text"]))
        if "text/plain" in output.get("data", {}):
            output["data"]["text/plain"] = stable(output["data"]["text/plain"])
        transient = output.get("transient", {})
        if "display_id" in transient:
            transient["display_id"] = _numbered(transient["display_id"], numbers)
        if VIEW in output.get("data", {}):
            output["data"][VIEW]["model_id"] = self._model(output["data"][VIEW]["model_id"])
        return output

    def _model(self, comm: str) -> Any:
        """A model with all models that it refers to in their place."""
        model = self.models.get(comm)
        return "closed" if model is None else {**model, "state": self._resolved(model["state"])}

    def _resolved(self, value: Any) -> Any:
        if isinstance(value, str) and value.startswith("IPY_MODEL_"):
            return self._model(value.removeprefix("IPY_MODEL_"))
        if isinstance(value, dict):
            return {name: self._resolved(inner) for name, inner in value.items()}
        return [self._resolved(inner) for inner in value] if isinstance(value, list) else value


def state_of(message: dict[str, Any]) -> dict[str, Any]:
    data = copy.deepcopy(message["content"]["data"])
    state: dict[str, Any] = data["state"]
    for path, buffer in zip(data["buffer_paths"], message["buffers"], strict=True):
        place = state
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = bytes(buffer)
    return state


def stable(text: str) -> str:
    for pattern, name in UNSTABLE:
        text = pattern.sub(name, text)
    return text


def lines_of(text: str) -> list[str]:
    """The lines as they stand after every carriage return, without backspaces."""
    lines = []
    for line in text.split("\n"):
        shown = ""
        for part in line.split("\r"):
            shown = part + shown[len(part) :]
        lines.append(shown)
    return lines


def _numbered(name: str, numbers: dict[str, str]) -> str:
    if re.fullmatch("[0-9a-f]{32}", name):
        return numbers.setdefault(name, f"random {len(numbers)}")
    return name
