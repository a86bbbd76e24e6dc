"""Make a program that differs as small as possible while it still differs in the same way."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace

from tests.programs.compare import Difference
from tests.programs.fleet import Fleet, Verdict
from tests.programs.program import Program, Session, Step


def shrink(servers: Fleet, verdict: Verdict, trials: int = 400) -> tuple[Program, Difference]:
    """Greedily drop sessions, steps and statements; at most ``trials`` runs."""
    assert verdict.difference is not None
    program, difference = verdict.program, verdict.difference
    improved = True
    while improved and trials > 0:
        improved = False
        for smaller in reductions(program, difference):
            trials -= 1
            found = judged(servers, smaller)
            if found is not None and kind_of(found) == kind_of(difference):
                program, difference, improved = smaller, found, True
                break
            if trials <= 0:
                break
    return program, difference


def judged(servers: Fleet, program: Program) -> Difference | None:
    try:
        return servers.judge(program).difference
    except RuntimeError:
        return None


def kind_of(difference: Difference) -> tuple[str, str]:
    """What two differences of one cause have in common."""
    return difference.word, re.split(r"[.:\[]", difference.place)[0]


def reductions(program: Program, difference: Difference) -> Iterator[Program]:
    """Smaller programs, the smallest first."""
    sessions = program.sessions[: difference.session + 1]
    last = sessions[-1][: difference.step + 1]
    if len(sessions) < len(program.sessions) or len(last) < len(
        program.sessions[difference.session]
    ):
        yield replace(program, sessions=(*sessions[:-1], last))
    for number in range(len(program.sessions) - 1):
        yield without_session(program, number)
    for size in (8, 4, 2, 1):
        yield from without_steps(program, size)
    for step in dict.fromkeys(step for session in program.sessions for step in session):
        for smaller in smaller_sources(step):
            yield with_source(program, step.source, smaller)


def without_session(program: Program, number: int) -> Program:
    sessions = program.sessions
    return replace(program, sessions=sessions[:number] + sessions[number + 1 :])


def without_steps(program: Program, size: int) -> Iterator[Program]:
    for number, session in enumerate(program.sessions):
        for start in range(0, len(session), size):
            fewer: Session = session[:start] + session[start + size :]
            sessions = (*program.sessions[:number], fewer, *program.sessions[number + 1 :])
            yield replace(program, sessions=sessions)


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
    for node in body:
        start = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
        yield "\n".join(lines[: start - 1] + lines[node.end_lineno :])
    for node in body:
        for inner in inner_bodies(node):
            if len(inner) > 1:
                for item in inner:
                    yield "\n".join(lines[: item.lineno - 1] + lines[item.end_lineno :])


def inner_bodies(node: ast.AST) -> Iterator[list[ast.stmt]]:
    for child in ast.walk(node):
        for name in ("body", "orelse", "finalbody"):
            found = getattr(child, name, None)
            if isinstance(found, list):
                yield found
