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

import pytest

from jupyterlab_cacheable.store import Store
from tests.kernel.conftest import isolate
from tests.kernel.kernels import Kernel, Ran
from tests.store.samples import audit

TRIALS = int(os.environ.get("CACHEABLE_TEST_INTERRUPTS", 40))
"""How many interrupts; `CACHEABLE_TEST_INTERRUPTS=200` for a long search."""

SEED = 20240
LEAST = 5
"""Interrupts that must have landed in each phase, else the test has proven nothing."""

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
COUNT = 120_000

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

    def interrupted(self, kernel: Kernel, source: str, delay: float, after: str | None) -> Ran:
        """Run a cell and interrupt it `delay` seconds after its start, or after it printed."""
        request = kernel.send(source)
        if after is not None:
            kernel.until_printed(request, after)
        time.sleep(delay)
        kernel.interrupt()
        sent = time.monotonic()
        ran = kernel.finish(request)
        self.longest = max(self.longest, time.monotonic() - sent)
        return ran

    def check(self, kernel: Kernel, ran: Ran, phase: str) -> None:
        """What holds wherever an interrupt lands."""
        failed = ran.reply["status"] == "error"
        stopped = failed or (ran.word == "UNCACHED" and ran.why == "storing was interrupted")
        if failed:
            assert ran.reply["ename"] == "KeyboardInterrupt", ran.traceback
        assert "Error in callback" not in ran.text
        state = kernel.run("print(state())")
        assert state.text.strip() in ("old", "new"), state.traceback
        if not failed:
            assert state.text.strip() == "new"
        assert kernel.value("left_behind()") == "[]"
        store = Store.open()
        assert audit(store)["orphans"] == 0
        if stopped:
            self.landed[phase if failed else "save"] += 1


@pytest.fixture
def search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Search]:
    folder = isolate(tmp_path, monkeypatch)
    with contextlib.ExitStack() as stack:

        def start() -> Kernel:
            kernel = Kernel(folder)
            stack.callback(kernel.stop)
            return kernel

        yield Search(start, random.Random(SEED))


def timed(kernel: Kernel, source: str) -> tuple[float, Ran]:
    started = time.monotonic()
    ran = kernel.run(source)
    return time.monotonic() - started, ran


def test_interrupts_of_runs_and_saves(search: Search) -> None:
    kernel = search.prepared()
    kernel.run(OLD)
    body = CELL.format(count="COUNT", trial=-1)
    plain, _ = timed(kernel, body)
    kernel.run(OLD)
    whole, first = timed(kernel, f"%%cacheable\n{body}")
    assert first.word == "MISS", first.why
    for trial in range(TRIALS):
        kernel.run(OLD)
        source = f"%%cacheable\n{CELL.format(count='COUNT', trial=trial)}"
        if trial % 2:
            ran = search.interrupted(kernel, source, search.chance.uniform(0, plain), None)
        else:
            rest = search.chance.uniform(0, max(0.1, whole - plain))
            ran = search.interrupted(kernel, source, rest, "computed")
        search.check(kernel, ran, "run")
    print(f"seed {SEED}: {dict(search.landed)}, answered within {search.longest:.2f} s")
    assert min(search.landed["run"], search.landed["save"]) >= min(LEAST, TRIALS // 8)


def test_interrupts_of_restores(search: Search) -> None:
    storing = search.prepared()
    storing.run(OLD)
    source = f"%%cacheable\n{CELL.format(count='COUNT', trial=-1)}"
    assert storing.run(source).word == "MISS"
    kernel = search.prepared()
    kernel.run(OLD)
    assert kernel.run(source).word == "HIT"
    kernel.run(OLD)
    whole, hit = timed(kernel, source)
    assert hit.word == "HIT", hit.why
    for _ in range(TRIALS):
        kernel.run(OLD)
        ran = search.interrupted(kernel, source, search.chance.uniform(0, whole), None)
        search.check(kernel, ran, "restore")
    kernel.run(OLD)
    assert kernel.run(source).word == "HIT"
    print(f"seed {SEED}: {dict(search.landed)}, answered within {search.longest:.2f} s")
    assert search.landed["restore"] >= min(LEAST, TRIALS // 8)
    assert search.landed["save"] == 0
