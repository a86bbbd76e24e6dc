"""Messages become what a reader sees in the end: everything visible counts, its way there not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.oracle.messages import Output, Page

Message = dict[str, Any]


def message(kind: str, **content: Any) -> Message:
    return {"msg_type": kind, "content": content, "metadata": {}}


def stream(text: str, name: str = "stdout") -> Message:
    return message("stream", name=name, text=text)


def display(text: str, display_id: str | None = None, kind: str = "display_data") -> Message:
    transient = {} if display_id is None else {"display_id": display_id}
    return message(kind, data={"text/plain": text}, metadata={}, transient=transient)


def image(data: str) -> Message:
    return message("display_data", data={"image/png": data}, metadata={}, transient={})


def update(text: str, display_id: str) -> Message:
    return display(text, display_id, "update_display_data")


def clear(wait: bool = False) -> Message:
    return message("clear_output", wait=wait)


def seen(*messages: Message) -> list[Output]:
    return pages(list(messages))[0]


def pages(*cells: list[Message]) -> list[list[Output]]:
    page = Page()
    for cell in cells:
        page.add_cell(cell)
    return page.outputs()


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ([stream("a\n")], [stream("b\n")]),
        ([stream("a\n")], [stream("a\n", "stderr")]),
        ([stream("a\n")], []),
        ([stream("a"), stream("b", "stderr")], [stream("b", "stderr"), stream("a")]),
        ([display("a")], [stream("a")]),
        ([display("a")], [display("a", kind="execute_result")]),
        ([display("a", "x")], [display("a", "y")]),
        ([display("a", "x")], [display("a")]),
        ([image("AAAA")], [image("AAAB")]),
        ([image("0xAB")], [image("0xAC")]),
        ([stream("a"), clear(wait=True)], [stream("a")]),
        ([display("a"), update("b", "elsewhere")], [display("a")]),
        ([message("comm_open", comm_id="1", data={})], []),
        ([message("error", ename="E", evalue="", traceback=["a"])], []),
    ],
    ids=[
        "text",
        "stream name",
        "missing",
        "order",
        "kind",
        "result for display",
        "display id",
        "no display id",
        "image",
        "image like an address",
        "clearing still to come",
        "update of what is not there",
        "comm",
        "error",
    ],
)
def test_what_can_be_seen_is_told_apart(left: list[Message], right: list[Message]) -> None:
    assert seen(*left) != seen(*right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ([stream("a\n"), stream("b\n")], [stream("a\nb\n")]),
        ([stream("[HIT] key=1 was computed\n", "stderr"), stream("a")], [stream("a")]),
        ([stream("<f at 0x7f00>")], [stream("<f at 0x7fff>")]),
        ([stream("1%\r2%\r3%\n")], [stream("3%\n")]),
        ([stream("long\rab\n")], [stream("abng\n")]),
        ([stream("Wall time: 2 s\n")], [stream("Wall time: 3 s\n")]),
        ([stream("/tmp/ipykernel_12/3.py:1")], [stream("/tmp/ipykernel_34/5.py:1")]),
        ([display("a", "0" * 32)], [display("a", "1" * 32)]),
        ([display("a", "x"), update("b", "x")], [display("b", "x")]),
        ([display("a"), clear(), display("b")], [display("b")]),
        ([display("a"), clear(wait=True), display("b")], [display("b")]),
        ([display("a"), clear(wait=True), clear(), display("b")], [display("b")]),
    ],
    ids=[
        "chunks",
        "status line",
        "address",
        "carriage return",
        "carriage return over a longer text",
        "timing",
        "cell file",
        "generated display id",
        "update",
        "clearing",
        "clearing later",
        "clearing twice",
    ],
)
def test_the_way_to_the_same_sight_is_no_difference(
    left: list[Message], right: list[Message]
) -> None:
    assert seen(*left) == seen(*right)


def test_an_update_from_a_later_cell_changes_the_display_of_the_earlier_one() -> None:
    changed = pages([display("a", "x")], [update("b", "x")])
    assert changed == pages([display("b", "x")], [])


def test_a_display_of_the_same_id_later_leaves_the_earlier_one() -> None:
    first, second = pages([display("a", "x")], [display("b", "x")])
    assert first == seen(display("a", "x"))
    assert second == seen(display("b", "x"))


def test_a_widget_is_shown_in_its_last_state() -> None:
    generated = "45bfd84a1e80444da274a7b54f0752ee"

    def sent(kind: str, **data: Any) -> dict[str, Any]:
        return message(kind, comm_id=generated, data=data)

    page = Page()
    page.add_cell([sent("comm_open", state={"value": 0, "max": 7})])
    page.add_cell(
        [
            sent("comm_msg", method="update", state={"value": 7}),
            sent("comm_msg", method="custom", content="click"),
        ]
    )
    opened, [other] = page.outputs()
    assert opened[0]["content"]["data"] == {"state": {"value": 7, "max": 7}}
    assert other["content"]["data"]["method"] == "custom"
    assert generated not in str(page.outputs())
    assert opened[0]["content"]["comm_id"] == other["content"]["comm_id"] == "widget 0"


def test_times_and_rates_of_a_bar_do_not_count() -> None:
    shown = []
    for bar in (
        "100%|███████| 3/3 [00:00<00:00, 1329.70it/s, state=done]",
        "100%|████████▊ | 3/3 [00:01<00:00, 927.19it/s, state=done]",
    ):
        page = Page()
        page.add_cell([stream(bar, "stderr")])
        shown.append(page.outputs()[0][0]["content"]["text"])
    assert shown == ["100%|…| 3/3 […, state=done]"] * 2
