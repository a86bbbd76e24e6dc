"""The matrix of versions holds every library at the lower bound that the package declares."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
MATRIX: dict[str, Any] = json.loads((ROOT / "scripts" / "matrix.json").read_text(encoding="utf-8"))
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))[
    "project"
]
EXTRAS = PROJECT["optional-dependencies"]


def bounds(requirements: list[str]) -> dict[str, str]:
    """The lower bound of each requirement that has one."""
    found = (re.match(r"([\w-]+)>=([\w.]+)", one) for one in requirements)
    return {match[1]: match[2] for match in found if match}


def test_every_lower_bound_is_the_declared_one() -> None:
    declared = bounds([*PROJECT["dependencies"], *EXTRAS["examples"], *EXTRAS["test"]])
    assert MATRIX["oldest"] == {name: declared[name] for name in MATRIX["oldest"]}


def test_what_users_install_is_tried_at_its_lower_bound() -> None:
    needed = bounds([*PROJECT["dependencies"], *EXTRAS["examples"]])
    assert needed.keys() <= MATRIX["oldest"].keys()
    assert any(row["oldest"] == "all" for row in MATRIX["rows"])


def test_every_python_that_the_package_names_has_a_row() -> None:
    named = {
        word.rpartition(" ")[2] for word in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", word)
    }
    assert {row["python"] for row in MATRIX["rows"]} == named


def test_the_rows_name_libraries_and_tests_that_exist() -> None:
    held = {name for row in MATRIX["rows"] if row["oldest"] != "all" for name in row["oldest"]}
    assert held <= MATRIX["oldest"].keys()
    assert [path for path in MATRIX["tests"] if not (ROOT / path).exists()] == []


def test_the_rows_are_written_down() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w.-]+)` +\| (3\.\d+) ", text, re.M)
    assert rows == [(row["name"], row["python"]) for row in MATRIX["rows"]]
