"""From messages to what a reader sees in the end, with what always varies masked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

Output = dict[str, Any]

MASKS = (
    (re.compile(r"\b0x[0-9a-fA-F]+"), "0x…"),
    (re.compile(r"ipykernel_\d+/\d+\.py"), "ipykernel_…"),
    (re.compile(r"^(CPU times: |Wall time: |time: ).*$", re.MULTILINE), r"\1…"),
    (re.compile(r"^[\d.]+ [nµm]?s ± .* per loop .*$", re.MULTILINE), "… per loop"),
    # A bar of tqdm, as long as its times and rate leave it room.
    (re.compile(r"\|[█▏▎▍▌▋▊▉ ]*\|( *[^ |\[]+) \[[\d:]+<[^,\]]*,[^,\]]*"), r"|…|\1 […"),
)
STATUS = re.compile(r"^\[(?:HIT|MISS|FORCED|EXPIRED|WAITED|UNCACHED)\] .*\n", re.MULTILINE)
GENERATED = re.compile(r"[0-9a-f]{32}")
SHOWN = ("data", "metadata")


class Page:
    """The outputs of all cells as a notebook shows them; updates reach displays of earlier cells."""

    def __init__(self) -> None:
        self._cells: list[list[Output]] = []
        self._clearing = False

    def add_cell(self, messages: Iterable[dict[str, Any]]) -> None:
        """Show the messages of the next cell."""
        self._cells.append([])
        self._clearing = False
        for message in messages:
            self._show(message["msg_type"], message["content"], message.get("metadata") or {})
        if self._clearing:
            self._cells[-1].append({"type": "clear_output", "content": {"wait": True}})

    def outputs(self) -> list[list[Output]]:
        """For each cell what is visible now."""
        shown = [[masked(tidy(one)) for one in cell if not is_empty(one)] for cell in self._cells]
        return with_numbered_widgets(shown)

    def _show(self, kind: str, content: dict[str, Any], metadata: dict[str, Any]) -> None:
        outputs = self._cells[-1]
        if kind == "clear_output":
            self._clearing = bool(content.get("wait"))
            if not self._clearing:
                outputs.clear()
            return
        if kind == "update_display_data" and self._update(content):
            return
        if kind == "comm_msg" and self._update_widget(content):
            return
        content = json.loads(json.dumps(content))
        if kind == "stream" and content["name"] == "stderr":
            content["text"] = STATUS.sub("", content["text"])
        if self._clearing and kind != "update_display_data":
            outputs.clear()
            self._clearing = False
        if kind == "stream" and outputs and outputs[-1].get("name") == content["name"]:
            outputs[-1]["content"]["text"] += content["text"]
            return
        outputs.append(
            {"type": kind, "name": content.get("name"), "content": content, "metadata": metadata}
        )

    def _update(self, content: dict[str, Any]) -> bool:
        """Change every display with this id; False if there is none."""
        wanted = display_id(content)
        displays = [
            output
            for cell in self._cells
            for output in cell
            if output["type"] == "display_data" and display_id(output["content"]) == wanted
        ]
        for output in displays:
            output["content"] |= {name: content.get(name) for name in SHOWN}
        return wanted is not None and bool(displays)

    def _update_widget(self, content: dict[str, Any]) -> bool:
        """Change the state of the widget that was opened with this id; False for other messages."""
        opened = (
            output["content"]
            for cell in self._cells
            for output in cell
            if output["type"] == "comm_open"
        )
        widget = next((one for one in opened if one["comm_id"] == content["comm_id"]), None)
        if widget is None or content["data"].get("method") != "update":
            return False
        widget["data"]["state"] = {**widget["data"]["state"], **content["data"]["state"]}
        return True


def display_id(content: dict[str, Any]) -> str | None:
    return (content.get("transient") or {}).get("display_id")


def is_empty(output: Output) -> bool:
    return output["type"] == "stream" and not output["content"]["text"]


def tidy(output: Output) -> Output:
    """Carriage returns carried out, generated ids replaced."""
    content = dict(output["content"])
    if output["type"] == "stream":
        content["text"] = "\n".join(overwritten(line) for line in content["text"].split("\n"))
    if GENERATED.fullmatch(display_id(content) or ""):
        content["transient"] = {"display_id": "generated"}
    return {**output, "content": content}


def with_numbered_widgets(cells: list[list[Output]]) -> list[list[Output]]:
    """The ids of widgets are generated: their place in the order of opening stands for them."""
    opened = [one for cell in cells for one in cell if one["type"] == "comm_open"]
    text = json.dumps(cells)
    for number, output in enumerate(opened):
        text = text.replace(output["content"]["comm_id"], f"widget {number}")
    found: list[list[Output]] = json.loads(text) if opened else cells
    return found


def overwritten(line: str) -> str:
    """A line as a terminal shows it, where text after a carriage return covers what was there."""
    shown = ""
    for part in line.split("\r"):
        shown = part + shown[len(part) :]
    return shown


def masked(value: Any) -> Any:
    if isinstance(value, str):
        for pattern, replacement in MASKS:
            value = pattern.sub(replacement, value)
        return value
    if isinstance(value, list):
        return [masked(item) for item in value]
    if isinstance(value, dict):
        return {
            name: item if name.startswith("image/") else masked(item)
            for name, item in value.items()
        }
    return value
