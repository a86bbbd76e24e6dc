"""The documents say what the code does: every name in their tables exists, and the reverse."""

from __future__ import annotations

import inspect
import json
import re
from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest

from jupyterlab_cacheable import config
from jupyterlab_cacheable.analysis.mark import Options, find_mark
from jupyterlab_cacheable.forecast import State
from jupyterlab_cacheable.kernel.magics import CacheableMagics
from jupyterlab_cacheable.outcome import Word
from jupyterlab_cacheable.server import requests
from jupyterlab_cacheable.server.routes import PREFIX, routes

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
REFERENCE = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
DOCUMENTS = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"))
}

SPELLED = {
    "tags": "tag",
    "save": "no-save",
    "files": "file",
    "file_pattern": "file-pattern",
    "file_content_only": "file-content-only",
    "vars": "var",
}
"""Options whose name on the mark line is not the name of their field."""
VALUES = {
    "name": "fit",
    "version": "2",
    "tag": "fit",
    "ttl": "2h",
    "file": "data.csv",
    "file-pattern": "csv$",
    "env": "HOME",
    "var": "x",
}
NOT_IN_THE_MAP = {"lib", "node_modules", "dist", "coverage"}
METHODS = ("get", "post", "put", "patch", "delete")


def section(document: str, title: str) -> str:
    """The text below a heading of level two."""
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", document, re.M | re.S)
    assert found, f"there is no section '{title}'"
    return found[1]


def first_column(document: str, title: str) -> list[str]:
    """The text in backticks that starts each row of the section's tables."""
    return re.findall(r"^\| `([^`]+)` \|", section(document, title), re.M)


def row(document: str, title: str, name: str) -> str:
    found = re.search(rf"^\| `{re.escape(name)}` \|(.*)\|$", section(document, title), re.M)
    assert found, name
    return found[1]


def options_of_the_mark() -> set[str]:
    return {SPELLED.get(field.name, field.name) for field in fields(Options)}


def written_options(document: str) -> list[str]:
    return [option.split()[0].removeprefix("--") for option in first_column(document, "Options")]


@pytest.mark.parametrize("document", [README, REFERENCE], ids=["README", "reference"])
def test_every_option_is_documented_once_and_exists(document: str) -> None:
    assert sorted(written_options(document)) == sorted(options_of_the_mark())


@pytest.mark.parametrize("option", sorted(options_of_the_mark()))
def test_the_documented_form_of_an_option_is_understood(option: str) -> None:
    takes_value = " " in next(
        written
        for written in first_column(REFERENCE, "Options")
        if written.split()[0] == f"--{option}"
    )
    assert takes_value == (option in VALUES)
    magic = f"--{option} {VALUES[option]}" if takes_value else f"--{option}"
    comment = f"{option}={VALUES[option]}" if takes_value else option
    first, second = find_mark(f"%%cacheable {magic}\n1"), find_mark(f"#| cacheable: {comment}\n1")
    assert first is not None
    assert second is not None
    assert first.options == second.options != Options()


def test_the_help_of_the_magic_names_the_same_options() -> None:
    shown = re.findall(r"^\s+--([a-z-]+)", inspect.getdoc(CacheableMagics.cacheable) or "", re.M)
    assert sorted(shown) == sorted(options_of_the_mark())


def test_every_magic_is_documented() -> None:
    named = [text.split()[0].lstrip("%") for text in first_column(REFERENCE, "Magics")]
    assert set(named) == set(CacheableMagics.magics["cell"]) | set(CacheableMagics.magics["line"])
    commands = [text for text in first_column(REFERENCE, "Magics") if text[:2] != "%%"]
    help_text = inspect.getdoc(CacheableMagics.ask) or ""
    assert sorted(commands) == sorted(re.findall(r"^  (%cacheable .*)$", help_text, re.M))


def test_every_outcome_is_documented() -> None:
    assert sorted(first_column(REFERENCE, "Outcomes")) == sorted(word.value for word in Word)


def test_every_state_is_documented() -> None:
    assert sorted(first_column(REFERENCE, "States of an entry")) == sorted(get_args(State))


def test_every_setting_is_documented_and_exists() -> None:
    schema = json.loads((ROOT / "schema" / "plugin.json").read_text(encoding="utf-8"))
    assert sorted(first_column(REFERENCE, "Settings")) == sorted(schema["properties"])


def test_every_command_is_documented_and_exists() -> None:
    source = (ROOT / "src" / "commands.ts").read_text(encoding="utf-8")
    added = set(re.findall(r"= '(jupyterlab-cacheable:[a-z-]+)'", source))
    schema = (ROOT / "schema" / "plugin.json").read_text(encoding="utf-8")
    assert sorted(first_column(REFERENCE, "Commands")) == sorted(added)
    assert set(re.findall(r'"command": "([^"]+)"', schema)) <= added


def test_every_route_is_documented_and_exists() -> None:
    served = [
        f"{method.upper()} {path.removeprefix(f'/{PREFIX}/').replace('(.*)', '<id>')}"
        for path, handler in routes("/")
        for method in METHODS
        if method in vars(handler)
    ]
    assert sorted(first_column(REFERENCE, "REST")) == sorted(served)


def test_the_values_that_a_request_can_have_are_documented() -> None:
    text = section(REFERENCE, "REST")
    for choices in (requests.Sort, requests.Scope):
        assert ", ".join(f"`{choice}`" for choice in get_args(choices)) in re.sub(r"\s+", " ", text)


def test_every_key_of_a_project_file_is_documented() -> None:
    assert first_column(REFERENCE, "Where things are kept") == ["CACHEABLE_DIR", *config._KNOWN]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_npm_commands_in_the_documents_exist(name: str) -> None:
    scripts = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["scripts"]
    named = re.findall(r"npm (?:run ([a-z:]+)|(start|test)\b)", DOCUMENTS[name])
    assert {script for both in named for script in both if script} <= scripts.keys()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_of_the_documents_lead_somewhere(name: str) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", DOCUMENTS[name]):
        if "://" not in target:
            assert (ROOT / name).parent.joinpath(target).exists(), target


def test_the_map_names_every_folder_and_every_path_in_it_exists() -> None:
    named = set(re.findall(r"^\| `([^`]+)/` \|", section(ARCHITECTURE, "The map"), re.M))
    assert {path for path in named if not (ROOT / path).is_dir()} == set()
    packages = {
        path.parent.relative_to(ROOT).as_posix()
        for path in (ROOT / "jupyterlab_cacheable").rglob("__init__.py")
    }
    tops = {
        path.name
        for path in ROOT.iterdir()
        if path.is_dir() and not path.name.startswith(".") and path.name not in NOT_IN_THE_MAP
    }
    assert packages | tops <= named


def test_files_that_the_architecture_names_exist() -> None:
    text = section(ARCHITECTURE, "Where decisions are made")
    files = re.findall(r"`([\w/.-]+\.(?:py|ts|json))`", text)
    assert files
    assert [file for file in files if not (ROOT / file).is_file()] == []
