"""The part of the walk over a cell that reads and binds names: expressions and assignments."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence

from .bindings import Bindings, Loop, Scope, join
from .quiet import is_quiet
from .syntax import operands_of


class Reading(ast.NodeVisitor):
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

    # -- expressions -------------------------------------------------------------------------

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
