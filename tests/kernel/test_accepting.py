"""`%cacheable accept`: a result stands for the cell as it is now, until it is withdrawn."""

from __future__ import annotations

from collections.abc import Callable

from jupyterlab_cacheable.store import Store
from jupyterlab_cacheable.store.acceptance import Acceptance
from tests.kernel.kernels import Kernel

Start = Callable[..., Kernel]

HELPER = "def scaled(x):\n    return x * 3"
FASTER = "def scaled(x):\n    return 3 * x"
CELL = "%%cacheable --always --name fit\nout = [scaled(n) for n in range(4)]\nprint(out)"


def stored(kernel: Kernel, helper: str = HELPER) -> None:
    kernel.run(helper, "helper")
    assert kernel.run(CELL, "cell").word == "MISS"


def test_an_accepted_result_is_a_hit_in_every_session_and_says_so(start: Start) -> None:
    kernel = start()
    stored(kernel)
    kernel.run(FASTER, "helper")
    shown = kernel.run("%cacheable accept fit").text
    assert "is taken for the cell as it is now" in shown
    assert "the definition of 'scaled' was edited" in shown
    for each in (kernel, start()):
        each.run(FASTER, "helper")
        hit = each.run(CELL, "cell")
        assert hit.word == "HIT"
        assert hit.text == "[0, 3, 6, 9]\n"
    store = Store.open()
    manifest = store.get(hit.outcome["entry"])
    assert manifest.accepted is not None
    acceptance = Acceptance.from_json(manifest.accepted)
    assert store.get(acceptance.entry).accepted is None
    assert "'scaled'" in acceptance.reason.sentence
    assert any("accepted by" in note for note in manifest.notes)


def test_what_was_accepted_can_be_withdrawn(kernel: Kernel) -> None:
    stored(kernel)
    kernel.run(FASTER, "helper")
    kernel.run("%cacheable accept")
    assert kernel.run(CELL, "cell").word == "HIT"
    assert "taken back" in kernel.run("%cacheable withdraw fit").text
    assert kernel.run(CELL, "cell").word == "MISS"
    kernel.run(HELPER, "helper")
    assert kernel.run(CELL, "cell").word == "HIT"
    assert "nothing was accepted" in kernel.run("%cacheable withdraw fit").text


def test_there_must_be_something_to_accept(kernel: Kernel) -> None:
    stored(kernel)
    assert "it would be instant anyway" in kernel.run("%cacheable accept fit").text
    assert "no marked cell is known as 'other'" in kernel.run("%cacheable accept other").text


def test_a_result_over_an_input_that_is_another_one_is_refused(kernel: Kernel) -> None:
    kernel.run("rows = [[1], [2]]\nnote = 'a'", "rows")
    cell = "%%cacheable --always --name last\nlast = rows[-1]\nsize = len(note)"
    assert kernel.run(cell, "cell").word == "MISS"
    kernel.run("rows = [[1], [3]]", "rows")
    assert "holds parts of the input 'rows'" in kernel.run("%cacheable accept last").text
    kernel.run("rows = [[1], [2]]\nnote = 'b'", "rows")
    assert "is taken" in kernel.run("%cacheable accept last").text
    assert kernel.run(cell, "cell").word == "HIT"
    assert kernel.value("last is rows[-1]") == "True"


def test_a_condition_cannot_be_accepted(kernel: Kernel) -> None:
    kernel.run("import random\nfrom pathlib import Path\nPath('in.txt').write_text('1')", "file")
    cell = "%%cacheable --always --name read\ntext = Path('in.txt').read_text()"
    assert kernel.run(cell, "cell").word == "MISS"
    kernel.run("Path('in.txt').write_text('2')\nnothing = 1", "other")
    assert "only a run can tell" in kernel.run("%cacheable accept read").text
