"""Answers questions about marked cells against the session as it is."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from ..analysis.mark import Mark
from ..analysis.names import Names
from ..errors import StoreError, Uncacheable, UsageError
from ..outcome import Outcome, Reason
from ..store import Manifest, Store
from . import limits
from .accepting import Accepted, Withdrawn, accept
from .cellrun import CellRun
from .entry import label_of, notebook_of
from .history import Executed
from .ledger import Ledger, Row
from .lookup import NoEntry, Surroundings, answer, nearest, why_missed
from .parts import Question
from .why import Cells, Marked, Outlook, Stored, Why, hit, of_entry, split, unknown

Ask = Callable[[CellRun, Mark, ast.Module, Names, Store], Question]


class Explaining:
    """Keeps what became of the cells of one shell, and tells what they would do now."""

    def __init__(
        self,
        shell: Any,
        ledger: Ledger,
        ask: Ask,
        surroundings: Callable[[Question], Surroundings],
        open_store: Callable[[], Store],
    ) -> None:
        self._shell = shell
        self._ledger = ledger
        self._ask = ask
        self._surroundings = surroundings
        self._open_store = open_store
        self._cells = Cells()

    def note(self, run: CellRun, mark: Mark, outcome: Outcome) -> None:
        """A marked cell has ended; no value of it is kept."""
        names = run.row.names
        bound = frozenset() if names is None else frozenset(names.bound)
        known = bound | frozenset(outcome.variables)
        label, row = label_of(mark, set(bound)), run.row
        self._cells.note(Marked(label, row.cell_id, known, run.info.raw_cell, row.code, outcome))

    def settle(self, run: CellRun, outcome: Outcome) -> None:
        """A cell that had ended has been stored."""
        self._cells.settle(run.row.cell_id, outcome)

    def why(self, line: str) -> Why:
        """Why a marked cell ran and what it would do now; `line` names it, see `why.split`.

        Raises
        ------
        UsageError
            when no such cell is known; the sentence lists those that are.
        """
        asked, as_json = split(line)
        cell = self._meant("why", asked)
        return Why(cell, self._outlook(cell), as_json)

    def accept(self, line: str) -> Accepted:
        """Take the nearest entry of a marked cell for its result as it would be now.

        Raises
        ------
        UsageError
            when no such cell is known, when it would be instant anyway, or when no entry will do.
        """
        cell = self._meant("accept", line.strip())
        run = self._as_if_run(cell)
        try:
            store, question, now = self._asked(run, cell.mark)
            manifest, reason = self._to_accept(store, question, now, run, cell.mark)
            accept(store, manifest, reason, question, now, run.row, self._shell.user_ns)
        except (Uncacheable, StoreError, UsageError) as error:
            raise UsageError(f"%cacheable accept: '{cell.label}': {error}") from None
        return Accepted(cell.label, manifest.created_at, reason)

    def _to_accept(
        self, store: Store, question: Question, now: Surroundings, run: CellRun, mark: Mark
    ) -> tuple[Manifest, Reason]:
        try:
            answer(store, question, now)
        except NoEntry as obstacle:
            if obstacle.reason is not None:
                sentence = f"{obstacle.reason.sentence}, so only a run can tell"
                raise UsageError(sentence) from None
            notebook, label = self._notebook_and_label(run, mark)
            found = nearest(store, question, notebook, run.row, label)
            if found is None:
                raise UsageError("nothing was stored that could be taken") from None
            return found
        raise UsageError("it would be instant anyway")

    def withdraw(self, line: str) -> Withdrawn:
        """Remove what `accept` recorded for a cell; the entry that was accepted stays.

        Raises
        ------
        UsageError
            when nothing was accepted for such a cell.
        """
        cell = self._meant("withdraw", line.strip())
        try:
            store = self._open_store()
            ids = Stored(store, notebook_of(self._shell.user_ns)).accepted(cell)
            if not ids:
                raise UsageError("nothing was accepted for it")
            store.remove(ids)
        except (Uncacheable, StoreError, UsageError) as error:
            raise UsageError(f"%cacheable withdraw: '{cell.label}': {error}") from None
        return Withdrawn(cell.label)

    def _meant(self, command: str, asked: str) -> Marked:
        cell = self._cells.find(asked) if asked else self._cells.last()
        return self._stored(asked, command) if cell is None else cell

    def _stored(self, asked: str, command: str) -> Marked:
        try:
            stored = Stored(self._open_store(), notebook_of(self._shell.user_ns))
            manifest = stored.find(asked) if asked else None
            if manifest is None:
                raise unknown(asked, self._cells, stored.labels(), command)
        except (StoreError, Uncacheable) as error:
            raise UsageError(f"%cacheable {command}: {error}") from None
        return of_entry(manifest, self._shell.transform_cell)

    def _outlook(self, cell: Marked) -> Outlook:
        """Judge a cell as if it ran in place of the one that asks."""
        try:
            manifest = self._answer(self._as_if_run(cell), cell.mark)
        except NoEntry as obstacle:
            return Outlook("run", obstacle.reason)
        except Uncacheable as refused:
            return Outlook("run", refused.reason)
        except UsageError as error:
            return Outlook("run", Reason(str(error)))
        return hit(manifest)

    def _as_if_run(self, cell: Marked) -> CellRun:
        executed = Executed(cell.cell_id, cell.mark.body, cell.code)
        row = Row(self._ledger.last().number, executed, self._shell.transform_cell)
        return CellRun(None, "", row, cell.mark)

    def _answer(self, run: CellRun, mark: Mark) -> Manifest:
        """The entry that answers a cell; NoEntry with the reason why there is none."""
        store, question, now = self._asked(run, mark)
        for option in ("force", "verify"):
            if getattr(mark.options, option):
                raise NoEntry(Reason(f"--{option} was given"))
        try:
            return answer(store, question, now)
        except NoEntry as obstacle:
            if obstacle.reason is not None:
                raise
        notebook, label = self._notebook_and_label(run, mark)
        raise NoEntry(why_missed(store, question, notebook, run.row, label))

    def _asked(self, run: CellRun, mark: Mark) -> tuple[Store, Question, Surroundings]:
        """The question of a cell; Uncacheable when it cannot have an entry."""
        names, tree = run.row.names, run.row.tree
        if tree is None or names is None:
            raise Uncacheable(Reason("it has a syntax error"))
        limits.refuse_by_names(names)
        store = self._open_store()
        question = self._ask(run, mark, tree, names, store)
        now = self._surroundings(question)
        limits.refuse_by_reach(question, self._shell.user_ns)
        return store, question, now

    def _notebook_and_label(self, run: CellRun, mark: Mark) -> tuple[str | None, str]:
        bound = set() if run.row.names is None else run.row.names.bound
        return notebook_of(self._shell.user_ns), label_of(mark, bound)
