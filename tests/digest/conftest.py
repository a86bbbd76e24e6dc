import inspect
import sys

import pytest

from jupyterlab_cacheable.digest import digest


def define(value):
    """Answer like the kernel: what is installed by its name, what a test defines by its code."""
    if inspect.ismodule(value):
        return f"module {value.__name__}"
    module = getattr(value, "__module__", None)
    name = getattr(value, "__qualname__", None) or getattr(value, "__name__", None)
    if type(value).__name__ == "ufunc":
        module = "numpy"
    if not isinstance(module, str) or not isinstance(name, str) or not callable(value):
        return None
    if module.startswith(("test_", "tests.", "__main__")) or "<locals>" in name:
        return f"code {name}" if inspect.isclass(value) or inspect.isfunction(value) else None
    found = getattr(sys.modules.get(module), name, None)
    return f"package {module}.{name}" if found is value else None


@pytest.fixture
def text():
    """The digest text of a value."""
    return lambda value: digest(value, definition=define).text


@pytest.fixture
def walk():
    """The whole result of a digest."""
    return lambda value, name="": digest(value, definition=define, name=name)
