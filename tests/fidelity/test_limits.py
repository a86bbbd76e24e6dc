"""Much output: what is overwritten goes, and a replay stays below the limits of the server."""

from __future__ import annotations

from typing import Any

import pytest

from jupyterlab_cacheable.errors import Uncacheable
from jupyterlab_cacheable.kernel.outputs import EndState
from jupyterlab_cacheable.kernel.replay import Pace
from jupyterlab_cacheable.kernel.text import overwritten, pieces, size_of

# Made with `processText` of @jupyterlab/outputarea 4.6.
AS_JUPYTERLAB_SHOWS = {
    "plain": "plain",
    "a\rb": "b",
    "abc\rX": "Xbc",
    "abc\r\n": "abc\n",
    "abc\rX\nnext\r\rY": "Xbc\nYext",
    "abc\b\bX": "aX",
    "abc\r\bX": "Xbc",
    "abc\rX\bY": "Y",
    "one\n\btwo": "one\ntwo",
    "50%|█████\r99%|█████████": "99%|█████████",
    "🎉abc\rxy": "xyabc",
    "🎉\rx": "x\udf89",
    "": "",
}


@pytest.mark.parametrize("text", AS_JUPYTERLAB_SHOWS)
def test_what_is_left_of_a_text(text: str) -> None:
    assert overwritten(text) == AS_JUPYTERLAB_SHOWS[text]


def message(kind: str, **content: Any) -> dict[str, Any]:
    return {"type": kind, "content": content, "metadata": {}, "buffers": []}


def end(*messages: dict[str, Any]) -> list[dict[str, Any]]:
    state = EndState()
    for one in messages:
        state.add(one)
    return state.outputs()


def test_a_short_text_is_kept_as_it_was_sent() -> None:
    (output,) = end(message("stream", name="stdout", text="a\rb"))
    assert output["content"] == {"name": "stdout", "text": "a\rb"}


def test_what_is_overwritten_in_a_long_text_goes() -> None:
    steps = [message("stream", name="stderr", text=f"\r{i:>9}") for i in range(1_000_000)]
    (output,) = end(*steps)
    assert output["content"]["text"] == "   999999"


def test_too_much_text_is_refused_with_its_size() -> None:
    with pytest.raises(Uncacheable, match=r"^it prints 9\.0 MB of text, and 8 MB is most$"):
        end(message("stream", name="stdout", text="x" * 9_000_000))


def test_endless_text_is_not_kept_in_memory() -> None:
    state = EndState()
    for _ in range(120):
        state.add(message("stream", name="stdout", text="x" * 1_000_000))
    with pytest.raises(Uncacheable, match=r"^it prints more than 100 MB of text$"):
        state.outputs()


def test_too_many_outputs_are_refused_with_their_number() -> None:
    shown = [message("display_data", data={}, metadata={}, transient={}) for _ in range(9_000)]
    with pytest.raises(Uncacheable, match=r"^it shows 9000 outputs, and 8000 is most$"):
        end(*shown)


def test_updates_of_one_display_are_one_output() -> None:
    transient = {"display_id": "d"}
    data = {"metadata": {}, "transient": transient}
    first = message("display_data", data={"text/plain": "0"}, **data)
    updates = [
        message("update_display_data", data={"text/plain": str(i)}, **data) for i in range(9_000)
    ]
    (output,) = end(first, *updates)
    assert output["content"]["data"] == {"text/plain": "8999"}
    (update,) = end(*updates)
    assert update["type"] == "update_display_data"


class Server:
    """What jupyter_server counts: messages and bytes of stream text within three seconds."""

    def __init__(self) -> None:
        self.now = 0.0
        self.sent: list[tuple[float, int]] = []

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def take(self, size: int) -> None:
        self.sent = [(at, old) for at, old in self.sent if self.now < at + 3]
        self.sent.append((self.now, size))
        assert len(self.sent) / 3 <= 1000
        assert sum(old for _at, old in self.sent) / 3 <= 1e6


@pytest.mark.parametrize("text", ["x" * 8_000_000, "\x1b[0m" * 300_000, "é\n" * 1_000_000])
def test_a_long_text_is_sent_as_the_server_lets_it_through(text: str) -> None:
    server = Server()
    pace = Pace(server.sleep)
    parts = list(pieces(text))
    for part in parts:
        pace.before(size_of(part) + 1_500)
        server.take(size_of(part) + 1_000)
    assert "".join(parts) == text


def test_many_outputs_are_sent_as_the_server_lets_them_through() -> None:
    server = Server()
    pace = Pace(server.sleep)
    for _ in range(8_000):
        pace.before(0)
        server.take(0)
    assert server.now < 12


def test_ordinary_output_is_sent_without_a_pause() -> None:
    server = Server()
    pace = Pace(server.sleep)
    for _ in range(100):
        pace.before(20_000)
    assert server.now == 0
