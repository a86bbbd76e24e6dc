"""Saving after the reply: nobody waits, nobody comes between, and whoever waits gets the outcome."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from jupyterlab_cacheable.store import Store
from tests.kernel.kernels import Kernel
from tests.store.samples import audit

COUNT = 60_000
MARKED = "%%cacheable --always\n"
# Long enough to be put off: the price of so many objects does not depend on the machine.
BIG = f"v = [str(i) for i in range({COUNT})]"
LONG = "v = [(i, str(i), [i]) for i in range(60_000)]"


def entries() -> list[str]:
    return list(Store.open().ids())


def test_the_reply_comes_before_the_entry(kernel: Kernel, start: Callable[..., Kernel]) -> None:
    ran = kernel.run(MARKED + BIG + "\nprint('shown')\nlen(v)")
    assert (ran.replied["outcome"], ran.replied["entry"]) == ("MISS", None)
    assert ran.replied["saving"]
    assert (ran.word, ran.outcome["saving"]) == ("MISS", False)
    assert ran.outcome["variables"] == ["v"]
    assert entries() == [ran.outcome["entry"]]
    fresh = start()
    hit = fresh.run(MARKED + BIG + "\nprint('shown')\nlen(v)")
    assert (hit.word, hit.text) == ("HIT", f"shown\n{COUNT}")


def test_the_kernel_is_busy_while_it_saves(kernel: Kernel) -> None:
    """A status of no request, so that the times of the cell stay those of its run."""
    request = kernel.send(MARKED + BIG)
    kernel.answered(request)
    assert kernel.status() == ("busy", "")
    assert kernel.status() == ("idle", request)


def test_a_short_save_comes_before_the_reply(kernel: Kernel) -> None:
    ran = kernel.run("%%cacheable\nx = [1, 2, 3]")
    assert (ran.replied["saving"], ran.replied["entry"]) == (False, entries()[0])


@pytest.mark.parametrize(
    ("before", "options", "fields"),
    [
        ("", "", {"cell": ""}),
        ("", "--verbose", {}),
        ("", "", {"user_expressions": {"n": "v.append(1)"}}),
        ("import threading\nthreading.Timer(60, print).start()", "", {}),
        ("import _thread, time\n_thread.start_new_thread(lambda: time.sleep(60), ())", "", {}),
        ("get_ipython().events.register('post_run_cell', lambda result: None)", "", {}),
    ],
    ids=["no cell id", "verbose", "expressions", "thread", "hidden thread", "hook"],
)
def test_what_cannot_wait_is_saved_before_the_reply(
    kernel: Kernel, before: str, options: str, fields: dict[str, Any]
) -> None:
    kernel.run("%%cacheable\nwarm = 1")
    kernel.run(before)
    ran = kernel.finish(kernel.send(f"%%cacheable --always {options}\n{BIG}", **fields))
    assert (ran.replied["saving"], ran.word) == (False, "MISS")
    assert ran.outcome["entry"] in entries()


BARRIER = {
    "cell": ("", "execute_request", {"code": "v.clear()", "silent": False}),
    "silent cell": ("", "execute_request", {"code": "v.clear()", "silent": True}),
    "completion": (
        "class Clearing:\n    def __dir__(self):\n        v.clear()\n        return []\nc = Clearing()",
        "complete_request",
        {"code": "c.", "cursor_pos": 2},
    ),
    "inspection": (
        "class Clearing:\n    def _repr_mimebundle_(self, **_):\n        v.clear()\n"
        "    def __getattr__(self, name):\n        v.clear()\n        raise AttributeError\n"
        "c = Clearing()",
        "inspect_request",
        {"code": "c", "cursor_pos": 1, "detail_level": 0},
    ),
    "comm": (
        "get_ipython().kernel.comm_manager.register_target('t', lambda *_: v.clear())",
        "comm_open",
        {"comm_id": "c", "target_name": "t", "data": {}},
    ),
}


@pytest.mark.parametrize("kind", BARRIER)
def test_nobody_comes_between_a_run_and_its_save(
    kind: str, kernel: Kernel, start: Callable[..., Kernel]
) -> None:
    before, message, content = BARRIER[kind]
    kernel.run(before)
    request = kernel.send(MARKED + LONG)
    kernel.request(message, content)
    ran = kernel.finish(request)
    assert ran.replied["saving"]
    assert ran.word == "MISS", ran.why
    assert kernel.value("len(v)") == "0"
    fresh = start()
    hit = fresh.run(MARKED + LONG)
    assert hit.word == "HIT", hit.why
    assert fresh.value("(len(v), v[-1])") == "(60000, (59999, '59999', [59999]))"


def test_no_task_and_no_callback_comes_between(
    kernel: Kernel, start: Callable[..., Kernel]
) -> None:
    kernel.run(
        "import asyncio\nv = []\nasync def clear():\n    while True:\n"
        "        v.clear()\n        await asyncio.sleep(0)\n"
        "task = asyncio.get_running_loop().create_task(clear())"
    )
    ran = kernel.run(MARKED + BIG)
    assert (ran.replied["saving"], ran.word) == (True, "MISS")
    assert kernel.value("len(v)") == "0"
    fresh = start()
    assert fresh.run(MARKED + BIG).word == "HIT"
    assert fresh.value("len(v)") == str(COUNT)


def test_a_cell_with_await_is_saved_behind_too(kernel: Kernel) -> None:
    source = f"{MARKED}import asyncio\nawait asyncio.sleep(0)\n{BIG}"
    ran = kernel.run(source)
    assert (ran.replied["saving"], ran.word) == (True, "MISS")
    assert kernel.run(source).word == "HIT"


def test_what_is_shown_while_saving_stays_hidden(kernel: Kernel) -> None:
    kernel.run(
        "class Loud:\n    def __init__(self, n):\n        self.n = n\n"
        "    def __reduce__(self):\n        print('pickled')\n        return Loud, (self.n,)"
    )
    request = kernel.send(f"{MARKED}v = [Loud(i) for i in range(5000)]")
    later = kernel.send("'later'")
    first = kernel.finish(request)
    assert first.replied["saving"]
    assert (first.text, kernel.finish(later).text) == ("", "'later'")


def test_a_refusal_found_late_is_told(kernel: Kernel) -> None:
    source = f"{MARKED}{BIG}\nv[-1] = (i for i in v)"
    ran = kernel.run(source)
    assert ran.replied["saving"]
    assert ran.word == "UNCACHED"
    assert "the variable 'v' (list) cannot be stored, because of a generator in it" in ran.why
    assert entries() == []
    assert [line["outcome"] for line in run_log()] == ["UNCACHED"]


def test_the_run_log_has_one_line_for_each_run(kernel: Kernel) -> None:
    ran = kernel.run(MARKED + BIG)
    kernel.run(MARKED + BIG)
    assert [(line["outcome"], line["entry"]) for line in run_log()] == [
        ("MISS", ran.outcome["entry"]),
        ("HIT", ran.outcome["entry"]),
    ]


def run_log() -> list[dict[str, Any]]:
    files = sorted(Store.open().path.glob("format-1/runs/*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def test_an_interrupt_drops_the_save_with_one_line(kernel: Kernel) -> None:
    request = kernel.send(MARKED + LONG)
    assert kernel.answered(request).replied["saving"]
    kernel.until_busy()
    kernel.interrupt()
    kernel.until_printed(request, "%%cacheable: not stored, storing was interrupted\n")
    outcome = kernel.saved(request)
    assert (outcome["outcome"], outcome["entry"]) == ("UNCACHED", None)
    assert outcome["reason"]["sentence"] == "storing was interrupted"
    assert entries() == []
    assert audit(Store.open())["orphans"] == 0
    assert kernel.value("len(v)") == "60000"
    assert kernel.value("__import__('signal').getsignal(2) is not None") == "True"
    assert kernel.run(MARKED + LONG).word == "MISS"


def test_an_interrupt_of_a_save_stops_the_cell_that_waits(kernel: Kernel) -> None:
    request = kernel.send(MARKED + LONG)
    waiting = kernel.send("ran = True")
    kernel.answered(request)
    kernel.until_busy()
    kernel.interrupt()
    assert kernel.saved(request)["outcome"] == "UNCACHED"
    stopped = kernel.finish(waiting)
    assert stopped.reply["ename"] == "KeyboardInterrupt"
    assert kernel.value("'ran' in globals()") == "False"
    assert kernel.run("after = 1").reply["status"] == "ok"


def test_a_shutdown_waits_for_the_save(kernel: Kernel, start: Callable[..., Kernel]) -> None:
    request = kernel.send(MARKED + BIG)
    assert kernel.answered(request).replied["saving"]
    kernel.shut_down()
    assert start().run(MARKED + BIG).word == "HIT"


def test_unloading_gives_the_kernel_back(kernel: Kernel) -> None:
    kernel.run(MARKED + BIG)
    assert kernel.value("'do_shutdown' in vars(get_ipython().kernel)") == "True"
    kernel.run("%unload_ext jupyterlab_cacheable")
    assert kernel.value("'do_shutdown' in vars(get_ipython().kernel)") == "False"
    assert kernel.value("'send' in vars(get_ipython().kernel.session)") == "False"


def test_what_is_cheaper_to_run_is_not_stored(kernel: Kernel) -> None:
    source = "v = list(range(1_000_000))"
    ran = kernel.run(f"%%cacheable\n{source}")
    assert ran.word == "UNCACHED"
    assert ran.why.startswith("running it takes ")
    assert "storing it would take about 1 s (--always stores it anyway)" in ran.why
    assert entries() == []
    assert kernel.run(f"%%cacheable --always\n{source}").word == "MISS"
    assert kernel.run(f"%%cacheable\n{source}").word == "HIT"


def test_a_changed_input_has_its_price_too(kernel: Kernel) -> None:
    kernel.run("big = [None] * 1_000_000")
    ran = kernel.run("%%cacheable\nbig[0] = 1")
    assert ran.word == "UNCACHED"
    assert ran.why.startswith("running it takes ")


def test_what_took_longer_to_run_is_stored(kernel: Kernel) -> None:
    slow = "import time\nuntil = time.monotonic() + 0.3\nwhile time.monotonic() < until: pass"
    ran = kernel.run(f"%%cacheable\n{slow}\ndel until\n{BIG}")
    assert (ran.replied["saving"], ran.word) == (True, "MISS")
