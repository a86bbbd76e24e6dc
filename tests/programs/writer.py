"""Writes random programs: cells from the grammar in ``statements.py`` and what a user does with them."""

from __future__ import annotations

import ast
import random
import re
from dataclasses import dataclass

from tests.programs.program import Program, Session, Step
from tests.programs.statements import HELPERS, IMPORTS, NAMES, STATEMENTS, WEIGHTS

HOLE = re.compile(r"(?<!\{)\{([+-]?)(\w+)(?::(\d))?(![rs])?\}(?!\})")
WORDS = ("'red'", "'blue'", "'sea'", "'old'")
KEYS = ("'p'", "'q'", "'r'", "'s'")


class Impossible(Exception):
    """A statement needs a variable of a kind that does not exist."""


class Scope:
    """The variables that exist where the next statement will stand: kind -> names."""

    def __init__(self) -> None:
        self.names: dict[str, list[str]] = {}

    def of(self, kind: str) -> list[str]:
        return self.names.get(kind, [])

    def bind(self, kind: str, name: str) -> None:
        known = self.names.setdefault(kind, [])
        if name not in known:
            known.append(name)

    def drop(self, kind: str, name: str) -> None:
        self.names[kind].remove(name)

    def copy(self) -> Scope:
        other = Scope()
        other.names = {kind: list(names) for kind, names in self.names.items()}
        return other


@dataclass
class Cell:
    """A cell of the notebook: its statements, and how it looks."""

    id: str
    statements: list[str]
    mark: str = ""
    remarks: int = 0

    @property
    def source(self) -> str:
        body = "\n".join(self.statements)
        if self.remarks % 3 == 2:
            body = reformatted(body)
        lines = [self.mark] if self.mark else []
        lines += [f"# remark {number}" for number in range(self.remarks)]
        return "\n".join([*lines, body])


def reformatted(source: str) -> str:
    """The same code laid out anew; a trailing semicolon means something and stays."""
    try:
        return ast.unparse(ast.parse(source)) + ";" * source.endswith(";")
    except SyntaxError:
        return source


class Writer:
    """Writes one program; the same seed gives the same program."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.random = random.Random(seed)
        self.scope = Scope()
        self.cells: list[Cell] = []
        self.made = 0
        self.loops = 0
        self.marking = self.random.choice([0.5, 0.7, 0.7, 1.0])
        # A program is about a few kinds of things: else they seldom meet.
        self.weights = {
            kind: weight * self.random.choice([0, 0.3, 1, 2]) for kind, weight in WEIGHTS.items()
        }
        self.weights["assign"] = WEIGHTS["assign"]

    # -- the program ---------------------------------------------------------------------------

    def program(self) -> Program:
        self.cells.append(self.first_cell())
        if self.weights["local"]:
            self.cells.append(self.import_of_helpers())
        for _ in range(self.random.randint(3, 7)):
            self.cells.append(self.new_cell())
        sessions: list[Session] = []
        for number in range(self.random.randint(2, 3)):
            sessions.append(self.session(first=number == 0))
        if self.random.random() < 0.3:
            sessions.append(sessions[0])
        return Program(tuple(sessions), seed=self.seed)

    def session(self, *, first: bool) -> Session:
        steps: list[Step] = []
        if first and self.weights["local"]:
            steps.append(self.helpers())
        if not first:
            self.edits(self.random.choice([0, 0, 1, 2]))
        steps += self.run_all()
        for _ in range(self.random.randint(0, 4)):
            steps += self.action()
        return tuple(steps)

    def run_all(self) -> list[Step]:
        """Run the cells in order; now and then one is skipped."""
        first, *rest = self.cells
        return [
            self.run(cell) for cell in (first, *(c for c in rest if self.random.random() > 0.04))
        ]

    def run(self, cell: Cell) -> Step:
        return Step(cell.source, cell.id)

    def action(self) -> list[Step]:
        kind = self.random.choices(
            ["again", "edit", "new", "reorder", "delete", "all", "file"], [4, 4, 3, 1, 1, 1, 1]
        )[0]
        if kind == "all":
            return self.run_all()
        if kind == "new":
            place = self.random.randint(1, len(self.cells))
            self.cells.insert(place, self.new_cell())
            return [self.run(self.cells[place])]
        if kind == "reorder":
            cell = self.cells.pop(self.random.randrange(1, len(self.cells)))
            self.cells.insert(self.random.randint(1, len(self.cells)), cell)
            return [self.run(cell)]
        if kind == "delete" and len(self.cells) > 3:
            self.cells.pop(self.random.randrange(1, len(self.cells)))
            return []
        if kind == "file" and self.weights["local"]:
            return [self.helpers()]
        cell = self.random.choice(self.cells)
        if kind == "edit":
            self.edit(cell)
        below = self.cells[self.cells.index(cell) :]
        return [self.run(cell) for cell in below[: self.random.randint(1, 3)]]

    def helpers(self) -> Step:
        text = HELPERS.format(limit=self.random.randint(1, 3), factor=self.random.randint(2, 3))
        return Step(text, file="helpers.py")

    # -- edits ---------------------------------------------------------------------------------

    def edits(self, count: int) -> None:
        for _ in range(count):
            self.edit(self.random.choice(self.cells))

    def edit(self, cell: Cell) -> None:
        kind = self.random.choices(
            ["remark", "number", "add", "remove", "swap", "mark"], [5, 3, 3, 1, 1, 1]
        )[0]
        place = self.random.randrange(len(cell.statements))
        if kind == "remark":
            cell.remarks += 1
        elif kind == "number":
            cell.statements[place] = re.sub(
                r"\b[1-8]\b", lambda found: str(int(found[0]) + 1), cell.statements[place], count=1
            )
        elif kind == "add":
            cell.statements.insert(place, self.statement())
        elif kind == "remove" and len(cell.statements) > 1:
            del cell.statements[place]
        elif kind == "swap" and place:
            both = cell.statements[place - 1 : place + 1]
            cell.statements[place - 1 : place + 1] = reversed(both)
        elif kind == "mark":
            cell.mark = "" if cell.mark else "%%cacheable"

    # -- cells ---------------------------------------------------------------------------------

    def first_cell(self) -> Cell:
        """Imports, and one thing of each simple kind to start with."""
        kinds = [kind for kind in IMPORTS if self.wants(kind)]
        statements = [self.fill(IMPORTS[kind]) for kind in kinds]
        for kind, name in zip(kinds, (NAMES[kind].split()[0] for kind in kinds), strict=True):
            self.scope.bind(kind, name)
        simple = [
            "{+int} = {i}",
            "{+list} = [{i}, {i}, {i}]",
            "{+dict} = {{{k}: {i}}}",
            "{+rows} = [[{i}], [{i}, {i}]]",
        ]
        statements += [self.fill(statement) for statement in simple]
        return Cell("c0", statements, self.mark())

    def import_of_helpers(self) -> Cell:
        """The first import of a local module: a marked cell that does it is never stored."""
        text = self.random.choice(
            ["import {+helpers}", "import {+helpers}; from helpers import {+scale}"]
        )
        return Cell("helpers", [self.fill(text)], self.random.choice(["", "", "", "%%cacheable"]))

    def wants(self, kind: str) -> bool:
        uses = {"np": "numpy random pandas", "pd": "pandas", "os": "world", "random": "random"}
        groups = uses.get(kind, "").split()
        if groups:
            return any(self.weights[group] for group in groups)
        return self.random.random() < 0.7

    def new_cell(self) -> Cell:
        self.made += 1
        statements = [self.statement() for _ in range(self.random.choice([1, 1, 2, 2, 3, 4]))]
        if self.random.random() < 0.25:
            statements.append(self.one_of(["last"]))
        if self.random.random() < 0.03:
            statements.append(self.one_of(["error"]))
        return Cell(f"c{self.made}", statements, self.mark())

    def mark(self) -> str:
        if self.random.random() > self.marking:
            return ""
        return self.random.choice(["%%cacheable", "%%cacheable", "#| cacheable"])

    # -- statements ----------------------------------------------------------------------------

    def statement(self, depth: int = 0) -> str:
        weights = dict(self.weights)
        if depth:
            weights["flow"] = weights["flow"] if depth < 2 else 0
            weights["class"] = weights["patch"] = 0
        return self.one_of(list(weights), list(weights.values()), depth)

    def one_of(self, kinds: list[str], weights: list[float] | None = None, depth: int = 0) -> str:
        """A statement of one of the kinds whose needs are met."""
        for _ in range(60):
            kind = self.random.choices(kinds, weights)[0]
            choices = STATEMENTS[kind]
            text = self.random.choices([c[1] for c in choices], [c[0] for c in choices])[0]
            before = self.scope.copy()
            try:
                return self.fill(text, depth)
            except Impossible:
                self.scope = before
        return f"print({self.number()})"

    def fill(self, text: str, depth: int = 0) -> str:
        """Fill the holes; what is bound comes into the scope after the statement."""
        bound: list[tuple[str, str]] = []
        kept: dict[tuple[str, str], str] = {}

        def replace(found: re.Match[str]) -> str:
            sign, kind, label, convert = found.groups()
            if label and (kind, label) in kept:
                name = kept[kind, label]
            else:
                name = self.hole(sign, kind, depth, found, bound)
            if label:
                kept[kind, label] = name
            if sign == "+":
                bound.append((kind, name))
            elif sign == "-":
                self.scope.drop(kind, name)
            return name + (convert or "")

        filled = HOLE.sub(replace, text.replace("{{{", "{{ {").replace("}}}", "} }}"))
        for kind, name in bound:
            self.scope.bind(kind, name)
        return filled.replace("{{", "{").replace("}}", "}")

    def hole(
        self, sign: str, kind: str, depth: int, found: re.Match[str], bound: list[tuple[str, str]]
    ) -> str:
        if kind in LITERALS:
            return LITERALS[kind](self)
        if kind == "block":
            return self.block(depth, found.string, found.start())
        if kind == "fresh":
            self.loops += 1
            return f"left{self.loops}"
        if (kind == "free" and sign == "") or sign == "+":
            return self.random.choice(NAMES[kind].split())
        return self.existing(kind, bound)

    def existing(self, kind: str, bound: list[tuple[str, str]]) -> str:
        known = self.scope.of(kind)
        if kind == "callable":
            known = self.scope.of("function") + self.scope.of("alias")
        elif kind == "lower":
            known = [name for name in self.scope.of("function") if name < bound[0][1]]
        if not known:
            raise Impossible
        return self.random.choice(known)

    def block(self, depth: int, text: str, at: int) -> str:
        """Statements below a condition: what they bind may not be there afterwards."""
        before = self.scope.copy()
        count = self.random.choice([1, 1, 2])
        statements = [self.statement(depth + 1) for _ in range(count)]
        self.scope = before
        indent = at - (text.rfind("\n", 0, at) + 1)
        body = "\n".join(statements)
        return body.replace("\n", "\n" + " " * indent)

    def number(self) -> str:
        return str(self.random.randint(0, 5))

    def value(self) -> str:
        """An integer expression that calls no function of the notebook."""
        names = self.scope.of("int")
        return self.random.choice(names) if names and self.random.random() < 0.6 else self.number()

    def expression(self) -> str:
        """An integer expression."""
        names = self.scope.of("int")
        choice = self.random.random()
        if not names or choice < 0.25:
            return self.number()
        if choice < 0.75:
            return self.random.choice(names)
        if choice < 0.85 and self.scope.of("list"):
            return f"len({self.random.choice(self.scope.of('list'))})"
        if choice < 0.92 and self.scope.of("function"):
            return f"{self.existing('callable', [])}({self.number()})"
        return f"({self.random.choice(names)} {self.random.choice('+-*')} {self.number()})"


LITERALS = {
    "i": Writer.number,
    "e": Writer.expression,
    "v": Writer.value,
    "x": lambda self: f"{self.random.randint(0, 9)}.{self.random.choice([0, 25, 5])}",
    "t": lambda self: self.random.choice(WORDS),
    "k": lambda self: self.random.choice(KEYS),
    "k2": lambda self: self.random.choice(KEYS).strip("'"),
}


def write(seed: int) -> Program:
    """The program of a seed."""
    return Writer(seed).program()
