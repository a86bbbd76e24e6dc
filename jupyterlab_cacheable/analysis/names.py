"""The names of a cell: what it needs from before, what it binds, and what else it mentions.

``flow`` finds what needs the order of execution; the rest is collected from the syntax here.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from .bytecode import CodeNames, code_names
from .flow import Flow
from .magics import Magic, magic_of
from .syntax import operands_of

__all__ = ["MOMENTARY", "CodeNames", "Names", "code_names", "names_of"]

# Functions that can reach names which the text of a cell does not show.
_DYNAMIC = frozenset(
    {"__import__", "dir", "eval", "exec", "get_ipython", "globals", "locals", "vars"}
)
_FINE_WITH_ARGUMENT = frozenset({"dir", "vars"})
_FINE_IN_FUNCTION = frozenset({"dir", "locals", "vars"})
# Builtins whose results mean nothing in another kernel; a dictionary asks `__hash__` anew.
MOMENTARY = frozenset({"id", "hash"})


@dataclass
class Names:
    """What one cell does with names.

    inputs      global names read while not certainly bound by the cell, builtins included
    bound       names the cell can bind in the notebook, also by ``global`` in functions
    definite    names certainly bound when the cell ends
    deleted     names the cell can delete, the names of ``except`` clauses included
    imports     bound name -> (module, attribute or None); a relative module is ``.mod``
    modules     every imported module, those imported inside functions included
    star        modules of ``from module import *``
    dynamic     functions such as ``eval`` that reach names unseen, and magics (``%%time``) whose
                code could not be read or that stand in a function: names may then be missing here
    magics      (kind, name, text) with kind ``line``, ``cell`` or ``shell``
    attributes  every attribute name, the names imported from modules included
    strings     every text constant
    stores      root names of attribute and item assignments (``x`` in ``x.y[0] = 1``), and of
                augmented assignments and deletions
    paths       what ``stores`` comes from, in full: ``x.y[]`` in ``x.y[0] = 1``
    bare_calls  names and attributes that are called without any argument
    functions   names of the functions that it defines, methods and ``<lambda>`` included
    momentary   names of `MOMENTARY` that are read, other than in a method ``__hash__``
    """

    inputs: set[str] = field(default_factory=set)
    bound: set[str] = field(default_factory=set)
    definite: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    imports: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    modules: set[str] = field(default_factory=set)
    star: list[str] = field(default_factory=list)
    dynamic: set[str] = field(default_factory=set)
    magics: list[tuple[str, str, str]] = field(default_factory=list)
    attributes: set[str] = field(default_factory=set)
    strings: set[str] = field(default_factory=set)
    stores: set[str] = field(default_factory=set)
    paths: set[str] = field(default_factory=set)
    bare_calls: set[str] = field(default_factory=set)
    functions: set[str] = field(default_factory=set)
    momentary: set[str] = field(default_factory=set)


def names_of(tree: ast.Module, transform: Callable[[str], str] | None = None) -> Names:
    """Return the names of a cell, given the syntax tree of its transformed source.

    ``transform`` turns IPython source into Python (``shell.transform_cell``); without it, magics
    inside the bodies of ``%%time`` and the like make those bodies unreadable, see ``dynamic``.
    Raises SyntaxError for a tree that does not compile, RecursionError for one nested too deeply.
    """
    flow = Flow(transform)
    flow.visit(tree)
    mentions = _Mentions()
    for each in (tree, *flow.parsed):
        mentions.visit(each)
    return Names(
        inputs=flow.inputs,
        bound=flow.bound,
        definite=flow.definite,
        deleted=flow.deleted,
        imports=flow.imports,
        modules=mentions.modules,
        star=flow.star,
        dynamic=(mentions.dynamic & flow.inputs) | flow.unreadable | mentions.unreadable,
        magics=[(magic.kind, magic.name, magic.text) for magic in mentions.magics],
        attributes=mentions.attributes,
        strings=mentions.strings,
        stores={
            path.partition(".")[0].partition("[")[0].partition("(")[0] for path in mentions.paths
        },
        paths=mentions.paths,
        bare_calls=mentions.bare_calls,
        functions=mentions.functions,
        momentary=mentions.momentary & flow.inputs,
    )


class _Mentions(ast.NodeVisitor):
    """Collects what needs no order of execution."""

    def __init__(self) -> None:
        self.modules: set[str] = set()
        self.dynamic: set[str] = set()
        self.magics: list[Magic] = []
        self.unreadable: set[str] = set()  # labels of magics inside of functions
        self.attributes: set[str] = set()
        self.strings: set[str] = set()
        self.paths: set[str] = set()
        self.bare_calls: set[str] = set()
        self.functions: set[str] = set()
        self.momentary: set[str] = set()
        self._class_name = ""
        self._in_function = False

    def visit_Import(self, node: ast.Import) -> None:
        self.modules.update(alias.name for alias in node.names)
        self.attributes.update(part for alias in node.names for part in alias.name.split("."))

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        self.modules.add("." * node.level + (node.module or ""))
        self.attributes.update(alias.name for alias in node.names)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self._attribute(node.attr)
        self._store(node)
        self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self._store(node)
        self.generic_visit(node)

    def visit_MatchClass(self, node: ast.MatchClass) -> None:
        for name in node.kwd_attrs:
            self._attribute(name)
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.paths.update(_path(node.target))
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        self._visit_all(operands_of(node))

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self.strings.add(node.value)

    def visit_Name(self, node: ast.Name) -> None:
        if node.id in _DYNAMIC and isinstance(node.ctx, ast.Load):
            self.dynamic.add(node.id)
        if node.id in MOMENTARY:
            self.momentary.add(node.id)

    def visit_Call(self, node: ast.Call) -> None:
        magic = magic_of(node)
        if not node.args and not node.keywords:
            self.bare_calls.update(_called(node.func))
        if magic is not None:
            self.magics.append(magic)
            if self._in_function:
                self.unreadable.add(magic.label)
        if magic or self._is_fine(node):
            self._visit_all([*node.args, *node.keywords])
        else:
            self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        momentary = self.momentary.copy()
        self.functions.add(node.name)
        self._function(node.body, [node.args, *node.decorator_list, node.returns])
        if node.name == "__hash__":
            self.momentary = momentary

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self.functions.add("<lambda>")
        self._function([node.body], [node.args])

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        outer = self._class_name, self._in_function
        self._class_name, self._in_function = node.name, False
        self.generic_visit(node)
        self._class_name, self._in_function = outer

    def _function(self, body: Iterable[ast.AST], around: Iterable[ast.AST | None]) -> None:
        self._visit_all(around)
        outer, self._in_function = self._in_function, True
        self._visit_all(body)
        self._in_function = outer

    def _visit_all(self, nodes: Iterable[ast.AST | None]) -> None:
        for node in nodes:
            if node is not None:
                self.visit(node)

    def _attribute(self, name: str) -> None:
        self.attributes.add(name)
        if self._class_name and name.startswith("__") and not name.endswith("__"):
            self.attributes.add(f"_{self._class_name.lstrip('_')}{name}")

    def _store(self, node: ast.Attribute | ast.Subscript) -> None:
        if not isinstance(node.ctx, ast.Load):
            self.paths.update(_path(node))

    def _is_fine(self, node: ast.Call) -> bool:
        """Tell whether this call of a dynamic function shows no names of the notebook."""
        if not isinstance(node.func, ast.Name):
            return False
        if node.args or node.keywords:
            return node.func.id in _FINE_WITH_ARGUMENT
        return self._in_function and node.func.id in _FINE_IN_FUNCTION


def _path(target: ast.expr) -> set[str]:
    """Return ``x.y[].z`` of ``x.y[0].z``, nothing when it does not start from a name."""
    node, tail = target, ""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        match node:
            case ast.Attribute():
                tail = f".{node.attr}{tail}"
            case ast.Subscript():
                tail = f"[]{tail}"
            case ast.Call():
                tail = f"(){tail}"
        node = node.func if isinstance(node, ast.Call) else node.value
    return {node.id + tail} if isinstance(node, ast.Name) else set()


def _called(function: ast.expr) -> set[str]:
    if isinstance(function, ast.Attribute):
        return {function.attr}
    return {function.id} if isinstance(function, ast.Name) else set()
