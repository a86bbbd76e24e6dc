"""Environment variables that a cell reads are conditions of its entry, never kept in clear."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.kernel.kernels import Kernel

Start = Callable[..., Kernel]

WAYS = {
    "item": "os.environ['MINE']",
    "get": "os.environ.get('MINE')",
    "getenv": "os.getenv('MINE', 'none')",
    "membership": "'MINE' in os.environ and os.environ['MINE']",
    "expansion": "os.path.expandvars('-$MINE-')",
    "bytes": "os.environb.get(b'MINE')",
    "a function of another cell": "mine()",
    "another name": "surroundings.get('MINE')",
    "a library": "Path('~').expanduser()",
}


@pytest.fixture
def kernel(start: Start) -> Kernel:
    kernel = start()
    kernel.run(
        "import os\nfrom pathlib import Path\nsurroundings = os.environ\n"
        "def mine(): return os.environ.get('MINE')\n"
        "os.environ['MINE'] = os.environ['HOME'] = '/one'"
    )
    return kernel


@pytest.mark.parametrize("way", WAYS)
def test_a_variable_counts_however_it_is_read(kernel: Kernel, way: str) -> None:
    cell = f"%%cacheable\nprint({WAYS[way]})"
    name = "HOME" if way == "a library" else "MINE"
    first = kernel.run(cell)
    assert (first.word, "one" in first.text) == ("MISS", True), first.why
    assert kernel.run(cell).word == "HIT"
    kernel.run("os.environ['OTHER'] = 'x'")
    assert kernel.run(cell).word == "HIT"
    kernel.run(f"os.environ['{name}'] = '/two'")
    ran = kernel.run(cell)
    assert (ran.word, "two" in ran.text) == ("MISS", True)
    assert ran.why == f"the environment variable '{name}' changed since it was stored"
    kernel.run(f"os.environ['{name}'] = '/one'")
    again = kernel.run(cell)
    assert (again.word, again.text) == ("HIT", first.text)


def test_an_absent_variable_counts_too(kernel: Kernel) -> None:
    cell = "%%cacheable\nprint(os.environ.get('NOT_SET', 'none'))"
    assert kernel.run(cell).word == "MISS"
    assert kernel.run(cell).word == "HIT"
    kernel.run("os.environ['NOT_SET'] = ''")
    assert (kernel.run(cell).word, kernel.run(cell).text) == ("MISS", "\n")


def test_a_variable_that_the_cell_sets_first_does_not_count(kernel: Kernel) -> None:
    cell = "%%cacheable\nos.environ.update(MINE='set')\nprint(os.environ['MINE'])"
    assert kernel.run(cell).word == "MISS"
    kernel.run("os.environ['MINE'] = 'other'")
    assert kernel.run(cell).word == "HIT"
    assert kernel.value("os.environ['MINE']") == "'set'"


def test_a_variable_that_is_set_unless_it_is_there(kernel: Kernel) -> None:
    cell = "%%cacheable\nos.environ.setdefault('FRESH', 'x')\nprint(os.environ['FRESH'])"
    assert kernel.run(cell).text == "x\n"
    kernel.run("os.environ['FRESH'] = 'y'")
    assert kernel.run(cell).text == "y\n"
    kernel.run("del os.environ['FRESH']")
    ran = kernel.run(cell)
    assert (ran.word, ran.text, kernel.value("os.environ['FRESH']")) == ("HIT", "x\n", "'x'")


@pytest.mark.parametrize("whole", ["dict(os.environ)", "os.environ.copy()", "list(os.environ)"])
def test_going_through_all_is_refused(kernel: Kernel, whole: str) -> None:
    ran = kernel.run(f"%%cacheable\nn = len({whole}) > 0")
    assert ran.word == "UNCACHED"
    assert ran.why.startswith("it goes through all environment variables")


def test_the_time_zone_is_felt_without_being_read(kernel: Kernel) -> None:
    cell = "%%cacheable\nfrom datetime import datetime\nprint(datetime.fromtimestamp(0).hour)"
    kernel.run("import time\nos.environ['TZ'] = 'UTC'; time.tzset()")
    assert kernel.run(cell).text == "0\n"
    kernel.run("os.environ['TZ'] = 'Asia/Tokyo'; time.tzset()")
    ran = kernel.run(cell)
    assert (ran.word, ran.text) == ("MISS", "9\n")


def test_no_value_is_kept_in_clear(kernel: Kernel, isolated: Path) -> None:
    kernel.run("os.environ['TOKEN'] = 'hunter2-and-more'")
    assert kernel.run("%%cacheable\nn = len(os.environ['TOKEN'])").word == "MISS"
    stored = [path for path in (isolated.parent / "store").rglob("*") if path.is_file()]
    assert stored
    assert not any(b"hunter2" in path.read_bytes() for path in stored)


def test_what_libraries_read_when_imported_does_not_count(kernel: Kernel) -> None:
    cell = "%%cacheable\nimport networkx"
    assert kernel.run(cell).word == "MISS"
    kernel.run("os.environ['NETWORKX_CACHE_CONVERTED_GRAPHS'] = '1'")
    assert kernel.run(cell).word == "HIT"
