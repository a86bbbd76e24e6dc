"""Every kind of value in four situations: a hit equals a run, or the cell is refused by name."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.kernel.conftest import Kernels
from tests.kernel.kernels import Kernel, Ran
from tests.optional import skip_without_torch
from tests.zoo.kinds import HELPERS, KINDS

REFUSED = {name: kind for name, kind in KINDS.items() if kind.refused}
STORED = {name: kind for name, kind in KINDS.items() if not kind.refused}
CHANGED = {name: kind for name, kind in KINDS.items() if kind.change}

_FORGET = """
for _name in [n for n in globals() if n not in KEPT and not n.startswith('_')]:
    del globals()[_name]
"""


@pytest.fixture(scope="module")
def zoo(kernels: Kernels) -> Kernels:
    for kernel in (kernels.storing, kernels.hitting, kernels.plain):
        done(kernel.run(HELPERS + "KEPT = {'KEPT', *globals()}"))
    return kernels


@pytest.fixture(autouse=True)
def forgotten(zoo: Kernels) -> Iterator[None]:
    """No name that one test bound is seen by the next."""
    yield
    for kernel in (zoo.storing, zoo.hitting, zoo.plain):
        kernel.run(_FORGET)


def done(ran: Ran) -> Ran:
    assert ran.reply["status"] == "ok", ran.traceback
    return ran


def follow(kernel: Kernel, before: str, cell: str, check: str, mark: str) -> tuple[Ran, str]:
    """Run an unmarked cell, the cell in question and a cell that tells what it left."""
    if before:
        done(kernel.run(before))
    ran = done(kernel.run(mark + cell, timeout=120))
    return ran, ran.text + done(kernel.run(f"print(({check}))")).text


def outcomes(zoo: Kernels, before: str, cell: str, check: str) -> tuple[Ran, Ran]:
    """The two marked runs, found equal to a run without us."""
    skip_without_torch(before, cell)
    missed, told_by_miss = follow(zoo.storing, before, cell, check, "%%cacheable\n")
    again, told_by_hit = follow(zoo.hitting, before, cell, check, "%%cacheable\n")
    _, told = follow(zoo.plain, before, cell, check, "")
    assert told_by_miss == told
    assert told_by_hit == told
    words = (missed.word, again.word)
    assert words in (("MISS", "HIT"), ("UNCACHED", "UNCACHED")), (missed.why, again.why)
    return missed, again


def is_named(ran: Ran, *names: str) -> bool:
    return ran.word != "UNCACHED" or any(name in ran.why for name in names)


@pytest.mark.parametrize("name", STORED)
def test_bound(zoo: Kernels, name: str) -> None:
    kind = STORED[name]
    missed, again = outcomes(zoo, kind.setup, kind.binding, kind.check)
    assert (missed.word, again.word) == ("MISS", "HIT"), missed.why


@pytest.mark.parametrize("name", REFUSED)
def test_bound_and_refused(zoo: Kernels, name: str) -> None:
    kind = REFUSED[name]
    missed, _ = outcomes(zoo, kind.setup, kind.binding, kind.check)
    assert missed.word == "UNCACHED"
    assert kind.refused in missed.why


@pytest.mark.parametrize("name", KINDS)
def test_input(zoo: Kernels, name: str) -> None:
    kind = KINDS[name]
    before = kind.setup + "\n" + kind.binding
    missed, _ = outcomes(zoo, before, "told = type(v).__name__, v is None", "told")
    assert is_named(missed, "'v'"), missed.why


@pytest.mark.parametrize("name", CHANGED)
def test_changed_in_place(zoo: Kernels, name: str) -> None:
    kind = KINDS[name]
    before = f"{kind.setup}\n{kind.binding}\nholder = [v]"
    check = f"{kind.check}, holder[0] is v"
    missed, _ = outcomes(zoo, before, kind.change, check)
    assert is_named(missed, "'v'"), missed.why


@pytest.mark.parametrize("name", KINDS)
def test_held_twice(zoo: Kernels, name: str) -> None:
    kind = KINDS[name]
    cell = f"{kind.binding}\nheld = [v, {{'v': v}}]"
    check = f"held[0] is v, held[1]['v'] is v, {kind.check}"
    missed, _ = outcomes(zoo, kind.setup, cell, check)
    assert is_named(missed, "'v'", "'held'", kind.refused or "'v'"), missed.why


@pytest.mark.parametrize("name", KINDS)
def test_held_by_a_variable_of_another_cell(zoo: Kernels, name: str) -> None:
    kind = KINDS[name]
    before = kind.setup + "\n" + kind.binding
    missed, _ = outcomes(
        zoo, before, "held = [v, [v]]", f"held[0] is v, held[1][0] is v, {kind.check}"
    )
    assert is_named(missed, "'v'", "'held'"), missed.why
