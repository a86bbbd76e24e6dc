"""Questions about a piece of syntax that its text alone answers."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterable, Iterator

Function = ast.FunctionDef | ast.AsyncFunctionDef
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp

# Context managers that may end their body early and go on behind it.
_SWALLOWING = ("suppress", "ExitStack", "AsyncExitStack", "raises", "assertRaises")
_REPEATING = frozenset({"enumerate", "reversed", "sorted", "list", "tuple"})


def defaults_of(arguments: ast.arguments) -> list[ast.expr]:
    """Return the default values in the order of their evaluation."""
    return [*arguments.defaults, *filter(None, arguments.kw_defaults)]


def is_irrefutable(pattern: ast.pattern) -> bool:
    """Tell whether a pattern matches whatever it meets."""
    match pattern:
        case ast.MatchAs(pattern=None):
            return True
        case ast.MatchAs(pattern=ast.pattern() as inner):
            return is_irrefutable(inner)
        case ast.MatchOr():
            return any(map(is_irrefutable, pattern.patterns))
    return False


def is_never_empty(node: ast.For | ast.AsyncFor) -> bool:
    """Tell whether the body of a loop runs at least once."""
    return isinstance(node, ast.For) and _has_elements(node.iter)


def _has_elements(iterable: ast.expr) -> bool:
    """Tell whether iterating this expression certainly yields something."""
    match iterable:
        case ast.List() | ast.Tuple() | ast.Set():
            return any(not isinstance(element, ast.Starred) for element in iterable.elts)
        case ast.Dict():
            return any(key is not None for key in iterable.keys)
        case ast.Constant(value=str() | bytes() as text):
            return len(text) > 0
        case ast.Call(func=ast.Name(id="range"), keywords=[]):
            numbers = [_integer(argument) for argument in iterable.args]
            known = [number for number in numbers if number is not None]
            return len(known) == len(numbers) in (1, 2, 3) and _range_has_elements(known)
        case ast.Call(func=ast.Name(id=name), args=[first, *_]):
            return name in _REPEATING and _has_elements(first)
    return False


def _integer(node: ast.expr) -> int | None:
    match node:
        case ast.Constant(value=int() as number):
            return number
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() as number)):
            return -number
    return None


def _range_has_elements(numbers: list[int]) -> bool:
    zero_step = len(numbers) == 3 and numbers[2] == 0
    return not zero_step and bool(range(*numbers))


def swallows(manager: ast.expr) -> bool:
    """Tell whether a context manager may end its body early without an error."""
    path = dotted(manager.func if isinstance(manager, ast.Call) else manager)
    return bool(path) and path[-1].startswith(_SWALLOWING)


def dotted(node: ast.expr) -> list[str]:
    """Return the parts of ``a.b.c``, an empty list for any other expression."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return [node.id, *reversed(parts)] if isinstance(node, ast.Name) else []


def unbound_in(nodes: Iterable[ast.AST]) -> set[str]:
    """Return the names that these statements may delete, handlers' names included."""
    names: set[str] = set()
    for root in nodes:
        for node in ast.walk(root):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Del):
                names.add(node.id)
            elif isinstance(node, ast.ExceptHandler) and node.name is not None:
                names.add(node.name)
    return names


def targets_of(node: Comprehension) -> set[str]:
    """Return the loop variables of a comprehension."""
    return {name for generator in node.generators for name in stored_in(generator.target)}


def stored_in(node: ast.AST) -> set[str]:
    """Return the names that are assigned somewhere in a piece of syntax."""
    names = (node for node in ast.walk(node) if isinstance(node, ast.Name))
    return {name.id for name in names if isinstance(name.ctx, ast.Store)}


def operands_of(node: ast.BinOp) -> list[ast.expr]:
    """Return the operands of ``a + b + c + ...``, which nests as deep as it is long."""
    operands: list[ast.expr] = []
    left: ast.expr = node
    while isinstance(left, ast.BinOp):
        operands.append(left.right)
        left = left.left
    return [left, *reversed(operands)]


def mentions(statement: ast.stmt, names: set[str]) -> bool:
    """Tell whether a statement uses one of these names."""
    return any(isinstance(node, ast.Name) and node.id in names for node in ast.walk(statement))


def functions_bound_by(statement: ast.stmt) -> set[str]:
    """Return the names that a statement of a class body binds to something callable."""
    if isinstance(statement, Function | ast.ClassDef):
        return {statement.name}
    if any(isinstance(node, ast.Lambda) for node in ast.walk(statement)):
        return stored_in(statement)
    return set()


def annotations_of(node: Function) -> Iterator[ast.expr | None]:
    """Return the annotations of a function, None for each that is absent."""
    arguments = node.args
    for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        yield argument.annotation
    for rest in (arguments.vararg, arguments.kwarg):
        yield rest.annotation if rest else None
    yield node.returns


def without_outer_parts(node: Function) -> Function:
    """Return a copy of a function without what is evaluated outside of it."""
    inner = copy.copy(node)
    inner.decorator_list = []
    inner.args = without_defaults(node.args)
    return inner


def without_defaults(arguments: ast.arguments) -> ast.arguments:
    """Return a copy of a parameter list without the default values."""
    inner = copy.copy(arguments)
    inner.defaults = []
    inner.kw_defaults = [None for _ in arguments.kwonlyargs]
    return inner
