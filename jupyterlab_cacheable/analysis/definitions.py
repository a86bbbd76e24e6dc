"""The part of the walk over a cell that meets code within code.

That is functions, classes and comprehensions, and the Python inside of magics.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from .bindings import Scope
from .bytecode import names_inside
from .magics import Magic, MagicCode, Running, code_of, identifiers, interpolated_names, magic_of
from .quiet import are_quiet_decorators, is_quiet
from .reading import Reading
from .syntax import (
    Comprehension,
    Function,
    annotations_of,
    defaults_of,
    functions_bound_by,
    mentions,
    targets_of,
    unbound_in,
    without_defaults,
    without_outer_parts,
)
from .unheard import without_warnings


class Definitions(Reading):
    """Adds functions, classes, comprehensions and magics to the walk."""

    # -- functions, classes, comprehensions --------------------------------------------------

    def visit_FunctionDef(self, node: Function) -> None:
        generic = bool(getattr(node, "type_params", None))
        with self._immediately():
            self._visit_all(node.decorator_list)
            self._visit_all(defaults_of(node.args))
            if not generic:
                self._visit_all(annotations_of(node))
        reads = self._reads_of(without_outer_parts(node))
        self._define(node, reads)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._visit_all(defaults_of(node.args))
        inner = copy.copy(node)
        inner.args = without_defaults(node.args)
        self._defer(self._reads_of(ast.Expr(inner)))

    def visit_TypeAlias(self, node: ast.stmt) -> None:
        self._defer(self._reads_of(node))
        name = getattr(node, "name", None)
        if isinstance(name, ast.Name):
            self._bind(name.id)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        with self._immediately():
            self._visit_all(node.decorator_list)
        if getattr(node, "type_params", None):
            # Bases and body see the type parameters: CPython's scoping has to tell them apart.
            inner = copy.copy(node)
            inner.decorator_list = []
            self._define(node, self._reads_of(inner))
            return
        with self._immediately():
            self._visit_all([*node.bases, *node.keywords])
        self._define(node, self._class_body(node))

    def _class_body(self, node: ast.ClassDef) -> set[str]:
        """Visit the body of a class, which runs at once; return what its methods read."""
        outer = self._scope, self._waiting, self._deferring
        declared = {n for s in node.body if isinstance(s, ast.Global) for n in s.names}
        self._scope = Scope(outer[0].depth + 1, node.name, frozenset(declared))
        self._waiting = set()
        for name in ("__module__", "__qualname__"):
            self._bind(name)
        functions: set[str] = set()
        for statement in node.body:
            quiet = is_quiet(statement, self._own)
            if not quiet and mentions(statement, functions):
                self._settle()
            self._deferring = quiet or isinstance(statement, Function | ast.ClassDef)
            self.visit(statement)
            functions |= functions_bound_by(statement)
        methods = self._waiting
        self._state = self._state.leave(self._scope.depth)
        self._scope, self._waiting, self._deferring = outer
        return methods

    def _define(self, node: Function | ast.ClassDef, reads: set[str]) -> None:
        """Bind a function or class whose code reads the given global names when it is called."""
        if not are_quiet_decorators(node.decorator_list, self._own):
            for name in reads:
                self._read_global(name)
            self._bind(node.name)
        else:
            self._bind(node.name)
            self._defer(reads)

    def _defer(self, reads: set[str]) -> None:
        reads = reads - self._scope.hidden
        if self._deferring:
            self._waiting |= {name for name in reads if not self._is_certain(name)}
        else:
            for name in reads:
                self._read_global(name)

    @contextmanager
    def _immediately(self) -> Iterator[None]:
        deferring, self._deferring = self._deferring, False
        yield
        self._deferring = deferring

    def _reads_of(self, statement: ast.stmt) -> set[str]:
        """Return the global names read by the functions in a statement, noting their writes."""
        names = names_inside(statement, self._scope.class_name)
        self.bound |= names.writes
        self.deleted |= names.deletes
        self._fragile |= names.deletes
        return names.reads

    def visit_ListComp(self, node: Comprehension) -> None:
        first = node.generators[0]
        self.visit(first.iter)
        start, scope = self._state, self._scope
        targets = map(scope.mangle, targets_of(node))
        self._scope = replace(scope, depth=0, hidden=scope.hidden.union(targets))
        for generator in node.generators:
            if generator is not first:
                self.visit(generator.iter)
            self.visit(generator.target)
            for test in generator.ifs:
                self._state, _ = self._condition(test)
        self._visit_all([node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt])
        self._state, self._scope = start, scope

    visit_SetComp = visit_ListComp
    visit_DictComp = visit_ListComp
    visit_GeneratorExp = visit_ListComp

    # -- magics ------------------------------------------------------------------------------

    def visit_Call(self, node: ast.Call) -> None:
        magic = magic_of(node)
        if magic is None:
            self.generic_visit(node)
            return
        code = code_of(magic)
        if code is None:
            self._visit_names(interpolated_names(magic.line))
        else:
            self._magic_code(magic, code)

    def _magic_code(self, magic: Magic, code: MagicCode) -> None:
        tree = self._parse(code.source)
        if tree is None:
            self.unreadable.add(magic.label)
            self._visit_names(identifiers(code.source))
        else:
            self.parsed.append(tree)
            self._run_magic_code(tree, code.running)
        for name in code.binds:
            self.bound.add(name)
        if magic.name == "capture" and magic.body.rstrip().endswith(";"):
            self.deleted.update(code.binds)

    def _run_magic_code(self, tree: ast.Module, running: Running) -> None:
        start = self._state
        if running is Running.APART:
            body = [*tree.body, ast.Pass()]
            function = ast.parse("async def timed(): pass").body[0]
            assert isinstance(function, ast.AsyncFunctionDef)
            function.body = body
            for name in self._reads_of(function):
                self._read_global(name)
            return
        self._run(start, tree.body)
        if running is Running.MAYBE:
            self._state = start.without(unbound_in([tree]))

    def _parse(self, source: str) -> ast.Module | None:
        try:
            return without_warnings(lambda: ast.parse(self._transform(source.strip("\n"))))
        except (SyntaxError, ValueError):
            return None

    def _visit_names(self, names: Iterable[str]) -> None:
        for name in names:
            self._read(name)
