"""The rules of the forecast, one by one, with the sentences a user reads."""

from __future__ import annotations

from datetime import timedelta
from time import perf_counter

import pytest

from jupyterlab_cacheable.document import code_of
from jupyterlab_cacheable.forecast import Cell, Forecast, Problem, forecast, without_document
from jupyterlab_cacheable.outcome import Change
from jupyterlab_cacheable.store.key import KEY_EPOCH
from jupyterlab_cacheable.store.manifest import Manifest
from jupyterlab_cacheable.store.verdict import Finding, Verdict
from tests.manifests import NOW, manifest, upstream

MARK = "%%cacheable\n"


def judge(cells: list[Cell], *manifests: Manifest, **problems: Problem) -> Forecast:
    return forecast(cells, manifests, problems, NOW)


def state_of(cells: list[Cell], entry: Manifest) -> tuple[str, str | None]:
    found = judge(cells, entry).entries[entry.id]
    return found.state, found.reason.sentence if found.reason else None


def changes_of(cells: list[Cell], entry: Manifest) -> tuple[Change, ...]:
    reason = judge(cells, entry).entries[entry.id].reason
    assert reason is not None
    return reason.changes


def marked(body: str, line: str = "%%cacheable", id: str | None = "c1") -> Cell:
    return Cell(id, f"{line}\n{body}")


def test_a_key_of_another_recipe_is_stale_whatever_the_cell_is() -> None:
    for recipe, age in ((KEY_EPOCH - 1, "an older"), (KEY_EPOCH + 1, "a newer")):
        entry = manifest("y = slow(x)", recipe=recipe)
        assert state_of([marked("y = slow(x)")], entry) == (
            "stale",
            f"its key was made by {age} recipe",
        )


class TestCodeOfTheCell:
    @pytest.mark.parametrize(
        "now",
        [
            "y = slow(x)",
            "y = slow(x)\n",
            "# why\n\ny  =  slow( x )  # how",
            "(y) = (slow(x))",
        ],
    )
    def test_that_means_the_same_is_fresh(self, now: str) -> None:
        assert state_of([marked(now)], manifest("y = slow(x)")) == ("fresh", None)

    @pytest.mark.parametrize("now", ["y = slow(x, 1)", "y = slow(x", "", "%time y = slow(x)"])
    def test_that_was_edited_is_stale(self, now: str) -> None:
        entry = manifest("y = slow(x)")
        assert state_of([marked(now)], entry) == ("stale", "the code of this cell was edited")
        assert changes_of([marked(now)], entry) == (Change("code", None, "c1", "y = slow(x)", now),)

    def test_with_the_very_same_text_is_fresh_whatever_was_recorded_of_it(self) -> None:
        assert state_of([marked("y = 1")], manifest("y = 1", code="sha256:other"))[0] == "fresh"
        assert state_of([marked("y =  1")], manifest("y = 1", code="sha256:other"))[0] == "stale"

    @pytest.mark.parametrize("line", ["%%cacheable", "#| cacheable", "#| cacheable: tag=fit"])
    def test_is_compared_below_any_spelling_of_the_mark(self, line: str) -> None:
        assert state_of([marked("y = 1", line)], manifest("y = 1"))[0] == "fresh"

    def test_is_compared_without_a_mark_too(self) -> None:
        assert state_of([Cell("c1", "y = 1")], manifest("y = 1"))[0] == "fresh"
        assert state_of([Cell("c1", "y = 2")], manifest("y = 1"))[0] == "stale"

    @pytest.mark.parametrize(
        ("now", "state"),
        [
            ("%time x = 1\ny = x", "fresh"),
            ("# note\n%time x = 1   \n\n   # more\ny = x\n", "fresh"),
            ("%time x = 1\ny =  x", "stale"),
            ("%time x = 2\ny = x", "stale"),
            ("x = 1\ny = x", "stale"),
        ],
    )
    def test_with_ipython_syntax_is_compared_as_text(self, now: str, state: str) -> None:
        assert state_of([marked(now)], manifest("%time x = 1\ny = x"))[0] == state

    @pytest.mark.parametrize("now", ["y;", "y; # quiet", "y ;\n\n# end"])
    def test_with_a_new_final_semicolon_is_stale(self, now: str) -> None:
        assert state_of([marked(now)], manifest("y")) == (
            "stale",
            "the semicolon at the end changed",
        )
        assert state_of([marked(now)], manifest("y;", semicolon=True))[0] == "fresh"

    @pytest.mark.parametrize("now", ["a = 1; b = 2", "s = ';'", "b  # ;"])
    def test_with_another_semicolon_is_judged_by_its_tree(self, now: str) -> None:
        assert state_of([marked(f"{now} ")], manifest(now))[0] == "fresh"

    def test_that_is_long_is_cut_in_the_change(self) -> None:
        change = changes_of([marked("x = '" + "n" * 9000 + "'")], manifest("x = 1"))[0]
        assert change.new is not None
        assert len(change.new) == 4000
        assert change.new.endswith("…")

    @pytest.mark.parametrize(
        "now", ["x = '\ud800'", "x = '\0'", "(" * 5000, "-" * 50000 + "1", "if", "\u202e\ufeff"]
    )
    def test_of_any_kind_never_raises(self, now: str) -> None:
        assert state_of([marked(now)], manifest("y = 1"))[0] == "stale"


class TestOwnCell:
    def test_that_is_gone_makes_an_orphan(self) -> None:
        entry = manifest("y = 1")
        assert state_of([marked("z = 1", id="c2")], entry) == ("orphan", "its cell was deleted")
        assert changes_of([], entry) == (Change("code", None, "c1", "y = 1", None),)

    def test_that_became_text_makes_an_orphan(self) -> None:
        cells = [Cell("c1", "y = 1", "markdown")]
        assert state_of(cells, manifest("y = 1")) == (
            "orphan",
            "its cell is no longer a code cell",
        )

    def test_without_id_is_any_cell_with_equal_code(self) -> None:
        entry = manifest("y = 1", cell=None)
        assert state_of([Cell("a", "x = 1"), Cell("b", "y  = 1")], entry) == ("fresh", None)
        assert state_of([marked("y = 1", id="b")], entry) == ("fresh", None)

    def test_without_id_is_an_orphan_when_no_cell_has_its_code(self) -> None:
        entry = manifest("y = 1", cell=None)
        assert state_of([Cell("a", "y = 2"), Cell("b", "y = 1", "raw")], entry) == (
            "orphan",
            "no cell has this code any more",
        )

    def test_of_a_notebook_without_ids_is_found_by_its_code(self) -> None:
        entry = manifest("y = 1", cell="c1")
        assert state_of([Cell(None, f"{MARK}y = 1")], entry) == ("fresh", None)
        assert state_of([Cell(None, f"{MARK}y = 2")], entry)[0] == "orphan"

    def test_with_a_wrong_mark_makes_the_state_unknown(self) -> None:
        cells = [marked("y = 1", "%%cacheable --tll 1h")]
        found = judge(cells, manifest("y = 1"))
        sentence = "%%cacheable: unknown option --tll; did you mean --ttl?"
        (entry,) = found.entries.values()
        assert (entry.state, entry.reason and entry.reason.sentence) == ("unknown", sentence)
        cell = found.cells["c1"]
        assert (cell.forecast, cell.reason and cell.reason.sentence) == ("unknown", sentence)


class TestOptions:
    @pytest.mark.parametrize(
        ("line", "options", "sentence"),
        [
            ("--version 2", {"version": "1"}, "the option --version went from 1 to 2"),
            ("--version 2", {}, "the option --version went from 1 to 2"),
            ("--version 1", {"version": "2"}, "the option --version went from 2 to 1"),
            ("--name fit", {"name": None}, "the option --name was set to fit"),
            ("", {"name": "fit"}, "the option --name was removed"),
            ("--name b", {"name": "a"}, "the option --name went from a to b"),
        ],
    )
    def test_of_the_key_make_it_stale(
        self, line: str, options: dict[str, str | None], sentence: str
    ) -> None:
        entry = manifest("y = 1", options=options)
        cells = [marked("y = 1", f"%%cacheable {line}")]
        assert state_of(cells, entry) == ("stale", sentence)
        (change,) = changes_of(cells, entry)
        assert (change.part, change.cell) == ("options", "c1")

    @pytest.mark.parametrize("line", ["--ttl 1h", "--tag fit", "--verbose", "--no-save"])
    def test_besides_the_key_do_not_matter(self, line: str) -> None:
        assert state_of([marked("y = 1", f"%%cacheable {line}")], manifest("y = 1"))[0] == "fresh"


class TestDeclared:
    """Files, environment variables and variables that the mark names: only their names are known."""

    @pytest.mark.parametrize(
        ("old", "new", "sentence"),
        [
            ("", "--file a.csv", "the option --file a.csv was added"),
            ("--file a.csv", "", "the option --file a.csv was removed"),
            ("--file a.csv", "--file b.csv", "the option --file a.csv was removed"),
            ("", "--env TOKEN", "the option --env TOKEN was added"),
            ("--var x", "", "the option --var x was removed"),
            ("--var x=1", "--var x=2", "the option --var x=1 was removed"),
            (
                "--file a",
                "--file a --file-content-only",
                "the option --file-content-only was added",
            ),
            ("--file a --file-pattern x", "--file a", "the option --file-pattern x was removed"),
        ],
    )
    def test_another_list_makes_it_stale(self, old: str, new: str, sentence: str) -> None:
        entry = manifest("y = 1", mark=f"%%cacheable {old}")
        cells = [marked("y = 1", f"%%cacheable {new}")]
        assert state_of(cells, entry) == ("stale", sentence)
        assert judge(cells, entry).cells["c1"].forecast == "run"

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("--file a.csv --env A", "--env A --file ./a.csv"),
            ("--file a --file a", "--file a"),
            ("", "--var seed"),
            ("--file '*.csv' --var x", "--var x --file '*.csv' --verbose"),
        ],
    )
    def test_the_same_list_does_not(self, old: str, new: str) -> None:
        entry = manifest("y = 1", mark=f"%%cacheable {old}")
        assert state_of([marked("y = 1", f"%%cacheable {new}")], entry) == ("fresh", None)


class TestUpstream:
    rows = [upstream("snr = 300", "snr", cell="u1")]

    def cells(self, source: str, id: str = "u1", type: str = "code") -> list[Cell]:
        return [Cell(id, source, type), marked("y = snr")]

    def entry(self) -> Manifest:
        return manifest("y = snr", rows=self.rows)

    def test_cell_with_equal_code_is_fresh(self) -> None:
        assert state_of(self.cells("snr  = 300 # dB"), self.entry()) == ("fresh", None)

    def test_cell_that_was_edited_makes_it_stale(self) -> None:
        cells = self.cells("# the ratio\nsnr = 500")
        sentence = "upstream cell 'snr = 500' was edited"
        assert state_of(cells, self.entry()) == ("stale", sentence)
        assert changes_of(cells, self.entry()) == (
            Change("upstream", "snr", "u1", "snr = 300", "# the ratio\nsnr = 500"),
        )

    def test_cell_that_was_emptied_is_named_by_its_old_code(self) -> None:
        assert state_of(self.cells("# nothing"), self.entry()) == (
            "stale",
            "upstream cell 'snr = 300' was edited",
        )

    def test_cell_that_was_pasted_with_a_new_id_still_counts(self) -> None:
        assert state_of(self.cells("snr = 300", id="u2"), self.entry()) == ("fresh", None)

    @pytest.mark.parametrize("type", ["markdown", "raw"])
    def test_cell_that_is_gone_makes_it_stale(self, type: str) -> None:
        sentence = "the upstream cell that defines 'snr' was deleted"
        assert state_of(self.cells("snr = 3", id="u2"), self.entry()) == ("stale", sentence)
        assert state_of(self.cells("snr = 300", type=type), self.entry()) == ("stale", sentence)
        assert changes_of([marked("y = snr")], self.entry()) == (
            Change("upstream", "snr", "u1", "snr = 300", None),
        )

    @pytest.mark.parametrize(
        ("names", "words"),
        [
            (["a", "b"], "the upstream cell that defines 'a' and 'b' was deleted"),
            (["a", "b", "c"], "the upstream cell that defines 'a', 'b' and 1 more was deleted"),
            ([], "upstream cell 'snr = 300' was deleted"),
        ],
    )
    def test_sentence_names_what_the_deleted_cell_defined(
        self, names: list[str], words: str
    ) -> None:
        entry = manifest("y = 1", rows=[upstream("snr = 300", *names, cell="u1")])
        assert state_of([marked("y = 1")], entry) == ("stale", words)

    def test_cell_is_compared_below_its_own_mark(self) -> None:
        assert state_of(self.cells(f"{MARK}snr = 300"), self.entry())[0] == "fresh"
        recorded_whole = manifest(
            "y = snr", rows=[upstream(f"{MARK}!ls", "snr", cell="u1", code="sha256:0")]
        )
        assert state_of(self.cells("%%cacheable --ttl 1h\n!ls"), recorded_whole)[0] == "fresh"

    def test_cell_without_id_is_any_cell_with_equal_code(self) -> None:
        entry = manifest("y = snr", rows=[upstream("snr = 300", "snr")])
        assert state_of(self.cells("snr = 300"), entry)[0] == "fresh"
        assert state_of(self.cells("snr = 500"), entry) == (
            "stale",
            "upstream cell 'snr = 300' was edited or deleted",
        )

    def test_text_of_cells_is_cut_in_sentences(self) -> None:
        _, sentence = state_of(self.cells("snr = " + "1 + " * 50 + "1"), self.entry())
        assert sentence == "upstream cell 'snr = 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1…' was edited"

    def test_changes_are_all_listed_and_the_nearest_is_told(self) -> None:
        entry = manifest("y = snr", rows=[*self.rows, upstream("b = 1", "b", cell="u2")])
        cells = [Cell("u1", "snr = 1"), marked("y = snr + 1", "%%cacheable --version 2")]
        assert state_of(cells, entry) == ("stale", "the code of this cell was edited")
        parts = [change.part for change in changes_of(cells, entry)]
        assert parts == ["code", "options", "upstream", "upstream"]


class TestExpiry:
    def test_after_its_time_it_is_expired(self) -> None:
        entry = manifest("y = 1", age=3600, ttl=3600)
        assert state_of([marked("y = 1")], entry) == (
            "expired",
            "it expired on 2025-06-01 at 12:00 UTC",
        )

    def test_before_its_time_it_is_fresh(self) -> None:
        assert state_of([marked("y = 1")], manifest("y = 1", age=3599, ttl=3600))[0] == "fresh"

    def test_from_the_future_it_is_expired(self) -> None:
        assert state_of([marked("y = 1")], manifest("y = 1", age=-60, ttl=3600)) == (
            "expired",
            "its creation time lies in the future",
        )
        assert state_of([marked("y = 1")], manifest("y = 1", age=-60))[0] == "fresh"

    def test_counts_less_than_an_edit(self) -> None:
        assert state_of([marked("y = 2")], manifest("y = 1", age=9, ttl=1))[0] == "stale"

    def test_with_an_impossible_date_is_expired(self) -> None:
        entry = manifest("y = 1", expires_at="2026-99-21T00:00:00.000Z")
        assert state_of([marked("y = 1")], entry)[0] == "expired"


class TestVerdict:
    when = "2025-06-01T11:30:00.000Z"

    def entry(self, state: Finding, *differs: str, age: float = 60) -> Manifest:
        verdict = Verdict(state, self.when, 1, differs, None)
        return manifest("y = 1", verdict=verdict.to_json(), age=age)

    def test_wrong_counts_more_than_anything_else(self) -> None:
        wrong = self.entry(Finding.WRONG, "the variable 'y'")
        sentence = "its entry was found wrong by --verify at 2025-06-01 11:30 UTC: the variable 'y'"
        for cells in ([marked("y = 1")], [marked("y = 2")], []):
            assert state_of(cells, wrong) == ("wrong", sentence)
        assert without_document(wrong, "gone", NOW).state == "wrong"
        cell = judge([marked("y = 1")], wrong).cells["c1"]
        assert (cell.forecast, cell.entry) == ("run", wrong.id)
        assert cell.reason == wrong.quarantine

    @pytest.mark.parametrize("found", [Finding.VERIFIED, Finding.NON_DETERMINISTIC])
    def test_that_lets_the_entry_be_used_is_told_with_its_state(self, found: Finding) -> None:
        entry = self.entry(found, "its outputs")
        judged = judge([marked("y = 1")], entry)
        assert judged.cells["c1"].forecast == "hit"
        assert judged.entries[entry.id].to_json() == {
            "state": "fresh",
            "reason": None,
            "verdict": entry.verdict,
        }
        assert without_document(entry, "gone", NOW).verdict == entry.verdict


class TestCells:
    def test_with_a_fresh_entry_will_hit(self) -> None:
        blobs = [
            {"role": "outputs", "digest": "sha256:" + "0" * 64, "size": 10},
            {"role": "state", "digest": "sha256:" + "1" * 64, "size": 32},
        ]
        entry = manifest("y = 1", blobs=blobs, duration=62.0)
        assert judge([marked("y = 1")], entry).cells["c1"].to_json() == {
            "forecast": "hit",
            "reason": None,
            "entry": entry.id,
            "saved": 62.0,
            "size": 42,
            "computed_at": entry.created_at,
        }

    def test_take_the_newest_fresh_entry(self) -> None:
        old, new = manifest("y = 1", age=50, seed=1), manifest("y = 1", age=10, seed=2)
        assert judge([marked("y = 1")], old, new).cells["c1"].entry == new.id
        assert judge([marked("y = 1")], new, old).cells["c1"].entry == new.id

    def test_put_back_to_older_code_hit_the_older_entry(self) -> None:
        old, new = manifest("y = 1", age=50), manifest("y = 2", age=10)
        found = judge([marked("y = 1")], old, new)
        assert found.cells["c1"].entry == old.id
        assert found.entries[new.id].state == "stale"

    def test_without_entry_have_not_been_run(self) -> None:
        cell = judge([marked("y = 1")]).cells["c1"]
        assert (cell.forecast, cell.reason and cell.reason.sentence) == (
            "run",
            "it will be stored when it runs",
        )

    def test_run_for_the_reason_of_the_nearest_entry(self) -> None:
        near = manifest("y = 1", age=90, options={"version": "2"})
        far = manifest("y = 0", age=10, options={"version": "3"})
        cell = judge([marked("y = 1")], near, far).cells["c1"]
        assert cell.forecast == "run"
        assert cell.reason
        assert cell.reason.sentence == "the option --version went from 2 to 1"
        assert cell.entry == near.id

    def test_run_for_the_reason_of_the_newest_of_equally_near_entries(self) -> None:
        first = manifest("y = 1", age=90, rows=[upstream("a = 1", "a", cell="u1")])
        second = manifest("y = 1", age=10, rows=[upstream("b = 1", "b", cell="u2")])
        cell = judge([marked("y = 1")], first, second).cells["c1"]
        assert cell.reason
        assert cell.reason.sentence == "the upstream cell that defines 'b' was deleted"

    def test_with_an_expired_entry_say_so(self) -> None:
        expired, edited = manifest("y = 1", age=9, ttl=1), manifest("y = 2", age=1)
        cell = judge([marked("y = 1")], expired, edited).cells["c1"]
        assert cell.reason
        assert cell.reason.sentence.startswith("it expired on")

    def test_with_a_damaged_entry_say_so(self) -> None:
        damaged = Problem("damaged", "a blob is missing", "c1")
        found = judge([marked("y = 1")], x=damaged)
        assert found.entries["x"].to_json() == {
            "state": "damaged",
            "reason": {"sentence": "a blob is missing", "changes": []},
            "verdict": None,
        }
        assert found.cells["c1"].reason
        assert found.cells["c1"].reason.sentence == "a blob is missing"

    def test_that_are_forced_will_run(self) -> None:
        cell = judge([marked("y = 1", "%%cacheable --force")], manifest("y = 1")).cells["c1"]
        assert (cell.forecast, cell.reason and cell.reason.sentence) == (
            "run",
            "the option --force is set",
        )

    def test_without_mark_or_code_are_not_forecast(self) -> None:
        cells = [Cell("a", "y = 1"), Cell("b", f"{MARK}y", "markdown"), Cell(None, f"{MARK}y")]
        assert judge(cells, manifest("y = 1", cell="a")).cells == {}

    def test_share_an_entry_without_cell_id_when_their_code_is_equal(self) -> None:
        entry = manifest("y = 1", cell=None)
        found = judge([marked("y = 1", id="a"), marked("y = 1", id="b")], entry)
        assert [cell.entry for cell in found.cells.values()] == [entry.id, entry.id]


def test_an_unreadable_notebook_leaves_the_state_unknown_unless_it_expired() -> None:
    why = "its notebook was moved or deleted"
    assert without_document(manifest(), why, NOW).to_json() == {
        "state": "unknown",
        "reason": {"sentence": why, "changes": []},
        "verdict": None,
    }
    assert without_document(manifest(ttl=1), why, NOW).state == "expired"


def test_no_sentence_ends_with_a_period_or_starts_with_a_capital() -> None:
    entries = [
        manifest("y = 3", seed=1, cell="gone"),
        manifest("y = 2", seed=2),
        manifest("y = 1", seed=3, rows=[upstream("a = 1", "a", cell="u")]),
        manifest("y = 1", seed=4, ttl=1),
    ]
    found = judge([marked("y = 1")], *entries)
    sentences = [state.reason.sentence for state in found.entries.values() if state.reason]
    assert len(sentences) == 4
    assert all(not text.endswith(".") and text[0].islower() for text in sentences)


def test_a_big_notebook_is_judged_in_time() -> None:
    """300 cells and 1,000 entries with ten upstream cells each; the limit leaves room for CI."""
    body = "\n".join(f"v{n} = [i * {n} for i in range(10) if i % 2]" for n in range(8))
    plain = [Cell(f"u{n}", f"a{n} = {n}\n{body}") for n in range(250)]
    slow = [marked(f"b{n} = a{n}\n{body}", id=f"m{n}") for n in range(50)]
    rows = [upstream(cell.source, f"a{n}", cell=cell.id) for n, cell in enumerate(plain)]
    entries = [
        manifest(
            code_of(slow[n % 50].source).body,
            cell=f"m{n % 50}",
            rows=rows[n % 200 : n % 200 + 10],
            seed=n,
            age=n,
        )
        for n in range(1000)
    ]
    edited = [Cell("u7", "a7 = 8"), *plain[:7], *plain[8:], *slow]
    code_of.cache_clear()
    cold = _seconds(edited, entries)
    warm = min(_seconds(edited, entries) for _ in range(3))
    print(f"cold {cold * 1000:.0f} ms, warm {warm * 1000:.0f} ms")
    assert cold < 1.5
    assert warm < 0.15


def _seconds(cells: list[Cell], entries: list[Manifest]) -> float:
    start = perf_counter()
    found = forecast(cells, entries, {}, NOW + timedelta(seconds=1))
    seconds = perf_counter() - start
    assert {state.state for state in found.entries.values()} == {"fresh", "stale"}
    return seconds
