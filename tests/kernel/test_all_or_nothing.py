"""A hit goes in as a whole, or not at all: a fault midway leaves the session as it was."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.kernel.kernels import Kernel

SETUP = """
import os, random, sys
import numpy as np
random.seed(1); np.random.seed(1)
class Settings:
    level = 1
def remembers(to=[]):
    return to
numbers, table, names = [1, 2], {'a': 1}, {'a'}
array = np.arange(3.0)
old, gone = 'old value', 'still here'
inside = [numbers, table, names, array]
"""
CELL = """%%cacheable --always
numbers.append(3)
table['b'] = numbers
names.add('b')
array[0] = 9
Settings.level = 2
Settings.extra = []
remembers().append('more')
old = [numbers]
fresh = {'numbers': numbers}
del gone
drawn = random.random(), np.random.rand()
os.environ['ALL_OR_NOTHING'] = 'yes'
np.set_printoptions(precision=3)
print('shown')
"""
STATE = (
    "[id(each) for each in (old, *inside)], numbers, table, sorted(names), array.tolist(),"
    " [name for name in vars(Settings) if name[0] != '_'], Settings.level, remembers.__defaults__,"
    " [name in globals() for name in ('fresh', 'gone', 'drawn')], random.getstate()[1][:3],"
    " np.random.get_state()[2], os.environ.get('ALL_OR_NOTHING'), np.get_printoptions()['precision']"
)
RESULT = (
    "numbers, table, sorted(names), array.tolist(), Settings.level, Settings.extra, remembers(),"
    " old[0] is numbers is table['b'] is inside[0], fresh, 'gone' in globals(), drawn,"
    " random.random(), np.random.rand(), os.environ['ALL_OR_NOTHING'],"
    " np.get_printoptions()['precision']"
)
# What the session is like when the code of a cell is about to run.
LOOK = f"""
looks, looking = [], []
def look(event, arguments):
    if event == 'exec' and looking and arguments[0].co_name == '<module>':
        looking.clear()
        looks.append(repr(({STATE})))
sys.addaudithook(look)
"""
# Each puts in what the step puts in, and fails then.
INJECT = """
from jupyterlab_cacheable.kernel import binding
from jupyterlab_cacheable.state import patches
fired, calls = [], []
def inject(owner, name, good):
    original = getattr(owner, name)
    def faulty(*arguments):
        calls.append(name)
        answer = original(*arguments)
        if len(calls) > good and not fired:
            fired.append(name)
            raise OSError('this step failed')
        return answer
    setattr(owner, name, faulty)
"""
FAULTS = {
    "first patch": "inject(patches.Patch, 'put', 0)",
    "third patch": "inject(patches.Patch, 'put', 2)",
    "generators": "inject(binding.generators, 'put_back', 0)",
    "environment": "inject(binding, 'put_back_environment', 0)",
    "settings": "inject(binding.session, 'put_back', 0)",
    "names": "inject(binding, '_put_names', 0)",
}


@pytest.fixture
def prepared(start: Callable[..., Kernel]) -> tuple[Kernel, str]:
    """A kernel in which the cell would hit, and what a run of the cell leaves."""
    kernels = [start(), start()]
    for kernel in kernels:
        assert kernel.run(SETUP).reply["status"] == "ok"
    assert kernels[0].run(CELL).word == "MISS"
    return kernels[1], kernels[0].value(f"({RESULT})")


def test_without_a_fault(prepared: tuple[Kernel, str]) -> None:
    kernel, wanted = prepared
    ran = kernel.run(CELL)
    assert (ran.word, ran.text) == ("HIT", "shown\n")
    assert kernel.value(f"({RESULT})") == wanted


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault(fault: str, prepared: tuple[Kernel, str]) -> None:
    kernel, wanted = prepared
    kernel.run(LOOK + INJECT + FAULTS[fault])
    before = kernel.value(f"({STATE})")
    kernel.run("get_ipython().events.register('pre_run_cell', looking.append)")
    ran = kernel.run(CELL)
    assert (ran.word, ran.text) == ("MISS", "shown\n")
    assert "this step failed" in ran.why
    assert kernel.value("len(fired)") == "1"
    assert kernel.run("print(looks[0])").text.strip() == before
    assert kernel.value(f"({RESULT})") == wanted
