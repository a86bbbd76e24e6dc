"""What this version does not store, judged from the code before it runs.

Each rule names what it found. A cell that breaks a rule runs as usual; only nothing is stored.
"""

from __future__ import annotations

import builtins
import importlib
import sys
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from types import FunctionType, ModuleType
from typing import Any

from ..analysis.closure import UNSEEABLE
from ..analysis.names import Names
from ..analysis.origin import Origin, origin_of, origin_of_name
from ..digest.exact import is_a
from ..errors import Uncacheable
from ..outcome import Reason
from .asking import is_asking
from .native import stood_in_for, unseen_readers
from .parts import Question
from .setting_magics import only_sets
from .setting_stores import is_setting, sets_only_settings
from .watch import questions

_BACK_DOORS = frozenset(
    "__globals__ f_globals f_locals currentframe _getframe import_module __subclasses__ user_ns "
    "get_ipython getsource getsourcelines".split()
)
_CHANGERS = (setattr, delattr, importlib.reload)
_MAGICS = frozenset({"time", "timeit", "capture"})


def refuse_by_names(names: Names) -> None:
    """Raise Uncacheable for a cell whose names cannot be known, before they are followed."""
    for sentence in _unforeseeable(names):
        raise Uncacheable(Reason(sentence))


def refuse_by_reach(question: Question, namespace: Mapping[str, Any]) -> None:
    """Raise Uncacheable with the first rule that the cell, or what it reaches, breaks."""
    for sentence in _broken_rules(question, namespace):
        raise Uncacheable(Reason(sentence))


def _unforeseeable(names: Names) -> Iterator[str]:
    for module in names.star:
        if origin_of_name(module.partition(".")[0]) not in (Origin.INSTALLED, Origin.PYTHON):
            yield f"it uses 'from {module} import *', which binds names that cannot be foreseen"
    for name in sorted(names.dynamic):
        yield f"it uses {name}(), so the names that it touches cannot be known"
    for kind, name, text in names.magics:
        if kind == "shell":
            yield "it runs a shell command"
        elif name not in _MAGICS and not only_sets(kind, name, text):
            yield f"it uses the magic %{name}"
    for name in sorted(names.attributes & _BACK_DOORS):
        yield f"it uses {name}, so the names that it touches cannot be known"
    for name in sorted(names.inputs & (UNSEEABLE - {"get_ipython"})):
        yield f"it uses {name}(), so the names that it touches cannot be known"
    for module in sorted({"__main__", "builtins"} & names.modules):
        yield f"it imports {module}, so the names that it touches cannot be known"


def _broken_rules(question: Question, namespace: Mapping[str, Any]) -> Iterator[str]:
    names, reached = question.names, question.reached
    for name in sorted(reached.attributes & _BACK_DOORS):
        yield f"a function of it uses {name}, so the names that it touches cannot be known"
    for module in sorted({"__main__", "builtins"} & (reached.imported | reached.modules.keys())):
        yield f"it reaches {module}, so the names that it touches cannot be known"
    for name, function in sorted(reached.unseeable):
        yield f"{function}() uses {name}(), so the names that it touches cannot be known"
    for name in sorted(names.momentary - namespace.keys()):
        yield f"it uses {name}(), whose results mean nothing in another kernel"
    for name, function in sorted(reached.momentary):
        yield f"{function}() uses {name}(), whose results mean nothing in another kernel"
    for module in question.unloaded:
        yield imports_first(module)
    yield from _reloading(question, namespace)
    yield from _changed_objects(question, namespace)
    yield from _replaced_members(question)
    used = names.attributes | reached.attributes
    own = names.functions | _own_functions(question)
    yield from questions(used, mentioned_names(question), own)
    yield from _unseen_files(question)
    texts = mentioned_texts(question)
    for name in sorted({"query", "eval"} & reached.attributes):
        if any("@" in text for text in texts):
            yield f"its {name}() names variables inside a text"


def imports_first(module: str) -> str:
    """The refusal of a cell that is the first to import a local module."""
    return f"it imports the local module '{module}' first; import it in a cell above"


def _reloading(question: Question, namespace: Mapping[str, Any]) -> Iterator[str]:
    names, reached = question.names, question.reached
    if "reload" not in names.attributes | reached.attributes:
        return
    if "importlib" not in mentioned_names(question):
        return
    live = {n for n in names.inputs | reached.roots if is_a(namespace.get(n), ModuleType)}
    known = sorted((live | names.modules) - {"importlib"})
    what = " or ".join(f"'{name}'" for name in known) or "a module"
    yield f"it loads {what} again, which changes a module; do that in a cell without %%cacheable"


def _own_functions(question: Question) -> set[str]:
    """Names of the functions and methods of the user that the cell reaches."""
    made = (value for value, _ in question.reached.made.values())
    return {value.__name__ for value in made if isinstance(value, FunctionType)}


def mentioned_names(question: Question) -> set[str]:
    """Every name that the cell or what it reaches uses or imports, modules by their first part."""
    names, reached = question.names, question.reached
    modules = {module.partition(".")[0] for module in names.modules | reached.imported}
    return names.inputs | names.bound | reached.roots | modules


def mentioned_texts(question: Question) -> set[str]:
    """Every text that the cell or what it reaches contains or gets: it may name a file."""
    return question.names.strings | question.reached.strings | _text_inputs(question)


def used_modules(question: Question) -> set[str]:
    """The modules that the cell or what it reaches imports or uses, at least their first part."""
    names, reached = question.names, question.reached
    named = {t.removeprefix("package ") for t in reached.definitions.values() if " " in t}
    return {*reached.modules, *names.modules, *reached.imported, *named}


def _unseen_files(question: Question) -> Iterator[str]:
    """Functions that open files or ask about them where nobody is told."""
    names, reached = question.names, question.reached
    used = names.attributes | reached.attributes | mentioned_names(question)
    packages = {module.partition(".")[0] for module in used_modules(question)}
    for function in unseen_readers(used, packages):
        yield (
            f"it uses {function}, which reaches files or hosts where nobody is told; "
            "do that in a cell without %%cacheable"
        )
    originals = {id(function) for function in (*stood_in_for(), *_CHANGERS)}
    for label, value in sorted(reached.defined.items()):
        if id(value) in originals or is_asking(value):
            yield (
                f"it uses '{label}', which was taken out of its module and cannot be followed; "
                "call it through the module"
            )


def _changed_objects(question: Question, namespace: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted(question.names.stores):
        value = namespace.get(name)
        installed = question.reached.definitions.get(name, "").startswith("package ")
        foreign = is_a(value, ModuleType) or installed or name in question.names.imports
        if foreign and not sets_only_settings(name, question.names, namespace):
            yield f"it sets attributes of '{name}', which it imports"
    for path, function in sorted(question.reached.stores):
        if not is_setting(path):
            yield f"{function}() sets {path}, which is not a variable of the notebook"


def _replaced_members(question: Question) -> Iterator[str]:
    """Members of installed modules and of pandas' classes that the user's code has replaced."""
    used = question.names.attributes | question.reached.attributes
    owners: dict[str, Any] = dict(question.reached.modules)
    pandas = sys.modules.get("pandas")
    if pandas is not None and "pandas" in question.parts["packages"]:
        owners |= {f"pandas.{n}": getattr(pandas, n) for n in ("DataFrame", "Series", "Index")}
    for name in sorted(question.names.inputs | question.reached.roots):
        if _is_users_code(vars(builtins).get(name)):
            yield f"the builtin '{name}' was replaced by code of your own"
    for name, owner in sorted(owners.items()):
        for attribute in sorted(vars(owner).keys() & used):
            if _is_users_code(vars(owner)[attribute]):
                yield f"'{name}.{attribute}' was replaced or added by code of your own"


def _is_users_code(member: Any) -> bool:
    """True for a function or class, also behind an accessor, written in the notebook or locally."""
    member = getattr(member, "_accessor", member) if _is_accessor(member) else member
    if isinstance(member, FunctionType):
        home = sys.modules.get(str(member.__globals__.get("__name__")))
    elif isinstance(member, type):
        home = sys.modules.get(str(member.__module__))
    else:
        return False
    return home is not None and origin_of(home) in (Origin.NOTEBOOK, Origin.LOCAL)


def _is_accessor(member: Any) -> bool:
    return type(member).__name__ in ("Accessor", "CachedAccessor")


def _text_inputs(question: Question) -> set[str]:
    """Inputs that are text or paths."""
    found = set()
    for value in question.reached.values.values():
        if is_a(value, str) or is_a(value, PurePath):
            found.add(str(value))
    return found
