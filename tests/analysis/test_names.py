import ast
import builtins
import subprocess
import sys

import pytest

from jupyterlab_cacheable.analysis.names import code_names, names_of

BUILTINS = set(dir(builtins))


def names(source, transform=None):
    return names_of(ast.parse(source), transform)


def inputs(source):
    return " ".join(sorted(names(source).inputs - BUILTINS))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        # plain statements
        ("x = a", "a"),
        ("x = x", "x"),
        ("x = 1\nx", ""),
        ("x += 1", "x"),
        ("x = 1\nx += y", "y"),
        ("x: T = v", "T v"),
        ("x: T", "T"),
        ("x, y = y, 1", "y"),
        ("x = y = z", "z"),
        ("x[i] = v", "i v x"),
        ("x.y.z += v", "v x"),
        ("del q", "q"),
        ("x = 1\ndel x\nx", "x"),
        ("import a.b\na.b", ""),
        ("from a import b as c\nc", ""),
        ("from m import *\nf", "f"),
        ("f'{a!r:{w}}'", "a w"),
        ("assert a, b", "a b"),
        ("a < b < (c := d) < c", "a b d"),
        ("a < b < (c := d)\nc", "a b c d"),
        ("{(k := f): k}", "f"),
        # branches
        ("if c: x = 1\nelse: x = 2\nx", "c"),
        ("if c: x = 1\nx", "c x"),
        ("if c: x = 1\nelse: raise E\nx", "E c"),
        ("if True: x = 1\nx", ""),
        ("if a and (m := f): m", "a f"),
        ("if a or (m := f): m", "a f m"),
        ("if not (a and (m := f)): pass\nelse: m", "a f"),
        ("y = (m := a) and m\nm", "a"),
        ("y = a and (m := b)\nm", "a b m"),
        ("y = (m := 1) if a else (m := 2)\nm", "a"),
        ("match v:\n case [a, *b]: a, b\n case {'k': c, **d}: c, d\n case P(x=e): e", "P v"),
        ("match v:\n case 1: x = 1\n case _: x = 2\nx", "v"),
        ("match v:\n case 1: x = 1\nx", "v x"),
        ("match v:\n case n if n > 1: pass\n case _: n", "v"),
        ("match v:\n case (1 as n) | (2 as n): n", "v"),
        ("match v:\n case k.A: pass", "k v"),
        # loops
        ("for i in xs: r = i\nr", "r xs"),
        ("for i in range(3): r = i\nr, i", ""),
        ("for i in range(0): r = i\nr", "r"),
        ("for i in (1, 2):\n if c: break\n r = i\nr", "c r"),
        ("for i in xs: r = i\nelse: r = 0\nr", "xs"),
        ("for i in xs:\n prev\n prev = i", "prev xs"),
        ("x = 1\nfor i in xs:\n x\n del x", "x xs"),
        ("while c: x = 1\nx", "c x"),
        ("while True:\n x = f()\n if x: break\nx", "f"),
        ("while True:\n if f(): break\n x = 1\nx", "f x"),
        ("while (n := f()): n\nn", "f"),
        ("for i in xs:\n try: break\n finally: x = 1\nx", "x xs"),
        ("x = 1\nfor i in xs:\n try: break\n finally: del x\nx", "x xs"),
        # try and with
        ("try: import a\nexcept ImportError: a = None\na", ""),
        ("try: x = f()\nexcept E: pass\nx", "E f x"),
        ("try: x = f()\nexcept E: raise\nx", "E f"),
        ("try: x = f()\nexcept E as e: e\ne", "E e f"),
        ("try: x = f()\nfinally: x", "f x"),
        ("try: x = f()\nfinally: y = 1\nx, y", "f"),
        ("try: f()\nexcept E: x = 1\nelse: x = 2\nx", "E f"),
        ("x = 1\ntry: del x\nexcept E: x", "E x"),
        ("with open(p) as f: d = f.read()\nd", "p"),
        ("with suppress(E): x = f()\nx", "E f suppress x"),
        ("with contextlib.suppress(E) as s: pass\ns", "E contextlib s"),
        ("with a as b, b.c as d: d", "a"),
        # comprehensions
        ("[x * k for x in data if x > t]", "data k t"),
        ("[[i * j for j in range(i)] for i in rows]", "rows"),
        ("[x for x in x]", "x"),
        ("[y for x in xs for y in x]", "xs"),
        ("any((hit := v) > 3 for v in vs)\nhit", "hit vs"),
        ("[y for x in xs if (y := x)]", "xs"),
        ("[last := x + last for x in xs]", "last xs"),
        ("[(lambda: x + z)() for x in xs]", "xs z"),
        ("{k: v for k, v in d.items()}\nk", "d k"),
        ("async def f():\n return [i async for i in g(u)]", "g u"),
        ("r = [i async for i in g(u)]", "g u"),
        # functions
        ("def f(a, b=d): return a + b + c", "c d"),
        ("def f(a: A, *b: B, c: C = 1, **d: D) -> R: pass", "A B C D R"),
        ("@app.route(path)\ndef f(): pass", "app path"),
        ("f = lambda x, y=d: x + y + z", "d z"),
        ("def f():\n global g\n g = a\n return g", "a g"),
        ("def o():\n u = 1\n def i(): return u + v\n return i", "v"),
        ("def f(dir, vars): return dir + vars", ""),
        ("async def f(): await g(x)", "g x"),
        ("x = 1\ndef f(): return x", ""),
        # a function's reads count where it can first be called
        ("def main(): return second()\ndef second(): return 1\nmain()", ""),
        ("def main(): return second()\ng()\ndef second(): return 1", "g second"),
        ("def main(): return second()\nimport m\nK = 3\nk = [K, -1]\ndef second(): pass\nmain()", ""),
        ("def fact(n): return n * fact(n - 1)", ""),
        ("@lru_cache(maxsize=None)\ndef fib(n): return fib(n - 1)", "lru_cache"),
        ("@register\ndef fib(n): return fib(n - 1)", "fib register"),
        ("def cache(f): return f\n@cache\ndef fib(n): return fib(n - 1)", "fib"),
        ("if c:\n def f(): return f() + g()\n def g(): pass", "c g"),
        ("f = lambda: g()\ng = lambda: f()\nf()", ""),
        ("def f(): return x\nx = x0\nf()", "x0"),
        ("def f(): return x\nx = f()", "x"),
        ("def f(): return x\nclass A:\n y = f()\nx = 1", "x"),
        ("def f(): return 1\n@deco\ndef g(): return later\nlater = 1", "deco later"),
        ("def f():\n global x\n del x\nx = 1\nx", "x"),
        # classes
        ("class C(Base, metaclass=M):\n k = const\n def m(self): return k2 + self.x", "Base M const k2"),
        ("class C:\n a = 1\n b = a", ""),
        ("class C:\n a = a", "a"),
        ("class C:\n if c: a = 1\n b = a", "a c"),
        ("class C:\n a = 3\n b = [a for _ in range(n)]", "a n"),
        ("class C:\n n = 3\n b = [i for i in range(n)]", ""),
        ("class C:\n a = 1\n class D:\n  b = a", "a"),
        ("class C:\n a = 1\n def m(self): return a", "a"),
        ("class C:\n def m(self): return C()", ""),
        ("class C:\n p = f()\n def m(self): return C()", "f"),
        ("class C:\n def m(self): return C()\n x = m(0)", "C"),
        ("class C:\n def m(self): return D()\nclass D(C): pass\nD()", ""),
        ("@dataclass\nclass C:\n x: int = 0\n def m(self): return C()", "dataclass"),
        ("class C:\n def __init__(self): super().__init__(); __class__", ""),
        ("class C:\n def m(self): return __g", "_C__g"),
        ("class C:\n x = __g", "_C__g"),
        ("class C:\n __module__, __qualname__", ""),
        ("class C:\n global x\n x = 1\nx", ""),
        ("class C:\n x = 1\n del x\n x", "x"),
    ],
)  # fmt: skip
def test_inputs_are_what_may_be_read_from_before(source, expected):
    assert inputs(source) == expected


@pytest.mark.parametrize(
    ("source", "bound", "definite", "deleted"),
    [
        ("x = 1", "x", "x", ""),
        ("if c: x = 1", "x", "", ""),
        ("for i in xs: y = 1", "i y", "", ""),
        ("with a as b: c = 1", "b c", "b c", ""),
        ("import a.b, c.d as e\nfrom f import g as h", "a e h", "a e h", ""),
        ("def f():\n global g\n g = 1", "f g", "f", ""),
        ("def f():\n global g\n del g\ng = 1", "f g", "f", "g"),
        ("class A:\n x = 1\n def m(self): pass", "A", "A", ""),
        ("class A:\n global x\n x = 1", "A x", "A x", ""),
        ("x = [i for i in y if (j := i)]", "j x", "x", ""),
        ("x = 1\ndel x", "x", "", "x"),
        ("del a.b, a[0]", "", "", ""),
        ("try: pass\nexcept E as e: pass", "e", "", "e"),
        ("match v:\n case [a, *b]: pass\n case {**c}: pass", "a b c", "", ""),
        ("x: int", "", "", ""),
        ("(x := 1)", "x", "x", ""),
        ("x[0] = y.z = 1", "", "", ""),
        ("async def f(): x = 1", "f", "f", ""),
        ("raise E\nx = 1", "x", "x", ""),
    ],
)
def test_bound_definite_and_deleted_names(source, bound, definite, deleted):
    found = names(source)
    assert " ".join(sorted(found.bound)) == bound
    assert " ".join(sorted(found.definite)) == definite
    assert " ".join(sorted(found.deleted)) == deleted


def test_imports_are_kept_with_their_source():
    found = names(
        "import numpy as np, os.path\nimport a.b as c\nfrom m.n import x, y as z\n"
        "from . import u\nfrom ..p import v\nfrom q import *\ndef f():\n import inner.one"
    )
    assert found.imports == {
        "np": ("numpy", None), "os": ("os", None), "c": ("a.b", None), "x": ("m.n", "x"),
        "z": ("m.n", "y"), "u": (".", "u"), "v": ("..p", "v"),
    }  # fmt: skip
    assert found.modules == {"numpy", "os.path", "a.b", "m.n", ".", "..p", "q", "inner.one"}
    assert found.star == ["q"]
    assert {"x", "y", "u", "v"} <= found.attributes


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("exec(code)", {"exec"}),
        ("eval('x')", {"eval"}),
        ("globals()['x']", {"globals"}),
        ("vars()", {"vars"}),
        ("vars(x), dir(x)", set()),
        ("f = vars", {"vars"}),
        ("def f(): return locals(), vars(), dir()", set()),
        ("class A:\n x = locals()", {"locals"}),
        ("def f(): return globals()", {"globals"}),
        ("def f(dir): return dir", set()),
        ("dir = 'a'\ndir", set()),
        ("get_ipython().user_ns", {"get_ipython"}),
        ("get_ipython().run_line_magic('time', 'x')", set()),
        ("__import__('m')", {"__import__"}),
        ("[eval(x) for x in y]", {"eval"}),
        ("o.eval(x)", set()),
    ],
)
def test_functions_that_reach_unseen_names_are_reported(source, expected):
    assert names(source).dynamic == expected


def test_attributes_strings_and_stores():
    found = names(
        "x.a.b = f(y).c\nz[0].d += 1\ndel w.e\nn += 1\n"
        "def g(self):\n self.h = 'text'\n"
        "match v:\n case P(i=1): pass\nclass K:\n def m(self): return self.__p\n'doc'"
    )
    assert found.attributes == {*"abcdehi", "__p", "_K__p"}
    assert found.strings == {"text", "doc"}
    assert found.stores == {"x", "z", "w", "n", "self"}


# -- magics


def line(name, text):
    return f"get_ipython().run_line_magic({name!r}, {text!r})"


def cell(name, text, body):
    return f"get_ipython().run_cell_magic({name!r}, {text!r}, {body!r})"


@pytest.mark.parametrize(
    ("source", "needs", "bound", "definite"),
    [
        (line("time", "x = a + 1"), "a", "x", "x"),
        (line("time", "--no-raise-error x = a"), "a", "x", ""),
        (cell("time", "", "x = a\ny = x\n"), "a", "x y", "x y"),
        (line("timeit", "-n 10 -r3 x = a"), "a", "", ""),
        (line("timeit", "-o -v kept f(a)"), "a f", "kept", ""),
        (cell("timeit", "s = a", "t = s + b\n"), "a b", "", ""),
        (line("prun", "-l 5 -s time x = f(a)"), "a f", "x", "x"),
        (cell("capture", "out --no-stderr", "x = a\n"), "a", "out x", ""),
        (f"y = {line('time', 'f(a)')}", "a f", "y", "y"),
        ("get_ipython().system('ls {folder} $name $$no')", "folder name", "", ""),
        ("x = get_ipython().getoutput('ls {d}')", "d", "x", "x"),
        (line("load_ext", "autoreload"), "", "", ""),
        (line("matplotlib", "{backend}"), "backend", "", ""),
    ],
)
def test_the_code_inside_of_magics_is_read(source, needs, bound, definite):
    found = names(source)
    assert " ".join(sorted(found.inputs - BUILTINS)) == needs
    assert " ".join(sorted(found.bound)) == bound
    assert " ".join(sorted(found.definite)) == definite
    assert "get_ipython" not in found.inputs | found.dynamic


def test_magics_are_listed_with_their_text():
    source = "\n".join(
        [
            line("matplotlib", "inline"),
            cell("time", "", "import json\njson.dumps('t')\n"),
            "get_ipython().system('ls')",
            "f = get_ipython().getoutput('pwd')",
            "def g(): get_ipython().system('inner')",
        ]
    )
    found = names(source)
    assert found.magics == [
        ("line", "matplotlib", "inline"),
        ("cell", "time", "\nimport json\njson.dumps('t')\n"),
        ("shell", "system", "ls"),
        ("shell", "getoutput", "pwd"),
        ("shell", "system", "inner"),
    ]
    assert found.dynamic == {"!system"}
    assert found.modules == {"json"}
    assert {"dumps"} <= found.attributes
    assert {"t"} <= found.strings


def test_code_inside_of_a_magic_that_cannot_be_read_is_reported():
    body = "%matplotlib inline\nplot(a)\n"
    found = names(cell("time", "", body))
    assert found.dynamic == {"%%time"}
    assert {"plot", "a"} <= found.inputs


def test_a_transform_reads_magics_inside_of_magics():
    def transform(source):
        return source.replace("%matplotlib inline", line("matplotlib", "inline"))

    found = names(cell("time", "", "%matplotlib inline\nx = plot(a)\n"), transform)
    assert found.dynamic == set()
    assert found.bound == {"x"}
    assert ("line", "matplotlib", "inline") in found.magics


# -- code objects


def code_of(source):
    namespace = {}
    exec(source, namespace)
    return namespace["f"].__code__


def test_the_globals_of_a_code_object_and_the_code_inside_it():
    found = code_names(
        code_of(
            "def f(a):\n"
            "    global w, d\n"
            "    import m.n\n"
            "    from .. import rel\n"
            "    from ..p import q\n"
            "    w = r1.attr\n"
            "    del d\n"
            "    class C(base):\n"
            "        own = 1\n"
            "        copy = own + r2\n"
            "        if r3: maybe = 1\n"
            "        again = maybe\n"
            "    def g(): return r4.meth('text') + a in ('u', 'v')\n"
            "    a.stored = [r5 for x in g()]\n"
        )
    )
    assert found.reads - {"__name__"} == {"r1", "r2", "r3", "r4", "r5", "base", "maybe"}
    assert found.writes == {"w"}
    assert found.deletes == {"d"}
    assert {"attr", "meth", "stored", "rel", "q"} <= found.attributes
    assert found.modules == {"m.n", "..", "..p"}
    assert {"text", "u", "v"} <= found.strings


def test_the_code_of_a_module_binds_globals():
    found = code_names(compile("x = y\ndel z\nclass A:\n k = 1", "m", "exec"))
    assert found.writes == {"x", "A"}
    assert found.deletes == {"z"}
    assert "y" in found.reads


def test_deep_sums_are_walked():
    assert inputs("+".join(["x"] * 900)) == "x"


def test_analysis_loads_neither_ipython_nor_numpy():
    script = (
        "import sys\n"
        "import jupyterlab_cacheable.analysis.names, jupyterlab_cacheable.analysis.mark\n"
        "import jupyterlab_cacheable.analysis.canonical\n"
        "print({'IPython', 'numpy', 'tornado', 'xxhash'} & set(sys.modules))"
    )
    environment = {"PYTHONPATH": ":".join(sys.path)}
    command = [sys.executable, "-c", script]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"


def test_attributes_set_on_globals_and_imported_modules_are_told_apart() -> None:
    found = code_names(
        compile(
            "def f(self):\n"
            "    import json.decoder as j\n"
            "    import os\n"
            "    np.random.seeded = 1; del pd.DataFrame.total\n"
            "    os.path.sep = '/'; self.x = 1; y = self; y.z = 2; np.a['b'] = 3; np.c(4).d = 5",
            "m",
            "exec",
        )
    )
    assert found.stores == {"np.random.seeded", "pd.DataFrame.total"}
    assert found.module_stores == {"os.path.sep"}
