"""What happens to a cell, in order. This is the one place that knows the order.

    pre_run_cell     a row in the ledger; is the cell marked, is its option line right?
    tree             marked: key → look-up → restore in scratch → bind the variables
                     → swap the tree for `resume`
                     no entry: start recording and watching, leave the tree alone
                     interrupted: as if the cell itself had been
    resume           (in place of a hit's code) show the outputs
    post_run_cell    hit: write the run log. Miss: close the recording, check everything that must
                     hold for a hit to equal this run, store
                     interrupted: the cell has ended, so only its storing is given up
    reply            carries the outcome
    idle             a save that takes longer than a moment has waited for this; a second outcome
                     tells what became of it. Whoever comes next waits for the save

Nothing in here may break or change the user's cell: every fault of ours ends in `contained`, which
logs it, and the cell runs as if it were not marked.
"""

from __future__ import annotations
import __future__

import ast
import time
from contextlib import ExitStack
from functools import partial
from typing import Any

from IPython.core.error import UsageError as IPythonUsageError

from ..analysis.mark import Mark, find_mark
from ..analysis.names import Names, names_of
from ..analysis.origin import Origin, origin_of_name
from ..config import declared, verify_rate
from ..errors import ConfigError, StoreError, Uncacheable, UsageError
from ..outcome import Reason, Word
from ..state.generators import Generators
from ..state.restoring import CannotRestore
from ..store import Store
from . import limits
from .accepting import Accepted, Withdrawn
from .binding import bind, set_up
from .capture import Tap
from .cellrun import CellRun, contained, log
from .declared import Wanted
from .ending import Ending
from .entry import label_of, notebook_of, record_new_key
from .explaining import Explaining
from .history import History
from .interrupts import Interrupts
from .ledger import Ledger, Row
from .lookup import NoEntry, Ready, Surroundings, cannot_restore, find, why_missed
from .magics import PLACE
from .parts import Cell, Question, ask
from .probes import hide_in_tracebacks
from .recompile import Recompiler
from .recording import Recorded
from .replay import replay, say, set_results
from .report import log_line, notes_on_others, outcome_of
from .storing import Storing
from .transform import RESUME, call_of_resume, interruption, misplaced_mark
from .trial import Trial, why_tested
from .watch import Watcher
from .why import Why

_FUTURE = 0
for _name in __future__.all_feature_names:
    _FUTURE |= getattr(__future__, _name).compiler_flag


class Runner:
    """Decides about every cell of one shell."""

    def __init__(self, shell: Any, history: History) -> None:
        session = getattr(shell.display_pub, "session", None)
        self._shell = shell
        self._tap = None if session is None else Tap(session, shell.displayhook)
        self._history = history
        self._ledger = Ledger(history, shell.transform_cell)
        self._watcher = Watcher()
        self._generators = Generators({})
        self._seen: set[str] = set()
        self._runs: list[CellRun] = []
        self._opened: Store | None = None
        self._verify_rate = 0.0
        self._explaining = Explaining(
            shell, self._ledger, self._ask, self._surroundings, self._open_store
        )
        self._interrupts = Interrupts()
        self._storing = None if self._tap is None else self._begin_storing(self._tap)

    def close(self) -> None:
        """Save what waits and give the session back; no swapped cell may call us any more."""
        if self._storing is not None:
            self._storing.close()
        if self._tap is not None:
            self._tap.close()

    # -- the events of IPython -----------------------------------------------------------------

    def before(self, info: Any) -> None:
        """`pre_run_cell`. An interrupt that comes meanwhile is for `tree` to raise."""
        self._interrupts.pending = self._storing is not None and self._storing.begin()
        with self._interrupts.held(), contained("looking at the cell"):
            self._drop_abandoned()
            mark, usage = _mark_of(info)
            self._history.add(self._shell, info, mark.body if mark else info.raw_cell)
            self._runs.append(CellRun(info, self._request(), self._ledger.last(), mark, usage))

    def tree(self, tree: ast.Module) -> ast.Module:
        """The syntax tree of the cell, before it is compiled; called once for each cell."""
        run = self._runs[-1] if self._runs else None
        if run is None or run.tree_seen:
            return tree
        run.tree_seen = True
        with self._interrupts.held():
            self._look(run, tree)
            if self._interrupts.pending:
                self._interrupts.pending = False
                return interruption()
            if run.usage is not None or run.ready is not None:
                self._shell.user_ns[RESUME] = self.resume
                tree = call_of_resume()
            run.started = time.perf_counter()
        return tree

    def _look(self, run: CellRun, tree: ast.Module) -> None:
        """Look for an entry, and get ready to record the run when there is none."""
        try:
            with contained("looking for an entry", run), self._interrupts.let_through():
                self._judge(run, tree)
            with contained("restoring", run):
                self._restore(run)
            with contained("starting to record", run):
                self._record(run)
        except KeyboardInterrupt:
            run.ready = None
            run.word, run.reason = Word.UNCACHED, Reason("it was interrupted")
            self._interrupts.pending = True
            if self._tap is not None:
                self._tap.unmute()

    def _restore(self, run: CellRun) -> None:
        """Put a hit into the session; one that does not go in becomes a miss."""
        ready, run.ready = run.ready, None
        if ready is None or self._tap is None:
            return
        try:
            with self._tap.muted(run.request):
                with self._interrupts.let_through():
                    set_up(ready)
                bind(ready, self._shell.user_ns)
            run.ready = ready
        except CannotRestore as error:
            run.word, run.reason, run.missed = Word.MISS, cannot_restore(error), True

    def _judge(self, run: CellRun, tree: ast.Module) -> None:
        if run.usage is None and "cacheable" in run.info.raw_cell and misplaced_mark(tree):
            run.usage = PLACE
        if run.usage is None and run.mark is not None and run.info.store_history:
            try:
                self._decide(run, run.mark, tree)
            except UsageError as error:
                run.usage = str(error)

    def resume(self) -> None:
        """Runs in place of the cell: a hit's result, or the error of a wrong option line."""
        self._shell.user_ns.pop(RESUME, None)
        run = self._runs[-1]
        if run.usage is not None:
            raise IPythonUsageError(run.usage)
        ready = run.ready
        if ready is None or self._tap is None:
            return
        self._shell.compile.flags |= ready.effects["future"]
        if run.mark is not None and run.mark.options.verbose and run.question is not None:
            at = ready.manifest.created_at
            line = f"[HIT] key={run.question.short} was computed on {at}"
            say(self._shell, self._tap, "; ".join([line, *notes_on_others(ready.passed)]))
        set_results(self._shell, ready.results)
        replay(self._shell, self._tap, ready.outputs)

    def after(self, result: Any) -> None:
        """`post_run_cell`; `result` is None when the run was cancelled."""
        run = self._runs[-1] if self._runs else None
        if run is None or (result is not None and not _is_of(result.info, run)):
            return
        with self._interrupts.held():
            self._end(self._runs.pop(), result)
            self._interrupts.pending = False

    def _end(self, run: CellRun, result: Any) -> None:
        duration = time.perf_counter() - run.started
        self._shell.user_ns.pop(RESUME, None)
        self._history.look()
        success = result is not None and bool(result.success)
        try:
            with contained("storing the result", run):
                self._finish(run, success, duration)
        except KeyboardInterrupt:
            run.manifest = None
            run.word, run.reason = Word.UNCACHED, Reason("storing was interrupted")
        finally:
            self._release(run)
        self._report(run, success, duration)

    def _drop_abandoned(self) -> None:
        """Take back the hooks of runs whose end was never told, as after an early interrupt."""
        request = self._request()
        while self._runs and request and self._runs[-1].request != request:
            self._release(self._runs.pop())

    # -- deciding ------------------------------------------------------------------------------

    def _decide(self, run: CellRun, mark: Mark, tree: ast.Module) -> None:
        if self._tap is None:
            raise Uncacheable(Reason("this shell is not a Jupyter kernel"))
        if not tree.body:
            say(self._shell, self._tap, "%%cacheable: the cell is empty, there is nothing to store")
            raise Uncacheable(Reason("the cell is empty"))
        namespace = self._shell.user_ns
        try:
            names = names_of(tree, self._shell.transform_cell)
        except SyntaxError:
            raise Uncacheable(Reason("it has a syntax error")) from None
        limits.refuse_by_names(names)
        store = self._open_store()
        question = self._ask(run, mark, tree, names, store)
        run.question = question
        run.notes += question.files.notes
        run.surroundings = self._surroundings(question)
        limits.refuse_by_reach(question, namespace)
        run.ready = self._look_up(store, run, mark, question)
        run.missed = run.ready is None
        if run.missed and mark.options.verbose:
            sentence = run.reason.sentence if run.reason else ""
            line = f"[{run.word}] key={question.short} computing... ({sentence})"
            say(self._shell, self._tap, line)

    def _record(self, run: CellRun) -> None:
        if not run.missed:
            return
        assert self._tap is not None
        assert run.question is not None
        assert run.surroundings is not None
        run.recorded = Recorded.start(
            run.question,
            run.request,
            self._shell.user_ns,
            self._tap,
            self._watcher,
            self._generators,
            run.surroundings.settings,
        )
        closing = run.recorded.closing
        closing.callback(hide_in_tracebacks(self._shell))
        ending = Ending(self._shell, self._tap, self._interrupts, partial(_close, closing))
        closing.callback(ending.forget)

    def _ask(
        self, run: CellRun, mark: Mark, tree: ast.Module, names: Names, store: Store
    ) -> Question:
        flags = self._shell.compile.flags & _FUTURE
        interactivity = str(self._shell.ast_node_interactivity)
        cell = Cell(
            tree,
            names,
            run.row,
            mark,
            interactivity,
            flags,
            _wanted_by(mark),
            store.environment_key,
        )
        return ask(cell, self._shell.user_ns, self._ledger)

    def _look_up(self, store: Store, run: CellRun, mark: Mark, question: Question) -> Ready | None:
        if mark.options.force:
            run.word, run.reason = Word.FORCED, Reason("--force was given")
            return None
        assert run.surroundings is not None
        namespace, recompile = self._shell.user_ns, self._recompiler(run)
        assert self._tap is not None
        try:
            with self._tap.muted(run.request):
                ready = find(store, question, run.surroundings, namespace, recompile)
            return self._unless_tested(run, mark, ready)
        except NoEntry as obstacle:
            run.word = Word.EXPIRED if obstacle.expired else Word.MISS
            run.reason = obstacle.reason
            run.notes += notes_on_others(obstacle.others)
        if run.reason is None:
            label = label_of(mark, question.names.bound)
            notebook = notebook_of(namespace)
            run.reason = why_missed(store, question, notebook, run.row, label)
        return None

    def _unless_tested(self, run: CellRun, mark: Mark, ready: Ready) -> Ready | None:
        """The hit, or None when the cell is to run and be compared with it."""
        why = why_tested(mark.options, self._verify_rate)
        if why is None:
            return ready
        run.trial = Trial.of(ready, self._shell.user_ns)
        run.word, run.reason = Word.FORCED, why
        return None

    def _surroundings(self, question: Question) -> Surroundings:
        self._note_entropy()
        return Surroundings.now(self._generators.digests(), question.key.base)

    def _note_entropy(self) -> None:
        """Judge the generators that came into being since the last marked cell."""
        for name in self._history.sights.keys() - self._seen:
            self._seen.add(name)
            state, after = self._history.sights[name]
            if after is None or _cannot_seed(Row(0, after, self._shell.transform_cell)):
                self._generators.add_entropy(name, state)

    # -- after the run -------------------------------------------------------------------------

    def _finish(self, run: CellRun, success: bool, duration: float) -> None:
        if run.mark is not None and not run.tree_seen:
            raise Uncacheable(Reason("it did not run"))
        if run.question is None or run.mark is None:
            return
        if run.ready is not None:
            if not success:
                raise Uncacheable(Reason("it was interrupted"))
            self._finish_hit(run, run.ready, run.question)
        elif run.recorded is not None:
            run.recorded.closing.close()
            if not success:
                raise Uncacheable(Reason("it did not run to its end"))
            assert self._storing is not None
            if run.trial is not None:
                self._storing.test(run, duration)
            elif run.mark.options.save:
                self._storing.store(run, duration, is_inner=bool(self._runs))

    def _finish_hit(self, run: CellRun, ready: Ready, question: Question) -> None:
        run.word, run.reason = Word.HIT, None
        run.manifest, run.variables = ready.manifest, ready.names
        if ready.same_inputs:
            try:
                run.manifest = record_new_key(self._open_store(), ready.manifest, question, run.row)
            except StoreError as error:
                log.info("the new key was not recorded: %s", error)

    def _release(self, run: CellRun) -> None:
        if run.recorded is not None:
            run.recorded.closing.close()

    # -- telling -------------------------------------------------------------------------------

    def _report(self, run: CellRun, success: bool, duration: float) -> None:
        if run.mark is None or run.usage is not None or self._tap is None:
            return
        with contained("reporting the outcome", run):
            outcome = outcome_of(run, duration)
            self._explaining.note(run, run.mark, outcome)
            self._tap.add_to_reply(run.request, outcome.to_json())
            if run.mark.options.verbose and outcome.outcome is Word.UNCACHED and run.reason:
                say(self._shell, self._tap, f"[UNCACHED] {run.reason.sentence}")
            is_done = not run.saving and (success or run.word is Word.HIT)
            if self._opened is not None and is_done:
                self._opened.log_run(log_line(run, outcome, self._shell.user_ns))

    def why(self, line: str) -> Why:
        """Answer `%cacheable why`, see `Explaining.why`."""
        return self._explaining.why(line)

    def accept(self, line: str) -> Accepted:
        """Answer `%cacheable accept`, see `Explaining.accept`."""
        return self._explaining.accept(line)

    def withdraw(self, line: str) -> Withdrawn:
        """Answer `%cacheable withdraw`, see `Explaining.withdraw`."""
        return self._explaining.withdraw(line)

    # -- small things --------------------------------------------------------------------------

    def _begin_storing(self, tap: Tap) -> Storing:
        return Storing(
            self._shell,
            tap,
            self._interrupts,
            self._open_store,
            self._recompiler,
            self._explaining.settle,
        )

    def _open_store(self) -> Store:
        if self._opened is None:
            try:
                self._verify_rate = verify_rate()
                self._opened = Store.open()
            except (StoreError, ConfigError) as error:
                raise Uncacheable(Reason(f"the store cannot be used: {error}")) from None
        return self._opened

    def _request(self) -> str:
        header = getattr(self._shell.display_pub, "parent_header", None) or {}
        return str(header.get("msg_id", ""))

    def _recompiler(self, run: CellRun) -> Recompiler:
        name = self._shell.compile.get_code_name(
            run.info.raw_cell, run.row.code, self._shell.execution_count
        )
        made = run.question.reached.made if run.question is not None else {}
        return Recompiler(run.row, name, (value for value, _ in made.values()))


def _cannot_seed(row: Row) -> bool:
    """True for a cell that leaves a generator it loads as the system's entropy made it."""
    if row.names is None or any(word in row.code for word in ("seed", "set_state", "setstate")):
        return False
    tops = {module.partition(".")[0] for module in row.names.modules}
    return all(origin_of_name(top) is not Origin.LOCAL for top in tops)


def _is_of(info: Any, run: CellRun) -> bool:
    """Whether a result is that of the run; IPython makes it anew when the run was interrupted."""
    return info is run.info or (bool(run.request) and info.raw_cell == run.info.raw_cell)


def _close(closing: ExitStack) -> None:
    with contained("closing the recording"):
        closing.close()


def _wanted_by(mark: Mark) -> Wanted:
    try:
        return Wanted.of(mark.options, declared())
    except ConfigError as error:
        raise Uncacheable(Reason(f"the settings cannot be used: {error}")) from None


def _mark_of(info: Any) -> tuple[Mark | None, str | None]:
    """The mark of a cell and the error of its option line; cheap for a cell without the word."""
    if "cacheable" not in info.raw_cell:
        return None, None
    try:
        return find_mark(info.raw_cell), None
    except UsageError as error:
        return None, str(error)
