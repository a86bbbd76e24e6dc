"""Imports point one way, and a process imports only its own side."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "jupyterlab_cacheable"

# What each room may import from the package at module level; errors, outcome and config stand below all.
GROUND = {"errors", "outcome", "config"}
ALLOWED = {
    "errors": {"outcome"},
    "outcome": set(),
    "config": {"errors"},
    "unified": set(),
    "inside": set(),
    "difference": GROUND | {"unified", "inside"},
    "digest": GROUND,
    "analysis": GROUND | {"digest"},
    "state": GROUND | {"digest", "analysis"},
    "store": GROUND | {"digest", "analysis"},
    "document": GROUND | {"analysis"},
    "forecast": GROUND | {"analysis", "store", "document", "difference"},
    "kernel": GROUND | {"digest", "analysis", "state", "store", "difference"},
    "server": GROUND | {"analysis", "store", "document", "forecast", "difference"},
    "__init__": set(),
}


def rooms() -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for file in sorted(PACKAGE.rglob("*.py")):
        if "labextension" in file.parts:
            continue
        parts = file.relative_to(PACKAGE).parts
        room = parts[0] if len(parts) > 1 else file.stem
        found.setdefault(room, []).append(file)
    return found


def imported(file: Path) -> set[str]:
    """Rooms that a file imports when it is itself imported (not inside functions)."""
    names: set[str] = set()
    package = ("jupyterlab_cacheable", *file.relative_to(PACKAGE).parts[:-1])
    for node in at_import(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *(node.module or "").split(".")]).strip(".")
            names.update({module, *(f"{module}.{alias.name}" for alias in node.names)})
    inner = {name.split(".")[1] for name in names if name.startswith("jupyterlab_cacheable.")}
    return {name for name in inner if name in rooms() or name in GROUND}


def at_import(tree: ast.AST) -> list[ast.AST]:
    found = []
    for node in ast.iter_child_nodes(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found += [node, *at_import(node)]
    return found


def test_every_room_has_a_rule() -> None:
    assert set(rooms()) == set(ALLOWED)


@pytest.mark.parametrize("room", ALLOWED)
def test_imports_point_one_way(room: str) -> None:
    for file in rooms()[room]:
        assert imported(file) <= ALLOWED[room] | {room}, file


def loaded_after(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint('\\n'.join(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(ran.stdout.split())


def tops(modules: set[str]) -> set[str]:
    return {module.partition(".")[0] for module in modules}


def test_loading_the_extension_loads_next_to_nothing() -> None:
    modules = loaded_after("import IPython, jupyterlab_cacheable.kernel.extension")
    rooms_loaded = {m.split(".")[1] for m in modules if m.startswith("jupyterlab_cacheable.")}
    assert not rooms_loaded & {"server", "store", "digest", "forecast"}
    assert "jupyterlab_cacheable.kernel.run" not in modules
    assert not tops(modules) & {"cloudpickle", "xxhash", "yaml", "numpy", "pandas"}


def test_the_kernel_side_loads_no_server_and_no_data_library() -> None:
    modules = loaded_after("import jupyterlab_cacheable.kernel.run")
    assert "jupyterlab_cacheable.store" in modules
    assert not {m for m in modules if m.startswith("jupyterlab_cacheable.server")}
    libraries = {"numpy", "pandas", "pyarrow", "jupyter_server", "torch", "matplotlib"}
    assert not tops(modules) & libraries


def test_the_server_side_loads_neither_ipython_nor_an_unpickler() -> None:
    modules = loaded_after(
        "import jupyterlab_cacheable.server.routes, jupyterlab_cacheable.server.extension"
    )
    assert "jupyterlab_cacheable.server.routes" in modules
    rooms_loaded = {m.split(".")[1] for m in modules if m.startswith("jupyterlab_cacheable.")}
    assert not rooms_loaded & {"kernel", "state"}
    assert not tops(modules) & {"IPython", "ipykernel", "cloudpickle", "dill", "numpy", "pandas"}


def test_only_one_place_unpickles() -> None:
    users = set()
    for files in rooms().values():
        for file in files:
            text = file.read_text()
            if "Unpickler" in text or "pickle.load" in text:
                users.add(file.relative_to(PACKAGE).as_posix())
    assert users == {"state/restoring.py"}
