"""All groups of settings of a session: read them, compare them, make changes again."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from contextlib import redirect_stderr, redirect_stdout

from . import (
    decimal_context,
    formatters,
    generated_sources,
    interpreter,
    library_options,
    logging_settings,
    matplotlib_settings,
    numpy_options,
    pandas_options,
    shown_warnings,
    warning_filters,
)
from .group import Change, Group, Use, Values

Changes = dict[str, Change]

# In the order in which a hit makes changes again: the backend resets some of rcParams.
_GROUPS: tuple[Group, ...] = (
    interpreter.TimeZone(),
    interpreter.ModulePath(),
    *interpreter.PLAIN,
    interpreter.Locale(),
    interpreter.WorkingFolder(),
    interpreter.Process(),
    interpreter.Streams(),
    matplotlib_settings.Backend(),
    matplotlib_settings.PlottingMode(),
    matplotlib_settings.RcParams(),
    matplotlib_settings.ColourCodes(),
    matplotlib_settings.InlineFormat(),
    matplotlib_settings.Registered(),
    matplotlib_settings.OpenFigures(),
    pandas_options.PandasOptions(),
    pandas_options.PandasExtensions(),
    formatters.Switches(),
    formatters.Printers(),
    formatters.Tables(),
    generated_sources.GeneratedSources(),
    numpy_options.PrintOptions(),
    numpy_options.ErrorHandling(),
    library_options.SklearnConfig(),
    library_options.PolarsConfig(),
    library_options.TorchDefaults(),
    library_options.OtherLibraries(),
    decimal_context.DecimalContext(),
    decimal_context.DecimalFlags(),
    logging_settings.LoggingSettings(),
    warning_filters.WarningFilters(),
    shown_warnings.ShownWarnings(),
)
_BY_NAME = {group.name: group for group in _GROUPS}


class Snapshot:
    """The settings of a session at one moment."""

    def __init__(self, values: Mapping[str, Values]) -> None:
        self._values = dict(values)
        self._texts: dict[str, str] = {}

    @classmethod
    def now(cls) -> Snapshot:
        """Read every group; takes well under a millisecond."""
        return cls({group.name: group.read() for group in _GROUPS})

    def __getitem__(self, name: str) -> Values:
        return self._values[name]

    def text(self, name: str) -> str | None:
        """Digest of a group's differences from the defaults; None for a group nobody knows.

        Taken when the session still is as it was read, or later: defaults never change.
        """
        if name not in self._texts:
            if name not in _BY_NAME:
                return None
            self._texts[name] = _BY_NAME[name].text(self._values[name])
        return self._texts[name]

    def shows_again(self, needed: dict[str, list[str]], code: str) -> bool:
        """Whether the warnings were shown before that a run of `code` found shown."""
        return shown_warnings.holds(needed, self[_SHOWN], code)

    def shown_condition(self, packages: Iterable[str]) -> dict[str, list[str]]:
        """What an entry needs of the warnings already shown: see `shown_warnings.condition`."""
        return shown_warnings.condition(self[_SHOWN], packages)


_SHOWN = shown_warnings.ShownWarnings.name


def felt(use: Use) -> list[str]:
    """Names of the groups that a run of this kind can feel; they are conditions of its entry."""
    return [group.name for group in _GROUPS if group.felt(use)]


def differences(before: Snapshot, after: Snapshot, use: Use) -> Changes:
    """What a run changed: group -> what a hit has to set."""
    found = {
        group.name: group.difference(before[group.name], after[group.name], use)
        for group in _GROUPS
    }
    return {name: change for name, change in found.items() if change}


def note_shown(changes: Mapping[str, Change], code: str) -> None:
    """Note which warnings a run of `code` has shown, or a hit that stood for it."""
    shown_warnings.note(code, changes.get(_SHOWN, {}))


def repeated(changes: Mapping[str, Change]) -> Changes:
    """Those of the changes that every run of the same cell makes."""
    return {name: change for name, change in changes.items() if not _BY_NAME[name].comes_once}


def refusals(changes: Mapping[str, Change]) -> Iterable[str]:
    """Sentences about changes that a hit cannot make again."""
    for name, change in changes.items():
        sentence = _BY_NAME[name].refusal(change)
        if sentence is not None:
            yield sentence


def prepare(changes: Mapping[str, Change]) -> None:
    """Do what may fail, before anything is changed: load the libraries, try the values.

    Raises whatever importing a library raises, KeyError for a group nobody knows.
    """
    silence = io.StringIO()
    with redirect_stdout(silence), redirect_stderr(silence):
        for name, change in changes.items():
            _BY_NAME[name].prepare(change)


def put_back(changes: Mapping[str, Change]) -> None:
    """Make the changes of a run again; only called after `prepare`."""
    for group in _GROUPS:
        if group.name in changes:
            group.put(changes[group.name])
