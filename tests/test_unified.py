"""Differences between sources, line by line."""

from __future__ import annotations

from jupyterlab_cacheable.unified import definition_in, shown, unified


def test_equal_lines_have_no_difference() -> None:
    assert unified("a\nb", "a\nb\n") == ()


def test_lines_around_a_difference_are_shown() -> None:
    old = "\n".join("abcdefghi")
    assert unified(old, old.replace("e", "E")) == (
        "@@ -2,7 +2,7 @@",
        *(" b", " c", " d"),
        *("-e", "+E"),
        *(" f", " g", " h"),
    )


def test_a_long_difference_is_cut_and_says_so() -> None:
    told = unified("", "\n".join(f"x = {n}" for n in range(500)))
    assert len(told) == 120
    assert told[-1] == "@@ 382 more lines @@"
    (_, line) = unified("", "x" * 1000)
    assert len(line) == 301


def test_a_long_source_is_cut() -> None:
    assert shown("x") == "x"
    assert len(shown("x" * 9000)) == 4000


def test_a_definition_is_found_in_its_cell() -> None:
    source = "def f():\n    return 1\n\nif True:\n    def f():\n        pass\n\ng = lambda: 1\n\n@d\nclass C: pass"
    assert definition_in(source, "f") == "def f():\n    return 1"
    assert definition_in(source + "\ndef f(): ...", "f") == "def f(): ..."
    assert definition_in(source, "g") == "g = lambda: 1"
    assert definition_in(source, "C") == "@d\nclass C: pass"
    assert definition_in(source, "h") is None
    assert definition_in("%time f()", "f") is None
