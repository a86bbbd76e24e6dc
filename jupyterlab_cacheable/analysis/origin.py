"""Where a module's code comes from, and which version of it is installed."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import site
import sys
import sysconfig
from enum import StrEnum
from functools import cache
from types import ModuleType


class Origin(StrEnum):
    """The four kinds of module that a key treats differently."""

    NOTEBOOK = "notebook"
    LOCAL = "local"
    INSTALLED = "installed"
    PYTHON = "python"


@cache
def _folders() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Real paths of the package folders and of the standard library, each ending in a slash."""
    paths = sysconfig.get_paths()
    packages = {paths["purelib"], paths["platlib"], *site.getsitepackages()}
    packages.add(site.getusersitepackages())
    library = {paths["stdlib"], paths["platstdlib"]}
    return _with_slash(packages), _with_slash(library)


def _with_slash(folders: set[str]) -> tuple[str, ...]:
    return tuple(sorted(os.path.join(os.path.realpath(folder), "") for folder in folders))


def is_installed_path(path: str) -> bool:
    """True for a file below the environment's package folders or the standard library."""
    packages, library = _folders()
    return os.path.realpath(path).startswith((*packages, *library))


def origin_of(module: ModuleType) -> Origin:
    """Classify a loaded module by the place of its file; a module without file is PYTHON's own
    when the interpreter provides it, else LOCAL.
    """
    name = module.__name__
    if name == "__main__":
        return Origin.NOTEBOOK
    file = getattr(module, "__file__", None)
    if not isinstance(file, str):
        return _origin_without_file(module)
    return _origin_of_places([file])


def origin_of_name(top: str) -> Origin | None:
    """Classify a top-level module by its name, without importing it; None when there is none."""
    if top in sys.modules:
        return origin_of(sys.modules[top])
    try:
        spec = importlib.util.find_spec(top) if top else None
    except (ImportError, ValueError):
        return None
    if spec is None:
        return None
    if spec.origin in ("built-in", "frozen"):
        return Origin.PYTHON
    return _origin_of_places(
        [spec.origin] if spec.origin else [*(spec.submodule_search_locations or ())]
    )


def _origin_of_places(places: list[str]) -> Origin:
    packages, library = _folders()
    real = [os.path.join(os.path.realpath(place), "") for place in places]
    if real and all(place.startswith(packages) for place in real):
        return Origin.INSTALLED
    return Origin.PYTHON if real and all(p.startswith(library) for p in real) else Origin.LOCAL


def _origin_without_file(module: ModuleType) -> Origin:
    top = module.__name__.partition(".")[0]
    if top in sys.builtin_module_names or top in sys.stdlib_module_names:
        return Origin.PYTHON
    if top.startswith("_cython_"):  # holds the types that all modules compiled by Cython share
        return Origin.PYTHON
    parent = sys.modules.get(top)
    if parent is not None and parent is not module and getattr(parent, "__file__", None):
        return origin_of(parent)
    return _origin_of_places([*getattr(module, "__path__", [])])


def is_users_class(cls: type) -> bool:
    """True for a class written in the notebook or in a local module."""
    module = sys.modules.get(str(cls.__module__))
    return module is not None and origin_of(module) in (Origin.NOTEBOOK, Origin.LOCAL)


@cache
def _distributions() -> dict[str, list[str]]:
    return dict(importlib.metadata.packages_distributions())


def version_of(package: str) -> str:
    """Version of the distribution that provides the top-level import name `package`.

    The distribution's metadata counts, not `__version__`, so that the answer does not depend on
    what happens to be imported. "unknown" when no distribution claims the name.
    """
    for name in (package, *_distributions().get(package, [])):
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return "unknown"
