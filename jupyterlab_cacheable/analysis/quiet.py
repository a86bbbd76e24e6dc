"""Which statements cannot call a function of the cell: they run no code from elsewhere.

Behind a quiet statement, functions defined before it cannot have been called, so the names they
read may still become bound. ``own`` are the names of functions that the cell itself defined: a
decorator among them is not the well-known one of that name.
"""

from __future__ import annotations

import ast
from collections.abc import Set as AbstractSet

from .syntax import defaults_of, dotted

# Decorators that do not call what they decorate; recognised by their last name.
_DECORATORS = frozenset(
    "abstractmethod asynccontextmanager cache cached_property classmethod contextmanager dataclass "
    "deleter final getter jit lru_cache njit overload override property runtime_checkable setter "
    "singledispatch staticmethod total_ordering unique wraps".split()
)


def is_quiet(statement: ast.stmt, own: AbstractSet[str]) -> bool:
    """Tell whether a statement cannot call any function that exists already."""
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            decorated = are_quiet_decorators(statement.decorator_list, own)
            return decorated and all(map(_is_quiet_value, defaults_of(statement.args)))
        case ast.ClassDef():
            arguments = [*statement.bases, *(word.value for word in statement.keywords)]
            return (
                are_quiet_decorators(statement.decorator_list, own)
                and all(map(_is_quiet_value, arguments))
                and all(is_quiet(inner, own) for inner in statement.body)
            )
        case ast.Assign():
            plain = all(isinstance(target, ast.Name) for target in statement.targets)
            return plain and _is_quiet_value(statement.value)
        case ast.AnnAssign(target=ast.Name(), value=value):
            return value is None or _is_quiet_value(value)
        case ast.Expr():
            return isinstance(statement.value, ast.Constant)
        case ast.Import() | ast.ImportFrom() | ast.Pass() | ast.Global():
            return True
    return type(statement).__name__ == "TypeAlias"


def are_quiet_decorators(decorators: list[ast.expr], own: AbstractSet[str]) -> bool:
    """Tell whether decorating with these calls nothing but the decorators themselves."""
    return all(_is_quiet_decorator(decorator, own) for decorator in decorators)


def _is_quiet_decorator(decorator: ast.expr, own: AbstractSet[str]) -> bool:
    arguments: list[ast.expr] = []
    if isinstance(decorator, ast.Call):
        arguments = [*decorator.args, *(word.value for word in decorator.keywords)]
        decorator = decorator.func
    path = dotted(decorator)
    if not path or path[-1] not in _DECORATORS or (len(path) == 1 and path[0] in own):
        return False
    return all(map(_is_quiet_value, arguments))


def _is_quiet_value(value: ast.expr) -> bool:
    match value:
        case ast.Constant() | ast.Name():
            return True
        case ast.Attribute():
            return _is_quiet_value(value.value)
        case ast.UnaryOp():
            return isinstance(value.operand, ast.Constant)
        case ast.Tuple() | ast.List():
            return all(map(_is_quiet_value, value.elts))
        case ast.Dict():
            constant_keys = all(isinstance(key, ast.Constant) for key in value.keys)
            return constant_keys and all(map(_is_quiet_value, value.values))
        case ast.Lambda():
            return all(map(_is_quiet_value, defaults_of(value.args)))
    return False
