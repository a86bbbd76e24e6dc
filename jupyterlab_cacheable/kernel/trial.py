"""Put an entry to the test: its cell runs after all, and what it leaves is compared with the entry.

The run is as live as any other. Only the verdict is stored, never its result: a wrong entry stays
where it is, as evidence, and is not used again.
"""

from __future__ import annotations

import builtins
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from ..analysis.closure import Closure
from ..analysis.mark import Options
from ..digest import Undigestible, digest
from ..errors import StoreError
from ..outcome import Reason
from ..state.settings import session
from ..store import Manifest, Store
from ..store.manifest import timestamp
from ..store.verdict import Finding, Verdict
from . import outputs
from .entry import Prepared
from .lookup import Ready
from .variables import NO_RESULT, Left

# What differs between any two runs that show it: identifiers, addresses, times of day, durations.
_PASSING = re.compile(
    r"0x[0-9a-f]+|(?<![0-9a-zA-Z])(?=[a-zA-Z_-]*\d)[0-9a-f-]{8,}(?![0-9a-zA-Z])|\d+(:\d\d)+(\.\d+)?"
    r"|\d+(\.\d+)?(e[-+]?\d+)?\s*(ns|µs|us|ms|s|sec|seconds?|min|it/s|s/it)\b",
)
# The file that a cell is said to be: it has the process and the text of the mark in its name.
_CELL_FILE = re.compile(r"ipykernel_\d+[/\\]+\d+\.py")
_OUTPUTS = "its outputs"
_PASSING_CAUSE = "its outputs show times, addresses or random identifiers"


def why_tested(options: Options, rate: float) -> Reason | None:
    """Why a hit is to be tested; None when it is simply used."""
    if options.verify:
        return Reason("--verify was given")
    if rate and secrets.SystemRandom().random() < rate:
        return Reason(f"it was drawn by verify_rate ({rate:g})")
    return None


@dataclass
class Trial:
    """An entry under test, as it was found before the run; its values are not kept.

    ``result`` is the digest of the last value, None when it cannot be told.
    """

    manifest: Manifest
    shown: list[outputs.Output]
    result: str | None
    effects: str | None

    @classmethod
    def of(cls, ready: Ready, namespace: Mapping[str, Any]) -> Trial:
        """The trial of a hit that was restored in scratch."""
        # With inputs still to be changed, the restored value may be a part of one of them.
        settled = not ready.patches
        return cls(
            ready.manifest,
            ready.outputs,
            _digest(ready.result, namespace) if settled else None,
            _digest(_repeated(ready.effects), namespace) if settled else None,
        )

    def judge(self, run: Prepared) -> Verdict:
        """Compare the entry with what the run would store."""
        differs = [*self._different_values(run), *self._different_outputs(run)]
        causes = dict.fromkeys([*self.manifest.notes, *run.manifest.notes])
        if differs == [_OUTPUTS] and not causes and self._shows_the_same(run):
            causes[_PASSING_CAUSE] = None
        state = Finding.VERIFIED
        if differs:
            state = Finding.NON_DETERMINISTIC if causes else Finding.WRONG
        cause = "; ".join(causes) if differs else ""
        return Verdict(state, timestamp(datetime.now(UTC)), 1, tuple(differs), cause or None)

    def _different_values(self, run: Prepared) -> list[str]:
        old, new = _rows(self.manifest), _rows(run.manifest)
        namespace, left = run.ended.namespace, run.ended.left
        differs = [f"the variable '{n}'" for n in sorted({*old, *new}) if old.get(n) != new.get(n)]
        if self.manifest.imports != left.imports:
            differs.append("what it imports")
        if self.manifest.deleted != left.deleted:
            differs.append("what it deletes")
        if self._is_different_result(left, namespace):
            differs.append("its last value")
        effects = _repeated(run.ended.effects)
        if self.effects is not None and self.effects != _digest(effects, namespace):
            differs.append("what it changes in the session")
        return differs

    def _is_different_result(self, left: Left, namespace: Mapping[str, Any]) -> bool:
        if self.manifest.result != left.result_kind:
            return True
        return self.result is not None and self.result != _digest(left.result, namespace)

    def _different_outputs(self, run: Prepared) -> list[str]:
        new = outputs.decode(run.ended.shown)
        return [] if _comparable(new) == _comparable(self.shown) else [_OUTPUTS]

    def _shows_the_same(self, run: Prepared) -> bool:
        """Whether the outputs differ in passing things only."""
        new = outputs.decode(run.ended.shown)
        old_text, new_text = (json.dumps(_comparable(o), sort_keys=True) for o in (self.shown, new))
        return _PASSING.sub("*", old_text) == _PASSING.sub("*", new_text)


def record(store: Store, manifest: Manifest, verdict: Verdict) -> Manifest:
    """Keep the verdict with the entry; raises StoreError when the entry is not there any more."""
    try:
        current = store.get(manifest.id)
    except KeyError:
        raise StoreError("the entry was removed meanwhile") from None
    if current.blobs != manifest.blobs:
        raise StoreError("the entry was replaced meanwhile")
    earlier = Verdict.from_json(current.verdict) if current.verdict else None
    return store.publish_again(replace(current, verdict=verdict.after(earlier).to_json()))


def sentence_of(verdict: Verdict) -> str:
    """The verdict for the notes of an outcome."""
    if verdict.state is Finding.VERIFIED:
        return "verified: the run left what the entry holds"
    are_many = verdict.differs[1:] or verdict.differs == (_OUTPUTS,)
    differs = f"{verdict.difference} {'differ' if are_many else 'differs'}"
    if verdict.state is Finding.NON_DETERMINISTIC:
        return f"non-deterministic: {differs} between runs ({verdict.cause})"
    return f"found wrong: {differs} from the entry, which is kept and not used again"


def _repeated(effects: Mapping[str, Any]) -> dict[str, Any]:
    return {**effects, "settings": session.repeated(effects["settings"])}


def _rows(manifest: Manifest) -> dict[str, str | None]:
    return {row["name"]: row["digest"] for row in manifest.variables}


def _digest(value: Any, namespace: Mapping[str, Any]) -> str | None:
    if value is NO_RESULT:
        return None
    try:
        return digest(value, definition=Closure(namespace, vars(builtins)).definition).text
    except Undigestible:
        return None


def _comparable(shown: list[outputs.Output]) -> list[Any]:
    """Outputs as they look in every process: without counts and the names of the files of cells,
    with display ids, which are random, numbered in their order.
    """
    text = _CELL_FILE.sub("CELL.py", json.dumps([_without_count(output) for output in shown]))
    known: dict[str, str] = {}
    for output in shown:
        identity = output["content"].get("transient", {}).get("display_id")
        if isinstance(identity, str):
            known.setdefault(identity, f"display {len(known)}")
    for identity, number in known.items():
        text = text.replace(json.dumps(identity), json.dumps(number))
    found: list[Any] = json.loads(text)
    return found


def _without_count(output: outputs.Output) -> outputs.Output:
    content = {k: v for k, v in output["content"].items() if k != "execution_count"}
    return {**output, "content": content}
