"""Stored outputs in the notebook format."""

from __future__ import annotations

import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from jupyterlab_cacheable.server.outputs import nbformat_outputs


def stored(*messages: object) -> bytes:
    return json.dumps(messages).encode()


def message(kind: str, **content: object) -> dict[str, object]:
    return {"type": kind, "content": content, "metadata": {}}


def test_outputs_are_valid_in_a_notebook():
    outputs = nbformat_outputs(
        stored(
            message("stream", name="stderr", text="a warning"),
            message("display_data", data={"text/html": "<b>"}, metadata={}, transient={}),
            message("execute_result", data={"text/plain": "1"}, metadata={}, execution_count=7),
        )
    )
    assert [output["output_type"] for output in outputs] == [
        "stream",
        "display_data",
        "execute_result",
    ]
    assert outputs[2] == {
        "output_type": "execute_result",
        "data": {"text/plain": "1"},
        "metadata": {},
        "execution_count": None,
    }
    cell = new_code_cell()
    cell["outputs"] = outputs
    nbformat.validate(new_notebook(cells=[cell]))


def test_what_only_changes_earlier_outputs_is_not_shown():
    text = stored(
        message("update_display_data", data={}, metadata={}), message("clear_output", wait=True)
    )
    assert nbformat_outputs(text) == []


def test_numbers_that_json_does_not_have_become_null():
    text = b'[{"type":"display_data","content":{"data":{"a/b+json":{"x":NaN}},"metadata":{}}}]'
    assert nbformat_outputs(text)[0]["data"] == {"a/b+json": {"x": None}}


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{}",
        b"[1]",
        b"[" * 100_000,
        stored({"type": "stream"}),
        stored(message("stream", name="stdout", text=1)),
        stored(message("stream", text="x")),
        stored(message("display_data", data=[], metadata={})),
        stored(message("execute_result", data={})),
    ],
)
def test_anything_else_is_refused(text):
    with pytest.raises(ValueError):
        nbformat_outputs(text)
