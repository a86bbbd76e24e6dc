"""The line that marks a cell as cacheable, and its options.

Two spellings mean the same::

    %%cacheable --ttl 1h --tag fit --force
    #| cacheable: ttl=1h tag=fit force

The mark stands in the *head* of the cell: its leading blank lines and comments, and the first
line after them. ``#| cacheable: false`` in the head switches caching of the cell off.
"""

from __future__ import annotations

import difflib
import keyword
import math
import re
import shlex
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from jupyterlab_cacheable.errors import UsageError

Spelling = Literal["magic", "comment"]

_MAGIC = re.compile(r"%%cacheable(?:\s+(?P<arguments>.*))?", re.DOTALL)
_COMMENT = re.compile(r"#\|\s*cacheable(?:\s*:(?P<arguments>.*)|\s+(?P<stray>\S.*))?", re.DOTALL)
_TTL = re.compile(r"([0-9]+(?:\.[0-9]+)?)([smhd]?)")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_LONGEST_TTL = 36500 * 86400
_OFF = frozenset({"false", "no", "off"})
_ON = frozenset({"true", "yes", "on"})


@dataclass(frozen=True)
class Options:
    """The options of a mark, checked and converted.

    ``ttl`` is in seconds, ``None`` means that the entry never expires. ``vars`` are names of
    variables, or ``name=text``. ``file_pattern`` is a regular expression for names in folders,
    ``file_content_only`` leaves the paths of files out of the key.
    """

    name: str | None = None
    version: str = "1"
    tags: tuple[str, ...] = ()
    ttl: float | None = None
    force: bool = False
    save: bool = True
    verbose: bool = False
    verify: bool = False
    always: bool = False
    files: tuple[str, ...] = ()
    file_pattern: str | None = None
    file_content_only: bool = False
    env: tuple[str, ...] = ()
    vars: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mark:
    """A mark found in a cell: its text, where it stands (counted from 0) and what follows it."""

    line: str
    line_number: int
    options: Options
    spelling: Spelling
    body: str

    def wrong(self, option: str, sentence: str) -> UsageError:
        """The error of an option whose value turns out to be wrong: ``--var names ...``."""
        return UsageError(f"{_prefix(self.spelling)}: {_dash(self.spelling)}{option} {sentence}")


class _Line(NamedTuple):
    """A mark line as text: the options are not read yet."""

    number: int
    text: str
    spelling: Spelling
    arguments: str
    stray: str | None

    @property
    def switch(self) -> str | None:
        """The word of ``#| cacheable: true`` or ``false``, which is not an option."""
        word = self.arguments.strip().lower()
        return word if self.spelling == "comment" and word in _OFF | _ON else None


def find_mark(source: str) -> Mark | None:
    """Return the mark in the head of the cell, or None when there is none or it is switched off.

    Raises UsageError with one plain sentence for options that are not understood and for a cell
    that is marked twice.
    """
    lines = source.splitlines(keepends=True)
    marks = list(_mark_lines(lines))
    if not marks or any(mark.switch in _OFF for mark in marks):
        return None
    first = marks[0]
    prefix = _prefix(first.spelling)
    if len(marks) > 1:
        raise UsageError(f"{prefix}: the cell is marked twice, on lines {_numbers(marks)}")
    if first.stray:
        raise UsageError(f"{prefix}: a colon is missing before {first.stray.strip()!r}")
    return Mark(
        line=first.text,
        line_number=first.number,
        options=_OptionReader(first.spelling).read(first),
        spelling=first.spelling,
        body="".join(lines[first.number + 1 :]),
    )


def strip_mark(lines: list[str]) -> list[str]:
    """Return the lines of a cell with its mark made harmless, for IPython's cleanup stage.

    A magic line becomes a comment, so that line numbers stay. When another cell magic follows
    the mark, IPython wants it on the first line: everything above it is dropped. Lines of a cell
    without a mark come back unchanged. Looks at text only, has no effects and never raises.
    """
    marks = list(_mark_lines(lines))
    if not marks:
        return lines
    below = marks[-1].number + 1
    inner = next((n for n in range(below, len(lines)) if lines[n].strip()), None)
    if inner is not None and lines[inner].lstrip().startswith("%%"):
        return lines[inner:]
    commented = {mark.number for mark in marks if mark.spelling == "magic"}
    return [_comment_out(line) if n in commented else line for n, line in enumerate(lines)]


def _comment_out(line: str) -> str:
    text = line.lstrip()
    return f"{line[: len(line) - len(text)]}# {text}"


def _mark_lines(lines: list[str]) -> Iterator[_Line]:
    """Yield the mark lines of the head, which ends at the first line of code."""
    for number, line in enumerate(lines):
        text = line.strip()
        if found := _MAGIC.fullmatch(text):
            yield _Line(number, text, "magic", found["arguments"] or "", None)
        elif found := _COMMENT.fullmatch(text):
            yield _Line(number, text, "comment", found["arguments"] or "", found["stray"])
        elif text and not text.startswith("#"):
            return


def _numbers(marks: list[_Line]) -> str:
    return " and ".join(str(mark.number + 1) for mark in marks)


def _prefix(spelling: Spelling) -> str:
    return "%%cacheable" if spelling == "magic" else "#| cacheable"


def _dash(spelling: Spelling) -> str:
    return "--" if spelling == "magic" else ""


# -- options ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Option:
    """How one option is read: its field in Options and how its text becomes a value.

    ``read`` is None for a flag, which sets its field to ``value``.
    """

    field: str
    read: Callable[[str], Any] | None = None
    value: bool = True
    repeatable: bool = False


def _read_ttl(text: str) -> float:
    found = _TTL.fullmatch(text)
    seconds = float(found[1]) * _SECONDS[found[2]] if found else math.nan
    if not 0 < seconds <= _LONGEST_TTL:
        raise ValueError("must be a time such as 90s, 15m, 2h or 7d")
    return seconds


def _read_version(text: str) -> str:
    if not text or ":" in text or any(char.isspace() for char in text):
        raise ValueError("must be a word without blanks and colons")
    return text


def _read_name(text: str) -> str:
    if not text.strip() or ":" in text:
        raise ValueError("must be a name without colons")
    return text


def _read_tag(text: str) -> str:
    if not text.strip():
        raise ValueError("must be a word")
    return text


def _read_file(text: str) -> str:
    if not text.strip() or "\0" in text:
        raise ValueError("must be the path of a file or folder, or a pattern")
    return text


def _read_file_pattern(text: str) -> str:
    try:
        re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"must be a regular expression ({error})") from None
    return text


def read_environment_name(text: str) -> str:
    """The name of an environment variable; raises ValueError."""
    if not text or any(char == "=" or char == "\0" or char.isspace() for char in text):
        raise ValueError("must be the name of an environment variable")
    return text


def read_variable(text: str) -> str:
    """A name, or ``name=text``, the name as Python spells it; raises ValueError."""
    name, equals, value = text.partition("=")
    spelled = unicodedata.normalize("NFKC", name)
    if not name.isidentifier() or keyword.iskeyword(spelled):
        raise ValueError("must be the name of a variable, or name=text")
    return f"{spelled}{equals}{value}"


_OPTIONS = {
    "name": _Option("name", _read_name),
    "version": _Option("version", _read_version),
    "tag": _Option("tags", _read_tag, repeatable=True),
    "ttl": _Option("ttl", _read_ttl),
    "force": _Option("force"),
    "no-save": _Option("save", value=False),
    "verify": _Option("verify"),
    "always": _Option("always"),
    "verbose": _Option("verbose"),
    "file": _Option("files", _read_file, repeatable=True),
    "file-pattern": _Option("file_pattern", _read_file_pattern),
    "file-content-only": _Option("file_content_only"),
    "env": _Option("env", read_environment_name, repeatable=True),
    "var": _Option("vars", read_variable, repeatable=True),
}


class _OptionReader:
    """Reads the words of one mark line: ``--ttl 1h --force`` or ``ttl=1h force``."""

    def __init__(self, spelling: Spelling) -> None:
        self._prefix = _prefix(spelling)
        self._dash = _dash(spelling)
        self._values: dict[str, Any] = {}

    def read(self, mark: _Line) -> Options:
        for name, text in self._pairs(self._words(mark)):
            self._set(name, text)
        names = [text.partition("=")[0] for text in set(self._values.get("vars", ()))]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise self._wrong(f"{self._dash}var gives {twice[0]!r} two values")
        return Options(**self._values)

    def _wrong(self, sentence: str) -> UsageError:
        return UsageError(f"{self._prefix}: {sentence}")

    def _words(self, mark: _Line) -> list[str]:
        try:
            return [] if mark.switch else shlex.split(mark.arguments)
        except ValueError:
            raise self._wrong("a quote is not closed or a backslash ends the line") from None

    def _pairs(self, words: list[str]) -> Iterator[tuple[str, str | None]]:
        """Yield each option name with the text of its value, None when there is no value."""
        remaining = iter(words)
        for word in remaining:
            if not word.startswith(self._dash):
                raise self._wrong(f"unexpected {word!r}{self._suggestion(word)}")
            name, equals, text = word.removeprefix(self._dash).partition("=")
            if name not in _OPTIONS:
                raise self._wrong(f"unknown option {self._dash}{name}{self._suggestion(name)}")
            if equals:
                yield name, text
            elif self._dash and _OPTIONS[name].read:
                yield name, self._value(remaining)
            else:
                yield name, None

    def _value(self, remaining: Iterator[str]) -> str | None:
        """Return the next word, unless it is an option: ``--ttl --force`` forgot a value."""
        word = next(remaining, None)
        return None if word is None or word.startswith("--") else word

    def _suggestion(self, word: str) -> str:
        plain = word.strip("-").replace("_", "-")
        near = difflib.get_close_matches(plain, _OPTIONS, n=1, cutoff=0.5)
        return f"; did you mean {self._dash}{near[0]}?" if near else ""

    def _set(self, name: str, text: str | None) -> None:
        option = _OPTIONS[name]
        if option.read is None:
            if text is not None:
                raise self._wrong(f"option {self._dash}{name} takes no value")
            self._values[option.field] = option.value
        elif text is None:
            raise self._wrong(f"option {self._dash}{name} needs a value")
        elif option.repeatable:
            earlier = self._values.get(option.field, ())
            self._values[option.field] = (*earlier, self._convert(name, option.read, text))
        elif option.field in self._values:
            raise self._wrong(f"option {self._dash}{name} is written twice")
        else:
            self._values[option.field] = self._convert(name, option.read, text)

    def _convert(self, name: str, read: Callable[[str], Any], text: str) -> Any:
        try:
            return read(text)
        except ValueError as error:
            raise self._wrong(f"{self._dash}{name} {error}, not {text!r}") from None
