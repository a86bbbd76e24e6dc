"""From a run that ended well to its entry: at once, or after the reply when it takes long."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ..errors import StoreError, Uncacheable
from ..outcome import Outcome, Reason, Word
from ..store import Manifest, Store
from .capture import Tap
from .cellrun import CellRun, contained, log
from .cost import SHORT
from .entry import Ended, Prepared
from .interrupts import Interrupts
from .recompile import Recompiler
from .replay import say
from .report import log_line, outcome_of
from .saving import Later
from .trial import Trial, record, sentence_of


class Storing:
    """Stores the runs of one shell, or compares them with the entry that is put to the test."""

    def __init__(
        self,
        shell: Any,
        tap: Tap,
        interrupts: Interrupts,
        open_store: Callable[[], Store],
        recompiler: Callable[[CellRun], Recompiler],
        settle: Callable[[CellRun, Outcome], None],
    ) -> None:
        """`settle` is told what became of a run that was stored after its reply."""
        self._shell = shell
        self._tap = tap
        self._interrupts = interrupts
        self._open_store = open_store
        self._recompiler = recompiler
        self._settle = settle
        self._later = Later(shell, tap, interrupts)
        self._late: set[str] = set()

    def begin(self) -> bool:
        """A cell is about to run; whether an interrupt was meant for it, see `Later.begin`."""
        return self._later.begin()

    def close(self) -> None:
        """Store what waits, and take the hooks back."""
        self._later.close()

    def store(self, run: CellRun, duration: float, *, is_inner: bool = False) -> None:
        """Store a run, or put that off; `is_inner` tells that it is a part of another cell's run.

        Raises
        ------
        Uncacheable
            with the reason why nothing is stored.
        """
        question, recorded = run.question, run.recorded
        assert question is not None
        assert recorded is not None
        if question.key.base in self._late:
            raise Uncacheable(Reason("it showed something after it had ended when it ran before"))
        recorded.payloads = list(self._shell.payload_manager.read_payload())
        recorded.refuse_by_deeds()
        with self._tap.muted(run.request):
            ended = self._gather(run, duration)
            run.saving = not is_inner and self._can_wait(run, ended)
            if not run.saving:
                self._publish(run, ended)
        self._tap.when_late(run.request, partial(self._withdraw, question.key.base, run.made))
        if run.saving:
            self._later.put(run.request, partial(self._save_behind, run, ended))

    def test(self, run: CellRun, duration: float) -> None:
        """Compare a run with its entry; one that cannot be compared says nothing against it."""
        assert run.trial is not None
        try:
            self.store(run, duration)
        except Uncacheable as refused:
            run.manifest = run.trial.manifest
            run.notes.append(f"not compared with its entry: {refused.reason.sentence}")

    def _gather(self, run: CellRun, duration: float) -> Ended:
        """What must be taken before anything else runs; Uncacheable when it is not to be stored."""
        assert run.mark is not None
        assert run.question is not None
        assert run.recorded is not None
        assert run.surroundings is not None
        with self._interrupts.let_through():
            ended = Ended.gather(
                run.mark,
                run.question,
                run.recorded,
                run.surroundings,
                row=run.row,
                duration=duration,
                namespace=self._shell.user_ns,
                key=self._open_store().environment_key,
                is_priced=run.trial is None and not run.mark.options.always,
            )
            ended.refuse_if_cheaper()
        return ended

    def _can_wait(self, run: CellRun, ended: Ended) -> bool:
        """Whether to store after the reply: not what has to be told in the output of the cell."""
        tells = run.trial is not None or ended.mark.options.verbose
        has_cell = run.row.cell_id is not None
        is_long = ended.price > SHORT
        return is_long and has_cell and not tells and self._later.is_possible(run.request)

    def _save_behind(self, run: CellRun, ended: Ended) -> None:
        """Store a run that has been answered, and tell what became of it."""
        with self._interrupts.awaited():
            self._later.say("busy")
            try:
                with contained("storing the result", run), self._tap.muted(run.request):
                    self._publish(run, ended)
                    self._refuse_late(run, ended.question.key.base)
            except KeyboardInterrupt:
                run.manifest = None
                run.word, run.reason = Word.UNCACHED, Reason("storing was interrupted")
                say(self._shell, self._tap, "%%cacheable: not stored, storing was interrupted")
                self._later.stop_next(self._interrupts.at)
            run.saving = False
            outcome = outcome_of(run, ended.duration)
            self._settle(run, outcome)
            with contained("writing the run log"):
                self._open_store().log_run(log_line(run, outcome, self._shell.user_ns))
            self._later.say("idle", {"cacheable": outcome.to_json()})

    def _publish(self, run: CellRun, ended: Ended) -> None:
        try:
            with self._interrupts.let_through():
                prepared = ended.prepare(self._recompiler(run))
            run.variables = prepared.names
            if run.trial is None:
                run.manifest = prepared.publish(self._open_store(), self._interrupts)
            else:
                run.manifest = self._judge(run, run.trial, prepared)
            run.made.append(run.manifest)
        except StoreError as error:
            raise Uncacheable(error.reason) from None

    def _judge(self, run: CellRun, trial: Trial, prepared: Prepared) -> Manifest:
        verdict = run.verdict = trial.judge(prepared)
        manifest = record(self._open_store(), trial.manifest, verdict)
        run.notes.append(sentence_of(verdict))
        if verdict.quarantine is not None:
            line = f"%%cacheable --verify: the stored result was {sentence_of(verdict)}"
            say(self._shell, self._tap, line)
        return manifest

    def _withdraw(self, base: str, made: list[Manifest]) -> None:
        """The cell showed something after its end, which a hit would not: take its entry back.

        Knows the entry only: this may be called at any time, and must not keep values alive.
        """
        with contained("withdrawing an entry"):
            self._late.add(base)
            for manifest in made:
                log.info("%s: late output, the entry is removed", manifest.label)
                self._open_store().remove([manifest.id])

    def _refuse_late(self, run: CellRun, base: str) -> None:
        """Of what was shown while the entry was being written, `_withdraw` heard too early."""
        if base in self._late:
            self._withdraw(base, run.made)
            run.manifest = None
            raise Uncacheable(Reason("it showed something after it had ended"))
