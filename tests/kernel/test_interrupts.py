"""An interrupt at any moment: names are all old or all new, and nothing of ours is left behind."""

from __future__ import annotations

import contextlib
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty

import pytest

from jupyterlab_cacheable.store import Store
from tests.kernel.conftest import isolate
from tests.kernel.kernels import Kernel, Ran
from tests.store.samples import audit

TRIALS = 50 if os.environ.get("CACHEABLE_LONG") else 10
"""How many interrupts for each of the four: run, save, save after the reply, restore."""

SEED = 20240
LEAST = TRIALS // 10
"""Interrupts that must have landed in each of them, else the test has proven nothing."""

LOST = 20
"""Seconds after which a reply does not come any more."""

# Many small objects, which take long to digest, to pickle and to restore, and some memory.
MAKE = """
import numpy as np
def make(count):
    items = [(i, str(i), [i]) for i in range(count)]
    total = sum(len(name) for _, name, _ in items)
    return total, items, np.full(count * 10, 1.5)
"""
OLD = "size, items, array = 'old', 'old', 'old'\nlog = ['start']"
CELL = """
size, items, array = make({count})
log.append(size)
print('computed', {trial})
"""
COUNT = 60_000
MARK = "%%cacheable --always\n"

STATE = """
def state():
    if (size, items, array) == ('old', 'old', 'old') and log == ['start']:
        return 'old'
    assert len(items) == COUNT and items[-1] == (COUNT - 1, str(COUNT - 1), [COUNT - 1])
    assert size == sum(len(str(i)) for i in range(COUNT))
    assert array.shape == (COUNT * 10,) and (array == 1.5).all()
    assert log == ['start', size]
    return 'new'
"""

LEFT_BEHIND = """
def left_behind():
    import builtins, gc, os, signal, sys
    import jupyterlab_cacheable.kernel.extension as extension
    shell = get_ipython()
    loaded = getattr(shell, extension._ATTRIBUTE)
    runner = loaded._runner
    from jupyterlab_cacheable.kernel import variables, watch
    found = []
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        found.append('handler')
    if shell.kernel.saved_sigint_handler is not signal.SIG_IGN:
        found.append('handler between cells')
    if runner._storing._later._save is not None or runner._tap._idle is not None:
        found.append('save')
    if not gc.isenabled():
        found.append('collector')
    if loaded._transformer not in shell.ast_transformers:
        found.append('transformer')
    for event, call in (('pre_run_cell', loaded._before), ('post_run_cell', loaded._after)):
        if shell.events.callbacks[event].count(call) != 1:
            found.append(event)
    ours = [h for h in shell.events.callbacks['post_execute'] if 'cacheable' in h.__module__]
    if ours:
        found.append('post_execute')
    if runner._tap._recording is not None or runner._tap._muted or runner._tap._paused:
        found.append('tap')
    if watch._active is not None:
        found.append('watch')
    if len(runner._runs) != 1 or runner._runs[0].recorded is not None:
        found.append('runs')
    values = [variables._PLACEHOLDER, variables._ABSENT]
    names = [n for n, v in shell.user_ns.items() if any(v is one for one in values)]
    found += names + [n for n in shell.user_ns if 'cacheable_resume' in n]
    for module in (builtins, os):
        found += [n for n, v in vars(module).items() if 'cacheable' in (getattr(v, '__module__', '') or '')]
    if type(os.environ).__module__ != 'os':
        found.append('environ')
    return found
"""


@dataclass
class Search:
    """One kernel after another, and where the interrupts landed."""

    start: Callable[[], Kernel]
    chance: random.Random
    landed: Counter[str] = field(default_factory=Counter)
    longest: float = 0.0

    def prepared(self) -> Kernel:
        kernel = self.start()
        for source in (f"COUNT = {COUNT}", MAKE, STATE, LEFT_BEHIND):
            assert kernel.run(source).reply["status"] == "ok"
        kernel.run("%%cacheable\nwarm = 1")
        return kernel

    def interrupted(
        self, kernel: Kernel, source: str, delay: float, after: str = "", cell: str | None = None
    ) -> Ran | None:
        """Run a cell and interrupt it `delay` seconds after its start, or after it printed.

        None for no reply: ipykernel gives a request up that is interrupted before it comes to its
        cell, or after.
        """
        request = kernel.send(source, cell)
        if after:
            kernel.until_printed(request, after)
        time.sleep(delay)
        kernel.interrupt()
        sent = time.monotonic()
        try:
            ran = kernel.finish(request, timeout=LOST)
        except Empty:
            return None
        if is_stopped(ran):
            self.longest = max(self.longest, time.monotonic() - sent)
        return ran

    def check(self, kernel: Kernel, ran: Ran | None, phase: str) -> None:
        """What holds wherever an interrupt lands."""
        if ran is None:
            self.landed["lost"] += 1
            self._check_state(kernel)
            return
        failed = ran.reply["status"] == "error"
        if failed:
            assert ran.reply["ename"] == "KeyboardInterrupt", ran.traceback
        else:
            assert (ran.outcome["entry"] is None) == is_stopped(ran)
        assert "Error in callback" not in ran.text
        state = self._check_state(kernel)
        assert failed or state == "new"
        if is_stopped(ran):
            self.landed[
                phase if failed else "save behind" if ran.replied["saving"] else "save"
            ] += 1

    def _check_state(self, kernel: Kernel) -> str:
        """All variables are old or all are new, and nothing of ours is left behind."""
        state = kernel.run("print(state())")
        assert state.text.strip() in ("old", "new"), state.traceback
        assert kernel.value("left_behind()") == "[]"
        assert audit(Store.open())["orphans"] == 0
        return state.text.strip()

    def tell(self) -> None:
        print(f"seed {SEED}: {dict(self.landed)}, answered within {self.longest:.2f} s")


def is_stopped(ran: Ran) -> bool:
    """Whether the interrupt ended the cell or its storing, and did not come too late."""
    failed = ran.reply["status"] == "error"
    return failed or (ran.word == "UNCACHED" and ran.why == "storing was interrupted")


@pytest.fixture
def search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Search]:
    folder = isolate(tmp_path, monkeypatch)
    with contextlib.ExitStack() as stack:

        def start() -> Kernel:
            kernel = Kernel(folder)
            stack.callback(kernel.stop)
            return kernel

        yield Search(start, random.Random(SEED))


def timed(kernel: Kernel, source: str, cell: str | None = None) -> tuple[float, Ran]:
    started = time.monotonic()
    ran = kernel.finish(kernel.send(source, cell))
    return time.monotonic() - started, ran


@pytest.mark.parametrize(("phase", "cell"), [("save", ""), ("save behind", None)])
def test_interrupts_of_runs_and_saves(phase: str, cell: str | None, search: Search) -> None:
    """`cell` is empty for a client that sends no cell ids: then the reply waits for the save."""
    kernel = search.prepared()
    kernel.run(OLD)
    body = CELL.format(count="COUNT", trial=-1)
    plain, _ = timed(kernel, body)
    kernel.run(OLD)
    whole, first = timed(kernel, f"{MARK}{body}", cell)
    assert (first.word, first.replied["saving"]) == ("MISS", phase == "save behind"), first.why
    for trial in range(TRIALS):
        for is_early in (True, False) if trial % 2 else (False,):
            kernel.run(OLD)
            source = f"{MARK}{CELL.format(count='COUNT', trial=(trial, is_early))}"
            # How long a run takes is only known of another one: half of them aim at its first part.
            early = plain / search.chance.choice((1, 4))
            rest = search.chance.uniform(0, early if is_early else max(0.1, whole - plain))
            after = "" if is_early else "computed"
            search.check(kernel, search.interrupted(kernel, source, rest, after, cell), "run")
    search.tell()
    assert search.landed["lost"] <= LEAST
    assert min(search.landed["run"], search.landed[phase]) >= LEAST


def test_interrupts_of_restores(search: Search) -> None:
    storing = search.prepared()
    storing.run(OLD)
    source = f"{MARK}{CELL.format(count='COUNT', trial=-1)}"
    assert storing.run(source).word == "MISS"
    kernel = search.prepared()
    kernel.run(OLD)
    assert kernel.run(source).word == "HIT"
    kernel.run(OLD)
    whole, hit = timed(kernel, source)
    assert hit.word == "HIT", hit.why
    for _ in range(TRIALS):
        kernel.run(OLD)
        ran = search.interrupted(kernel, source, search.chance.uniform(0, whole))
        search.check(kernel, ran, "restore")
    kernel.run(OLD)
    assert kernel.run(source).word == "HIT"
    search.tell()
    assert search.landed["lost"] <= LEAST
    assert search.landed["restore"] >= LEAST
    assert search.landed["save"] == search.landed["save behind"] == 0
