"""An entry put to the test: the cell runs, and the entry is verified, said to vary, or kept apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jupyterlab_cacheable.store import Manifest, Store
from tests.kernel.kernels import Kernel

CELL = "x = 6 * 7\nprint('computed')\nx"
MARKED = f"%%cacheable\n{CELL}"
TESTED = f"%%cacheable --verify\n{CELL}"


def only_entry() -> Manifest:
    store = Store.open()
    (entry,) = store.ids()
    return store.get(entry)


def tamper(**changes: Any) -> None:
    """Make the one entry a lie, signed as the kernel would."""
    Store.open().publish_again(replace(only_entry(), **changes))


def with_other_digest(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**row, "digest": "xxh3-128:0"} for row in rows]


def verdict() -> dict[str, Any]:
    found = only_entry().verdict
    assert found is not None
    return found


def test_a_right_entry_is_verified_and_used_again(kernel: Kernel) -> None:
    kernel.run(MARKED)
    tested = kernel.run(TESTED)
    assert (tested.word, tested.why) == ("FORCED", "--verify was given")
    assert tested.text == "computed\n42"
    assert tested.outcome["entry"] == only_entry().id
    assert tested.outcome["notes"] == ["verified: the run left what the entry holds"]
    assert tested.outcome["verdict"] == verdict()
    assert (verdict()["state"], verdict()["times"]) == ("verified", 1)
    kernel.run(TESTED)
    assert verdict()["times"] == 2
    hit = kernel.run(MARKED)
    assert (hit.word, hit.outcome["verdict"]) == ("HIT", None)


def test_the_run_is_live(kernel: Kernel) -> None:
    kernel.run("%%cacheable\nimport time\nstamp = time.time_ns()")
    first = kernel.value("stamp")
    tested = kernel.run("%%cacheable --verify\nimport time\nstamp = time.time_ns()")
    assert kernel.value("stamp") != first
    assert verdict()["state"] == "non-deterministic"
    assert "reads the clock" in verdict()["cause"]
    assert tested.outcome["notes"][0].startswith("non-deterministic: the variable 'stamp' differs")
    assert kernel.run("%%cacheable\nimport time\nstamp = time.time_ns()").word == "HIT"
    assert kernel.value("stamp") == first


def test_a_wrong_entry_is_kept_and_never_used_or_replaced(
    kernel: Kernel, start: Callable[..., Kernel]
) -> None:
    kernel.run(MARKED)
    tamper(variables=with_other_digest(only_entry().variables))
    before = only_entry()
    tested = kernel.run(TESTED)
    assert tested.word == "FORCED"
    assert "the stored result was found wrong: the variable 'x' differs" in tested.text
    assert verdict()["state"] == "wrong"
    assert verdict()["differs"] == ["the variable 'x'"]
    assert replace(only_entry(), verdict=None) == before
    for fresh in (kernel, start()):
        ran = fresh.run(MARKED)
        assert ran.word == "UNCACHED"
        assert "its entry was found wrong by --verify at 2" in ran.why
        assert "the variable 'x'" in ran.why
        assert ran.text == "computed\n42"
        assert fresh.run(f"%%cacheable --force\n{CELL}").word == "UNCACHED"
    assert replace(only_entry(), verdict=None) == before
    Store.open().remove([before.id])
    assert kernel.run(MARKED).word == "MISS"
    assert kernel.run(MARKED).word == "HIT"


def test_a_wrong_result_is_not_used_under_another_key_either(kernel: Kernel) -> None:
    kernel.run("n = 3", cell="a")
    kernel.run("%%cacheable\nsquare = n * n", cell="b")
    kernel.run("n = 3  # edited\nn = 3", cell="a")
    again = kernel.run("%%cacheable\nsquare = n * n", cell="b")
    assert again.word == "HIT"
    store = Store.open()
    first, second = (store.get(entry) for entry in store.ids())
    assert first.blobs == second.blobs
    other = first if second.id == again.outcome["entry"] else second
    found = {"state": "wrong", "at": other.created_at, "times": 1, "differs": ["x"], "cause": None}
    store.publish_again(replace(other, verdict=found))
    assert "found wrong" in kernel.run("%%cacheable\nsquare = n * n", cell="b").why


def test_different_outputs_and_results_are_found(kernel: Kernel) -> None:
    kernel.run(MARKED)
    tamper(result=None, deleted=["y"], imports={"np": ["numpy", None, []]})
    kernel.run(TESTED)
    assert verdict()["differs"] == ["what it imports", "what it deletes", "its last value"]


def test_a_run_that_shows_an_address_varies(kernel: Kernel) -> None:
    cell = "class Thing: pass\nprint(Thing())\nn = 1"
    kernel.run(f"%%cacheable\n{cell}")
    kernel.run(f"%%cacheable --verify\nkeep = 1\n{cell}")
    kernel.run(f"others = [object() for _ in range(100)]\n{cell}")
    tested = kernel.run(f"%%cacheable --verify\n{cell}")
    assert tested.word == "FORCED"
    states = {m.verdict["state"] for m in map(Store.open().get, Store.open().ids()) if m.verdict}
    assert states <= {"verified", "non-deterministic"}


def test_without_an_entry_it_is_a_miss(kernel: Kernel) -> None:
    ran = kernel.run(TESTED)
    assert ran.word == "MISS"
    assert "there was no entry to verify" in ran.outcome["notes"]
    assert kernel.run(MARKED).word == "HIT"


def test_a_cell_that_fails_says_nothing_about_the_entry(kernel: Kernel) -> None:
    cell = "x = 6 * 7\nassert not len(__builtins__.__dict__.get('broken', ''))"
    kernel.run(f"%%cacheable\n{cell}")
    kernel.run("import builtins\nbuiltins.broken = 'yes'")
    ran = kernel.run(f"%%cacheable --verify\n{cell}")
    assert ran.reply["status"] == "error"
    store = Store.open()
    assert [store.get(entry).verdict for entry in store.ids()] in ([None], [])


SEEDED = "import random\nrandom.seed(3)"


def test_a_seed_that_was_set_already_is_set_by_a_hit_too(
    kernel: Kernel, start: Callable[..., Kernel]
) -> None:
    kernel.run(SEEDED)
    assert kernel.run(f"%%cacheable\n{SEEDED}").word == "MISS"
    expected = kernel.value("random.random()")
    other = start()
    assert other.run(f"%%cacheable\n{SEEDED}").word == "HIT"
    assert other.value("random.random()") == expected
    other.run(f"%%cacheable --verify\n{SEEDED}")
    assert verdict()["state"] == "verified"


def test_a_warning_names_another_file_in_every_process(
    kernel: Kernel, start: Callable[..., Kernel]
) -> None:
    cell = "import warnings\nwarnings.warn('careful')"
    assert kernel.run(f"%%cacheable\n{cell}").word == "MISS"
    for one in (kernel, start()):
        tested = one.run(f"%%cacheable --verify\n{cell}")
        assert tested.outcome["notes"] == ["verified: the run left what the entry holds"]


def test_changed_inputs_are_compared(kernel: Kernel) -> None:
    kernel.run("items = [1]")
    assert kernel.run("%%cacheable\nitems.append(2)").word == "MISS"
    kernel.run("items = [1]")
    kernel.run("%%cacheable --verify\nitems.append(2)")
    assert kernel.value("items") == "[1, 2]"
    assert verdict()["state"] == "verified"


@pytest.mark.parametrize(("rate", "word"), [("1", "FORCED"), ("0", "HIT")])
def test_the_project_says_how_often(
    rate: str, word: str, isolated: Path, start: Callable[..., Kernel]
) -> None:
    (isolated / "cacheable.yml").write_text(f"verify_rate: {rate}\n")
    kernel = start()
    kernel.run(MARKED)
    ran = kernel.run(MARKED)
    assert ran.word == word
    assert ran.why == ("it was drawn by verify_rate (1)" if word == "FORCED" else "")


def test_a_wrong_rate_is_named(isolated: Path, start: Callable[..., Kernel]) -> None:
    (isolated / "cacheable.yml").write_text("\nverify_rate: 7\n")
    ran = start().run(MARKED)
    assert ran.word == "UNCACHED"
    assert "cacheable.yml" in ran.why
    assert "line 2" in ran.why
    assert "verify_rate is not a number from 0 to 1" in ran.why
