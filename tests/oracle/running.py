"""Run one notebook in a fresh kernel and keep what a user could observe."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat

from .kernel import LOAD, Answer, Kernel, KernelDied, environment
from .marks import Marks, is_marked, prepare
from .messages import Page, masked

INSIDE = Path(__file__).with_name("inside.py")
CELL_TIMEOUT = 300.0
LEFT_OUT = shutil.ignore_patterns(".ipynb_checkpoints", "__pycache__", ".git")
MADE_BY_OTHERS = frozenset({"__pycache__", ".ipynb_checkpoints"})
ALLOWED_ERROR = "raises-exception"
REFUSED = "refused"
"""Tag of a cell that does what no hit could repeat: it has to be refused by name."""
REPLIED = ("status", "execution_count", "payload", "user_expressions", "ename", "evalue")


@dataclass(frozen=True)
class Options:
    """How notebooks are run.

    cell_ids: requests carry the cell's id, as JupyterLab sends them; allow_errors: go on after any
    cell that raises, not only after those tagged `raises-exception`; each_cell: describe the state
    after every cell and not only at the end.
    """

    cell_ids: bool = True
    allow_errors: bool = False
    each_cell: bool = False
    timeout: float = CELL_TIMEOUT


@dataclass(frozen=True)
class CellRun:
    """What one code cell showed and answered, how long it took (s), and what the kernel reported.

    ``refusable`` cells are those that the notebook tags as `refused`.
    """

    cell_id: str
    source: str
    marked: bool
    outputs: list[dict[str, Any]]
    reply: dict[str, Any]
    seconds: float
    outcome: dict[str, Any] | None
    refusable: bool = False

    @property
    def word(self) -> str:
        return str(self.outcome["outcome"]) if self.outcome else "-"

    @property
    def sentence(self) -> str:
        """Why it was not found or not stored, in the words of the kernel."""
        reason = (self.outcome or {}).get("reason") or {}
        return str(reason.get("sentence", ""))


@dataclass(frozen=True)
class RunResult:
    """One execution: the code cells that ran, what they left, and why the run stopped early.

    ``states`` maps a part to a name to a tree; ``files`` a path below the notebook's folder to a
    digest.
    """

    cells: tuple[CellRun, ...]
    states: dict[str, dict[str, Any]]
    files: dict[str, str] = field(default_factory=dict)
    stopped: str | None = None

    def words(self) -> list[str]:
        return [cell.word for cell in self.cells]


@dataclass(frozen=True)
class Place:
    """Where one notebook runs, the same paths for each run: a copy of its folder, its temporary
    files, and its store. `settings` holds what programs keep for a user, and is never emptied."""

    root: Path
    settings: Path
    store: Path

    @property
    def temporary(self) -> Path:
        return self.root / "tmp"

    def prepare(self, notebook: Path, *, as_left: bool = False) -> Path:
        """A fresh copy of the notebook's folder, or the copy as the run before has left it; returns
        the path of the notebook in it."""
        work = self.root / "work"
        if as_left:
            return work / (notebook.parent.name or "notebooks") / notebook.name
        shutil.rmtree(work, ignore_errors=True)
        shutil.rmtree(self.temporary, ignore_errors=True)
        self.temporary.mkdir(parents=True)
        copied = work / (notebook.parent.name or "notebooks")
        shutil.copytree(notebook.parent, copied, symlinks=True, ignore=LEFT_OUT)
        return copied / notebook.name


class Run:
    """One run of one notebook, from the copy of its folder to the description of what is left."""

    def __init__(
        self, notebook: Path, marked: Marks, place: Place, options: Options, *, as_left: bool
    ) -> None:
        self._path = place.prepare(notebook, as_left=as_left)
        self._marked = marked
        self._options = options
        self._target = place.root / "state.json"
        self._env = environment(place.store, place.settings, place.temporary)
        self._env["JPY_SESSION_NAME"] = str(self._path)
        document = nbformat.read(self._path, as_version=4)
        self._cells = [
            cell for cell in document.cells if cell.cell_type == "code" and cell.source.strip()
        ]
        self._answers: list[Answer] = []
        self._states: dict[str, dict[str, Any]] = {}
        self._stopped: str | None = None

    def result(self) -> RunResult:
        """Execute all cells."""
        kernel = Kernel(self._path.parent, self._env, self._options.timeout)
        try:
            self._execute(kernel)
        except KernelDied as died:
            self._stopped = f"cell {len(self._answers) + 1}: {died}"
        finally:
            kernel.close()
        return RunResult(
            tuple(self._observed()), self._states, files_in(self._path.parent), self._stopped
        )

    def _execute(self, kernel: Kernel) -> None:
        if self._marked is not Marks.NONE:
            kernel.ask(LOAD)
        for number, cell in enumerate(self._cells, start=1):
            cell_id = cell.get("id", f"cell-{number}") if self._options.cell_ids else None
            answer = kernel.run(prepare(cell.source, self._marked), cell_id)
            self._answers.append(answer)
            if self._options.each_cell:
                self._describe(kernel, f" after cell {number}")
            if answer.reply["status"] != "ok" and not self._may_fail(cell):
                self._stopped = f"cell {number}: {answer.reply.get('ename', 'an error')}"
                break
        self._describe(kernel)

    def _may_fail(self, cell: Any) -> bool:
        return self._options.allow_errors or ALLOWED_ERROR in cell.metadata.get("tags", [])

    def _describe(self, kernel: Kernel, when: str = "") -> None:
        self._target.unlink(missing_ok=True)
        answer = kernel.ask(description_source(self._target, self._path.parent))
        if not self._target.exists():
            raise RuntimeError(f"the state could not be described: {answer.reply}")
        found = json.loads(self._target.read_text(encoding="utf-8"))
        self._states |= {f"{part}{when}": trees for part, trees in found.items()}

    def _observed(self) -> list[CellRun]:
        page = Page()
        for answer in self._answers:
            page.add_cell(answer.messages)
        return [
            CellRun(
                cell_id=cell.get("id", ""),
                source=prepare(cell.source, self._marked),
                marked=is_marked(prepare(cell.source, Marks.ALL)),
                outputs=outputs,
                reply=masked({name: answer.reply.get(name) for name in REPLIED}),
                seconds=answer.seconds,
                outcome=answer.metadata.get("cacheable"),
                refusable=REFUSED in cell.metadata.get("tags", []),
            )
            for cell, answer, outputs in zip(
                self._cells[: len(self._answers)], self._answers, page.outputs(), strict=True
            )
        ]


def run(
    notebook: Path,
    marked: Marks,
    place: Place,
    options: Options | None = None,
    *,
    as_left: bool = False,
) -> RunResult:
    """Execute a notebook in a fresh kernel, in a fresh copy of its folder or in the copy as the
    last run at this place has left it."""
    return Run(notebook, marked, place, options or Options(), as_left=as_left).result()


def leaves_files(notebook: Path, result: RunResult) -> bool:
    """Whether a run has made, changed or removed files beside the notebook."""
    return result.files != files_in(notebook.parent)


def description_source(target: Path, folder: Path) -> str:
    """An expression that writes the description of the session to `target` and binds no name."""
    load = f"__import__('runpy').run_path({str(INSIDE)!r})"
    return f"{load}['describe']({str(target)!r}, {str(folder)!r})"


def files_in(folder: Path) -> dict[str, str]:
    """Digest of every file that a run left beside the notebook."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not MADE_BY_OTHERS.intersection(path.relative_to(folder).parts)
    }
