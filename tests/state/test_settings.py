"""Groups of settings: read, compared with the defaults, and made again."""

from __future__ import annotations

import decimal
import gc
import io
import locale
import logging
import sys
import warnings
from collections.abc import Callable, Iterator

import matplotlib as mpl
import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn

from jupyterlab_cacheable.state.settings import session, shown_warnings
from jupyterlab_cacheable.state.settings.decimal_context import flags_lowered
from jupyterlab_cacheable.state.settings.group import Use, describe, is_storable
from jupyterlab_cacheable.state.settings.lists import edit_of, edited
from jupyterlab_cacheable.state.settings.sources import Sources
from tests.optional import HAS_TORCH, skip_without_torch

if HAS_TORCH:
    import torch

EVERYTHING = Use(
    names=frozenset({"warnings"}),
    packages=frozenset({"a_package_nobody_knows"}),
)


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Nothing that a test sets outlives it."""
    handlers, level, path = list(logging.root.handlers), logging.root.level, list(sys.path)
    limit, threshold = sys.getrecursionlimit(), gc.get_threshold()
    threads = torch.get_num_threads() if HAS_TORCH else 0
    numbers, errors = np.get_printoptions(), np.geterr()
    with (
        warnings.catch_warnings(),
        mpl.rc_context(),
        decimal.localcontext(),
        sklearn.config_context(),
        pl.Config(),
    ):
        yield
    pd.reset_option("display.max_rows")
    np.set_printoptions(**numbers)
    np.seterr(**errors)
    logging.root.handlers[:], logging.root.level, sys.path[:] = handlers, level, path
    logging.disable(logging.NOTSET)
    logging.getLogger("of.a.test").setLevel(logging.NOTSET)
    logging.getLogger("of.a.test").handlers.clear()
    sys.setrecursionlimit(limit)
    gc.set_threshold(*threshold)
    if HAS_TORCH:
        torch.set_default_dtype(torch.float32)
        torch.set_num_threads(threads)
        torch.set_printoptions(profile="default")


def set_logging() -> None:
    logging.root.handlers.clear()
    logging.basicConfig(level=logging.INFO, format="{message}", style="{")
    logging.getLogger("of.a.test").setLevel(logging.ERROR)


CHANGES: dict[str, tuple[str, Callable[[], object], Callable[[], object]]] = {
    "rcParams": (
        "matplotlib rcParams",
        lambda: mpl.rcParams.update({"font.size": 31.0, "axes.grid": True}),
        lambda: (mpl.rcParams["font.size"], mpl.rcParams["axes.grid"]),
    ),
    "a list in rcParams, edited in place": (
        "matplotlib rcParams",
        lambda: mpl.rcParams["font.sans-serif"].insert(0, "Mine"),
        lambda: mpl.rcParams["font.sans-serif"][0],
    ),
    "a pandas option": (
        "pandas options",
        lambda: pd.set_option("display.max_rows", 7),
        lambda: pd.get_option("display.max_rows"),
    ),
    "how arrays print": (
        "numpy print options",
        lambda: np.set_printoptions(precision=2, suppress=True),
        lambda: str(np.array([1.23456, 1e-9])),
    ),
    "numpy's divisions by zero": (
        "numpy error handling",
        lambda: np.seterr(divide="ignore", under="warn"),
        np.geterr,
    ),
    "scikit-learn": (
        "scikit-learn configuration",
        lambda: sklearn.set_config(transform_output="pandas"),
        lambda: sklearn.get_config()["transform_output"],
    ),
    "polars": (
        "polars configuration",
        lambda: (pl.Config.set_tbl_rows(2), pl.Config.set_thousands_separator(True)),
        lambda: str(pl.DataFrame({"a": [12345, 1, 2, 3]})),
    ),
    "torch": (
        "torch defaults",
        lambda: (torch.set_default_dtype(torch.float64), torch.set_printoptions(precision=2)),
        lambda: str(torch.tensor([1.23456])),
    ),
    "threads of torch": (
        "torch defaults",
        lambda: torch.set_num_threads(1),
        lambda: torch.get_num_threads(),
    ),
    "decimal": (
        "decimal context",
        lambda: setattr(decimal.getcontext(), "prec", 3),
        lambda: str(decimal.Decimal(1) / 3),
    ),
    "logging": (
        "logging settings",
        set_logging,
        lambda: (
            logging.root.level,
            [type(h).__name__ for h in logging.root.handlers],
            logging.root.handlers[0].format(logging.makeLogRecord({"msg": "m"})),
            logging.getLogger("of.a.test").level,
        ),
    ),
    "logging switched off": (
        "logging settings",
        lambda: logging.disable(logging.CRITICAL),
        lambda: logging.root.manager.disable,
    ),
    "warnings": (
        "warnings filters",
        lambda: warnings.filterwarnings("ignore", "of a test", FutureWarning),
        lambda: warnings.filters[0],
    ),
    "sys.path": ("sys.path", lambda: sys.path.insert(0, "/of/a/test"), lambda: sys.path[0]),
    "recursion": ("recursion limit", lambda: sys.setrecursionlimit(4321), sys.getrecursionlimit),
    "the collector": (
        "garbage collector",
        lambda: gc.set_threshold(321, 5, 6),
        gc.get_threshold,
    ),
    "the locale": (
        "locale",
        lambda: locale.setlocale(locale.LC_TIME, "C.UTF-8"),
        lambda: locale.setlocale(locale.LC_TIME),
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_seen_undone_and_made_again(name: str) -> None:
    skip_without_torch(name)
    group, change, look = CHANGES[name]
    before, seen_before = session.Snapshot.now(), look() if name != "logging" else None
    change()
    after, wanted = session.Snapshot.now(), look()
    made = session.differences(before, after, EVERYTHING)
    assert set(made) - {"decimal flags"} == {group}
    assert list(session.refusals(made)) == []
    back = session.differences(after, before, EVERYTHING)
    if not name.startswith("sys"):
        session.prepare(back)
        session.put_back(back)
        if seen_before is not None:
            assert look() == seen_before
    else:
        sys.path.remove("/of/a/test")
    session.prepare(made)
    session.put_back(made)
    assert look() == wanted
    assert session.Snapshot.now().text(group) == after.text(group)


def test_nothing_changed_is_no_difference() -> None:
    before = session.Snapshot.now()
    assert session.differences(before, session.Snapshot.now(), EVERYTHING) == {}


def test_reading_warns_about_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        snapshot = session.Snapshot.now()
        assert snapshot.text("pandas options") == ""


def test_a_group_nobody_knows_has_no_text() -> None:
    assert session.Snapshot.now().text("weather") is None


REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "a handler that writes elsewhere": (
        lambda: logging.getLogger("of.a.test").addHandler(logging.StreamHandler(io.StringIO())),
        "it adds a handler to the logger of.a.test (StreamHandler)",
    ),
    "a module path in another order": (
        lambda: sys.path.reverse(),
        "it reorders sys.path",
    ),
    "effects drawn along paths": (
        lambda: dict.__setitem__(mpl.rcParams, "path.effects", [object()]),
        "it changes the matplotlib rcParams (path.effects) to something that cannot be stored",
    ),
    "how warnings are shown": (
        lambda: setattr(warnings, "showwarning", print),
        "it changes how warnings are shown",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_made_again_is_named(name: str) -> None:
    change, sentence = REFUSED[name]
    before = session.Snapshot.now()
    change()
    made = session.differences(before, session.Snapshot.now(), EVERYTHING)
    assert list(session.refusals(made)) == [sentence]


class TestWhatIsFelt:
    def test_plain_python_feels_no_library(self) -> None:
        felt = session.felt(Use(names=frozenset({"sum", "range", "total"})))
        assert not {n for n in felt if n.startswith(("matplotlib", "pandas", "numpy", "torch"))}
        assert "warnings filters" in felt

    @pytest.mark.parametrize(
        ("use", "group"),
        [
            (Use(shown=frozenset({"image/png"})), "matplotlib rcParams"),
            (Use(names=frozenset({"boxplot"})), "matplotlib rcParams"),
            (Use(packages=frozenset({"nobody_knows"})), "matplotlib rcParams"),
            (Use(packages=frozenset({"pandas"})), "pandas options"),
            (Use(packages=frozenset({"numpy"})), "numpy print options"),
            (Use(packages=frozenset({"torch"})), "torch defaults"),
            (Use(decimals=True), "decimal context"),
            (Use(names=frozenset({"flags"})), "decimal flags"),
            (Use(strings=frozenset({",n"})), "locale"),
            (Use(names=frozenset({"fromtimestamp"})), "time zone"),
            (Use(names=frozenset({"sys", "path"})), "sys.path"),
            (Use(shown=frozenset({"text/plain"})), "display precision and layout"),
        ],
    )
    def test_what_can_be_felt_counts(self, use: Use, group: str) -> None:
        skip_without_torch(group)
        assert group in session.felt(use)

    @pytest.mark.parametrize(
        ("package", "group"),
        [
            ("numpy", "matplotlib rcParams"),
            ("numpy", "pandas options"),
            ("pandas", "scikit-learn configuration"),
            ("polars", "numpy print options"),
            ("pandas", "polars configuration"),
        ],
    )
    def test_strangers_feel_nothing_of_each_other(self, package: str, group: str) -> None:
        assert group not in session.felt(Use(packages=frozenset({package})))


class TestFlags:
    def test_those_raised_again_are_seen(self) -> None:
        flags = decimal.getcontext().flags
        flags[decimal.Inexact] = flags[decimal.Clamped] = True
        with flags_lowered() as raised:
            decimal.Decimal(1) / 3
        assert raised == {"Inexact": True, "Rounded": True}
        up = {signal.__name__ for signal, is_up in flags.items() if is_up}
        assert up == {"Inexact", "Rounded", "Clamped"}


class TestFilterSources:
    BLANKET = ("ignore", None, UserWarning, None, 0)
    OWN = ("ignore", None, FutureWarning, "mine", 0)

    def look(self, code: str, loads: str | None, monkeypatch: pytest.MonkeyPatch) -> Sources:
        sources = Sources()
        sources.begin(fresh=True)
        if loads is not None:
            monkeypatch.setitem(sys.modules, loads, sys)
        warnings.filters[:0] = [self.OWN, self.BLANKET]  # type: ignore[index]
        sources.look(code)
        return sources

    def test_filters_of_an_import_are_the_librarys(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sources = self.look("import lib", "sys.of_a_test", monkeypatch)
        assert self.OWN in sources.filters
        assert self.BLANKET not in sources.filters

    @pytest.mark.parametrize(
        ("code", "loads"), [("quiet()", None), ("import lib; warnings.x()", "sys.of_a_test")]
    )
    def test_others_are_the_users(
        self, code: str, loads: str | None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert self.OWN not in self.look(code, loads, monkeypatch).filters


class TestListEdits:
    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("abc", "abcx"),
            ("abc", "xabc"),
            ("abc", "xaby"),
            ("abc", ""),
            ("", "xy"),
            ("abc", "abca"),
            ("aba", "xba"),
            ("abc", "xyz"),
        ],
    )
    def test_are_made_again(self, before: str, after: str) -> None:
        edit = edit_of(list(before), list(after))
        assert edit is not None
        assert edited(list(before), edit) == list(after)

    def test_on_another_list(self) -> None:
        edit = edit_of(list("abc"), list("xab"))
        assert edit is not None
        assert edited(list("qabcr"), edit) == list("xqabr")

    @pytest.mark.parametrize(("before", "after"), [("abc", "axbc"), ("abc", "cba")])
    def test_in_the_middle_are_refused(self, before: str, after: str) -> None:
        assert edit_of(list(before), list(after)) is None


N = 3


def reads_global(value: float) -> str:
    return f"{value:.{N}f}"


class TestValues:
    def test_functions_are_told_by_their_code(self) -> None:
        one, same, other = (eval(f"lambda v: f'{{v:.{n}f}}'") for n in (1, 1, 2))
        assert describe(one) == describe(same) != describe(other)

    def test_a_function_that_reads_globals_is_told_by_its_identity(self) -> None:
        assert describe(reads_global) == describe(reads_global)
        assert str(id(reads_global)) in describe(reads_global)

    def test_methods_of_text_are_told_by_the_text(self) -> None:
        assert describe("{:.1f}".format) != describe("{:.2f}".format)
        assert is_storable("{:.1f}".format)

    def test_objects_nobody_knows_are_not_storable(self) -> None:
        assert not is_storable([object()])


class TestShownWarnings:
    """`linecache` stands for a library that warns."""

    def shown(self, text: str) -> list[str]:
        """What is shown of a warning that `linecache` issues, without a change of filters."""
        seen: list[str] = []
        show, warnings._showwarnmsg = warnings._showwarnmsg, lambda m: seen.append(str(m.message))
        try:
            registry = vars(sys.modules["linecache"]).setdefault("__warningregistry__", {})
            warnings.warn_explicit(text, UserWarning, "file", 1, registry=registry)
        finally:
            warnings._showwarnmsg = show
        return seen

    def test_are_not_shown_again_after_a_hit(self) -> None:
        warnings.simplefilter("default")
        before = session.Snapshot.now()
        assert self.shown("hey") == ["hey"]
        after = session.Snapshot.now()
        made = session.differences(before, after, Use())
        assert set(made) == {"warnings already shown"}
        del vars(sys.modules["linecache"])["__warningregistry__"]
        session.put_back(made)
        assert self.shown("hey") == []
        assert self.shown("you") == ["you"]

    def test_a_change_of_filters_makes_them_shown_again(self) -> None:
        warnings.simplefilter("default")
        self.shown("hey")
        before = session.Snapshot.now()
        with warnings.catch_warnings():
            pass
        made = session.differences(before, session.Snapshot.now(), Use())
        assert made["warnings already shown"] == {"voided": True, "seen": []}
        session.put_back(made)
        assert self.shown("hey") == ["hey"]

    def test_reading_is_no_change_of_filters(self) -> None:
        warnings.simplefilter("default")
        self.shown("hey")
        session.Snapshot.now()
        assert self.shown("hey") == []

    def test_are_a_condition_but_for_those_of_the_same_code(self) -> None:
        theirs = ("numpy.a", ("t", UserWarning, 1))
        stranger, own = ("scipy.b", ("t", UserWarning, 1)), ("numpy.a", ("own", UserWarning, 1))
        needed = shown_warnings.condition({"seen": {theirs, stranger}}, {"numpy"})

        def holds(*seen: object, code: str = "other code") -> bool:
            return shown_warnings.holds(needed, {"seen": set(seen)}, code)

        assert holds(theirs, stranger)
        assert holds(theirs)
        assert not holds()
        assert not holds(theirs, own)
        shown_warnings.note("this code", {"voided": False, "seen": [own]})
        assert holds(theirs, own, code="this code")
        assert not holds(theirs, own)
