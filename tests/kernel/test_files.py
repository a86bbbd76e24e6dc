"""Cells that read, write, list and ask for files: a hit equals a run, in what is left on disk too.

A case has a set-up, the marked cell, and what happens to the files before the cell is run again.
The truth is a kernel without us in a folder of its own.
"""

from __future__ import annotations

import itertools
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.kernel.conftest import Kernels
from tests.kernel.kernels import Kernel, Ran
from tests.optional import skip_without_torch

Start = Callable[..., Kernel]

IMPORTS = """
import csv, fileinput, glob, gzip, io, json, os, pickle, shutil, sqlite3, tempfile, zipfile
import numpy as np, pandas as pd
from pathlib import Path
open('data.csv', 'w').write('a,b\\n1,2\\n')
"""
TOUCH = "os.utime('data.csv', (1, 1))"
EDIT = "open('data.csv', 'w').write('a,b\\n8,9\\n')"
# Same size and same time of change, as a sync tool or a careless script leaves it.
QUIET_EDIT = (
    "facts = os.stat('data.csv')\nopen('data.csv', 'w').write('a,b\\n8,9\\n')\n"
    "os.utime('data.csv', ns=(facts.st_atime_ns, facts.st_mtime_ns))"
)
CHANGED = "the file 'data.csv' was changed since it was stored"
WROTE = "what the cell wrote to 'out.csv' changed since it was stored"
GONE = "what the cell wrote to 'out.csv' is gone"


@dataclass(frozen=True)
class Case:
    """``first`` and ``again`` are the words of the two runs, ``why`` the start of the reason."""

    cell: str
    change: str = "pass"
    again: str = "HIT"
    why: str = ""
    setup: str = "pass"
    first: str = "MISS"


READ = "print(open('data.csv').read())"
WRITE = "with open('out.csv', 'w') as f:\n    f.write('1')\ndel f"
CASES = {
    "read": Case(READ),
    "touched": Case(READ, TOUCH),
    "edited": Case(READ, EDIT, "MISS", CHANGED),
    "edited quietly": Case(READ, QUIET_EDIT, "MISS", CHANGED),
    "edited and put back": Case(READ, f"{EDIT}\nopen('data.csv', 'w').write('a,b\\n1,2\\n')"),
    "replaced": Case(
        READ, "open('n', 'w').write('new')\nos.replace('n', 'data.csv')", "MISS", CHANGED
    ),
    "removed": Case(
        "print(os.path.exists('data.csv') and open('data.csv').read())",
        "os.remove('data.csv')",
        "MISS",
        "the file 'data.csv' is gone",
    ),
    "came to exist": Case(
        "try:\n    print(open('other.csv').read())\nexcept FileNotFoundError:\n    print('no')",
        "open('other.csv', 'w').write('yes')",
        "MISS",
        "the file 'other.csv' now exists",
    ),
    "by a path put together": Case("print(open('data' + '.csv').read())", EDIT, "MISS", CHANGED),
    "by a path of another cell": Case(
        "print(place.read_text())", EDIT, "MISS", CHANGED, "place = Path('data.csv')"
    ),
    "by a descriptor": Case(
        "d = os.open('data.csv', os.O_RDONLY)\nprint(os.read(d, 99))\nos.close(d)",
        EDIT,
        "MISS",
        CHANGED,
    ),
    "by a helper of another cell": Case(
        "print(load())", EDIT, "MISS", CHANGED, "def load():\n    return open('data.csv').read()"
    ),
    "by pandas": Case("print(pd.read_csv('data.csv'))", EDIT, "MISS", CHANGED),
    "by fileinput": Case(
        "print([line for line in fileinput.input('data.csv')])", EDIT, "MISS", CHANGED
    ),
    "by csv": Case(
        "with open('data.csv') as f:\n    print(list(csv.reader(f)))\ndel f", EDIT, "MISS", CHANGED
    ),
    "by a thread of a pool": Case(
        "import asyncio\nprint(await asyncio.to_thread(Path('data.csv').read_text))",
        EDIT,
        "MISS",
        CHANGED,
        "import asyncio\nawait asyncio.to_thread(len, 'x')",
    ),
    "by parquet": Case(
        "print(pd.read_parquet('t' + '.parquet'))",
        "pd.DataFrame({'a': [2]}).to_parquet('t.parquet')",
        "MISS",
        "the file 't.parquet' was changed",
        "pd.DataFrame({'a': [1]}).to_parquet('t.parquet')",
    ),
    "mapped into memory": Case(
        "print(np.load('a.npy', mmap_mode='r').sum())",
        "np.save('a.npy', np.zeros(3))",
        "MISS",
        "the file 'a.npy' was changed",
        "np.save('a.npy', np.ones(3))",
    ),
    "packed": Case(
        "with gzip.open('t.gz', 'rt') as f:\n    print(f.read())\ndel f",
        "with gzip.open('t.gz', 'wt') as f:\n    f.write('new')\ndel f",
        "MISS",
        "the file 't.gz' was changed",
        "with gzip.open('t.gz', 'wt') as f:\n    f.write('old')\ndel f",
    ),
    "in an archive": Case(
        "with zipfile.ZipFile('t.zip') as z:\n    print(z.read('inner'))\ndel z",
        "with zipfile.ZipFile('t.zip', 'w') as z:\n    z.writestr(zipfile.ZipInfo('inner'), 'new')\ndel z",
        "MISS",
        "the file 't.zip' was changed",
        "with zipfile.ZipFile('t.zip', 'w') as z:\n    z.writestr(zipfile.ZipInfo('inner'), 'old')\ndel z",
    ),
    "pickled": Case(
        "print(pickle.loads(Path('p.pkl').read_bytes()))",
        "Path('p.pkl').write_bytes(pickle.dumps(2))",
        "MISS",
        "the file 'p.pkl' was changed",
        "Path('p.pkl').write_bytes(pickle.dumps(1))",
    ),
    "through a link": Case(
        "print(open('link').read())",
        "os.remove('link'); open('new', 'w').write('new'); os.symlink('new', 'link')",
        "MISS",
        "the file 'link' was changed",
        "os.symlink('data.csv', 'link')",
    ),
    "in another working folder": Case(
        READ,
        "os.makedirs('deep'); open('deep/data.csv', 'w').write('deep'); os.chdir('deep')",
        "MISS",
        CHANGED,
    ),
    "after going to another folder": Case(
        "here = os.getcwd()\nos.chdir('deep'); print(open('x').read()); os.chdir(here)\ndel here",
        "open('deep/x', 'w').write('new')",
        "MISS",
        "",
        "os.makedirs('deep'); open('deep/x', 'w').write('old')",
    ),
    "database": Case(
        "c = sqlite3.connect('t.db'); print(c.execute('select * from t').fetchall()); c.close()\n"
        "del c",
        "c = sqlite3.connect('t.db'); c.execute('insert into t values (2)'); c.commit(); c.close()\n"
        "del c",
        "MISS",
        "the file 't.db' was changed",
        "c = sqlite3.connect('t.db'); c.execute('create table t (a)'); c.commit(); c.close()\ndel c",
    ),
    "database written": Case(
        "c = sqlite3.connect('t.db'); c.execute('create table t (a)'); c.close()\ndel c",
        "os.remove('t.db')",
        "UNCACHED",
        "it creates 't.db', or goes on with it",
        first="UNCACHED",
    ),
    "dbm": Case(
        "import shelve\nwith shelve.open('s') as s:\n    s['a'] = s.get('a', 0) + 1\n"
        "    print(s['a'])\ndel s",
        again="UNCACHED",
        why="it opens the database",
        first="UNCACHED",
    ),
    "module reloaded": Case(
        "import importlib\nimportlib.reload(helper)\nprint(helper.A)",
        "Path('helper.py').write_text('A = 222')",
        "UNCACHED",
        "it loads 'helper' again",
        "import sys; sys.path.insert(0, os.getcwd()); sys.modules.pop('helper', None)\n"
        "Path('helper.py').write_text('A = 1')\nimport helper\nPath('helper.py').write_text('A = 11')",
        "UNCACHED",
    ),
    # -- writing -----------------------------------------------------------------------------
    "written": Case(WRITE),
    "written and touched": Case(WRITE, "os.utime('out.csv', (1, 1))"),
    "written and removed": Case(WRITE, "os.remove('out.csv')", "MISS", GONE),
    "written and overwritten": Case(WRITE, "open('out.csv', 'w').write('2')", "MISS", WROTE),
    "written over what was there": Case(WRITE, setup="open('out.csv', 'w').write('old')"),
    "written with pandas": Case(
        "pd.DataFrame({'a': [1]}).to_csv('out.csv')", "os.remove('out.csv')", "MISS", GONE
    ),
    "written as parquet": Case(
        "pd.DataFrame({'a': [1]}).to_parquet('out' + '.csv')", "os.remove('out.csv')", "MISS", GONE
    ),
    "written by matplotlib": Case(
        "import matplotlib.pyplot as plt\nfig = plt.figure(); fig.savefig('out.csv', format='png')\n"
        "plt.close(fig); del fig",
        "open('out.csv', 'w').close()",
        "MISS",
        WROTE,
    ),
    "written and read back": Case(
        "Path('out.csv').write_text('1')\nprint(Path('out.csv').read_text())",
        "open('out.csv', 'w').write('2')",
        "MISS",
        WROTE,
    ),
    "written by way of a temporary name": Case(
        "Path('t.tmp').write_text('1'); os.replace('t.tmp', 'out.csv')",
        "os.remove('out.csv')",
        "MISS",
        GONE,
    ),
    "copied": Case("shutil.copy('data.csv', 'out.csv');", "os.remove('out.csv')", "MISS", GONE),
    "copied from what changes": Case("shutil.copy('data.csv', 'out.csv');", EDIT, "MISS", CHANGED),
    "appended": Case(
        "with open('out.csv', 'a') as f:\n    f.write('1')\ndel f",
        again="UNCACHED",
        why="it changes the file 'out.csv', which it reads",
        first="UNCACHED",
    ),
    "changed in place": Case(
        "with open('data.csv', 'r+') as f:\n    f.write('z')\ndel f",
        again="MISS",
        first="UNCACHED",
    ),
    "replaced by itself": Case(
        "text = Path('data.csv').read_text()\nPath('data.csv').write_text(text + '3,4\\n')",
        again="UNCACHED",
        why="it changes the file 'data.csv', which it reads",
        first="UNCACHED",
    ),
    "rewritten the same": Case(
        "text = Path('data.csv').read_text()\nPath('data.csv').write_text(text)"
    ),
    "created where nothing is": Case(
        "try:\n    open('out.csv', 'x').close()\nexcept FileExistsError:\n    print('there')",
        first="UNCACHED",
        again="MISS",
    ),
    "made unless it is there": Case(
        "if not os.path.exists('out.csv'):\n    Path('out.csv').write_text('1')\n"
        "print(Path('out.csv').read_text())",
        first="UNCACHED",
        again="MISS",
    ),
    "removed by the cell": Case(
        "os.remove('data.csv')", EDIT, "UNCACHED", "it removes 'data.csv'", first="UNCACHED"
    ),
    "removed if it is there": Case(
        "Path('out.csv').unlink(missing_ok=True)",
        "open('out.csv', 'w')",
        "MISS",
        "what the cell wrote to 'out.csv'",
    ),
    "renamed": Case(
        "os.rename('data.csv', 'out.csv')",
        EDIT,
        "UNCACHED",
        "it moves or removes the file 'data.csv'",
        first="UNCACHED",
    ),
    "permissions": Case(
        "os.chmod('data.csv', 0o600)",
        again="UNCACHED",
        why="it changes the permissions",
        first="UNCACHED",
    ),
    "linked": Case(
        "if not os.path.lexists('l'):\n    os.symlink('data.csv', 'l')",
        first="UNCACHED",
        again="MISS",
    ),
    "written through a handler of another cell": Case(
        "stream.write('x'); stream.flush()",
        first="UNCACHED",
        again="UNCACHED",
        why="its input 'stream'",
        setup="stream = open('log', 'w')",
    ),
    "logged": Case(
        "logging.getLogger('files').warning('hello')",
        first="UNCACHED",
        again="UNCACHED",
        why="it writes the file",
        setup="import logging\nhandler = logging.FileHandler('app.log')\n"
        "logging.getLogger('files').handlers = [handler]\nlogging.getLogger('files').propagate = False\n"
        "del handler",
    ),
    "read from a descriptor of another cell": Case(
        "print(os.pread(number, 99, 0))",
        EDIT,
        "UNCACHED",
        "it uses a file that another cell opened",
        "number = os.open('data.csv', os.O_RDONLY)",
        "UNCACHED",
    ),
    # -- folders -----------------------------------------------------------------------------
    "folder made": Case(
        "os.makedirs('made/deep', exist_ok=True)\nPath('made/deep/x').write_text('1');",
        "shutil.rmtree('made')",
        "MISS",
        "what the cell wrote to 'made'",
    ),
    "folder that must not exist": Case(
        "os.mkdir('made')",
        "os.rmdir('made')",
        "UNCACHED",
        "it creates 'made' and would fail where that exists",
        first="UNCACHED",
    ),
    "folder removed": Case(
        "shutil.rmtree('made')",
        "os.mkdir('made')",
        "UNCACHED",
        "it removes the folder 'made'",
        "os.mkdir('made')",
        "UNCACHED",
    ),
    "temporary folder": Case(
        "with tempfile.TemporaryDirectory() as place:\n"
        "    Path(place, 'x').write_text('1'); os.makedirs(place + '/q/r')\n"
        "    print(sorted(os.listdir(place)))\ndel place"
    ),
    "temporary file": Case(
        "with tempfile.NamedTemporaryFile('w+') as f:\n"
        "    f.write('1'); f.flush(); print(open(f.name).read())\ndel f"
    ),
    "temporary file left behind": Case(
        "d, place = tempfile.mkstemp(dir='.'); os.close(d); place = 0",
        first="UNCACHED",
        again="UNCACHED",
        why="it leaves the temporary",
    ),
    "listed": Case(
        "print(sorted(os.listdir('.')))",
        "open('new', 'w')",
        "MISS",
        "the listing of the folder '.' changed",
    ),
    "found by a pattern": Case(
        "print(sorted(Path('.').glob('*.csv')), glob.glob('*.txt'))",
        "open('new.csv', 'w')",
        "MISS",
        "the listing of the folder",
    ),
    "walked": Case(
        "print([each for each in os.walk('deep')])",
        "open('deep/new', 'w')",
        "MISS",
        "the listing of the folder 'deep'",
        "os.makedirs('deep/er')",
    ),
    "entries asked for their size": Case(
        "print([(e.name, e.stat().st_size) for e in os.scandir('.')])",
        "open('data.csv', 'a').write('more')",
        "MISS",
        "the listing of the folder '.' changed",
    ),
    "listed and written": Case(
        "n = len(os.listdir('.'))\nPath(f'new{n}').write_text('1');",
        first="UNCACHED",
        again="UNCACHED",
        why="it lists the folder '.' and changes what is in it",
    ),
    # -- questions ---------------------------------------------------------------------------
    "exists": Case(
        "print(os.path.exists('x'))", "open('x', 'w')", "MISS", "the file 'x' now exists"
    ),
    "is a file": Case("print(Path('x').is_file())", "open('x', 'w')", "MISS", "the file 'x'"),
    "is a folder": Case("print(os.path.isdir('x'))", "open('x', 'w')"),
    "is a folder after all": Case(
        "print(os.path.isdir('x'))", "os.mkdir('x')", "MISS", "the file 'x'"
    ),
    "is a link": Case(
        "print(os.path.islink('data.csv'))",
        "os.rename('data.csv', 'd'); os.symlink('d', 'data.csv')",
        "MISS",
        "the file 'data.csv'",
    ),
    "size": Case("print(os.path.getsize('data' + '.csv'))", EDIT),
    "size after growing": Case(
        "print(os.path.getsize('data.csv'))",
        "open('data.csv', 'a').write('more')",
        "MISS",
        "the file 'data.csv'",
    ),
    "time": Case("print(os.path.getmtime('data.csv') == 1)", TOUCH, "MISS", "the file 'data.csv'"),
    "facts of a path": Case(
        "print(Path('data.csv').stat().st_mtime == 1)", TOUCH, "MISS", "the file 'data.csv'"
    ),
    "time of the last look": Case(
        "print(os.stat('data.csv').st_atime > 5)",
        first="UNCACHED",
        again="UNCACHED",
        why="it asks the file system (st_atime)",
    ),
    "a question by a function kept by name": Case(
        "print(ask('data.csv').st_size)",
        "open('data.csv', 'a').write('more')",
        "UNCACHED",
        "it uses 'ask', which was taken out of its module",
        "from os import stat as ask",
        "UNCACHED",
    ),
    "a question imported by the cell": Case(
        "from os import stat\nfrom os.path import exists\nprint(exists('x'), stat('data.csv').st_size)",
        "open('x', 'w')",
        "MISS",
        "the file 'x'",
    ),
    "working folder": Case(
        "print(os.path.basename(os.getcwd()))",
        "os.mkdir('x'); os.chdir('x')",
        "MISS",
        "the working folder changed",
    ),
    "absolute path": Case(
        "print(os.path.basename(os.path.dirname(os.path.abspath('x'))))",
        "os.mkdir('x'); os.chdir('x')",
        "MISS",
        "the working folder changed",
    ),
    "magic that writes": Case(
        "%%writefile out.csv\n1", first="UNCACHED", again="UNCACHED", why="it uses the magic"
    ),
}
LIBRARIES = """
import json, os, shutil
import numpy as np, pandas as pd, polars as pl, pyarrow as pa, pyarrow.parquet as pq
pl.DataFrame({'a': [1]}).write_csv('t.csv')
pl.DataFrame({'a': [1]}).write_parquet('t.parquet')
"""
TORCH = "import torch\ntorch.save(torch.ones(2), 't.pt')"
NEW = "pl.DataFrame({'a': [22]}).write_csv('t.csv')\npl.DataFrame({'a': [22]}).write_parquet('t.parquet')"
T_CSV, T_PARQUET = "the file 't.csv' was changed", "the file 't.parquet' was changed"
NATIVE = {
    "polars csv": Case("print(pl.read_csv('t' + '.csv'))", NEW, "MISS", T_CSV),
    "polars scan": Case("print(pl.scan_csv('t' + '.csv').collect())", NEW, "MISS", T_CSV),
    "polars parquet": Case("print(pl.read_parquet(f'{\"t\"}.parquet'))", NEW, "MISS", T_PARQUET),
    "polars list": Case("print(pl.scan_csv(['t' + '.csv']).collect())", NEW, "MISS", T_CSV),
    "polars pattern": Case(
        "print(pl.read_csv('t' + '.c*'))", NEW, "UNCACHED", "it reads the files", first="UNCACHED"
    ),
    "polars by a name of its own": Case(
        "from polars import read_csv\nprint(read_csv('t' + '.csv'))", NEW, "MISS", T_CSV
    ),
    "polars by a name of another cell": Case(
        "print(read('t' + '.csv'))",
        NEW,
        "UNCACHED",
        "it uses 'read', which was taken out of its module",
        "read = pl.read_csv",
        "UNCACHED",
    ),
    "polars imported by the cell": Case(
        "import polars\nprint(polars.read_csv('t' + '.csv'))", NEW, "MISS", T_CSV
    ),
    "polars lazy frame of another cell": Case(
        "print(lazy.collect())",
        NEW,
        "UNCACHED",
        "its input 'lazy'",
        "lazy = pl.scan_csv('t.csv')",
        "UNCACHED",
    ),
    "polars in SQL": Case(
        "print(pl.sql('select * from read_csv(\\'t.csv\\')').collect())",
        NEW,
        "UNCACHED",
        "it uses polars sql",
        first="UNCACHED",
    ),
    "polars written": Case(
        "pl.DataFrame({'a': [1]}).write_csv('out' + '.csv')", "os.remove('out.csv')", "MISS", GONE
    ),
    "polars sink": Case(
        "pl.LazyFrame({'a': [1]}).sink_csv('out' + '.csv')", "os.remove('out.csv')", "MISS", GONE
    ),
    "pyarrow": Case("print(pq.read_table('t' + '.parquet'))", NEW, "MISS", T_PARQUET),
    "pyarrow written": Case(
        "pq.write_table(pa.table({'a': [1]}), 'out' + '.csv')",
        "os.remove('out.csv')",
        "MISS",
        GONE,
    ),
    "pyarrow mapped": Case(
        "print(pa.memory_map('t' + '.csv').size())",
        NEW,
        "UNCACHED",
        "it uses pyarrow memory_map",
        first="UNCACHED",
    ),
    "pandas folder": Case(
        "pd.DataFrame({'a': [1], 'b': [1]}).to_parquet('many', partition_cols=['b'])",
        again="UNCACHED",
        why="it gives pandas.to_parquet the folder",
        first="UNCACHED",
    ),
    "torch": Case(
        "print(torch.load('t' + '.pt'))",
        "torch.save(torch.zeros(2), 't.pt')",
        "MISS",
        "the file 't.pt' was changed",
        setup=TORCH,
    ),
    "torch written": Case(
        "torch.save([1], 'out' + '.csv')", "os.remove('out.csv')", "MISS", GONE, setup=TORCH
    ),
}
_numbers = itertools.count()


def tree(folder: Path) -> dict[str, bytes | None]:
    """The files below a folder and their contents; None for folders and broken links."""
    found: dict[str, bytes | None] = {}
    for path in sorted(folder.rglob("*")):
        if "__pycache__" not in path.parts:
            name = path.relative_to(folder).as_posix()
            found[name] = path.read_bytes() if path.is_file() else None
    return found


def enter(kernel: Kernel, folder: Path, setup: str) -> None:
    folder.mkdir(parents=True)
    ran = kernel.run(f"import os; os.chdir({str(folder)!r})\n{setup}")
    assert ran.reply["status"] == "ok", ran.traceback


def both(kernels: Kernels, name: str, cell: str) -> tuple[Ran, Ran]:
    mark = f"%%cacheable --name {name.replace(' ', '-')}"
    ran = kernels.storing.run(f"{mark}\n{cell}"), kernels.plain.run(cell)
    assert [one.reply["status"] for one in ran] == ["ok", "ok"], ran[0].traceback
    return ran


@pytest.mark.parametrize("name", CASES)
def test_a_second_run_equals_the_truth(kernels: Kernels, name: str) -> None:
    compare(kernels, name, CASES[name], IMPORTS)


@pytest.mark.parametrize("name", NATIVE)
def test_files_of_native_code_are_seen(kernels: Kernels, name: str) -> None:
    skip_without_torch(name)
    compare(kernels, name, NATIVE[name], LIBRARIES)


def compare(kernels: Kernels, name: str, case: Case, imports: str) -> None:
    # Named alike, since some cells print the name of their folder.
    places = [kernels.folder / f"{which}{next(_numbers)}" / "work" for which in "sp"]
    for kernel, place in zip((kernels.storing, kernels.plain), places, strict=True):
        enter(kernel, place, f"{imports}\n{case.setup}")
    ours, truth = both(kernels, name, case.cell)
    assert (ours.word, ours.text) == (case.first, truth.text), ours.why
    for kernel in (kernels.storing, kernels.plain):
        assert kernel.run(case.change).reply["status"] == "ok"
    ours, truth = both(kernels, name, case.cell)
    assert ours.text == truth.text
    assert (ours.word, ours.why.startswith(case.why)) == (case.again, True), ours.why
    if "tempfile" not in case.cell and "partition" not in case.cell:
        assert tree(places[0]) == tree(places[1])


def test_an_entry_is_found_again_when_the_file_is_as_it_was(kernel: Kernel, isolated: Path) -> None:
    data, cell = isolated / "data.txt", "%%cacheable\nprint(open('data.txt').read())"
    seen = []
    for text in ("one", "two", "one", "two"):
        data.write_text(text)
        ran = kernel.run(cell)
        seen.append((ran.word, ran.text.strip()))
    assert seen == [("MISS", "one"), ("MISS", "two"), ("HIT", "one"), ("HIT", "two")]


def test_a_changed_file_is_named_with_both_contents(kernel: Kernel, isolated: Path) -> None:
    data = isolated / "data.txt"
    data.write_text("one")
    cell = "%%cacheable\nprint(open('data.txt').read())"
    kernel.run(cell)
    data.write_text("two")
    (change,) = kernel.run(cell).outcome["reason"]["changes"]
    assert (change["part"], change["name"]) == ("files", "data.txt")
    assert change["old"] != change["new"]
    for text in (change["old"], change["new"]):
        assert re.fullmatch(r"3 bytes of \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC \[[0-9a-f]{12}\]", text)


def test_another_kernel_looks_from_its_own_folder(start: Start, isolated: Path) -> None:
    cell = "%%cacheable\nprint(open('data.txt').read())"
    for name in ("here", "there"):
        (isolated / name).mkdir()
        (isolated / name / "data.txt").write_text(name)
    first, second = start(), start()
    for kernel, name in ((first, "here"), (second, "there")):
        kernel.run(f"import os; os.chdir({str(isolated / name)!r})")
    assert (first.run(cell).word, first.run(cell).text) == ("MISS", "here\n")
    assert (second.run(cell).word, second.run(cell).text) == ("MISS", "there\n")


def test_a_file_that_changes_while_it_is_read_is_not_stored(kernel: Kernel, isolated: Path) -> None:
    data = isolated / "data.txt"
    data.write_text("one")
    request = kernel.send(
        "%%cacheable\nimport time, os\ntext = open('data.txt').read()\nprint('read', flush=True)\n"
        "while not os.path.exists('go' + str(1)): time.sleep(0.01)"
    )
    kernel.until_printed(request, "read")
    data.write_text("two")
    (isolated / "go1").touch()
    ran = kernel.finish(request)
    assert ran.word == "UNCACHED"
    assert ran.why == "the file 'data.txt' changed while the cell ran"


def test_a_copy_of_the_project_has_its_own_files(start: Start, isolated: Path) -> None:
    """A module that finds its data beside itself does not find those of the first copy."""
    for name in ("one", "two"):
        package = isolated / name / "pack"
        package.mkdir(parents=True)
        (package / "data.txt").write_text(name)
        (package / "__init__.py").write_text(
            "import importlib.resources as r\n"
            "def load(): return r.files(__package__).joinpath('data.txt').read_text()\n"
        )
    for name in ("one", "two"):
        kernel = start()
        kernel.run(f"import os, sys; os.chdir({str(isolated / name)!r})")
        kernel.run("sys.path.insert(0, os.getcwd()); import pack")
        assert kernel.run("%%cacheable\nprint(pack.load())").text == f"{name}\n"


def test_what_python_reads_while_it_runs_is_no_condition(kernel: Kernel) -> None:
    """Imports, tracebacks and warnings read source files of the installation."""
    cell = (
        "%%cacheable\nimport colorsys, traceback, warnings\nwarnings.warn('w')\n"
        "try:\n    colorsys.rgb_to_hls(1, 2, 'x')\nexcept TypeError:\n    traceback.format_exc()"
    )
    assert kernel.run(cell).word == "MISS"
    (entry,) = Path(os.environ["CACHEABLE_DIR"]).rglob("*-*.json")
    manifest = json.loads(json.loads(entry.read_text())["signed"])
    assert (manifest["conditions"]["files"], manifest["conditions"]["folder"]) == ({}, None)


def test_errors_show_no_frame_of_ours(kernels: Kernels) -> None:
    cell = "import os\nos.path.getsize('missing' + 'file')"
    ours, plain = kernels.storing.run(f"%%cacheable\n{cell}"), kernels.plain.run(cell)
    assert ours.reply["ename"] == plain.reply["ename"] == "FileNotFoundError"
    assert "jupyterlab_cacheable" not in ours.traceback
    assert ours.traceback.count("\n") == plain.traceback.count("\n") + 1
    restored = kernels.storing.value("[type(os.stat).__name__, os.stat.__module__]")
    assert restored == "['builtin_function_or_method', 'posix']"
