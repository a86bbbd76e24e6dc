"""Frames that show one memory: what pandas writes in place after a hit is what it would have been."""

from __future__ import annotations

import os
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.kernel.conftest import Kernels

pytestmark = pytest.mark.skipif(
    version("pandas").startswith("2."), reason="frames of pandas 2 share what is written"
)

FRAME = "df = pd.DataFrame({'a': [1.0, 2, 3], 'b': [3.0, 4, 5]})"
TYPES = (
    "df = pd.DataFrame({'a': pd.array([1, None, 3], dtype='Int64'), 'c': pd.Categorical(list('xyx')),"
    " 't': pd.to_datetime(['2020', '2021', '2022']).tz_localize('UTC'), 's': list('pqr')})"
)
OBJECTS = "df = pd.DataFrame({'a': pd.Series([1, 'x', None], dtype=object), 'b': [[1], 2, 3]})"
VALUES = (
    "values = np.arange(20.0).reshape(5, 4)\n"
    "df = pd.DataFrame(values, columns=list('abcd'), copy=False)"
)

# What stands before the cell, the cell, and what a user does later, to be told at the end.
SHOWN = {
    "column, array taken later": (
        FRAME,
        "first = df['a']",
        "array = df['b'].to_numpy(); df.loc[0, 'b'] = -1",
        "array, first, df, np.shares_memory(first, df['a'])",
    ),
    "both from one cell": (
        "",
        f"{FRAME}\nfirst = df['a']",
        "shared = np.shares_memory(first, df['a']); array = df['b'].to_numpy(); df.loc[0, 'b'] = -1",
        "array, first, df, shared",
    ),
    "attributes of a frame that others show": (
        f"{FRAME}\nfirst = df['a']",
        "df.attrs['x'] = 1",
        "array = df['b'].to_numpy(); df.loc[0, 'b'] = -1",
        "array, df, df.attrs",
    ),
    "array in a list": (
        f"{FRAME}\narrays = [df['b'].to_numpy()]",
        "first = df['a']; n = 1",
        "df.loc[0, 'b'] = -1",
        "arrays, first, df",
    ),
    "column of a type of its own": (
        f"{TYPES}\ncolumn = df['a'].array",
        "first = df['a']",
        "df.loc[0, 'a'] = -1",
        "column, first, df",
    ),
    "attributes of a frame whose column is held": (
        f"{TYPES}\ncolumn = df['a'].array",
        "df.attrs['x'] = 1",
        "df.loc[0, 'a'] = -1",
        "column, df",
    ),
    "column of its own type as a variable": (
        TYPES,
        "column = df['a'].array",
        "df.loc[0, 'a'] = -1",
        "column, df",
    ),
    "rows, columns and more columns": (
        FRAME,
        "h = df.head(2)\nw = df[['a']]\nt = df.assign(q=1)\nr = df[::-1]\nu = df.iloc[::2]\nx = df.T",
        "a1, a2, a3 = (f['b'].to_numpy() for f in (df, h, t)); df.loc[0, 'b'] = -1; del df\n"
        "h.loc[0, 'b'] = 50; r.loc[2, 'a'] = 6",
        "a1, a2, a3, h, w, t, r, u, x",
    ),
    "rows of columns of all types": (
        TYPES,
        "h = df.head(2)\na = df['a']\nc = df['c']\nt = df['t']\ns = df['s']\nu = df.assign(k=1)",
        "columns = [df[n].array for n in df]\n"
        "df.loc[0, 'a'] = 5; df.loc[0, 'c'] = 'y'; df.loc[0, 't'] = pd.Timestamp('1999', tz='UTC')\n"
        "df.loc[0, 's'] = 'changed'; df, columns, told = None, None, [df, columns]",
        "told, h, a, c, t, s, u",
    ),
    "objects in columns": (
        OBJECTS,
        "f = df['a']\ng = df[1:]",
        "array = df['a'].to_numpy(); df.loc[0, 'a'] = 'new'",
        "array, f, g, df",
    ),
    "column of objects added": (
        OBJECTS,
        "df['c'] = df['b']\nlast = df['a']",
        "array = df['a'].to_numpy(); df.loc[0, 'a'] = 'new'; df['b'][0].append(2)",
        "array, df, last",
    ),
    "consolidated meanwhile": (
        "df = pd.DataFrame({'a': [1.0, 2, 3]}); df['b'] = [4.0, 5, 6]",
        "h = df.head(2)\nu = df.assign(z=2)",
        "df.values; array = df['a'].to_numpy(); df.loc[0, 'a'] = 9",
        "array, h, u, df",
    ),
    "arrays over a frame": (
        FRAME,
        "array = df['b'].to_numpy()\nblock = df.to_numpy()\nrest = array[1:]",
        "df.loc[1, 'b'] = 77",
        "array, block, rest, df, array.flags.writeable",
    ),
    "frame over an array": (
        "",
        VALUES,
        "values[0] = 99; df.loc[1, 'a'] = -1",
        "values, df",
    ),
    "part of a frame over an array": (
        VALUES,
        "middle = df.iloc[1:4]",
        "values[1] = 99; df.loc[1, 'a'] = -1; middle.loc[2, 'b'] = 5; del df; middle.loc[3, 'c'] = 7",
        "values, middle",
    ),
    "change of a frame that others show": (
        f"{VALUES}\nfirst = df['a']",
        "df.loc[1, 'a'] = -1.0\ndf['e'] = df['a'] * 10",
        "values[2] = 50",
        "values, df, first",
    ),
    "column added to a frame over an array": (
        VALUES,
        "df['e'] = df['a'] * 2",
        "values[1, 0] = 55; df.loc[2, 'b'] = 6",
        "values, df",
    ),
    "column added, and an array over another": (
        FRAME,
        "df['c'] = 1\narray = df['b'].to_numpy()",
        "df.loc[0, 'b'] = 8",
        "array, df",
    ),
    "columns dropped and renamed": (
        f"{FRAME}\nkeep = df['b']",
        "del df['a']\ndf.columns = ['z']\ndf['n'] = df['z'] + 1\nside = df['z']",
        "x, y = df['z'].to_numpy(), side.to_numpy(); df.loc[0, 'z'] = -9; del keep\n"
        "df.loc[1, 'z'] = -7",
        "x, y, side, df",
    ),
    "written, then shown": (
        FRAME,
        "df.loc[0, 'b'] = 50\nside = df['b']",
        "x = df['b'].to_numpy(); df.loc[1, 'b'] = -9; side.iloc[2] = 3",
        "x, side, df",
    ),
    "shown, then written": (
        FRAME,
        "side = df['b']\ndf.loc[0, 'b'] = 50",
        "x, y = df['b'].to_numpy(), side.to_numpy(); df.loc[1, 'b'] = -9; side.iloc[2] = 3",
        "x, y, side, df",
    ),
    "index over a series": (
        "",
        "s = pd.Series([1, 2, 3])\ni = pd.Index(s)\nf = s.to_frame('q')",
        "a = s.to_numpy(); s.iloc[0] = 9; b = f['q'].to_numpy(); f.loc[0, 'q'] = 4",
        "a, b, i, f, s",
    ),
    "frames in a list": (
        f"{FRAME}\nframes = [df, df['a']]",
        "frames.append(df['b'])\nframes[0]['c'] = 3\nagain = [f for f in frames]",
        "x = df['b'].to_numpy(); df.loc[0, 'b'] = 8",
        "x, frames, again[0] is df",
    ),
    "bound to a view of itself and written": (
        FRAME,
        "df = df[::-1]\narray = df['a'].to_numpy()\ndf.loc[0, 'a'] = 9\nseen = array.tolist()",
        "df.loc[1, 'a'] = 8",
        "seen, array, array.flags.c_contiguous, df",
    ),
    "the same of another type": (
        TYPES,
        "s = df['a'][1:]\ndf = None\ns.iloc[0] = 7",
        "column = s.array; s.iloc[1] = 8",
        "s, column",
    ),
    "ends while the cell runs": (
        f"import weakref\n{FRAME}",
        "watched = weakref.ref(df)\ndf = df + 1\nended = watched() is None\ndel watched",
        "df.loc[0, 'b'] = 8",
        "ended, df",
    ),
    "groups of a frame that gets a column": (
        f"{FRAME}\ngroups = df.groupby('a')\nlen(groups)",
        "df['c'] = groups['b'].transform('sum')\nsums = groups['b'].sum()",
        "df.loc[0, 'b'] = 8",
        "df, sums, groups['b'].sum()",
    ),
}


@pytest.mark.parametrize("name", SHOWN)
def test_memory_is_shown_as_after_a_run(kernels: Kernels, name: str) -> None:
    before, cell, later, told = SHOWN[name]
    answers = []
    for kernel in (kernels.storing, kernels.hitting, kernels.plain):
        kernel.run("%reset -f")
        kernel.run(f"import numpy as np, pandas as pd\n{before}")
        ran = kernel.run(cell if kernel is kernels.plain else f"%%cacheable\n{cell}")
        if kernel is not kernels.plain:
            assert ran.word == ("HIT" if kernel is kernels.hitting else "MISS"), ran.why
        kernel.run(later)
        answers.append(kernel.value(f"({told},)"))
    assert answers[0] == answers[1] == answers[2]


REFUSED = {
    "array of this cell": (VALUES, "df.loc[1, 'a'] = -1.0\nprint(values[1])", "'values'"),
    "array of another cell": (VALUES, "df.loc[1, 'a'] = -1.0", "an array of another cell"),
    "column of another cell": (
        f"{TYPES}\ncolumn = df['a'].array",
        "df.loc[0, 'a'] = -1",
        "an array of another cell",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_frame_that_is_written_to_while_an_array_shows_it_is_refused(
    kernels: Kernels, name: str
) -> None:
    before, cell, holder = REFUSED[name]
    kernel = kernels.storing
    kernel.run("%reset -f")
    kernel.run(f"import numpy as np, pandas as pd\n{before}")
    ran = kernel.run(f"%%cacheable\n{cell}")
    assert ran.word == "UNCACHED"
    assert ran.why.startswith("it changes its input 'df'")
    assert holder in ran.why


def test_an_array_that_shows_an_input_frame_is_another_input_than_a_copy(kernels: Kernels) -> None:
    apart = (
        "values = np.array([[1.0, 3], [2, 4]]); df = pd.DataFrame({'a': [1.0, 2], 'b': [3.0, 4]})"
    )
    joined = (
        "values = np.array([[1.0, 3], [2, 4]])\n"
        "df = pd.DataFrame(values, columns=['a', 'b'], copy=False)"
    )
    cell = "%%cacheable\nvalues[0] = 100\ntold = df.to_dict()"
    kernel = kernels.storing
    words = []
    for before in (apart, joined):
        kernel.run("%reset -f")
        kernel.run(f"import numpy as np, pandas as pd\n{before}")
        words.append(kernel.run(cell).word)
    assert words[0] == "MISS"
    assert words[1] != "HIT"
    assert kernel.value("told['a'][0]") == "100.0"


def store() -> Path:
    return Path(os.environ["CACHEABLE_DIR"])


def test_a_column_is_stored_without_the_others(kernels: Kernels) -> None:
    big = "big = pd.DataFrame(np.arange(3e6).reshape(-1, 10), columns=list('abcdefghij'))"
    kernel = kernels.storing
    kernel.run("%reset -f")
    kernel.run(f"import numpy as np, pandas as pd\n{big}")
    cell = "%%cacheable --always\nbig['sum'] = big.sum(axis=1)"
    assert kernel.run(cell).word == "MISS"
    stored = [file.stat().st_size for file in store().rglob("*") if file.is_file()]
    assert 2_400_000 < max(stored) < 3_000_000  # the bytes of one column of ten
