"""Drive fork servers: run a program's sessions plain and cached, and compare what was seen."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.programs.compare import Difference, first_difference
from tests.programs.program import Program, Session

REPOSITORY = Path(__file__).resolve().parents[2]
# Sets and frozensets come in another order in each: nothing may depend on it.
HASH_SEEDS = {"plain": "101", "cached": "202", "again": "303"}

Seen = list[list[dict[str, Any]]]


@dataclass
class Verdict:
    """What became of one program."""

    program: Program
    difference: Difference | None
    words: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    cells: int = 0
    marked: int = 0
    errors: int = 0


class Server:
    """A fork server in a process of its own."""

    def __init__(self, folder: Path, hash_seed: str, *, extension: bool) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-Xfrozen_modules=off", "-m", "tests.programs.server"]
        environment = {
            **os.environ,
            "PYTHONHASHSEED": hash_seed,
            "PYTHONDONTWRITEBYTECODE": "1",
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
        }
        for noise in ("PYTEST_CURRENT_TEST", "JPY_SESSION_NAME"):
            environment.pop(noise, None)
        self.process = subprocess.Popen(
            command + ["--extension"] * extension,
            cwd=REPOSITORY,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(
        self, session: Session, *, work: Path, load: bool, thorough: bool
    ) -> list[dict[str, Any]]:
        """Run one session to its end; raises RuntimeError with the log when its process died."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        result, log = self.folder / "result.json", self.folder / "log.txt"
        result.unlink(missing_ok=True)
        order = {
            "load": load,
            "thorough": thorough,
            "folder": str(work),
            "result": str(result),
            "log": str(log),
            "environment": environment_of(work.parent),
            "steps": [vars(step) for step in session],
        }
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        status = self.process.stdout.readline().strip()
        if status != "0":
            said = log.read_text(encoding="utf-8") if log.exists() else ""
            raise RuntimeError(f"the kernel's process ended with {status}\n{said}")
        return json.loads(result.read_text(encoding="utf-8"))  # type: ignore[no-any-return]

    def stop(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def environment_of(place: Path) -> dict[str, str]:
    """Everything personal moves into ``place``; the same on both sides."""
    return {
        "CACHEABLE_DIR": str(place / "store"),
        "XDG_DATA_HOME": str(place / "data"),
        "XDG_CACHE_HOME": str(place / "cache"),
        "IPYTHONDIR": str(place.parent / "ipython"),
    }


class Fleet:
    """One plain server and two with the extension, which differ in their hash seeds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.plain = Server(folder / "plain", HASH_SEEDS["plain"], extension=False)
        self.cached = [
            Server(folder / name, HASH_SEEDS[name], extension=True) for name in ("cached", "again")
        ]

    def judge(self, program: Program) -> Verdict:
        """Run a program on both sides and compare every step."""
        expected = self.run(program, [self.plain], load=False)
        found = self.run(program, self.cached, load=True)
        return verdict_of(program, expected, found)

    def run(self, program: Program, servers: list[Server], *, load: bool) -> Seen:
        """All sessions in order, in a new folder with a new store."""
        place = self.folder / "place"
        shutil.rmtree(place, ignore_errors=True)
        work = place / "work"
        work.mkdir(parents=True)
        last = len(program.sessions) - 1
        return [
            servers[number % len(servers)].run(
                session, work=work, load=load, thorough=number == last
            )
            for number, session in enumerate(program.sessions)
        ]

    def stop(self) -> None:
        for server in (self.plain, *self.cached):
            server.stop()


@contextlib.contextmanager
def fleet() -> Iterator[Fleet]:
    """A fleet with a folder in memory, if there is such a place: kernels write much and sync it."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="programs-", dir=memory) as folder:
        made = Fleet(Path(folder))
        try:
            yield made
        finally:
            made.stop()


def verdict_of(program: Program, expected: Seen, found: Seen) -> Verdict:
    verdict = Verdict(program, first_difference(program, expected, found))
    for session, steps in zip(program.sessions, found, strict=True):
        for step, seen in zip(session, steps, strict=True):
            if step.file:
                continue
            verdict.cells += 1
            verdict.marked += step.marked
            verdict.errors += seen["reply"]["status"] == "error"
            count(verdict, seen)
    return verdict


def count(verdict: Verdict, seen: dict[str, Any]) -> None:
    outcome = seen["outcome"]
    if outcome is None:
        return
    failed = seen["reply"]["status"] == "error"
    word = "FAILED" if failed and outcome["outcome"] == "UNCACHED" else outcome["outcome"]
    verdict.words[word] += 1
    if word == "UNCACHED":
        verdict.refusals[outcome["reason"]["sentence"]] += 1
