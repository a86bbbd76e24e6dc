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
from collections.abc import Iterator
from contextlib import contextmanager

from .bindings import Bindings, Loop, join
from .definitions import Definitions
from .syntax import is_irrefutable, is_never_empty, swallows, unbound_in


class Flow(Definitions):
    """Walks a cell once, branch by branch; its public attributes hold what was found."""

    # -- branches ----------------------------------------------------------------------------

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
