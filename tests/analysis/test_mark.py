import ast
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyterlab_cacheable.analysis.mark import Mark, Options, find_mark, strip_mark
from jupyterlab_cacheable.errors import UsageError


def strip(source):
    return "".join(strip_mark(source.splitlines(keepends=True)))


def options(line):
    mark = find_mark(f"{line}\nx = 1\n")
    assert mark is not None
    return mark.options


def complaint(source):
    with pytest.raises(UsageError) as caught:
        find_mark(source)
    return str(caught.value)


# -- where the mark stands


@pytest.mark.parametrize(
    ("source", "number", "body"),
    [
        ("%%cacheable\nx = 1\n", 0, "x = 1\n"),
        ("%%cacheable", 0, ""),
        ("\n# note\n\n%%cacheable --force\n# kept\nx", 3, "# kept\nx"),
        ("  %%cacheable  \nx", 0, "x"),
        ("#| label: a\n%%cacheable\n#| fig-cap: b\nx", 1, "#| fig-cap: b\nx"),
        ("%%cacheable\r\nx\r\n", 0, "x\r\n"),
    ],
)
def test_a_magic_line_in_the_head_marks_the_cell(source, number, body):
    mark = find_mark(source)
    assert isinstance(mark, Mark)
    assert (mark.line_number, mark.spelling, mark.body) == (number, "magic", body)
    assert mark.line == source.splitlines()[number].strip()


@pytest.mark.parametrize(
    "source",
    [
        "#| cacheable\nx",
        "#| cacheable:\nx",
        "#|cacheable: true\nx",
        "# first\n\n#| cacheable: yes\nx",
        "#| label: fit\n#| cacheable\n# more\nx",
    ],
)
def test_a_comment_in_the_head_marks_the_cell(source):
    mark = find_mark(source)
    assert mark is not None
    assert mark.spelling == "comment"
    assert mark.options == Options()
    assert mark.body.endswith("x")


@pytest.mark.parametrize(
    "source",
    [
        "",
        "\n\n",
        "x = 1\n%%cacheable\n",
        "x = 1  #| cacheable\n#| cacheable\n",
        "%%time\n%%cacheable\nx",
        "%%cacheables\nx",
        "%%cacheable? \nx",
        "%cacheable list\n",
        "# %%cacheable\nx",
        "#| cacheable-not: 1\nx",
        "# | cacheable\nx",
        "#| cacheable: false\nx",
        "#| cacheable: OFF\nx",
        "#| cacheable: no\n%%cacheable --force\nx",
        "\0\ud800",
    ],
)
def test_anything_else_is_no_mark(source):
    assert find_mark(source) is None


@pytest.mark.parametrize(
    "source",
    [
        "%%cacheable\n%%cacheable\nx",
        "%%cacheable --force\n\n# note\n%%cacheable\n",
        "#| cacheable\n%%cacheable\nx",
        "%%cacheable\n#| cacheable: force\nx",
    ],
)
def test_two_marks_are_refused(source):
    assert "twice" in complaint(source)


# -- options


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("%%cacheable", Options()),
        (
            "%%cacheable --name fit --version 2 --tag a --tag 'b c' --verbose --force --no-save",
            Options("fit", "2", ("a", "b c"), None, True, False, True),
        ),
        ("%%cacheable --ttl 90", Options(ttl=90)),
        ("%%cacheable --ttl=90s", Options(ttl=90)),
        ("%%cacheable --ttl 15m", Options(ttl=900)),
        ('%%cacheable --ttl "2h"', Options(ttl=7200)),
        ("%%cacheable --ttl 7d", Options(ttl=604800)),
        ("%%cacheable --ttl 1.5h", Options(ttl=5400)),
        ("%%cacheable --name=a=b", Options(name="a=b")),
        ("%%cacheable --tag=--odd", Options(tags=("--odd",))),
        ("#| cacheable: ttl=1h tag=fit force", Options(ttl=3600, tags=("fit",), force=True)),
        ("%%cacheable --verify", Options(verify=True)),
        (
            "#| cacheable: name='my fit' no-save verbose",
            Options("my fit", save=False, verbose=True),
        ),
    ],
)
def test_options_are_read(line, expected):
    assert options(line) == expected


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("%%cacheable --vers", "%%cacheable: unknown option --vers; did you mean --version?"),
        ("%%cacheable --vers 2", "%%cacheable: unknown option --vers; did you mean --version?"),
        ("%%cacheable --no_save", "%%cacheable: unknown option --no_save; did you mean --no-save?"),
        ("%%cacheable --qqq", "%%cacheable: unknown option --qqq"),
        ("%%cacheable force", "%%cacheable: unexpected 'force'; did you mean --force?"),
        ("%%cacheable -f", "%%cacheable: unexpected '-f'"),
        ("%%cacheable # note", "%%cacheable: unexpected '#'"),
        ("%%cacheable --ttl", "%%cacheable: option --ttl needs a value"),
        ("%%cacheable --ttl --force", "%%cacheable: option --ttl needs a value"),
        ("%%cacheable --force=yes", "%%cacheable: option --force takes no value"),
        ("%%cacheable --ttl 1h --ttl 2h", "%%cacheable: option --ttl is written twice"),
        (
            "%%cacheable --name 'a",
            "%%cacheable: a quote is not closed or a backslash ends the line",
        ),
        (
            "%%cacheable --name a\\",
            "%%cacheable: a quote is not closed or a backslash ends the line",
        ),
        ("#| cacheable ttl=1h", "#| cacheable: a colon is missing before 'ttl=1h'"),
        ("#| cacheable: forse", "#| cacheable: unknown option forse; did you mean force?"),
        ("#| cacheable: ttl", "#| cacheable: option ttl needs a value"),
        ("#| cacheable: force=1", "#| cacheable: option force takes no value"),
        ("#| cacheable: --force", "#| cacheable: unknown option --force; did you mean force?"),
        ("#| cacheable: true force", "#| cacheable: unknown option true"),
    ],
)
def test_a_wrong_line_is_refused_in_one_sentence(line, sentence):
    assert complaint(f"{line}\nx = 1") == sentence


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *(("ttl", value) for value in ("abc", "0", "-1", "nan", "inf", "1w", "0s", "1e3", "''")),
        *(("ttl", value) for value in ("'1 h'", "1h30m", "9999999d", "9" * 400)),
        *(("version", value) for value in ("''", "a:b", "'a b'", "' '")),
        *(("name", value) for value in ("''", "' '", "a:b")),
        *(("tag", value) for value in ("''", "' '")),
        *(("file", value) for value in ("''", "' '", "'a\0'")),
        *(("file-pattern", value) for value in ("'['", "'*'", "'('")),
        *(("env", value) for value in ("''", "A=B", "'A B'", "=")),
        *(("var", value) for value in ("''", "1a", "a.b", "'a b'", "=1", "class")),
    ],
)
def test_a_bad_value_is_refused_by_name(option, value):
    assert f"--{option} must be" in complaint(f"%%cacheable --{option} {value}")
    assert f"{option} must be" in complaint(f"#| cacheable: {option}={value}")


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1).filter(
    str.strip
)


@given(TEXTS)
def test_any_path_can_be_written(path):
    quoted = shlex.quote(path)
    assert options(f"%%cacheable --file={quoted} --force").files == (path,)
    assert options(f"#| cacheable: file={quoted} force").files == (path,)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"])))
def test_a_variable_is_spelled_as_python_spells_it_or_refused(name):
    try:
        ast.parse(f"{name} = 1")
        is_name = isinstance(ast.parse(name, mode="eval").body, ast.Name)
    except (SyntaxError, ValueError):
        is_name = False
    if is_name and name.isidentifier():
        (spelled,) = options(f"%%cacheable --var={shlex.quote(name)}").vars
        assert spelled == ast.parse(name, mode="eval").body.id
    elif "=" not in name:
        assert "must be the name of a variable" in complaint(
            f"%%cacheable --var={shlex.quote(name)}"
        )


def test_texts_for_variables_are_taken_as_they_are():
    assert options("%%cacheable --var 'a= b=c ' --var b=").vars == ("a= b=c ", "b=")
    assert options("%%cacheable --var a --var a").vars == ("a", "a")
    assert "gives 'a' two values" in complaint("%%cacheable --var a --var a=1")


# -- stripping


@pytest.mark.parametrize(
    ("source", "stripped"),
    [
        ("%%cacheable --ttl 1h\nx = 1\n", "# %%cacheable --ttl 1h\nx = 1\n"),
        ("# a\n\n  %%cacheable\nx", "# a\n\n  # %%cacheable\nx"),
        ("%%cacheable\n%%cacheable\nx", "# %%cacheable\n# %%cacheable\nx"),
        ("%%cacheable --wrong 'line\nx", "# %%cacheable --wrong 'line\nx"),
        ("%%cacheable\n\n%%time\nx", "%%time\nx"),
        ("# a\n%%cacheable\n%%bash\nls", "%%bash\nls"),
        ("#| cacheable\n%%time\nx", "%%time\nx"),
        ("#| cacheable: false\n%%time\nx", "%%time\nx"),
        ("#| cacheable: false\n%%cacheable\nx", "#| cacheable: false\n# %%cacheable\nx"),
        ("%%cacheable\n# note\n%%time\nx", "# %%cacheable\n# note\n%%time\nx"),
        ("#| cacheable\nx", "#| cacheable\nx"),
        ("%%cacheable\n%time x", "# %%cacheable\n%time x"),
        ("x\n%%cacheable\n", "x\n%%cacheable\n"),
        ("# note\n%%time\nx", "# note\n%%time\nx"),
        ("", ""),
        ("\0\ud800 '", "\0\ud800 '"),
    ],
)
def test_stripping_makes_the_mark_harmless(source, stripped):
    assert strip(source) == stripped
    assert strip(stripped) == stripped
