"""Make a program that differs as small as possible while it still differs in the same way."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace

from tests.programs.compare import Difference
from tests.programs.fleet import Fleet, Verdict
from tests.programs.program import Program, Step


class Shrinker:
    """Tries smaller programs and keeps the smallest that still differs in the same way."""

    def __init__(self, servers: Fleet, verdict: Verdict, trials: int) -> None:
        assert verdict.difference is not None
        self.servers = servers
        self.trials = trials
        self.program, self.difference = verdict.program, verdict.difference

    def keeps(self, smaller: Program) -> bool:
        """Whether the smaller program does it too; it is then the one to go on with."""
        self.trials -= 1
        found = judged(self.servers, smaller) if self.trials >= 0 else None
        if found is None or kind_of(found) != kind_of(self.difference):
            return False
        self.program, self.difference = smaller, found
        return True

    def run(self) -> None:
        self.keeps(up_to(self.program, self.difference))
        for size in (8, 4, 2, 1):
            self.drop_steps(size)
        self.drop_sessions()
        before = None
        while before != self.program and self.trials > 0:
            before = self.program
            self.drop_statements()
            self.drop_steps(1)

    def drop_sessions(self) -> None:
        for number in reversed(range(len(self.program.sessions) - 1)):
            self.keeps(without_session(self.program, number))

    def drop_steps(self, size: int) -> None:
        """Later steps first: what they need stands above them."""
        for number in reversed(range(len(self.program.sessions))):
            start = len(self.program.sessions[number])
            while start > 0:
                start = max(0, start - size)
                self.keeps(without_steps(self.program, number, start, size))

    def drop_statements(self) -> None:
        sources = dict.fromkeys(step for session in self.program.sessions for step in session)
        for step in reversed(sources):
            source: str | None = step.source
            while source is not None:
                source = self.drop_one(step, source)

    def drop_one(self, step: Step, source: str) -> str | None:
        """The source without one of its statements, if the program still differs without it."""
        for smaller in smaller_sources(replace(step, source=source)):
            if self.trials > 0 and self.keeps(with_source(self.program, source, smaller)):
                return smaller
        return None


def shrink(servers: Fleet, verdict: Verdict, trials: int = 250) -> tuple[Program, Difference]:
    """Greedily drop sessions, steps and statements; at most ``trials`` runs."""
    shrinker = Shrinker(servers, verdict, trials)
    shrinker.run()
    return shrinker.program, shrinker.difference


def judged(servers: Fleet, program: Program) -> Difference | None:
    try:
        return servers.judge(program).difference
    except RuntimeError:
        return None


def kind_of(difference: Difference) -> tuple[str, str]:
    """What two differences of one cause have in common."""
    return difference.word, re.split(r"[.:\[]", difference.place)[0]


def up_to(program: Program, difference: Difference) -> Program:
    """The program without what comes after the difference."""
    sessions = program.sessions[: difference.session + 1]
    last = sessions[-1][: difference.step + 1]
    return replace(program, sessions=(*sessions[:-1], last))


def without_session(program: Program, number: int) -> Program:
    sessions = program.sessions
    return replace(program, sessions=sessions[:number] + sessions[number + 1 :])


def without_steps(program: Program, number: int, start: int, size: int) -> Program:
    session = program.sessions[number]
    fewer = session[:start] + session[start + size :]
    sessions = (*program.sessions[:number], fewer, *program.sessions[number + 1 :])
    return replace(program, sessions=sessions)


def with_source(program: Program, old: str, new: str) -> Program:
    """The same change wherever the source is run, so that hits stay hits."""
    sessions = tuple(
        tuple(replace(step, source=new) if step.source == old else step for step in session)
        for session in program.sessions
    )
    return replace(program, sessions=sessions)


def smaller_sources(step: Step) -> Iterator[str]:
    """The source without its mark, and without one of its statements or remarks."""
    if step.file:
        return
    lines = step.source.split("\n")
    head = 1 if step.marked else 0
    if head:
        yield "\n".join(lines[1:])
    for number in range(head, len(lines)):
        if lines[number].startswith("#"):
            yield "\n".join(lines[:number] + lines[number + 1 :])
    try:
        body = ast.parse("\n".join([""] * head + lines[head:])).body
    except SyntaxError:
        return
    for node in body if len(body) > 1 else ():
        start = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
        yield "\n".join(lines[: start - 1] + lines[node.end_lineno :])
    for node in body:
        for inner in inner_bodies(node):
            if len(inner) > 1:
                for item in inner:
                    yield "\n".join(lines[: item.lineno - 1] + lines[item.end_lineno :])


def inner_bodies(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """Blocks to take a statement from; a `while` might then never end."""
    if any(isinstance(child, ast.While) for child in ast.walk(node)):
        return
    for child in ast.walk(node):
        for name in ("body", "orelse", "finalbody"):
            found = getattr(child, name, None)
            if isinstance(found, list):
                yield found
