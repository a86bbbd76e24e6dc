"""One notebook full of what is easily restored wrongly, plain, as misses and as hits."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from tests.oracle.running import Options, Place
from tests.oracle.trial import Trial, three_ways

pytestmark = pytest.mark.timeout(300)

CELLS = """
import collections, dataclasses, datetime, decimal, enum, numpy as np, pandas as pd
---
base = np.arange(12.0).reshape(3, 4); row = base[1]; column = base[:, 2]; turned = base.T
---
base[0, 0] = 99; row[:] = -1
---
total = base.sum(); base, turned
---
df = pd.DataFrame({"a": [1, 2, 3], "b": list("xyz")}); view = df["a"]; doubled = df["a"] * 2
---
df["c"] = df["a"] ** 2
---
grouped = df.groupby("b")["a"].sum(); grouped, view
---
@dataclasses.dataclass
class P:
    x: int = 0
    def norm(self): return abs(self.x)
class Q(P):
    kind = "q"
    @property
    def twice(self): return 2 * self.x
---
p = P(3); q = Q(4); ps = [p, q, p]
---
isinstance(ps[1], Q), ps[0] is ps[2], ps[0] is p, [z.norm() for z in ps], q.twice
---
ps[0].x = 8; p
---
def outer(n):
    def inner(x): return x + n + LIMIT
    return inner
LIMIT = 10
add = outer(5)
---
add(1)
---
LIMIT = 100
---
add(1)
---
counter = collections.Counter("hello"); lists = collections.defaultdict(list); lists["k"].append(1)
---
lists["new"]; lists
---
nested = {"l": [1, 2]}; alias = nested["l"]; cycle = []; cycle.append(cycle)
---
alias.append(3); nested
---
a = b = np.zeros(3)
---
b += 1; a
---
for i in range(3): last = i
---
items = [{"a": 1}, {"a": 2}]
---
for item in items: pass
---
item["a"] = 7; items
---
_private = 3; _, second = (1, 2)
---
_private + second
---
import random; random.seed(3); draws = [random.random() for _ in range(3)]
---
random.random()
---
np.random.seed(1); numbers = np.random.rand(2)
---
np.random.rand()
---
rng = np.random.default_rng(7); first = rng.random()
---
rng.random()
---
x = 5; gone = 6; del x
---
try:
    x
except NameError as error:
    print("gone", error)
---
import sys; print("out"); print("err", file=sys.stderr); "value"
---
_, __
---
from IPython.display import HTML, display
handle = display(HTML("<b>1</b>"), display_id="abc"); print("mid")
---
handle.update(HTML("<b>2</b>"))
---
def fact(n): return 1 if n < 2 else n * fact(n - 1)
values = [fact(k) for k in range(6)]
---
class Color(enum.Enum):
    RED = 1
    BLUE = 2
favourite = Color.RED
---
favourite is Color.RED, favourite in Color
---
when = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc); money = decimal.Decimal("1.10")
---
pd.Series([1, 2, None], index=pd.date_range("2026-01-01", periods=3, tz="UTC"), name="ts")
---
pairs = pd.MultiIndex.from_product([["a", "b"], [1, 2]], names=["u", "v"])
wide = pd.DataFrame(np.arange(8).reshape(4, 2), index=pairs); kinds = pd.Categorical(["a", "b", "a"])
---
wide.loc["a"]
---
text = "abc"; text += "d"; big = 10**30; missing = float("nan"); minus = -0.0; odd = {1, 2, "a"}
---
%time quick = sum(range(1000))
---
[n for n in range(3) if (found := n)]; found
---
def generate():
    yield 1
generator = generate()
---
next(generator)
---
import warnings; warnings.warn("careful")
---
async def later(): return 4
awaited = await later(); awaited
---
1 / 0
---
after = "the error"; after
""".strip().split("\n---\n")


@pytest.fixture(scope="module", params=[True, False], ids=["cell ids", "no cell ids"])
def trial(
    request: pytest.FixtureRequest, settings: Path, tmp_path_factory: pytest.TempPathFactory
) -> Trial:
    root = tmp_path_factory.mktemp("traps")
    notebook = root / "given" / "traps.ipynb"
    notebook.parent.mkdir()
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), notebook)
    options = Options(cell_ids=request.param, allow_errors=True)
    return three_ways(notebook, Place(root, settings, root / "store"), options)


def test_neither_a_miss_nor_a_hit_changes_anything(trial: Trial) -> None:
    assert trial.sentences == []


def test_what_was_stored_is_found(trial: Trial) -> None:
    for first, second in zip(trial.miss.cells, trial.hit.cells, strict=True):
        if first.word == "MISS":
            assert second.word == "HIT", (second.source, second.outcome)


def test_no_cell_meets_a_fault_of_the_package(trial: Trial) -> None:
    for result in (trial.miss, trial.hit):
        for cell in result.cells:
            assert "fault" not in str(cell.outcome), (cell.source, cell.outcome)
