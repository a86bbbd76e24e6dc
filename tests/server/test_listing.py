"""What the routes ``entries``, ``entries/<id>`` and ``stats`` say."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jupyterlab_cacheable import __version__
from jupyterlab_cacheable.store import Store
from tests.manifests import upstream

STREAM = {"type": "stream", "content": {"name": "stdout", "text": "hi\n"}, "metadata": {}}


def ids(answer) -> list[str]:
    assert answer.status == 200, answer.text
    return [entry["id"] for entry in answer.json["entries"]]


def reason(entry) -> str | None:
    return entry["reason"] and entry["reason"]["sentence"]


class TestList:
    def test_without_store_is_empty_and_makes_none(self, server, places: Path):
        assert server.ask("GET", "entries").json == {
            "entries": [],
            "total": 0,
            "bytes": 0,
            "cursor": None,
            "problem": None,
        }
        assert not places.exists()
        assert not (places.parent / "data").exists()

    def test_of_an_empty_folder_is_empty(self, server, places: Path):
        places.mkdir()
        assert server.ask("GET", "entries").json["problem"] is None
        assert list(places.iterdir()) == []

    def test_tells_everything_about_an_entry(self, server, store: Store, publish, save):
        notebook = save(("c1", "%%cacheable\ny = slow(x)"), name="dir/a.ipynb")
        entry = publish(notebook=notebook, tags=("fit", "long"), state=b"0" * 100)
        store.log_run(
            {"at": "2025-06-02T00:00:00.000Z", "outcome": "HIT", "entry": entry.id, "saved": 12.5}
        )
        answer = server.ask("GET", "entries").json
        (found,) = answer["entries"]
        size = store.folder.entry(entry.id).stat().st_size + 100 + len("[]")
        path = Path(notebook).relative_to(server.root).as_posix()
        assert found == {
            "id": entry.id,
            "key": entry.key,
            "label": "y",
            "notebook": path,
            "notebook_name": "a.ipynb",
            "cell_id": "c1",
            "state": "fresh",
            "reason": None,
            "verdict": None,
            "size": size,
            "duration": 12.5,
            "created_at": "2025-06-01T11:00:00.000Z",
            "last_used_at": "2025-06-02T00:00:00.000Z",
            "hits": 1,
            "saved": 12.5,
            "tags": ["fit", "long"],
            "expires_at": None,
        }
        assert (answer["total"], answer["bytes"]) == (1, size)

    def test_judges_by_the_saved_notebook_and_notices_when_it_is_saved_again(
        self, server, publish, save
    ):
        notebook = save(("u", "x = 1"), ("c1", "%%cacheable\ny = x"))
        publish("y = x", notebook=notebook, rows=[upstream("x = 1", "x", cell="u")])
        assert server.ask("GET", "entries").json["entries"][0]["state"] == "fresh"
        save(("u", "x = 20"), ("c1", "%%cacheable\ny = x"))
        (entry,) = server.ask("GET", "entries").json["entries"]
        assert (entry["state"], reason(entry)) == ("stale", "upstream cell 'x = 20' was edited")
        save(("u", "x = 20"))
        (entry,) = server.ask("GET", "entries").json["entries"]
        assert (entry["state"], reason(entry)) == ("orphan", "its cell was deleted")

    def test_finds_cells_by_code_in_a_notebook_without_ids(self, server, publish, save):
        publish("y = 1", notebook=save((None, "%%cacheable\ny  = 1"), nbformat_minor=4))
        assert server.ask("GET", "entries").json["entries"][0]["state"] == "fresh"

    def test_does_not_judge_what_it_cannot_read(self, server, publish, save, tmp_path: Path):
        outside = tmp_path / "outside.ipynb"
        outside.write_text('{"cells": []}')
        gone = Path(save(name="gone.ipynb"))
        gone.unlink()
        for seed, path in enumerate([None, str(outside), str(gone)]):
            publish(notebook=path, seed=seed, age=10 - seed)
        found = server.ask("GET", "entries", order="asc").json["entries"]
        assert [(entry["state"], reason(entry)) for entry in found] == [
            ("unknown", "its notebook is not known"),
            ("unknown", "its notebook is outside the folder of this server"),
            ("unknown", "its notebook was moved or deleted"),
        ]
        assert [entry["notebook"] is None for entry in found] == [True, True, False]
        assert [entry["notebook_name"] for entry in found] == ["", "outside.ipynb", "gone.ipynb"]

    def test_knows_that_an_entry_expired_without_its_notebook(self, server, publish):
        publish(ttl=1)
        assert server.ask("GET", "entries").json["entries"][0]["state"] == "expired"

    @pytest.mark.parametrize(
        ("sort", "order", "labels"),
        [
            (None, None, "cBa"),
            ("created", "asc", "aBc"),
            ("label", None, "aBc"),
            ("label", "desc", "cBa"),
            ("size", "desc", "Bca"),
            ("duration", "asc", "Bca"),
            ("hits", "desc", "acB"),
            ("used", "desc", "acB"),
        ],
    )
    def test_is_sorted(self, server, store: Store, publish, sort, order, labels):
        first = publish("a = 1", label="a", age=30, duration=9, state=b"1")
        publish("b = 1", label="B", age=20, duration=1, state=b"3" * 300)
        last = publish("c = 1", label="c", age=10, duration=2, state=b"2" * 20)
        for entry in (first, first, last):
            at = "2025-06-03" if entry is first else "2025-06-02"
            store.log_run({"at": f"{at}T00:00:00.000Z", "outcome": "HIT", "entry": entry.id})
        query = {name: text for name, text in (("sort", sort), ("order", order)) if text}
        found = server.ask("GET", "entries", **query).json["entries"]
        assert "".join(entry["label"] for entry in found) == labels

    def test_comes_in_pages(self, server, publish):
        made = [publish(seed=n, age=n).id for n in range(5)]
        seen, cursor = [], ""
        while cursor is not None:
            answer = server.ask("GET", "entries", limit=2, cursor=cursor)
            assert answer.json["total"] == 5
            seen += ids(answer)
            cursor = answer.json["cursor"]
        assert seen == made

    def test_of_one_notebook_compares_the_contents_path(self, server, publish, save):
        one = publish(seed=1, notebook=save(name="one.ipynb"))
        publish(seed=2, notebook=save(name="two.ipynb"))
        publish(seed=3, notebook="/elsewhere/one.ipynb")
        path = Path(one.notebook).relative_to(server.root).as_posix()
        assert ids(server.ask("GET", "entries", notebook=path)) == [one.id]
        for other in ("one.ipynb", f"./{path}", f"/{path}", one.notebook, "../root/" + path):
            assert ids(server.ask("GET", "entries", notebook=other)) == []

    @pytest.mark.parametrize(
        "q", ["LABEL", "slow(", "FIT", "notes.ipynb", "KEY", "hex", "näme", "ID"]
    )
    def test_is_filtered_by_what_it_shows(self, server, publish, q):
        entry = publish(
            "# a comment\nz = slow(x)",
            label="my Label NÄME",
            tags=("fit",),
            notebook="/home/u/notes.ipynb",
            options={"version": "3", "name": "big"},
        )
        publish("other = 1", label="other")
        text = {"KEY": "v3:big:", "hex": entry.key[-64:][:8], "ID": entry.id[:12]}.get(q, q)
        assert ids(server.ask("GET", "entries", q=text)) == [entry.id]

    def test_is_filtered_by_state(self, server, publish, save):
        notebook = save(("c1", "%%cacheable\ny = 1"))
        fresh = publish("y = 1", notebook=notebook)
        stale = publish("y = 2", notebook=notebook)
        unknown = publish("y = 3", notebook=None)
        assert ids(server.ask("GET", "entries", state="fresh")) == [fresh.id]
        assert ids(server.ask("GET", "entries", state="stale")) == [stale.id]
        answer = server.ask("GET", "entries", state="unknown")
        assert ids(answer) == [unknown.id]
        assert answer.json["total"] == 1

    def test_shows_damaged_and_untrusted_entries_without_their_texts(
        self, server, store: Store, publish
    ):
        untrusted, damaged = publish("a = 1", age=2), publish("b = 1", age=1)
        path = store.folder.entry(untrusted.id)
        path.write_bytes(path.read_bytes().replace(b"12.5", b"99.5"))
        store.folder.entry(damaged.id).write_bytes(b"{")
        found = {entry["id"]: entry for entry in server.ask("GET", "entries").json["entries"]}
        assert found[untrusted.id]["state"] == "untrusted"
        assert reason(found[untrusted.id]) == "it was changed, or signed by somebody else"
        assert found[damaged.id]["state"] == "damaged"
        assert {entry["label"] for entry in found.values()} == {""}
        assert ids(server.ask("GET", "entries", state="damaged")) == [damaged.id]

    def test_of_a_store_that_cannot_be_opened_names_the_problem(self, server, places: Path):
        places.mkdir(mode=0o700)
        (places / "thesis.tex").write_text("years of work")
        answer = server.ask("GET", "entries")
        assert answer.status == 200
        assert answer.json["entries"] == []
        assert "holds other things" in answer.json["problem"]

    def test_of_a_wrong_configuration_names_the_problem(self, server, monkeypatch):
        monkeypatch.delenv("CACHEABLE_DIR")
        config = server.root / "cacheable.yml"
        config.write_text("cache_dri: x\n")
        try:
            assert "cache_dri" in server.ask("GET", "entries").json["problem"]
            assert "cache_dri" in server.ask("GET", "stats").json["problem"]
        finally:
            config.unlink()

    def test_finds_a_store_that_was_replaced(self, server, publish, places: Path):
        publish()
        assert len(ids(server.ask("GET", "entries"))) == 1
        places.rename(places.with_name("moved"))
        assert ids(server.ask("GET", "entries")) == []
        Store.open(places)
        assert ids(server.ask("GET", "entries")) == []

    def test_survives_a_damaged_index(self, server, publish, tmp_path: Path):
        entry = publish()
        server.ask("GET", "entries")
        for index in (tmp_path / "cache").rglob("*.sqlite*"):
            index.write_bytes(b"not a database")
        assert ids(server.ask("GET", "entries")) == [entry.id]


class TestDetails:
    def test_tell_everything(self, server, publish, save):
        entry = publish(
            "%time y = x",
            notebook=save(("c1", "%%cacheable\n%time y = x")),
            outputs=[STREAM],
            conditions={},
            variables=[{"name": "y", "type": "int", "summary": "1", "digest": None, "size": 5}],
            deleted=["z"],
            imports={"np": ["numpy", None]},
            notes=["a note"],
        )
        found = server.ask("GET", f"entries/{entry.id}").json
        (listed,) = server.ask("GET", "entries").json["entries"]
        assert found == listed | {
            "source": "%time y = x",
            "mark": "%%cacheable",
            "parts": entry.parts,
            "conditions": {},
            "variables": entry.variables,
            "deleted": ["z"],
            "imports": {"np": ["numpy", None]},
            "notes": ["a note"],
            "outputs": [{"output_type": "stream", "name": "stdout", "text": "hi\n"}],
        }

    def test_of_an_absent_entry_are_not_found(self, server, publish):
        entry = publish()
        other = entry.id[:-1] + ("0" if entry.id[-1] != "0" else "1")
        answer = server.ask("GET", f"entries/{other}")
        assert (answer.status, answer.json) == (
            404,
            {"message": "there is no such entry", "reason": "Not Found"},
        )

    def test_without_store_are_not_found(self, server):
        entry = "-".join(("0" * 32, "0" * 32, "0" * 8))
        assert server.ask("GET", f"entries/{entry}").status == 404
        assert server.ask("DELETE", f"entries/{entry}").status == 404

    def test_of_an_untrusted_entry_tell_nothing_that_was_not_verified(
        self, server, store: Store, publish
    ):
        entry = publish(label="<evil>")
        path = store.folder.entry(entry.id)
        path.write_bytes(path.read_bytes().replace(b"<evil>", b"<Evil>"))
        answer = server.ask("GET", f"entries/{entry.id}")
        assert answer.json["state"] == "untrusted"
        assert b"vil>" not in answer.text
        assert "source" not in answer.json

    @pytest.mark.parametrize("text", [b"{}", b"[1]", b"[" * 100_000, b"\xff", b"not json"])
    def test_of_odd_outputs_are_damaged(self, server, publish, save, text):
        entry = publish(outputs=text, notebook=save(("c1", "%%cacheable\ny = slow(x)")))
        found = server.ask("GET", f"entries/{entry.id}").json
        assert (found["state"], reason(found)) == ("damaged", "its outputs cannot be read")
        assert found["outputs"] == []
        assert found["source"] == "y = slow(x)"

    @pytest.mark.parametrize("damage", ["changed", "gone", "link"])
    def test_of_a_damaged_blob_are_damaged(
        self, server, store: Store, publish, tmp_path: Path, damage
    ):
        entry = publish(outputs=[STREAM])
        blob = store.folder.blob(entry.blob("outputs")["digest"])
        text = blob.read_bytes()
        blob.unlink()
        if damage == "changed":
            blob.write_bytes(text.replace(b"hi", b"ho"))
        if damage == "link":
            (tmp_path / "copy").write_bytes(text)
            blob.symlink_to(tmp_path / "copy")
        found = server.ask("GET", f"entries/{entry.id}").json
        assert found["state"] == "damaged"
        assert found["outputs"] == []

    def test_of_huge_outputs_leave_them_out(self, server, publish, monkeypatch):
        monkeypatch.setattr("jupyterlab_cacheable.server.listing.MAX_BYTES", 10)
        entry = publish(outputs=[STREAM])
        (output,) = server.ask("GET", f"entries/{entry.id}").json["outputs"]
        assert "too large for a preview" in output["text"]


class TestStats:
    def test_without_store_are_zero(self, server, places: Path):
        assert server.ask("GET", "stats").json == {
            "entries": 0,
            "bytes": 0,
            "hits": 0,
            "misses": 0,
            "saved": 0.0,
            "by_notebook": [],
            "store": os.fspath(places),
            "version": __version__,
            "problem": None,
        }

    def test_count_entries_bytes_and_outcomes(self, server, store: Store, publish, save):
        notebook = save(name="a.ipynb")
        entries = [publish(seed=n, notebook=notebook) for n in range(2)]
        publish(notebook="/elsewhere/b.ipynb", seed=3)
        for word, saved in (("HIT", 2.5), ("HIT", 2.5), ("MISS", 0)):
            line = {"at": "2025-06-02T00:00:00.000Z", "outcome": word, "entry": entries[0].id}
            store.log_run({**line, "saved": saved})
        found = server.ask("GET", "stats").json
        assert (found["entries"], found["hits"], found["misses"], found["saved"]) == (3, 2, 1, 5.0)
        path = Path(notebook).relative_to(server.root).as_posix()
        inside, outside = sorted(found["by_notebook"], key=lambda row: row["notebook"] is None)
        assert (inside["notebook"], inside["entries"]) == (path, 2)
        assert (outside["notebook"], outside["notebook_name"]) == (None, "b.ipynb")
