"""Generated programs, edited at one place or only written differently."""

import ast
import io
import random
import tokenize

from jupyterlab_cacheable.analysis.canonical import code_digest, source_digest
from tests.analysis.programs import Writer

DIFFERENT = 1200
EQUAL = 600

OPERATORS = [ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.BitOr, ast.BitXor]
COMPARISONS = [ast.Lt, ast.LtE, ast.Gt, ast.Eq, ast.NotEq, ast.Is, ast.In, ast.NotIn]
CONSTANTS = [0, 1, True, False, 1.0, 0.0, -0.0, 1j, "1", "", b"1", None, ..., "e\u0301", "\u00e9"]


def small_program(seed):
    return "\n".join(Writer(seed).block(2, depth=2, scope="module")) + "\n"


def edits_of(node, chosen):
    """Ways to change one node so that it means something else, as functions without arguments."""
    if isinstance(node, ast.Constant):
        others = [c for c in CONSTANTS if repr(c) != repr(node.value)]
        yield lambda: setattr(node, "value", chosen.choice(others))
    if isinstance(node, ast.Name | ast.arg):
        field = "id" if isinstance(node, ast.Name) else "arg"
        others = [name for name in "abcdefgh_" if name != getattr(node, field)]
        yield lambda: setattr(node, field, chosen.choice(others))
    if isinstance(node, ast.BinOp | ast.AugAssign):
        others = [kind for kind in OPERATORS if not isinstance(node.op, kind)]
        yield lambda: setattr(node, "op", chosen.choice(others)())
    if isinstance(node, ast.BinOp) and ast.dump(node.left) != ast.dump(node.right):
        yield lambda: vars(node).update(left=node.right, right=node.left)
    if isinstance(node, ast.BoolOp):
        other = ast.Or if isinstance(node.op, ast.And) else ast.And
        yield lambda: setattr(node, "op", other())
    if isinstance(node, ast.Compare):
        others = [kind for kind in COMPARISONS if not isinstance(node.ops[0], kind)]
        yield lambda: node.ops.__setitem__(0, chosen.choice(others)())
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield lambda: setattr(node, "name", node.name + "_")
    if isinstance(node, ast.FunctionDef) and node.args.args:
        yield lambda: node.args.posonlyargs.append(node.args.args.pop(0))
    if isinstance(node, ast.If) and node.orelse:
        yield lambda: vars(node).update(body=node.orelse, orelse=node.body)
    if isinstance(node, ast.For | ast.While) and node.orelse:
        yield lambda: node.body.extend(node.orelse) or node.orelse.clear()
    for body in filter(None, (getattr(node, name, None) for name in ("body", "orelse"))):
        if isinstance(body, list):
            place = chosen.randrange(len(body))
            yield lambda body=body, place=place: body.insert(place, ast.Pass())
            if place and ast.dump(body[place]) != ast.dump(body[place - 1]):
                yield lambda body=body, place=place: body.insert(place - 1, body.pop(place))


def edited(source, chosen):
    """The tree of the source with one change of its meaning."""
    tree = ast.parse(source)
    nodes = list(ast.walk(tree))
    # How the texts of an f-string are cut into pieces means nothing.
    pieces = {id(each) for node in nodes if isinstance(node, ast.JoinedStr) for each in node.values}
    chosen.shuffle(nodes)
    edits = (list(edits_of(node, chosen)) for node in nodes if id(node) not in pieces)
    chosen.choice(next(filter(None, edits)))()
    return tree


def written_differently(source, chosen):
    """The source with other layout: comments, blank lines, blanks at the ends of lines."""
    if chosen.random() < 0.5:
        source = ast.unparse(ast.parse(source))
    ends = [
        token.start[0]
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.NEWLINE
    ]
    lines = source.splitlines()
    for number in sorted(chosen.sample(ends, min(3, len(ends))), reverse=True):
        lines[number - 1] += chosen.choice(["  # said", "   ", "\n# said\n", "\n\n", " \\\n"])
    return "\n".join(lines).replace("    ", chosen.choice(["    ", "\t", " "])) + "\n\n"


def test_no_edit_of_a_program_leaves_its_digest():
    pairs, equal = 0, []
    for seed in range(3 * DIFFERENT):
        chosen = random.Random(seed)
        source = small_program(seed)
        other = edited(source, chosen)
        if ast.dump(ast.parse(source)) != ast.dump(other):
            pairs += 1
            if source_digest(source) == code_digest(other):
                equal.append((source, ast.dump(other)))
        if pairs == DIFFERENT:
            break
    assert equal == []
    assert pairs == DIFFERENT


def test_a_program_that_is_written_differently_keeps_its_digest():
    unequal = []
    for seed in range(EQUAL):
        source = small_program(seed)
        other = written_differently(source, random.Random(seed))
        assert ast.dump(ast.parse(source)) == ast.dump(ast.parse(other)), other
        if source_digest(source) != source_digest(other):
            unequal.append((source, other))
    assert unequal == []
