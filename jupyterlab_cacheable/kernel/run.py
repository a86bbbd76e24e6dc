"""What happens to a cell, in order. This is the one place that knows the order.

    pre_run_cell     a row in the ledger; is the cell marked, is its option line right?
    tree             marked: key → look-up → restore in scratch → swap the tree for `resume`
                     no entry: start recording and watching, leave the tree alone
    resume           (in place of a hit's code) bind the variables, show the outputs
    post_run_cell    hit: write the run log. Miss: close the recording, check everything that must
                     hold for a hit to equal this run, store
    reply            carries the outcome

Nothing in here may break or change the user's cell: every fault of ours ends in `contained`, which
logs it, and the cell runs as if it were not marked.
"""

from __future__ import annotations
import __future__

import ast
import logging
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import CodeType
from typing import Any

from IPython.core.error import UsageError as IPythonUsageError

from ..analysis.closure import code_digest
from ..analysis.mark import Mark, find_mark
from ..analysis.names import Names, names_of
from ..analysis.origin import Origin, origin_of_name
from ..errors import ConfigError, StoreError, Uncacheable, UsageError
from ..outcome import Outcome, Reason, Word
from ..state import settings
from ..state.generators import Generators, Watched
from ..store import Store
from . import entry, limits, outputs, variables
from .capture import Recording, Tap
from .history import History
from .ledger import Ledger, Row
from .magics import PLACE
from .parts import Cell, Question, ask
from .replay import replay, say, set_result
from .transform import call_of, misplaced_mark
from .variables import NO_RESULT
from .watch import Watch, Watcher, notes

log = logging.getLogger("cacheable")

_FUTURE = 0
for _name in __future__.all_feature_names:
    _FUTURE |= getattr(__future__, _name).compiler_flag


@dataclass
class Run:
    """One execution of one cell, from `pre_run_cell` to the reply."""

    info: Any
    request: str
    row: Row
    mark: Mark | None = None
    usage: str | None = None
    tree_seen: bool = False
    question: Question | None = None
    surroundings: entry.Surroundings | None = None
    ready: entry.Ready | None = None
    recorded: Recorded | None = None
    word: Word = Word.MISS
    reason: Reason | None = None
    started: float = 0.0


@dataclass
class Recorded:
    """What is collected while a marked cell really runs."""

    recording: Recording
    watch: Watch
    random: Watched
    before: variables.Before
    display: dict[str, str]
    process: dict[str, str]
    environment: dict[str, str]
    plotting: bool
    closing: ExitStack = field(default_factory=ExitStack)


class Runner:
    """Decides about every cell of one shell."""

    def __init__(self, shell: Any, history: History) -> None:
        session = getattr(shell.display_pub, "session", None)
        self._shell = shell
        self._tap = None if session is None else Tap(session)
        self._history = history
        self._ledger = Ledger(history, shell.transform_cell)
        self._watcher = Watcher()
        self._generators = Generators({})
        self._seen: set[str] = set()
        self._runs: list[Run] = []
        self._store: Store | None = None
        start(self)

    def close(self) -> None:
        """Give the session back; no swapped cell may call us any more."""
        if self._tap is not None:
            self._tap.close()
        start(None)

    # -- the events of IPython -----------------------------------------------------------------

    def before(self, info: Any) -> None:
        """`pre_run_cell`."""
        with contained("looking at the cell"):
            mark, usage = _mark_of(info)
            self._history.add(self._shell, info, mark.body if mark else info.raw_cell)
            self._runs.append(Run(info, self._request(), self._ledger.last(), mark, usage))

    def tree(self, tree: ast.Module) -> ast.Module:
        """The syntax tree of the cell, before it is compiled; called once for each cell."""
        run = self._runs[-1] if self._runs else None
        if run is None or run.tree_seen:
            return tree
        run.tree_seen = True
        with contained("looking for an entry", run):
            self._judge(run, tree)
        run.started = time.perf_counter()
        swapped = run.usage is not None or run.ready is not None
        return call_of(__name__, resume.__name__) if swapped else tree

    def _judge(self, run: Run, tree: ast.Module) -> None:
        if run.usage is None and "cacheable" in run.info.raw_cell and misplaced_mark(tree):
            run.usage = PLACE
        if run.usage is None and run.mark is not None and run.info.store_history:
            self._decide(run, run.mark, tree)

    def resume(self) -> None:
        """Runs in place of the cell: a hit's result, or the error of a wrong option line."""
        run = self._runs[-1]
        if run.usage is not None:
            raise IPythonUsageError(run.usage)
        ready = run.ready
        if ready is None or self._tap is None:
            return
        entry.bind(ready, self._shell.user_ns)
        if run.mark is not None and run.mark.options.verbose and run.question is not None:
            at = ready.manifest.created_at
            say(self._shell, self._tap, f"[HIT] key={run.question.short} was computed on {at}")
        replay(self._shell, self._tap, ready.outputs)
        if ready.result is not NO_RESULT:
            set_result(self._shell, ready.result)

    def after(self, result: Any) -> None:
        """`post_run_cell`; `result` is None when the run was cancelled."""
        run = self._runs[-1] if self._runs else None
        if run is None or (result is not None and result.info is not run.info):
            return
        self._runs.pop()
        self._history.look()
        duration = time.perf_counter() - run.started
        success = result is not None and bool(result.success)
        try:
            with contained("storing the result", run):
                self._finish(run, result, success, duration)
        finally:
            self._release(run)
        self._report(run, success, duration)

    # -- deciding ------------------------------------------------------------------------------

    def _decide(self, run: Run, mark: Mark, tree: ast.Module) -> None:
        if self._tap is None:
            raise Uncacheable(Reason("this shell is not a Jupyter kernel"))
        if not tree.body:
            say(self._shell, self._tap, "%%cacheable: the cell is empty, there is nothing to store")
            raise Uncacheable(Reason("the cell is empty"))
        namespace = self._shell.user_ns
        names = names_of(tree, self._shell.transform_cell)
        limits.refuse_by_names(names)
        question = self._ask(run, mark, tree, names)
        run.question = question
        self._note_entropy()
        run.surroundings = entry.Surroundings.now(self._generators.digests())
        limits.refuse_by_reach(question, namespace)
        store = self._open_store()
        run.ready = self._look_up(store, run, mark, question)
        if run.ready is None:
            if mark.options.verbose:
                sentence = run.reason.sentence if run.reason else ""
                line = f"[{run.word}] key={question.short} computing... ({sentence})"
                say(self._shell, self._tap, line)
            run.recorded = self._start_recording(run, question)

    def _ask(self, run: Run, mark: Mark, tree: ast.Module, names: Names) -> Question:
        flags = self._shell.compile.flags & _FUTURE
        interactivity = str(self._shell.ast_node_interactivity)
        cell = Cell(
            tree,
            names,
            run.row,
            mark.options,
            interactivity,
            flags,
        )
        return ask(cell, self._shell.user_ns, self._ledger)

    def _look_up(
        self, store: Store, run: Run, mark: Mark, question: Question
    ) -> entry.Ready | None:
        if mark.options.force:
            run.word, run.reason = Word.FORCED, Reason("--force was given")
            return None
        assert run.surroundings is not None
        namespace, recompile = self._shell.user_ns, self._recompiler(run)
        try:
            return entry.find(store, question, run.surroundings, namespace, recompile)
        except entry.NoEntry as obstacle:
            run.word = Word.EXPIRED if obstacle.expired else Word.MISS
            run.reason = obstacle.reason
        if not obstacle_is_known(run.reason):
            label = entry.label_of(mark, question.names.bound)
            cell, notebook = run.row.cell_id, entry.notebook_of(namespace)
            run.reason = entry.why_missed(store, question, notebook, cell, label)
        return None

    def _start_recording(self, run: Run, question: Question) -> Recorded:
        assert self._tap is not None
        with ExitStack() as closing:
            before = closing.enter_context(variables.Before(question, self._shell.user_ns))
            random = closing.enter_context(self._generators.watch())
            closing.callback(self._tap.stop)
            closing.callback(self._watcher.stop)
            return Recorded(
                random=random,
                before=before,
                display=settings.display_settings(),
                process=settings.process_settings(),
                environment=dict(os.environ),
                plotting=settings.plots_interactively(),
                recording=self._tap.start(run.request),
                watch=self._watcher.start(),
                closing=closing.pop_all(),
            )

    def _note_entropy(self) -> None:
        """Judge the generators that came into being since the last marked cell."""
        for name in self._history.sights.keys() - self._seen:
            self._seen.add(name)
            state, after = self._history.sights[name]
            if after is None or _cannot_seed(Row(0, after, self._shell.transform_cell)):
                self._generators.add_entropy(name, state)

    # -- after the run -------------------------------------------------------------------------

    def _finish(self, run: Run, result: Any, success: bool, duration: float) -> None:
        if run.ready is not None and run.question is not None:
            self._finish_hit(run, run.ready, run.question)
        elif run.recorded is not None and run.question is not None and run.mark is not None:
            run.recorded.closing.close()
            if not success:
                raise Uncacheable(Reason("it did not run to its end"))
            if run.mark.options.save:
                self._store_result(run, run.mark, run.question, run.recorded, result, duration)

    def _finish_hit(self, run: Run, ready: entry.Ready, question: Question) -> None:
        run.word, run.reason = Word.HIT, None
        if ready.manifest.key == question.key.key:
            return
        store = self._open_store()
        try:
            found = entry.record_new_key(store, ready.manifest, question, run.row)
            ready.manifest = store.get(found)
        except (StoreError, KeyError) as error:
            log.info("the new key was not recorded: %s", error)

    def _store_result(
        self,
        run: Run,
        mark: Mark,
        question: Question,
        recorded: Recorded,
        result: Any,
        duration: float,
    ) -> None:
        assert self._tap is not None
        assert run.surroundings is not None
        namespace = self._shell.user_ns
        recorded.watch.look_for_leftovers()
        for sentence in recorded.watch.sentences:
            raise Uncacheable(Reason(sentence))
        if self._shell.payload_manager.read_payload():
            raise Uncacheable(Reason("it asks the front end for something (a pager, a new cell)"))
        self._check_settings(recorded)
        shown = outputs.end_state(recorded.recording.messages)
        use = recorded.random.use(frozenset(_mentioned(question)))
        if use.refusal is not None:
            raise Uncacheable(Reason(use.refusal))
        variables.check_inputs_unchanged(question, namespace)
        left = variables.collect(question, recorded.before, namespace)
        left.result = _displayed(result, shown)
        recompile = self._recompiler(run)
        effects = {
            "random": use.effects,
            "environment": settings.environment_change(recorded.environment),
            "plotting": settings.plots_interactively() and not recorded.plotting,
        }
        stored = variables.store(left, effects, question, namespace, recompile)
        packages = {p for p in stored.packages if origin_of_name(p) is Origin.INSTALLED}
        conditions = entry.conditions_of(run.surroundings, use.conditions, packages, shown)
        manifest = entry.new_manifest(
            question,
            mark,
            duration=duration,
            cell_id=run.row.cell_id,
            notebook=entry.notebook_of(namespace),
            conditions=conditions,
            variables=stored.rows,
            deleted=left.deleted,
            imports=left.imports,
            has_result=left.result is not NO_RESULT,
            notes=[*use.notes, *notes(*_mentions(question))],
        )
        blobs: dict[str, list[bytes | memoryview]] = {
            "outputs": [outputs.encode(shown)],
            "state": stored.blob,
        }
        published = self._open_store().publish(manifest, blobs)
        run.ready = entry.Ready(published, dict.fromkeys(left.names), [], NO_RESULT, {})
        run.ready.notes = list(manifest.notes)

    def _check_settings(self, recorded: Recorded) -> None:
        changed = settings.differing(recorded.display, settings.display_settings())
        changed += settings.differing(recorded.process, settings.process_settings())
        for name in changed:
            raise Uncacheable(Reason(f"it changes {_the(name)}"))

    def _release(self, run: Run) -> None:
        if run.recorded is not None:
            run.recorded.closing.close()

    # -- telling -------------------------------------------------------------------------------

    def _report(self, run: Run, success: bool, duration: float) -> None:
        if run.mark is None or run.usage is not None or self._tap is None:
            return
        with contained("reporting the outcome", run):
            outcome = self._outcome(run, duration)
            self._tap.add_to_reply(run.request, outcome.to_json())
            if run.mark.options.verbose and outcome.outcome is Word.UNCACHED and run.reason:
                say(self._shell, self._tap, f"[UNCACHED] {run.reason.sentence}")
            if self._store is not None and (success or run.word is Word.HIT):
                self._store.log_run(self._log_line(run, outcome))

    def _outcome(self, run: Run, duration: float) -> Outcome:
        manifest = run.ready.manifest if run.ready is not None else None
        hit = run.word is Word.HIT and manifest is not None
        stored = manifest.duration if manifest is not None else round(duration, 3)
        question = run.question
        return Outcome(
            outcome=run.word,
            key=None if question is None else question.key.key,
            entry=None if manifest is None else manifest.id,
            reason=run.reason,
            duration=stored,
            saved=max(0.0, round(stored - duration, 3)) if hit else 0.0,
            variables=sorted(run.ready.variables) if run.ready is not None else [],
            upstream=_upstream_cells(question),
            notes=self._notes(run),
            computed_at=None if manifest is None else manifest.created_at,
        )

    def _notes(self, run: Run) -> list[str]:
        found = list(run.ready.notes) if run.ready is not None else []
        if run.mark is not None and not run.mark.options.save and run.word is not Word.HIT:
            found.append("not stored because of --no-save")
        return found

    def _log_line(self, run: Run, outcome: Outcome) -> dict[str, Any]:
        return {
            "at": entry.timestamp(datetime.now(UTC)),
            "outcome": outcome.outcome.value,
            "entry": outcome.entry,
            "key": outcome.key,
            "notebook": entry.notebook_of(self._shell.user_ns),
            "cell_id": run.row.cell_id,
            "saved": outcome.saved,
            "duration": outcome.duration,
        }

    # -- small things --------------------------------------------------------------------------

    def _open_store(self) -> Store:
        if self._store is None:
            try:
                self._store = Store.open()
            except (StoreError, ConfigError) as error:
                raise Uncacheable(Reason(f"the store cannot be used: {error}")) from None
        return self._store

    def _request(self) -> str:
        header = getattr(self._shell.display_pub, "parent_header", None) or {}
        return str(header.get("msg_id", ""))

    def _recompiler(self, run: Run) -> Recompiler:
        name = self._shell.compile.get_code_name(
            run.info.raw_cell, run.row.code, self._shell.execution_count
        )
        return Recompiler(run.row, name)


class Recompiler:
    """Swaps a stored code object for the equal one of the cell as it stands now.

    Equal means: same name and same instructions. Then tracebacks and `inspect.getsource` show the
    lines of the cell on screen, even if comments moved them since the entry was stored.
    """

    def __init__(self, row: Row, file_name: str) -> None:
        self._codes: dict[str, list[CodeType]] | None = None
        self._row = row
        self._file_name = file_name

    def __call__(self, code: CodeType) -> CodeType:
        for candidate in self._known().get(code.co_qualname, ()):
            if code_digest(candidate) == code_digest(code):
                return candidate
        return code

    def _known(self) -> dict[str, list[CodeType]]:
        if self._codes is None:
            self._codes = {}
            if self._row.tree is not None:
                flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
                code = compile(self._row.tree, self._file_name, "exec", flags, dont_inherit=True)
                self._collect(code)
        return self._codes

    def _collect(self, code: CodeType) -> None:
        assert self._codes is not None
        for constant in code.co_consts:
            if isinstance(constant, CodeType):
                self._codes.setdefault(constant.co_qualname, []).append(constant)
                self._collect(constant)


def _cannot_seed(row: Row) -> bool:
    """True for a cell that leaves a generator it loads as the system's entropy made it."""
    if row.names is None or any(word in row.code for word in ("seed", "set_state", "setstate")):
        return False
    tops = {module.partition(".")[0] for module in row.names.modules}
    return all(origin_of_name(top) is not Origin.LOCAL for top in tops)


def _mark_of(info: Any) -> tuple[Mark | None, str | None]:
    """The mark of a cell and the error of its option line; cheap for a cell without the word."""
    if "cacheable" not in info.raw_cell:
        return None, None
    try:
        return find_mark(info.raw_cell), None
    except UsageError as error:
        return None, str(error)


def obstacle_is_known(reason: Reason | None) -> bool:
    """True when an entry with the same base was found, so there is nothing to compare with."""
    return reason is not None and bool(reason.changes or "expired" in reason.sentence)


def _displayed(result: Any, shown: list[outputs.Output]) -> Any:
    results = [output for output in shown if output["type"] == "execute_result"]
    if len(results) > 1:
        raise Uncacheable(Reason("it displays more than one result"))
    if result.result is None:
        return NO_RESULT
    return result.result


def _mentions(question: Question) -> tuple[set[str], set[str]]:
    names, reached = question.names, question.reached
    return names.attributes | reached.attributes, names.inputs | reached.roots


def _mentioned(question: Question) -> set[str]:
    attributes, names = _mentions(question)
    return attributes | names


def _upstream_cells(question: Question | None) -> list[str]:
    if question is None:
        return []
    cells = (step.row.cell_id for step in question.upstream)
    return list(dict.fromkeys(cell for cell in cells if cell is not None))


def _the(name: str) -> str:
    return name if name.startswith(("the ", "sys")) else f"the {name}"


@contextmanager
def contained(doing: str, run: Run | None = None) -> Iterator[None]:
    """A refusal becomes the outcome; a fault of ours is logged and becomes a refusal."""
    try:
        yield
    except Uncacheable as refused:
        if run is not None:
            run.word, run.reason = Word.UNCACHED, refused.reason
    except Exception as error:
        fault = f"a fault in jupyterlab-cacheable while {doing}: {error!r}"
        log.error(fault)
        log.debug("where it happened", exc_info=True)
        if run is not None:
            run.word, run.reason = Word.UNCACHED, Reason(fault)


_runner: Runner | None = None


def start(runner: Runner | None) -> None:
    """Make this the runner that `resume` asks; None when the extension is unloaded."""
    global _runner
    _runner = runner


def resume() -> None:
    """What a swapped cell calls."""
    if _runner is not None:
        _runner.resume()
