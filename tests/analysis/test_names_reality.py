"""Programs are run with a namespace that records what is looked up, and compared with names_of."""

import ast
import builtins

import pytest

from jupyterlab_cacheable.analysis.names import names_of
from tests.analysis import programs

SEEDS_PER_CASE = 100
IMPLICIT = {
    "__name__",
    "__annotate__",
    "__annotations__",
    "__build_class__",
    "__builtins__",
    "__conditional_annotations__",
}


class Old(int):
    """A value from before the cell; each name has its own object."""

    __hash__ = int.__hash__


class Recorder(dict):
    """A namespace that notes which names were looked up while they still had their old value."""

    def __init__(self, old):
        super().__init__(old)
        self.old = dict(old)
        self.read, self.written, self.deleted = set(), set(), set()

    def __getitem__(self, name):
        value = super().get(name, self)
        if value is self:
            if name not in self.written and name not in self.deleted:
                self.read.add(name)
            return getattr(builtins, name) if hasattr(builtins, name) else super().__getitem__(name)
        if value is self.old.get(name) and name not in self.written:
            self.read.add(name)
        return value

    def __setitem__(self, name, value):
        self.written.add(name)
        super().__setitem__(name, value)

    def __delitem__(self, name):
        if name in self.old and name not in self.written:
            self.read.add(name)
        self.deleted.add(name)
        super().__delitem__(name)


def run(program, old):
    """Run a program; return its namespace and whether it came to its end."""
    namespace = Recorder(old)
    try:
        exec(compile(program, "<program>", "exec"), namespace)
    except Exception:
        return namespace, False
    return namespace, True


def namespaces(seed):
    """Old namespaces to run a program in: everything there, and half of it."""
    tools = {}
    exec(programs.PREAMBLE, tools)
    tools = {name: tools[name] for name in ("now", "plain", "suppress")}
    everything = {name: Old(seed % 3) for name in programs.NAMES}
    functions = {name: (lambda _=0: 1) for name in "pqr"}
    half = dict(list(everything.items())[seed % 2 :: 2])
    yield {**tools, **everything, **functions}
    yield {**tools, **half}


def check(program, seed):
    names = names_of(ast.parse(program))
    finished = 0
    for old in namespaces(seed):
        namespace, ended = run(program, old)
        missing = object()
        changed = {n for n in old if namespace.get(n, missing) is not old[n]}
        written = (namespace.written | changed | (set(namespace) - set(old))) - IMPLICIT
        assert namespace.read - IMPLICIT <= names.inputs, program
        assert written <= names.bound | names.deleted, program
        assert namespace.deleted <= names.deleted, program
        if ended:
            finished += 1
            assert names.definite <= set(namespace), program
    return finished


@pytest.mark.parametrize("start", range(0, 600, SEEDS_PER_CASE))
def test_no_read_and_no_write_of_a_random_program_is_missed(start):
    finished = 0
    for seed in range(start, start + SEEDS_PER_CASE):
        program = programs.Writer(seed).program()
        try:
            compile(program, "<program>", "exec")
        except SyntaxError:
            continue
        finished += check(program, seed)
    assert finished >= SEEDS_PER_CASE // 4
