"""Random small programs over a few global names, for tests that compare analysis with reality."""

import random

NAMES = list("abcdefgh")
PREAMBLE = """
from contextlib import contextmanager, suppress

def now(function):
    function(1)
    return function

@contextmanager
def plain():
    yield 3
"""


class Writer:
    """Writes one program; the same seed gives the same program."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.functions = []

    def program(self):
        return "\n".join(self.block(self.random.randint(2, 7), depth=0, scope="module")) + "\n"

    def block(self, count, depth, scope):
        lines = []
        for _ in range(count):
            lines += self.statement(depth, scope)
        return lines

    def inner(self, depth, scope):
        lines = self.block(self.random.randint(1, 2), depth + 1, scope)
        return ["    " + line for line in lines]

    def name(self):
        return self.random.choice(NAMES)

    def statement(self, depth, scope):
        simple = [self.assign, self.assign, self.assign, self.augment, self.delete, self.show]
        nested = [self.branch, self.loop, self.repeat, self.attempt, self.manage, self.choose]
        define = [self.function, self.function, self.klass, self.call, self.call, self.bind_lambda]
        kinds = simple + define + (nested * 2 if depth < 3 else [])
        return self.random.choice(kinds)(depth, scope)

    # -- expressions

    def expression(self, depth=0):
        kinds = [self.name, self.name, lambda: str(self.random.randint(0, 3))]
        if depth < 2:
            kinds += [
                lambda: f"({self.expression(depth + 1)} + {self.expression(depth + 1)})",
                lambda: f"({self.expression(depth + 1)} and {self.expression(depth + 1)})",
                lambda: f"({self.expression(depth + 1)} or not {self.expression(depth + 1)})",
                lambda: (
                    f"({self.expression(depth + 1)} if {self.expression(depth + 1)} "
                    f"else {self.expression(depth + 1)})"
                ),
                lambda: f"({self.name()} < {self.expression(depth + 1)} < {self.walrus(depth)})",
                lambda: self.walrus(depth),
                lambda: f"(lambda {self.name()}: {self.expression(depth + 1)})(1)",
                lambda: self.comprehension(depth),
                lambda: f"len(f'{{{self.name()}}}{{{self.name()}:>{{{self.name()}}}}}')",
            ]
        return self.random.choice(kinds)()

    def walrus(self, depth):
        return f"({self.name()} := {self.expression(depth + 1)})"

    def comprehension(self, depth):
        first, second = self.random.sample(NAMES, 2)
        test = self.random.choice(
            ["", f" if {self.name()} or 1", f" if ({self.other(first, second)} := 1)"]
        )
        again = f" for {second} in range({first} + 1)" if self.random.random() < 0.3 else ""
        element = self.random.choice(
            [
                first,
                self.name(),
                f"({first} + {self.name()})",
                f"(lambda: {first} + {self.name()})()",
            ]
        )
        opening, closing = self.random.choice([("sum([", "])"), ("len({", "})"), ("sum((", "))")])
        iterable = self.random.choice([f"range({self.name()})", "(1, 2)", f"[{self.name()}, 1]"])
        return f"{opening}{element} for {first} in {iterable}{test}{again}{closing}"

    def other(self, *taken):
        return self.random.choice([name for name in NAMES if name not in taken])

    # -- statements

    def assign(self, depth, scope):
        return [
            self.random.choice(
                [
                    f"{self.name()} = {self.expression()}",
                    f"{self.name()}, {self.name()} = {self.expression()}, {self.expression()}",
                    f"{self.name()} = {self.name()} = {self.expression()}",
                    f"{self.name()}: {self.name()} = {self.expression()}"
                    if scope != "function"
                    else f"{self.name()} = 1",
                ]
            )
        ]

    def augment(self, depth, scope):
        return [f"{self.name()} += {self.expression()}"]

    def delete(self, depth, scope):
        return [f"del {self.name()}"] if self.random.random() < 0.5 else ["pass"]

    def show(self, depth, scope):
        return [f"str({self.expression()})"]

    def branch(self, depth, scope):
        lines = [f"if {self.expression()}:", *self.inner(depth, scope)]
        if self.random.random() < 0.6:
            lines += ["else:", *self.inner(depth, scope)]
        return lines

    def loop(self, depth, scope):
        over = self.random.choice(
            ["range(3)", f"range({self.name()})", "(1, 2)", f"[{self.name()}]", "()"]
        )
        lines = [f"for {self.name()} in {over}:", *self.inner(depth, scope)]
        if self.random.random() < 0.3:
            lines += [
                f"    if {self.expression()}:",
                f"        {self.leave()}",
                *self.inner(depth, scope),
            ]
        if self.random.random() < 0.3:
            lines += ["else:", *self.inner(depth, scope)]
        return lines

    def leave(self):
        return self.random.choice(["break", "continue"])

    def repeat(self, depth, scope):
        test = self.random.choice(["True", self.name(), f"{self.name()} and {self.name()}"])
        lines = [f"while {test}:", *self.inner(depth, scope)]
        if self.random.random() < 0.3:
            lines += [f"    if {self.expression()}:", "        break", *self.inner(depth, scope)]
        return [*lines, "    break"]

    def attempt(self, depth, scope):
        lines = ["try:", *self.inner(depth, scope)]
        if self.random.random() < 0.5:
            lines += ["    1 / 0", *self.inner(depth, scope)]
        kind = self.random.choice(["except Exception:", f"except Exception as {self.name()}:"])
        if self.random.random() < 0.8:
            lines += [kind, *self.inner(depth, scope)]
            if self.random.random() < 0.4:
                lines += ["else:", *self.inner(depth, scope)]
            if self.random.random() < 0.4:
                lines += ["finally:", *self.inner(depth, scope)]
        else:
            lines += ["finally:", *self.inner(depth, scope)]
        return lines

    def manage(self, depth, scope):
        manager = self.random.choice(
            ["plain()", f"plain() as {self.name()}", "suppress(Exception)"]
        )
        lines = [f"with {manager}:", *self.inner(depth, scope)]
        if "suppress" in manager:
            lines += ["    1 / 0", *self.inner(depth, scope)]
        return lines

    def choose(self, depth, scope):
        pattern = self.random.choice(
            [
                "0",
                self.name_pattern(),
                f"[{self.name_pattern()}, *_]",
                f"int() as {self.name_pattern()}",
                f"{{'k': 1, **{self.name_pattern()}}}",
                f"0 | 1 as {self.name_pattern()}",
            ]
        )
        guard = f" if {self.expression()}" if self.random.random() < 0.4 else ""
        if pattern in NAMES and not guard:
            guard = " if 1"
        lines = [f"match {self.expression()}:", f"    case {pattern}{guard}:"]
        lines += ["    " + line for line in self.inner(depth, scope)]
        if self.random.random() < 0.5:
            lines += [f"    case {self.random.choice(['_', self.name()])}:"]
            lines += ["    " + line for line in self.inner(depth, scope)]
        return lines

    def name_pattern(self):
        return self.name()

    def function(self, depth, scope):
        name = self.random.choice(["p", "q", "r"])
        self.functions.append(name)
        parameter = self.name()
        default = f"={self.expression(1)}"
        decorator = self.random.choice(["", "", "", "@now\n", "@staticmethod\n", "@lambda x: x\n"])
        lines = [*decorator.splitlines(), f"def {name}({parameter}{default}):"]
        if self.random.random() < 0.3:
            declared = self.other(parameter)
            lines += [f"    global {declared}"]
        if self.random.random() < 0.4:
            lines += [f"    return {self.expression()}"]
        elif depth < 2:
            lines += [*self.inner(depth + 1, "function"), f"    return {self.expression()}"]
        else:
            lines += [f"    return {self.name()}"]
        return lines

    def klass(self, depth, scope):
        lines = [f"class {self.random.choice('KL')}:"]
        if depth < 2:
            lines += self.inner(depth + 1, "class")
        method = self.random.choice(["m", "n"])
        lines += [f"    def {method}(self): return {self.expression()}"]
        if self.random.random() < 0.3:
            lines += [f"    x = {method}(1)"]
        if self.random.random() < 0.3:
            lines += [f"    x = [{self.name()} for _ in range({self.name()})]"]
        return lines

    def call(self, depth, scope):
        target = self.random.choice(["p", "q", "r", "K().m", "L().n"])
        argument = "" if "." in target else self.random.choice(["", "1", self.name()])
        return [f"{self.name()} = {target}({argument})"]

    def bind_lambda(self, depth, scope):
        return [f"{self.random.choice('pqr')} = lambda _=0: {self.expression()}"]
