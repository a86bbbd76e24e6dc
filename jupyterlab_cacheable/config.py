"""Where things are: the store, the secret, the index.

The kernel and the server find the store by the same function. A project file may say where the
store is, how often its entries are put to the test, and what else counts in every key; the secret
never comes from there, so that a project cannot widen trust.
"""

from __future__ import annotations

import hashlib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import platformdirs

from .errors import ConfigError

APPLICATION = "jupyterlab-cacheable"
YAML_NAME = "cacheable.yml"
TOML_NAME = "pyproject.toml"

_LISTS = ("files", "env", "vars")
_KNOWN = ("cache_dir", "verify_rate", *_LISTS)

Settings = Mapping[str, Any]


class Declared(NamedTuple):
    """What a project says counts in the key of every cell: as ``--file``, ``--env``, ``--var``.

    ``folder`` is where its relative paths start.
    """

    folder: Path
    files: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    vars: tuple[str, ...] = ()


def store_dir(start: Path | None = None) -> Path:
    """The absolute path of the store, which need not exist.

    ``CACHEABLE_DIR``, else ``cache_dir`` of the nearest ``cacheable.yml`` or ``[tool.cacheable]``
    of a ``pyproject.toml`` from ``start`` (default: the current folder) upwards, else a folder
    in the user's cache folder. Raises ConfigError for a project file that is wrong.
    """
    if chosen := os.environ.get("CACHEABLE_DIR"):
        return _absolute(Path(chosen), _here())
    found = _setting("cache_dir", start)
    return _user_cache() / "store" if found is None else _absolute(Path(found[1]), found[0])


def verify_rate(start: Path | None = None) -> float:
    """The share of hits to verify: `verify_rate` of the nearest project file that has it, else 0.

    Raises ConfigError as `store_dir` does.
    """
    found = _setting("verify_rate", start)
    return 0.0 if found is None else float(found[1])


def declared(start: Path | None = None) -> Declared:
    """The lists `files`, `env` and `vars` of the nearest project file that has one of them.

    Raises ConfigError as `store_dir` does.
    """
    here = _here() if start is None else _absolute(start, _here())
    for place, settings in _project_files(here):
        if settings.keys() & set(_LISTS):
            return Declared(place, *(tuple(settings.get(name, ())) for name in _LISTS))
    return Declared(here)


def secret_path() -> Path:
    """The file that holds this user's signing secret."""
    return Path(platformdirs.user_data_dir(APPLICATION, appauthor=False)) / "secret"


def index_path(store: Path) -> Path:
    """The disposable index of the store at ``store``."""
    name = hashlib.sha256(os.fsencode(store)).hexdigest()[:16]
    return _user_cache() / "index" / f"{name}.sqlite"


def _user_cache() -> Path:
    return Path(platformdirs.user_cache_dir(APPLICATION, appauthor=False))


def _absolute(path: Path, base: Path) -> Path:
    with suppress(RuntimeError):  # "~name" of an unknown user is then an ordinary name
        path = path.expanduser()
    return Path(os.path.normpath(base / path))


def _here() -> Path:
    try:
        return Path.cwd()
    except OSError:  # the folder was removed under this process
        return Path.home()


def _setting(name: str, start: Path | None) -> tuple[Path, Any] | None:
    """The folder of the nearest project file with this setting, and its value."""
    here = _here() if start is None else _absolute(start, _here())
    for place, settings in _project_files(here):
        if name in settings:
            return place, settings[name]
    return None


def _project_files(here: Path) -> Iterator[tuple[Path, Settings]]:
    """The project files from a folder upwards, each with its folder."""
    for place in (here, *here.parents):
        yield place, _read_yaml(place / YAML_NAME)
        yield place, _read_toml(place / TOML_NAME)


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError):
        return None
    except UnicodeDecodeError:
        raise ConfigError(path, None, "the file is not UTF-8 text") from None
    except OSError as error:
        raise ConfigError(path, None, f"the file cannot be read ({error.strerror})") from error


def _read_yaml(path: Path) -> Settings:
    text = _text(path)
    return {} if text is None else _parsed_yaml(path, text)


def _read_toml(path: Path) -> Settings:
    text = _text(path)
    return {} if text is None else _parsed_toml(path, text)


# The files are read for each marked cell; parsing them would take as long as all the rest.
@lru_cache(maxsize=16)
def _parsed_yaml(path: Path, text: str) -> Settings:
    # Most kernels start without such a file, and this import would be a third of their wait.
    import yaml

    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        settings = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = None if error.problem_mark is None else error.problem_mark.line + 1
        raise ConfigError(path, line, f"not valid YAML ({error.problem})") from None
    except yaml.YAMLError as error:
        raise ConfigError(path, None, f"not valid YAML ({error})") from None
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    return _checked(path, settings, {str(k.value): k.start_mark.line + 1 for k, _ in pairs})


@lru_cache(maxsize=16)
def _parsed_toml(path: Path, text: str) -> Settings:
    try:
        tool = tomllib.loads(text).get("tool", {})
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"at line (\d+)", str(error))
        raise ConfigError(path, int(at[1]) if at else None, f"not valid TOML ({error})") from None
    if not isinstance(tool, dict) or "cacheable" not in tool:
        return {}
    return _checked(path, tool["cacheable"], _toml_lines(text))


def _toml_lines(text: str) -> dict[str, int]:
    """Line of each plain ``key =`` below ``[tool.cacheable]``; other spellings are not found."""
    lines: dict[str, int] = {}
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[([^]]*)\]", line):
            inside = header[1].replace(" ", "") == "tool.cacheable"
        elif inside and (key := re.match(r"\s*[\"']?([\w-]+)[\"']?\s*=", line)):
            lines.setdefault(key[1], number)
    return lines


def _checked(path: Path, settings: object, lines: dict[str, int]) -> Settings:
    if settings is None:
        return {}
    if not isinstance(settings, dict):
        raise ConfigError(path, None, "the settings are not a list of 'name: value' pairs")
    for key, value in settings.items():
        if key not in _KNOWN:
            known = ", ".join(_KNOWN)
            raise ConfigError(path, lines.get(str(key)), f"unknown key {key!r} (known: {known})")
        if key == "cache_dir" and (not isinstance(value, str) or not value):
            raise ConfigError(path, lines.get(key), "cache_dir is not the path of a folder")
        if key == "verify_rate" and not _is_share(value):
            raise ConfigError(path, lines.get(key), "verify_rate is not a number from 0 to 1")
        if key in _LISTS and not _is_list_of_texts(value):
            raise ConfigError(path, lines.get(key), f"{key} is not a list of texts")
    return settings


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _is_list_of_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) and each for each in value)
