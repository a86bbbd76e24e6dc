"""Every kind of value in four situations: a hit equals a run, or the cell is refused by name."""

from __future__ import annotations

import pytest

from tests.kernel.conftest import Kernels
from tests.kernel.kernels import Kernel, Ran
from tests.optional import skip_without_torch
from tests.zoo.kinds import HELPERS, KINDS, Kind

MARK = "%%cacheable --always\n"
REFUSED = {name: kind for name, kind in KINDS.items() if kind.refused}
STORED = {name: kind for name, kind in KINDS.items() if not kind.refused}
CHANGED = {name: kind for name, kind in KINDS.items() if kind.change}

_FORGET = """
def forget():
    for name in [name for name in globals() if name not in KEPT and name[0] != '_']:
        del globals()[name]
KEPT = {'KEPT', *globals()}
"""


@pytest.fixture(scope="module")
def zoo(kernels: Kernels) -> Kernels:
    for kernel in (kernels.storing, kernels.hitting, kernels.plain):
        done(kernel.run(HELPERS + _FORGET))
    return kernels


def done(ran: Ran) -> Ran:
    assert ran.reply["status"] == "ok", ran.traceback
    return ran


class Followed:
    """An unmarked cell, the cell in question and a cell that tells what it left, sent at once."""

    def __init__(self, kernel: Kernel, before: str, cell: str, check: str) -> None:
        cells = ("forget()\n" + before, cell, f"print(({check}))")
        self._kernel = kernel
        self._requests = [kernel.send(source) for source in cells]

    def finish(self) -> tuple[Ran, str]:
        """The cell in question, and all that it and the next one showed."""
        _, ran, check = [done(self._kernel.finish(sent, 120)) for sent in self._requests]
        return ran, ran.text + check.text


def outcomes(zoo: Kernels, before: str, cell: str, check: str) -> tuple[Ran, Ran]:
    """The two marked runs, found equal to a run without us."""
    skip_without_torch(before, cell)
    plain = Followed(zoo.plain, before, cell, check)
    missed, told_by_miss = Followed(zoo.storing, before, MARK + cell, check).finish()
    again, told_by_hit = Followed(zoo.hitting, before, MARK + cell, check).finish()
    _, told = plain.finish()
    assert told_by_miss == told
    assert told_by_hit == told
    words = (missed.word, again.word)
    assert words in (("MISS", "HIT"), ("UNCACHED", "UNCACHED")), (missed.why, again.why)
    return missed, again


def is_named(ran: Ran, kind: Kind) -> bool:
    """Stored, or refused with a sentence that names the value."""
    names = ("'v'", "'held'", kind.refused or "'v'")
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
    """Read by the cell, and held by a variable of it."""
    kind = KINDS[name]
    before = f"{kind.setup}\n{kind.binding}"
    cell = "told = type(v).__name__, v is None\nheld = [v, [v]]"
    check = f"told, held[0] is v, held[1][0] is v, {kind.check}"
    missed, _ = outcomes(zoo, before, cell, check)
    assert is_named(missed, kind), missed.why


@pytest.mark.parametrize("name", CHANGED)
def test_changed_in_place(zoo: Kernels, name: str) -> None:
    kind = KINDS[name]
    before = f"{kind.setup}\n{kind.binding}\nholder = [v]"
    check = f"{kind.check}, holder[0] is v"
    missed, _ = outcomes(zoo, before, kind.change, check)
    assert is_named(missed, kind), missed.why


@pytest.mark.parametrize("name", KINDS)
def test_held_twice(zoo: Kernels, name: str) -> None:
    kind = KINDS[name]
    cell = f"{kind.binding}\nheld = [v, {{'v': v}}]"
    check = f"held[0] is v, held[1]['v'] is v, {kind.check}"
    missed, _ = outcomes(zoo, kind.setup, cell, check)
    assert is_named(missed, kind), missed.why
