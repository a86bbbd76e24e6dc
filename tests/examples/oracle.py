"""The three-way oracle: a notebook must do the same plain, as a miss and as a hit.

``run`` executes one notebook headless in a fresh kernel of its own and returns what a user could
observe: the outputs of every cell and a strict description of the final namespace.
``differences`` compares two runs. Nothing here imports the package under test.
"""

from __future__ import annotations

import ast
import json
import os
import re
import textwrap
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from nbclient import NotebookClient

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMESPACE_SCRIPT = Path(__file__).with_name("namespace.py")
REPOSITORY = Path(__file__).resolve().parents[2]
CELL_TIMEOUT = 300

MARK = re.compile(r"^(?:%%cacheable\b|#\|\s*cacheable\b).*$")
MASKS = (
    (re.compile(r"\b0x[0-9a-fA-F]+"), "0x…"),
    (re.compile(r"ipykernel_\d+/\d+\.py"), "ipykernel_…"),
    (re.compile(r"^(CPU times: |Wall time: |time: ).*$", re.MULTILINE), r"\1…"),
    (re.compile(r"^[\d.]+ [nµm]?s ± .* per loop .*$", re.MULTILINE), "… per loop"),
)


STATUS = re.compile(r"^\[(?:HIT|MISS|FORCED|EXPIRED|WAITED|UNCACHED)\] .*\n", re.MULTILINE)
"""What ``--verbose`` says to the user; it is not part of what the cell shows."""


class Marks(StrEnum):
    """Which code cells of the notebook are marked when it runs."""

    NONE = "none"
    """Every mark is only a comment and the extension is not loaded."""
    WRITTEN = "written"
    """As the notebook is written."""
    ALL = "all"
    """Every code cell that does not start with another magic; written marks stay as they are."""


@dataclass(frozen=True)
class CellRun:
    """What one code cell showed, how long it took (s), and the outcome the kernel reported."""

    cell_id: str
    source: str
    marked: bool
    outputs: list[dict[str, Any]]
    execution_count: int | None
    seconds: float
    outcome: dict[str, Any] | None

    @property
    def word(self) -> str:
        return self.outcome["outcome"] if self.outcome else "-"


@dataclass(frozen=True)
class RunResult:
    """One execution of one notebook: its code cells in order and the namespace they left."""

    cells: tuple[CellRun, ...]
    namespace: dict[str, Any]

    def words(self) -> list[str]:
        return [cell.word for cell in self.cells]


def run(
    notebook: Path, *, marked: Marks, store: Path, sandbox: Path, allow_errors: bool = False
) -> RunResult:
    """Execute a notebook in a fresh kernel.

    store: the cache folder of this run; sandbox: holds every other file the run leaves
    (settings, caches, the working folder of the kernel) and can be shared between runs.
    """
    document = nbformat.read(notebook, as_version=4)
    originals = [
        cell for cell in document.cells if cell.cell_type == "code" and cell.source.strip()
    ]
    prepared = [prepare(cell.source, marked) for cell in originals]
    for cell, source in zip(originals, prepared, strict=True):
        cell.source = source
    snapshot = sandbox / "namespace.json"
    snapshot.unlink(missing_ok=True)
    document.cells.insert(
        0, code_cell("pass" if marked is Marks.NONE else "%load_ext jupyterlab_cacheable")
    )
    document.cells.append(code_cell(snapshot_source(snapshot)))
    replies = execute(document, environment(store, sandbox), working_folder(sandbox), allow_errors)
    cells = tuple(observed(cell, replies.get(cell.id, {})) for cell in originals)
    return RunResult(cells, json.loads(snapshot.read_text(encoding="utf-8")))


def execute(
    document: nbformat.NotebookNode, env: dict[str, str], folder: Path, allow_errors: bool
) -> dict[str, dict[str, Any]]:
    """Run all cells; the metadata of each cell's execute_reply by cell id."""
    replies: dict[str, dict[str, Any]] = {}

    def remember(cell: nbformat.NotebookNode, execute_reply: dict[str, Any], **_: object) -> None:
        replies[cell.id] = execute_reply.get("metadata", {})

    client = NotebookClient(
        document,
        timeout=CELL_TIMEOUT,
        kernel_name="python3",
        allow_errors=allow_errors,
        on_cell_executed=remember,
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute(env=env)
    return replies


def code_cell(source: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_code_cell(source)


def snapshot_source(target: Path) -> str:
    """An expression that writes the namespace to target and binds no name."""
    load = f"__import__('runpy').run_path({str(NAMESPACE_SCRIPT)!r})"
    return f"{load}['write'](get_ipython().user_ns, get_ipython().user_ns_hidden, {str(target)!r});"


def working_folder(sandbox: Path) -> Path:
    folder = sandbox / "work"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def environment(store: Path, sandbox: Path) -> dict[str, str]:
    """The kernel's environment: everything personal is moved into the sandbox."""
    moved = {
        "CACHEABLE_DIR": store,
        "XDG_DATA_HOME": sandbox / "data",
        "XDG_CACHE_HOME": sandbox / "cache",
        "MPLCONFIGDIR": sandbox / "matplotlib",
        "IPYTHONDIR": sandbox / "ipython",
    }
    search = [str(REPOSITORY), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        **os.environ,
        **{name: str(path) for name, path in moved.items()},
        "PYTHONPATH": os.pathsep.join(search),
    }


def prepare(source: str, marked: Marks) -> str:
    """The source as it is run: after the mark has become a comment, all three are the same text."""
    if marked is Marks.WRITTEN:
        return source
    lines = source.splitlines()
    position = mark_position(lines)
    if position is None and takes_a_mark(lines):
        lines, position = ["%%cacheable", *lines], 0
    if marked is Marks.NONE and position is not None and lines[position].startswith("%%"):
        lines[position] = "# " + lines[position]
    return "\n".join(lines)


def mark_position(lines: list[str]) -> int | None:
    """Line number of the mark among the leading comments, if there is one."""
    for number, line in enumerate(lines):
        if MARK.match(line):
            return number
        if line.strip() and not line.startswith("#"):
            return None
    return None


def takes_a_mark(lines: list[str]) -> bool:
    first = next((line for line in lines if line.strip()), "")
    return not first.startswith(("%", "!", "?"))


def observed(cell: nbformat.NotebookNode, reply: dict[str, Any]) -> CellRun:
    timing = cell.metadata.get("execution", {})
    return CellRun(
        cell_id=cell.id,
        source=cell.source,
        marked=mark_position(cell.source.splitlines()) is not None,
        outputs=normalised(cell.outputs),
        execution_count=cell.execution_count,
        seconds=seconds_between(timing, "iopub.status.busy", "shell.execute_reply"),
        outcome=reply.get("cacheable"),
    )


def seconds_between(timing: dict[str, str], start: str, end: str) -> float:
    if start not in timing or end not in timing:
        return 0.0
    return (
        datetime.fromisoformat(timing[end]) - datetime.fromisoformat(timing[start])
    ).total_seconds()


def normalised(outputs: list[nbformat.NotebookNode]) -> list[dict[str, Any]]:
    """Outputs as seen at the end: adjacent streams merged, varying text masked."""
    merged: list[dict[str, Any]] = []
    for output in without_status(json.loads(json.dumps(outputs))):
        if (
            output["output_type"] == "stream"
            and merged
            and merged[-1].get("name") == output["name"]
        ):
            merged[-1]["text"] += output["text"]
        else:
            merged.append(output)
    return [masked(visible(output)) for output in merged]


def without_status(outputs: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for output in outputs:
        if output.get("name") != "stderr":
            yield output
        elif text := STATUS.sub("", output["text"]):
            yield {**output, "text": text}


def visible(output: dict[str, Any]) -> dict[str, Any]:
    """A stream with its carriage returns carried out, anything else as it is."""
    if output["output_type"] != "stream":
        return output
    lines = [line.rstrip("\r").rpartition("\r")[2] for line in output["text"].split("\n")]
    return {**output, "text": "\n".join(lines)}


def masked(value: Any) -> Any:
    if isinstance(value, str):
        for pattern, replacement in MASKS:
            value = pattern.sub(replacement, value)
        return value
    if isinstance(value, list):
        return [masked(item) for item in value]
    if isinstance(value, dict):
        return {
            name: item if name.startswith("image/") else masked(item)
            for name, item in value.items()
        }
    return value


def differences(expected: RunResult, found: RunResult) -> list[str]:
    """Every observable difference between two runs of one notebook, as sentences."""
    sentences = []
    for number, (left, right) in enumerate(zip(expected.cells, found.cells, strict=True), start=1):
        for what in ("outputs", "execution_count"):
            place = first_difference(getattr(left, what), getattr(right, what))
            if place:
                sentences.append(f"cell {number} ({last_line(left.source)!r}): {what}{place}")
    for part in dict.fromkeys([*expected.namespace, *found.namespace]):
        left, right = expected.namespace.get(part, {}), found.namespace.get(part, {})
        for name in sorted(left.keys() | right.keys()):
            place = first_difference(left.get(name, "absent"), right.get(name, "absent"))
            if place:
                sentences.append(f"{part}, {name}{place}")
    return sentences


def last_line(source: str) -> str:
    return source.strip().splitlines()[-1][:60]


def first_difference(left: Any, right: Any, path: str = "") -> str | None:
    """Where two JSON trees part, or None. Types count: true is not 1."""
    if type(left) is not type(right):
        return f"{path}: {shown(left)} became {shown(right)}"
    if isinstance(left, dict):
        if left.keys() != right.keys():
            return f"{path}: {shown(sorted(left))} became {shown(sorted(right))}"
        pairs: Iterator[tuple[str, Any, Any]] = (
            (f"{path}.{key}", left[key], right[key]) for key in left
        )
    elif isinstance(left, list):
        if len(left) != len(right):
            return f"{path}: {shown(left)} became {shown(right)}"
        pairs = ((f"{path}[{i}]", *both) for i, both in enumerate(zip(left, right, strict=True)))
    else:
        return None if left == right else f"{path}: {shown(left)} became {shown(right)}"
    return next((place for where, a, b in pairs if (place := first_difference(a, b, where))), None)


def shown(value: Any) -> str:
    return textwrap.shorten(repr(value), width=200, placeholder=" …")


def slow_cells(plain: RunResult, at_least: float = 1.0) -> list[int]:
    """Positions of the cells that took at_least seconds, but for imports, which a hit repeats."""
    return [
        position
        for position, cell in enumerate(plain.cells)
        if cell.seconds >= at_least and not only_imports(cell.source)
    ]


def only_imports(source: str) -> bool:
    try:
        statements = ast.parse(source).body
    except SyntaxError:
        return False
    return all(isinstance(statement, (ast.Import, ast.ImportFrom)) for statement in statements)


def speed_up(plain: RunResult, hit: RunResult) -> float:
    """How many times faster the slow cells were together in the second run."""
    slow = slow_cells(plain)
    before = sum(plain.cells[position].seconds for position in slow)
    after = sum(hit.cells[position].seconds for position in slow)
    return before / after


def report(plain: RunResult, miss: RunResult, hit: RunResult) -> str:
    """One line per cell: seconds and outcome of the three runs."""
    lines = ["cell   plain    miss     hit  outcomes"]
    for number, (a, b, c) in enumerate(
        zip(plain.cells, miss.cells, hit.cells, strict=True), start=1
    ):
        reason = (c.outcome or {}).get("reason") or {}
        lines.append(
            f"{number:>4} {a.seconds:7.3f} {b.seconds:7.3f} {c.seconds:7.3f}"
            f"  {b.word} -> {c.word} {reason.get('sentence', '')}".rstrip()
        )
    return "\n".join(lines)
