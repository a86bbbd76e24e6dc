"""What a name stands for, followed through functions, classes and modules."""

from __future__ import annotations

import builtins
import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

from jupyterlab_cacheable.analysis.closure import Closure, Reached, code_digest
from jupyterlab_cacheable.analysis.origin import Origin, origin_of, origin_of_name, version_of
from jupyterlab_cacheable.digest import Undigestible, digest


def reach(source: str, *names: str, attributes: tuple[str, ...] = ()) -> Reached:
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(source, "cell", "exec", dont_inherit=True), namespace)
    return follow(namespace, *names, attributes=attributes)


def follow(namespace: dict[str, Any], *names: str, attributes: tuple[str, ...] = ()) -> Reached:
    closure = Closure(namespace, vars(builtins))
    reached = closure.follow(names, attributes)
    done: set[str] = set()
    while pending := sorted(reached.values.keys() - done):
        for label in pending:
            text = digest(reached.values[label], definition=closure.definition).text
            reached.values[label] = text
            done.add(label)
        closure.drain()
    return reached


def state(source: str, *names: str) -> tuple[dict[str, str], dict[str, Any], set[str]]:
    reached = reach(source, *names)
    return reached.definitions, reached.values, reached.absent


# Two sources that differ in one place: "old" and "new" are put where {} stands.
COUNTS = {
    "the body": ("def f():\n    return {}", "1", "2"),
    "the bounds of a slice": ("def f(x):\n    return x[{}:]", "1", "2"),
    "a type of a constant": ("def f():\n    return {}", "1", "1.0"),
    "a default": ("def f(x={}):\n    return x", "1", "2"),
    "a keyword default": ("def f(*, x={}):\n    return x", "1", "2"),
    "a docstring": ("def f():\n    '{}'", "one", "two"),
    "a helper": ("def g():\n    return {}\ndef f():\n    return g()", "1", "2"),
    "a helper of a helper": (
        "def h():\n    return {}\ndef g():\n    return h()\ndef f():\n    return g()",
        "1",
        "2",
    ),
    "a constant of a helper": (
        "K = {}\ndef g():\n    return K\ndef f():\n    return g()",
        "1",
        "2",
    ),
    "a function only passed on": (
        "def g():\n    return {}\ndef f():\n    return map(g, [])",
        "1",
        "2",
    ),
    "a function only assigned": ("def g():\n    return {}\ndef f():\n    h = g", "1", "2"),
    "a closure variable": (
        "def make(n):\n    def f():\n        return n\n    return f\nf = make({})",
        "1",
        "2",
    ),
    "a nested function": ("def f():\n    def g():\n        return {}\n    return g()", "1", "2"),
    "a lambda in a container": ("f = [lambda: {}]", "1", "2"),
    "a comprehension": ("def f():\n    return [i + {} for i in ()]", "1", "2"),
    "the body of a decorator": (
        "def d(g):\n    def w():\n        return g() + {}\n    return w\n@d\ndef f():\n    return 1",
        "1",
        "2",
    ),
    "the function under a decorator": (
        "import functools\ndef d(g):\n    @functools.wraps(g)\n    def w():\n        return g()\n"
        "    return w\n@d\ndef f():\n    return {}",
        "1",
        "2",
    ),
    "the argument of a partial": ("import functools\nf = functools.partial(max, {})", "1", "2"),
    "a cached function": (
        "import functools\n@functools.lru_cache\ndef f():\n    return {}",
        "1",
        "2",
    ),
    "a method": ("class f:\n    def m(self):\n        return {}", "1", "2"),
    "a static method": ("class f:\n    @staticmethod\n    def m():\n        return {}", "1", "2"),
    "a property": ("class f:\n    @property\n    def m(self):\n        return {}", "1", "2"),
    "a class attribute": ("class f:\n    k = {}", "1", "2"),
    "a method of a base class": (
        "class B:\n    def m(self):\n        return {}\nclass f(B):\n    pass",
        "1",
        "2",
    ),
    "the base class": (
        "class A:\n    x = 1\nclass B:\n    x = 2\nclass f({}):\n    pass",
        "A",
        "B",
    ),
    "the metaclass": (
        "class M(type):\n    def n(cls):\n        return {}\nclass f(metaclass=M):\n    pass",
        "1",
        "2",
    ),
    "what a method uses": ("K = {}\nclass f:\n    def m(self):\n        return K", "1", "2"),
    "the class of an instance": (
        "class C:\n    def m(self):\n        return {}\nf = C()",
        "1",
        "2",
    ),
    "the state of an instance": ("class C:\n    pass\nf = C()\nf.x = {}", "1", "2"),
    "a bound method's object": (
        "class C:\n    def __init__(self, x):\n        self.x = x\n    def m(self):\n"
        "        return self.x\nf = C({}).m",
        "1",
        "2",
    ),
    "a dataclass default": (
        "from dataclasses import dataclass\n@dataclass\nclass f:\n    x: int = {}",
        "1",
        "2",
    ),
    "a dataclass option": (
        "from dataclasses import dataclass\n@dataclass(order={})\nclass f:\n    x: int = 1",
        "True",
        "False",
    ),
    "an enum member": ("import enum\nclass f(enum.Enum):\n    A = {}", "1", "2"),
    "a field of a named tuple": (
        "import collections\nf = collections.namedtuple('f', '{} z')",
        "x",
        "y",
    ),
    "an attribute of a function": ("def f():\n    pass\nf.limit = {}", "1", "2"),
    "an exception handler's range": (
        "def f(x):\n    try:\n        a = 1\n        {}\n    except ValueError:\n        return 2\n    b = 2",
        "b = 2",
        "pass",
    ),
}


@pytest.mark.parametrize("what", COUNTS)
def test_a_change_counts(what: str) -> None:
    source, old, new = COUNTS[what]
    before = state(source.replace("{}", old), "f")
    assert before == state(source.replace("{}", old), "f")
    assert before != state(source.replace("{}", new), "f")


NOTHING = {
    "comments and lines": (
        "def f():\n    return 1",
        "# remark\n\n\ndef f():\n    # more\n    return (1)",
    ),
    "a function that is not reached": (
        "def f():\n    return 1",
        "def g():\n    return 2\ndef f():\n    return 1",
    ),
    "the order of definitions": (
        "def g():\n    return 2\ndef f():\n    return g()",
        "def f():\n    return g()\ndef g():\n    return 2",
    ),
    "having made an instance": (
        "class f:\n    pass",
        "class f:\n    pass\nimport copy\ncopy.copy(f())",
    ),
}


if sys.version_info < (3, 14):  # which keeps the first element as a constant of its own
    NOTHING["the order of a set constant"] = (
        "def f(x):\n    return x in {'a', 'b'}",
        "def f(x):\n    return x in {'b', 'a'}",
    )


@pytest.mark.parametrize("what", NOTHING)
def test_what_cannot_change_a_result_does_not_count(what: str) -> None:
    one, other = NOTHING[what]
    assert state(one, "f") == state(other, "f")


def test_what_a_cached_function_remembers_is_a_value_beside_its_definition() -> None:
    source = "import functools\n@functools.lru_cache\ndef f(x):\n    return x"
    one, other = state(source, "f"), state(f"{source}\nf(3)", "f")
    assert one[0] == other[0]
    assert one[1].keys() == other[1].keys() == {"what f() remembers"}
    assert one[1] != other[1]


def test_recursion_and_mutual_recursion_end() -> None:
    source = "def f(n):\n    return n and g(n - 1)\ndef g(n):\n    return n and f(n - 1)"
    assert set(reach(source, "f").definitions) == {"f", "g"}


def test_calls_do_not_change_a_function() -> None:
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec("def f(n):\n    return sum(i * i for i in range(n))", namespace)
    before = code_digest(namespace["f"].__code__)
    for _ in range(2000):
        namespace["f"](3)
    assert code_digest(namespace["f"].__code__) == before


def test_absent_names_are_told_apart_from_builtins() -> None:
    reached = reach("def f():\n    return len(missing)", "f", "print", "gone")
    assert reached.absent == {"missing", "gone"}


def test_functions_that_reach_names_unseen_are_named() -> None:
    reached = reach("def f(t):\n    return eval(t)", "f")
    assert reached.unseeable == {("eval", "f")}


def test_names_bound_through_global_are_collected() -> None:
    assert reach("n = 0\ndef f():\n    global n\n    n += 1", "f").written == {"n"}


def test_installed_code_counts_by_package() -> None:
    source = "import numpy as np\nfrom numpy import concatenate, sin\nfrom json import dumps"
    reached = reach(source, "np", "concatenate", "sin", "dumps")
    assert reached.packages == {"numpy"}
    assert reached.definitions == {
        "concatenate": "package numpy.concatenate",
        "sin": "package numpy.sin",
        "dumps": "package json.dumps",
    }


def test_a_wrapper_of_an_installed_function_is_the_users_code() -> None:
    source = "import functools, numpy as np\n@functools.wraps(np.sum)\ndef f(x):\n    return {}\nnp_sum = np.sum"
    one = reach(source.replace("{}", "1"), "f", "np_sum").definitions
    other = reach(source.replace("{}", "2"), "f", "np_sum").definitions
    assert one["f"] != other["f"]
    assert one["np_sum"] == other["np_sum"] == "package numpy.sum"


def test_what_has_no_digest_is_refused_by_name() -> None:
    with pytest.raises(Undigestible) as refused:
        reach("def f(x=open('/dev/null')):\n    pass", "f")
    assert "f (its defaults)" in refused.value.path


@pytest.fixture
def local_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Write and load a module outside the package folders; returns a function that reloads it."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def load(text: str) -> Any:
        (tmp_path / "closure_mine.py").write_text(text)
        sys.modules.pop("closure_mine", None)
        importlib.invalidate_caches()
        return importlib.import_module("closure_mine")

    yield load
    sys.modules.pop("closure_mine", None)


def test_a_local_module_counts_by_the_attributes_used(local_module) -> None:
    text = "K = {}\ndef used(x):\n    return x + K\ndef other():\n    return {}\n"

    def seen(k: int, unused: int, *attributes: str) -> Any:
        module = local_module(text.replace("{}", str(k), 1).replace("{}", str(unused)))
        reached = follow({"m": module}, "m", attributes=attributes)
        return reached.definitions, reached.values

    assert seen(1, 1, "used") == seen(1, 2, "used")
    assert seen(1, 1, "used") != seen(2, 1, "used")
    assert seen(1, 1, "other") != seen(1, 2, "other")
    assert set(seen(1, 1, "used")[1]) == {"closure_mine.K"}


def test_getattr_makes_all_of_a_local_module_count(local_module) -> None:
    def seen(value: int) -> Any:
        module = local_module(f"def hidden():\n    return {value}\n")
        source = "def f(name):\n    return getattr(m, name)()"
        namespace: dict[str, Any] = {"__name__": "__main__", "m": module}
        exec(source, namespace)
        return follow(namespace, "f").definitions

    assert seen(1) != seen(2)


def test_origins_and_versions(local_module) -> None:
    import json

    import numpy

    assert origin_of(json) is Origin.PYTHON
    assert origin_of(numpy) is Origin.INSTALLED
    assert origin_of(local_module("")) is Origin.LOCAL
    assert origin_of_name("sklearn") is Origin.INSTALLED
    assert origin_of_name("no_such_module_anywhere") is None
    assert version_of("numpy") == numpy.__version__
    assert version_of("sklearn") == importlib.metadata.version("scikit-learn")
    assert version_of("no_such_module_anywhere") == "unknown"
