"""The global names of a code object, read from its instructions.

CPython has already done the scoping when a code object exists: closures, class bodies, ``global``
and comprehensions need no rules of ours.
"""

from __future__ import annotations

import ast
import dis
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from itertools import pairwise
from types import CodeType

from .unheard import without_warnings

_GLOBAL_READS = frozenset({"LOAD_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS"})
_ATTRIBUTES = frozenset(
    {"LOAD_ATTR", "LOAD_METHOD", "LOAD_SUPER_ATTR", "STORE_ATTR", "DELETE_ATTR", "IMPORT_FROM"}
)


@dataclass
class CodeNames:
    """What a code object and the code nested in it does with names.

    ``reads``, ``writes`` and ``deletes`` are global names; ``attributes`` every attribute name,
    ``modules`` every imported module (``.mod`` when relative), ``strings`` every text constant.
    ``stores`` are attributes that are set on what a global name stands for, as ``name.a.b``, and
    ``module_stores`` those set on a module that the code imports for itself, as ``module.a``.
    """

    reads: set[str] = field(default_factory=set)
    writes: set[str] = field(default_factory=set)
    deletes: set[str] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)
    modules: set[str] = field(default_factory=set)
    strings: set[str] = field(default_factory=set)
    stores: set[str] = field(default_factory=set)
    module_stores: set[str] = field(default_factory=set)

    def add(self, other: CodeNames) -> None:
        for part in fields(self):
            getattr(self, part.name).update(getattr(other, part.name))


def code_names(code: CodeType) -> CodeNames:
    """Return the names of a function's, class body's or module's code and all code inside it."""
    names = CodeNames()
    _collect(code, names)
    return names


def names_inside(statement: ast.stmt, class_name: str | None) -> CodeNames:
    """Compile a statement, in a class body when it stands in one, and read the code inside it."""
    module = ast.parse(f"class {class_name}: pass" if class_name else "pass")
    holder = module.body[0] if class_name else module
    assert isinstance(holder, ast.ClassDef | ast.Module)
    holder.body = [statement]
    tree = ast.fix_missing_locations(module)
    code = without_warnings(lambda: compile(tree, "<cell>", "exec", dont_inherit=True))
    if class_name:
        code = next(_nested_codes(code))
    names = CodeNames()
    for nested in _nested_codes(code):
        names.add(code_names(nested))
    return names


def _nested_codes(code: CodeType) -> Iterator[CodeType]:
    """Yield the code objects that stand directly in this one."""
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant


def _collect(code: CodeType, names: CodeNames) -> None:
    instructions = list(dis.get_instructions(code))
    is_module = code.co_name == "<module>"
    own = frozenset() if is_module else _class_names(instructions)
    for position, instruction in enumerate(instructions):
        operation, name = instruction.opname, instruction.argval
        if operation in _GLOBAL_READS or (operation == "LOAD_NAME" and (position, name) not in own):
            names.reads.add(name)
        elif operation == "STORE_GLOBAL" or (operation == "STORE_NAME" and is_module):
            names.writes.add(name)
        elif operation == "DELETE_GLOBAL" or (operation == "DELETE_NAME" and is_module):
            names.deletes.add(name)
        elif operation in _ATTRIBUTES:
            names.attributes.add(name)
        elif operation == "IMPORT_NAME":
            names.modules.add("." * _import_level(instructions, position) + name)
    _collect_stores(instructions, names)
    names.strings.update(_strings(code.co_consts))
    for nested in _nested_codes(code):
        _collect(nested, names)


def _collect_stores(instructions: Sequence[dis.Instruction], names: CodeNames) -> None:
    imported = {
        following.argval: instruction.argval
        for instruction, following in pairwise(instructions)
        if instruction.opname == "IMPORT_NAME" and following.opname == "STORE_FAST"
    }
    for position, instruction in enumerate(instructions):
        if instruction.opname not in ("STORE_ATTR", "DELETE_ATTR"):
            continue
        tail, position = [instruction.argval], position - 1
        while position > 0 and instructions[position].opname in ("LOAD_ATTR", "LOAD_METHOD"):
            tail, position = [instructions[position].argval, *tail], position - 1
        start = instructions[position]
        if start.opname in _GLOBAL_READS | {"LOAD_NAME"}:
            names.stores.add(".".join([start.argval, *tail]))
        elif start.opname.startswith("LOAD_FAST") and start.argval in imported:
            names.module_stores.add(".".join([imported[start.argval], *tail]))


def _class_names(instructions: Sequence[dis.Instruction]) -> frozenset[tuple[int, str]]:
    """Return (position, name) of the reads of a class body that meet the class's own name.

    Only names bound before the first jump are certain to be bound; a read of any other name may
    reach the globals.
    """
    bound: set[str] = set()
    own: set[tuple[int, str]] = set()
    straight = True
    for position, instruction in enumerate(instructions):
        operation, name = instruction.opname, instruction.argval
        straight = straight and "JUMP" not in operation and not instruction.is_jump_target
        if operation == "STORE_NAME" and straight:
            bound.add(name)
        elif operation == "DELETE_NAME":
            bound.discard(name)
        elif operation == "LOAD_NAME" and name in bound:
            own.add((position, name))
    return frozenset(own)


def _import_level(instructions: Sequence[dis.Instruction], position: int) -> int:
    """Return how many dots an import has: it is loaded two instructions before IMPORT_NAME."""
    level = instructions[position - 2].argval
    return level if isinstance(level, int) else 0


def _strings(constants: object) -> Iterator[str]:
    if isinstance(constants, str):
        yield constants
    elif isinstance(constants, (tuple, frozenset)):
        for constant in constants:
            yield from _strings(constant)
