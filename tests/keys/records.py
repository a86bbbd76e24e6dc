"""The lists of edits, and how one edit is tried on real kernels.

A record of `misses-of-code.yaml`, `misses-of-values.yaml` or `hits.yaml` has these fields:

id      names the record, and its entries in the store
why     one line: why the edit counts, or why it cannot
setup   unmarked cells, parted by lines `# %%`
cell    the marked cell
mark    options of the mark
edit    what happens between the two runs, see below
part    the part of the key that a miss has to name, with the name in it; or a list of parts
end     a cell that cleans up what outlives the session's variables

An edit replaces text that is there exactly once, `[old, new]`, or gives it anew, in the `cell`, the
`setup` or the `mark`. `before` is a cell that runs before the set-up, `run` one that runs right
before the marked cell; `id` is another id of the marked cell. Where there is only `run` the second
run follows in the same session, otherwise in another process with another hash seed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.kernel.kernels import Kernel, Ran
from tests.optional import skip_without_torch

_FOLDER = Path(__file__).parent
_PARTING = "\n# %%\n"


@dataclass(frozen=True)
class Record:
    id: str
    why: str
    cell: str
    edit: dict[str, Any]
    setup: str = "pass"
    mark: str = ""
    part: Any = field(default_factory=list)
    end: str = "pass"

    @property
    def parts(self) -> set[tuple[str, str | None]]:
        """The parts that a miss has to name."""
        listed = self.part if isinstance(self.part, list) else [self.part]
        return {(part, name or None) for part, _, name in (text.partition(" ") for text in listed)}

    @property
    def same_session(self) -> bool:
        return set(self.edit) == {"run"}

    def edited(self, what: str) -> str:
        text, change = getattr(self, what), self.edit.get(what)
        if change is None:
            return text
        if isinstance(change, str):
            return change
        old, new = change
        assert text.count(old) == 1, f"{self.id}: {old!r} is not once in the {what}"
        return text.replace(old, new)


def read(name: str) -> dict[str, Record]:
    """The records of a file by their ids, of which no two may be the same."""
    text = (_FOLDER / name).read_text("utf-8")
    records = [Record(**record) for record in yaml.load(text, yaml.CSafeLoader)]
    found = {record.id: record for record in records}
    assert len(found) == len(records)
    return found


class Trial:
    """Two sessions in one folder and with one store."""

    def __init__(self, folder: Path, first: Kernel, second: Kernel) -> None:
        self._reset = f"%reset_selective -f .\nimport os; os.chdir({str(folder)!r}); del os"
        self._first = first
        self._second = second

    def runs(self, record: Record) -> tuple[Ran, Ran]:
        """The marked cell before and after the edit."""
        first = [*self._cells(record.setup), (self._marked(record, record.cell, record.mark), "")]
        run = record.edit.get("run")
        again = self._marked(record, record.edited("cell"), record.edited("mark"))
        cell = record.edit.get("id", "")
        if record.same_session:
            steps = [*first, (run, "edit"), (again, cell), (record.end, "end")]
            ran = _played(self._first, record, steps)
            return ran[len(first) - 1], ran[-2]
        before = _played(self._first, record, [*first, (record.end, "end")])
        steps = self._cells(record.edited("setup"), record.edit.get("before"))
        steps += [(run or "pass", "edit"), (again, cell), (record.end, "end")]
        return before[-2], _played(self._second, record, steps)[-2]

    def misses(self, record: Record) -> None:
        """The edit is seen, and the reason names it and nothing but what comes of it."""
        skip_without_torch(record.setup, record.cell)
        first, again = self.runs(record)
        assert (first.word, first.why) == ("MISS", "it has not been stored before")
        assert again.word == "MISS", again.why
        assert again.parts >= record.parts, again.why
        assert {part for part, _ in again.parts - record.parts} <= {"upstream"}, again.why

    def hits(self, record: Record) -> None:
        """The edit costs nothing."""
        skip_without_torch(record.setup, record.cell)
        first, again = self.runs(record)
        assert (first.word, first.why) == ("MISS", "it has not been stored before")
        assert again.word == "HIT", again.why
        assert again.text == first.text

    def _cells(self, setup: str, before: str | None = None) -> list[tuple[str, str]]:
        cells = [(cell, f"setup-{n}") for n, cell in enumerate(setup.split(_PARTING))]
        extra = [] if before is None else [(before, "before")]
        return [(self._reset, "reset"), *extra, *cells]

    def _marked(self, record: Record, cell: str, mark: str) -> str:
        if cell.startswith("#|"):
            return cell
        name = "" if "--name" in mark else f" --name {record.id}"
        return f"%%cacheable --always{name} {mark}".rstrip() + f"\n{cell}"


def _played(kernel: Kernel, record: Record, steps: list[tuple[str, str]]) -> list[Ran]:
    """All steps of a record, sent at once; none may fail."""
    sent = [kernel.send(source, f"{record.id}-{cell}") for source, cell in steps]
    ran = [kernel.finish(request, 120) for request in sent]
    for (source, _), each in zip(steps, ran, strict=True):
        assert each.reply["status"] == "ok", f"{source}\n{each.traceback}"
    return ran
