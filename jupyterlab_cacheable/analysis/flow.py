"""Which names a cell needs and binds: its syntax tree walked in the order in which it runs.

The walk keeps the set of names that are *certainly* bound at each point. A name that is read
where it is not in this set is an input: its value may come from before the cell. Branches are
joined by intersection; a loop body starts without the names that it may delete; a handler starts
from what held before the ``try``; the body of ``with suppress(...)`` may stop anywhere.

Nested functions are compiled, so that CPython does their scoping, and their global reads count
where the function can first be called:

* at the ``def``, when it stands in a branch or loop or under a decorator that may call it;
* else at the next statement that can run code from elsewhere. Definitions, imports and plain
  constants cannot, so functions that call each other, in any order, are no inputs.

Methods likewise wait until their class exists, unless the class body uses them itself.
"""

from __future__ import annotations

import ast
import copy
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from .bindings import Bindings, Loop, Scope, join
from .bytecode import names_inside
from .magics import Magic, MagicCode, Running, code_of, identifiers, interpolated_names, magic_of
from .quiet import are_quiet_decorators, is_quiet
from .syntax import (
    Comprehension,
    Function,
    annotations_of,
    defaults_of,
    functions_bound_by,
    is_irrefutable,
    is_never_empty,
    mentions,
    operands_of,
    swallows,
    targets_of,
    unbound_in,
    without_defaults,
    without_outer_parts,
)


class Flow(ast.NodeVisitor):
    """Walks a cell once; the public attributes hold what was found.

    ``transform`` turns IPython source into Python, for the code inside of magics.
    """

    def __init__(self, transform: Callable[[str], str] | None = None) -> None:
        self.inputs: set[str] = set()
        self.bound: set[str] = set()
        self.deleted: set[str] = set()
        self.imports: dict[str, tuple[str, str | None]] = {}
        self.star: list[str] = []
        self.unreadable: set[str] = set()  # labels of magics whose code could not be parsed
        self.parsed: list[ast.AST] = []  # trees of the code inside of magics
        self._transform = transform or (lambda source: source)
        self._state = Bindings()
        self._scope = Scope()
        self._loops: list[Loop] = []
        self._waiting: set[str] = set()  # reads of functions that cannot have been called yet
        self._deferring = False
        self._fragile: set[str] = set()  # names that some function may delete

    @property
    def definite(self) -> set[str]:
        """The names certainly bound where the walk stands."""
        return {name for depth, name in self._state.bound if depth == 0} - self._fragile

    @property
    def _own(self) -> set[str]:
        return self.bound - self.imports.keys()

    # -- names -------------------------------------------------------------------------------

    def _read(self, name: str) -> None:
        scope = self._scope
        name = scope.mangle(name)
        if name in scope.hidden:
            return
        local = scope.depth and name not in scope.declared_global
        if not (local and (scope.depth, name) in self._state.bound):
            self._read_global(name)

    def _read_global(self, name: str) -> None:
        if not self._is_certain(name):
            self.inputs.add(name)

    def _is_certain(self, name: str) -> bool:
        return (0, name) in self._state.bound and name not in self._fragile

    def _bind(self, name: str) -> None:
        scope = self._scope
        name = scope.mangle(name)
        if name in scope.hidden:
            return
        depth = 0 if name in scope.declared_global else scope.depth
        if depth == 0:
            self.bound.add(name)
        self._state = self._state.bind(depth, name)

    def _delete(self, name: str) -> None:
        self._read(name)
        name = self._scope.mangle(name)
        if self._scope.depth == 0 or name in self._scope.declared_global:
            self.deleted.add(name)
        self._state = self._state.without({name})

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self._read(node.id)
        elif isinstance(node.ctx, ast.Store):
            self._bind(node.id)
        else:
            self._delete(node.id)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        self.visit(node.target)

    # -- statements in a row -----------------------------------------------------------------

    def visit_Module(self, node: ast.Module) -> None:
        for statement in node.body:
            self._deferring = is_quiet(statement, self._own)
            if not self._deferring:
                self._settle()
            self.visit(statement)
        self._deferring = False
        self._settle()

    def _run(self, state: Bindings, body: Sequence[ast.stmt]) -> Bindings:
        self._state = state
        for statement in body:
            self.visit(statement)
        return self._state

    def _settle(self) -> None:
        for name in self._waiting:
            self._read_global(name)
        self._waiting.clear()

    def _visit_all(self, nodes: Iterable[ast.AST | None]) -> None:
        for node in nodes:
            if node is not None:
                self.visit(node)

    # -- assignments -------------------------------------------------------------------------

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        self._visit_all(node.targets)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self._read(node.target.id)
            self.visit(node.value)
            self._bind(node.target.id)
        else:
            self.visit(node.target)
            self.visit(node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)
        if node.value is not None or not isinstance(node.target, ast.Name):
            self.visit(node.target)
        self.visit(node.annotation)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            name = alias.asname or alias.name.partition(".")[0]
            self._bind(name)
            self._note_import(name, alias.name if alias.asname else name, None)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = "." * node.level + (node.module or "")
        for alias in node.names:
            if alias.name == "*":
                self.star.append(module)
                continue
            name = alias.asname or alias.name
            self._bind(name)
            self._note_import(name, module, alias.name)

    def _note_import(self, name: str, module: str, attribute: str | None) -> None:
        if self._scope.depth == 0 or name in self._scope.declared_global:
            self.imports[name] = (module, attribute)

    # -- branches ----------------------------------------------------------------------------

    def _condition(self, test: ast.expr) -> tuple[Bindings, Bindings]:
        """Visit a condition; return the state where it is true and the one where it is false."""
        if isinstance(test, ast.BoolOp):
            return self._bool_op(test)
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            yes, no = self._condition(test.operand)
            return no, yes
        self.visit(test)
        if isinstance(test, ast.Constant):
            dead = self._state.dead()
            return (self._state, dead) if test.value else (dead, self._state)
        return self._state, self._state

    def _bool_op(self, node: ast.BoolOp) -> tuple[Bindings, Bindings]:
        is_and = isinstance(node.op, ast.And)
        stopped: list[Bindings] = []  # states in which the remaining operands are skipped
        for operand in node.values:
            yes, no = self._condition(operand)
            self._state = yes if is_and else no
            stopped.append(no if is_and else yes)
        ended, skipped = self._state, join(*stopped)
        return (ended, skipped) if is_and else (skipped, ended)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        self._state = join(*self._condition(node))

    def visit_IfExp(self, node: ast.IfExp) -> None:
        yes, no = self._condition(node.test)
        ends = []
        for state, expression in ((yes, node.body), (no, node.orelse)):
            self._state = state
            self.visit(expression)
            ends.append(self._state)
        self._state = join(*ends)

    def visit_Compare(self, node: ast.Compare) -> None:
        self.visit(node.left)
        self.visit(node.comparators[0])
        certain = self._state  # a < b < c: c is skipped when a < b is false
        self._visit_all(node.comparators[1:])
        self._state = certain

    def visit_BinOp(self, node: ast.BinOp) -> None:
        self._visit_all(operands_of(node))

    def visit_Dict(self, node: ast.Dict) -> None:
        for key, value in zip(node.keys, node.values, strict=True):
            self._visit_all((key, value))

    def visit_If(self, node: ast.If) -> None:
        yes, no = self._condition(node.test)
        self._state = join(self._run(yes, node.body), self._run(no, node.orelse))

    def visit_Assert(self, node: ast.Assert) -> None:
        yes, no = self._condition(node.test)
        self._state = no
        self._visit_all([node.msg])
        self._state = yes

    def visit_Match(self, node: ast.Match) -> None:
        self.visit(node.subject)
        ends: list[Bindings] = []
        for case in node.cases:
            unmatched = self._state
            if is_irrefutable(case.pattern):
                unmatched = unmatched.dead()
            self.visit(case.pattern)
            if case.guard is not None:
                self._state, refused = self._condition(case.guard)
                unmatched = join(unmatched, refused)
            ends.append(self._run(self._state, case.body))
            self._state = unmatched
        self._state = join(self._state, *ends)

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        self._visit_all([node.pattern])
        if node.name is not None:
            self._bind(node.name)

    def visit_MatchStar(self, node: ast.MatchStar) -> None:
        if node.name is not None:
            self._bind(node.name)

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        self._visit_all([*node.keys, *node.patterns])
        if node.rest is not None:
            self._bind(node.rest)

    def visit_MatchOr(self, node: ast.MatchOr) -> None:
        start = self._state
        ends = []
        for pattern in node.patterns:
            self._state = start
            self.visit(pattern)
            ends.append(self._state)
        self._state = join(*ends)

    # -- loops and jumps ---------------------------------------------------------------------

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self.visit(node.iter)
        entry = self._state.without(unbound_in([node]))
        loop = Loop()
        self._loops.append(loop)
        self._state = entry
        self.visit(node.target)
        ends = [self._run(self._state, node.body), *loop.continues]
        self._loops.pop()
        exhausted = join(*ends) if is_never_empty(node) else join(entry, *ends)
        self._state = join(self._run(exhausted, node.orelse), *loop.breaks)

    visit_AsyncFor = visit_For

    def visit_While(self, node: ast.While) -> None:
        self._state = self._state.without(unbound_in([node]))
        yes, no = self._condition(node.test)
        loop = Loop()
        self._loops.append(loop)
        self._run(yes, node.body)
        self._loops.pop()
        self._state = join(self._run(no, node.orelse), *loop.breaks)

    def visit_Break(self, _node: ast.Break) -> None:
        if self._loops:
            self._loops[-1].breaks.append(self._state)
        self._state = self._state.dead()

    def visit_Continue(self, _node: ast.Continue) -> None:
        if self._loops:
            self._loops[-1].continues.append(self._state)
        self._state = self._state.dead()

    def visit_Return(self, node: ast.Return) -> None:
        self.generic_visit(node)
        self._state = self._state.dead()

    def visit_Raise(self, node: ast.Raise) -> None:
        self.generic_visit(node)
        self._state = self._state.dead()

    # -- with and try ------------------------------------------------------------------------

    def visit_With(self, node: ast.With | ast.AsyncWith) -> None:
        start = self._state
        for item in node.items:
            self._visit_all((item.context_expr, item.optional_vars))
        end = self._run(self._state, node.body)
        if any(swallows(item.context_expr) for item in node.items):
            end = join(end, start.without(unbound_in([node])))
        self._state = end

    visit_AsyncWith = visit_With

    def visit_Try(self, node: ast.Try | ast.TryStar) -> None:
        start = self._state
        with self._exits_without(unbound_in(node.handlers) | unbound_in(node.finalbody)):
            ends = [self._run(self._run(start, node.body), node.orelse)]
            raised = start.without(unbound_in(node.body))
            ends += [self._handler(raised, handler) for handler in node.handlers]
        self._state = join(*ends)
        if node.finalbody:
            self._state = self._finally(node, start)

    visit_TryStar = visit_Try

    def _handler(self, raised: Bindings, handler: ast.ExceptHandler) -> Bindings:
        self._state = raised
        self._visit_all([handler.type])
        if handler.name is None:
            return self._run(self._state, handler.body)
        self._bind(handler.name)
        end = self._run(self._state, handler.body)
        if self._scope.depth == 0:
            self.deleted.add(handler.name)
        return end.without({handler.name})

    def _finally(self, node: ast.Try | ast.TryStar, start: Bindings) -> Bindings:
        """Visit the ``finally`` body, which can be entered from any point; return its end."""
        normal = self._state
        anywhere = start.without(unbound_in([*node.body, *node.handlers, *node.orelse]))
        end = self._run(anywhere, node.finalbody)
        kept = normal.without(unbound_in(node.finalbody))
        return Bindings(kept.bound | end.bound, alive=normal.alive and end.alive)

    @contextmanager
    def _exits_without(self, names: set[str]) -> Iterator[None]:
        """Remove names from the states in which ``break`` and ``continue`` leave this block."""
        loop = self._loops[-1] if self._loops else Loop()
        breaks, continues = len(loop.breaks), len(loop.continues)
        yield
        loop.breaks[breaks:] = [state.without(names) for state in loop.breaks[breaks:]]
        loop.continues[continues:] = [state.without(names) for state in loop.continues[continues:]]

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
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse(self._transform(source.strip("\n")))
        except (SyntaxError, ValueError):
            return None

    def _visit_names(self, names: Iterable[str]) -> None:
        for name in names:
            self._read(name)
