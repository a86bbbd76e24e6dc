import ast
import itertools
import subprocess
import sys
import warnings

import pytest

from jupyterlab_cacheable.analysis import canonical as module
from jupyterlab_cacheable.analysis.canonical import canonical, code_digest, source_digest

SAME = [
    ["x = 1", "x=1  # note", "\n\nx   =   0x1", "x = (1)"],
    ["'ab'", '"ab"', "'a' 'b'", "'''ab'''", r"'\x61b'", "u'ab'", "('a'\n 'b')"],
    ["f'{x}a'", "f'{x}' 'a'", 'f"{ x }a"', "f'{x:}a'", "f'{x}' f'' 'a'"],
    ["f'a{{b'", "f'a' '{b'", "f'a{{' 'b'"],
    ["if a: b", "if a:\n  b", "if (a):\n\n    b"],
    ["with (a as b, c): pass", "with a as b, c:\n    pass"],
    ["x = 1_000", "x = 1000", "x = 0b1111101000"],
    ["def f(a): return a", "def f(a,):\n  # note\n  return (a)"],
    ["1e3", "1000.0", "1_000.0"],
    ["x: int", "x:int"],
    ["[1, 2]", "[1, 2,]"],
    ["a; b", "a\nb"],
]
DIFFERENT = [
    "1", "True", "1.0", "1j", "-1", "'1'", "b'1'", "...", "Ellipsis", "None", "0.0", "-0.0", "0",
    "''", "b''", "f''", "f'1'", "f'{1}'", "f'{x}'", "f'{x!r}'", "f'{x!s}'", "f'{x!a}'", "f'{x:1}'",
    "f'{x=}'", "f'{x:{1}}'", "f'{x}{x}'", "'\\ud800'", "'\\u00e9'", "'e\\u0301'", "x", "(x,)",
    "[x]", "{x}", "{x: x}", "{**x}", "x.x", "x[x]", "x[x,]", "x[x:]", "x[:x]", "x[::x]", "x[x:x]",
    "x()", "x(x)", "x(*x)", "x(**x)", "x(x=x)", "x((x,))", "x(x, x)", "+x", "-x", "~x", "not x",
    "x + x", "x - x", "x + x + x", "x + (x + x)", "x and x", "x or x", "x and x and x",
    "(x and x) and x", "x < x", "x < x < x", "(x < x) < x", "x is x", "x if x else x",
    "lambda: x", "lambda x: x", "lambda x=x: x", "lambda *x: x", "lambda **x: x", "lambda *, x: x",
    "lambda x, /: x", "lambda *, x=x: x", "[x for x in x]", "{x for x in x}", "(x for x in x)",
    "{x: x for x in x}", "[x for x in x if x]", "[x for x in x if x if x]", "[x for x in x for x in x]",
    "[x async for x in x]", "await x", "yield", "yield x", "yield from x", "(x := x)", "x = x",
    "x = x = x", "x, x = x", "*x, x = x", "x += x", "x -= x", "x: x", "x: x = x", "(x): x",
    "(x): x = x", "del x", "del x, x", "pass", "break", "continue", "return", "return x",
    "return None", "raise", "raise x", "raise x from x", "assert x", "assert x, x", "import x",
    "import x as x", "import x.x", "from x import x", "from . import x", "from .x import x",
    "from .. import x", "from x import *", "global x", "if x: x", "if x: x\nelse: x",
    "if x: x\nelif x: x", "while x: x", "while x: x\nelse: x", "for x in x: x",
    "for x in x: x\nelse: x", "async def x(): pass", "def x(): pass", "def x(): 'doc'",
    "def x(): 'Doc'", "def x(x): pass", "def x(x=x): pass", "def x(x: x): pass",
    "def x() -> x: pass", "@x\ndef x(): pass", "@x()\ndef x(): pass", "class x: pass",
    "class x(x): pass", "class x(x=x): pass", "@x\nclass x: pass", "try: x\nexcept: x",
    "try: x\nexcept x: x", "try: x\nexcept x as x: x", "try: x\nfinally: x",
    "try: x\nexcept: x\nelse: x", "try: x\nexcept* x: x", "with x: x", "with x as x: x",
    "with x, x: x", "with x:\n with x: x", "async def f():\n with x: x",
    "async def f():\n async with x: x", "match x:\n case x: x", "match x:\n case _: x",
    "match x:\n case 1: x", "match x:\n case True: x", "match x:\n case x if x: x",
    "match x:\n case [x]: x", "match x:\n case [*x]: x", "match x:\n case [*_]: x",
    "match x:\n case {}: x", "match x:\n case {**x}: x", "match x:\n case {1: x}: x",
    "match x:\n case x(): x", "match x:\n case x(x): x", "match x:\n case x(x=x): x",
    "match x:\n case 1 | 2: x", "match x:\n case x.x: x", "match x:\n case 1 as x: x",
    "x\nx", "x\nx\nx", "if x:\n x\n x", "if x:\n x\nx",
]  # fmt: skip


@pytest.mark.parametrize("sources", SAME, ids=lambda sources: sources[0])
def test_layout_quotes_and_spelling_do_not_count(sources):
    assert len({source_digest(source) for source in sources}) == 1


def test_everything_that_means_something_counts():
    digests = {source: source_digest(source) for source in DIFFERENT}
    assert None not in digests.values()
    equal = [
        pair for pair in itertools.combinations(digests, 2) if digests[pair[0]] == digests[pair[1]]
    ]
    assert equal == []


@pytest.mark.parametrize("source", ["%time x", "!ls", "x = ", "x\0", "\ud800", "?x", "(" * 5000])
def test_what_is_not_plain_python_has_no_digest(source):
    assert source_digest(source) is None


def test_a_long_sum_does_not_nest_too_deeply():
    assert code_digest(ast.parse("+".join(["x"] * 1500))).startswith("sha256:")


def test_numbers_of_any_length_have_a_digest():
    assert source_digest("x = 0x" + "f" * 20_000) is not None


def test_looking_at_odd_code_warns_of_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert source_digest(r"'\d'") == source_digest(r"'\\d'")


def test_fields_that_newer_versions_add_do_not_count_while_they_are_empty():
    plain = ast.parse("def f(): pass\nclass C: pass")
    newer = ast.parse("def f(): pass\nclass C: pass")
    for node in newer.body:
        node.type_params = []
        node._fields = (*node._fields, "type_params")
    assert canonical(newer) == canonical(plain)
    newer.body[0].type_params = [ast.Name("T")]
    assert canonical(newer) != canonical(plain)


def test_the_pieces_of_an_f_string_are_joined_however_they_were_cut():
    whole = ast.parse("f'ab{x}'", mode="eval").body
    pieces = [
        ast.Constant("a"),
        ast.Constant(""),
        ast.Constant("b"),
        whole.values[1],
        ast.Constant(""),
    ]
    assert canonical(ast.JoinedStr(pieces)) == canonical(whole)


def test_the_bytes_are_the_same_in_every_process():
    source = (
        "s = {'a', b'b', 1.5}\ndef f(x, *, y=1):\n    '''doc'''\n    return f'{x!r:>{y}}' + 'ü'"
    )
    script = f"from {module.__name__} import source_digest\nprint(source_digest({source!r}))"
    found = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("0", "1", "2")
    }
    assert found == {source_digest(source)}


def test_the_encoding_is_the_recorded_one():
    # A change here makes every stored key unreachable: raise the number in the header with it.
    assert canonical(ast.parse("x = -1.5")) == (
        b"N6:Module1:4:bodyL1:N6:Assign2:7:targetsL1:N4:Name1:2:ids1:x"
        b"5:valueN7:UnaryOp2:2:opN4:USub0:7:operandf8:\x00\x00\x00\x00\x00\x00\xf8?"
    )
    assert source_digest("x = -1.5") == (
        "sha256:"
        + __import__("hashlib")
        .sha256(b"jupyterlab-cacheable code 1\n" + canonical(ast.parse("x = -1.5")))
        .hexdigest()
    )
