"""What ``DELETE entries/<id>`` and ``POST clear`` remove, and what they leave alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyterlab_cacheable.store import Store


@pytest.fixture
def shelf(server, store: Store, publish, save):
    """Entries in every state, by name; ``path`` is the contents path of their notebook."""
    notebook = save(("c1", "%%cacheable\ny = 1"))
    elsewhere = save(("d1", "%%cacheable\nz = 1"), name="other.ipynb")
    entries = {
        "fresh": publish("y = 1", notebook=notebook, tags=("keep",)),
        "stale": publish("y = 2", notebook=notebook, tags=("fit",)),
        "orphan": publish("y = 3", notebook=notebook, cell="gone", tags=("fit",)),
        "expired": publish("y = 1", notebook=notebook, seed=9, ttl=1),
        "other": publish("z = 2", notebook=elsewhere, cell="d1", tags=("fit",)),
        "unknown": publish("w = 1", notebook="/elsewhere/w.ipynb", tags=("fit",)),
        "untrusted": publish("u = 1", notebook=notebook, tags=("fit",)),
        "damaged": publish("d = 1", notebook=notebook, tags=("fit",)),
    }
    changed = store.folder.entry(entries["untrusted"].id)
    changed.write_bytes(changed.read_bytes().replace(b'"fit', b'"fat').replace(b"12.5", b"12.6"))
    store.folder.entry(entries["damaged"].id).write_bytes(b"{")
    found = {name: entry.id for name, entry in entries.items()}
    return found | {"path": Path(notebook).relative_to(server.root).as_posix()}


def left(store: Store) -> set[str]:
    return set(store.ids())


def named(shelf: dict[str, str], *names: str) -> set[str]:
    return {shelf[name] for name in names}


ALL = ("fresh", "stale", "orphan", "expired", "other", "unknown", "untrusted", "damaged")
SCOPES = [
    ({"scope": "all"}, ALL),
    ({"scope": "notebook", "notebook": "PATH"}, ("fresh", "stale", "orphan", "expired")),
    ({"scope": "stale"}, ("stale", "orphan", "expired", "other")),
    ({"scope": "stale", "notebook": "PATH"}, ("stale", "orphan", "expired")),
    ({"scope": "tag", "tag": "fit"}, ("stale", "orphan", "other", "unknown")),
    ({"scope": "tag", "tag": "fit", "notebook": "PATH"}, ("stale", "orphan")),
    ({"scope": "tag", "tag": "FIT"}, ()),
    ({"scope": "filter", "state": "damaged"}, ("damaged",)),
    ({"scope": "filter", "state": "untrusted"}, ("untrusted",)),
    ({"scope": "filter", "state": "orphan"}, ("orphan",)),
    ({"scope": "filter", "q": "y = "}, ("fresh", "stale", "orphan", "expired")),
    ({"scope": "filter", "q": "y = ", "state": "fresh"}, ("fresh",)),
    ({"scope": "filter", "tag": "keep"}, ("fresh",)),
    ({"scope": "filter", "notebook": "PATH", "state": "stale"}, ("stale",)),
    ({"scope": "notebook", "notebook": "no/such.ipynb"}, ()),
]


class TestClear:
    @pytest.mark.parametrize(("body", "names"), SCOPES)
    def test_removes_what_the_scope_means(self, server, store: Store, shelf, body, names):
        body = {key: shelf["path"] if text == "PATH" else text for key, text in body.items()}
        counted = server.ask("POST", "clear", {**body, "dry_run": True})
        assert counted.status == 200
        assert left(store) == named(shelf, *ALL)
        removed = server.ask("POST", "clear", body)
        assert set(removed.json["ids"]) == named(shelf, *names)
        assert left(store) == named(shelf, *ALL) - named(shelf, *names)
        assert removed.json["removed"] == len(names)
        assert counted.json == removed.json
        assert server.ask("POST", "clear", body).json == {"removed": 0, "bytes": 0, "ids": []}

    def test_of_stale_ones_is_judged_by_the_live_document(self, server, store: Store, shelf):
        cells = [{"id": "c1", "source": "%%cacheable\ny = 2", "type": "code"}]
        body = {"scope": "stale", "notebook": shelf["path"], "cells": cells}
        removed = server.ask("POST", "clear", body).json
        assert set(removed["ids"]) == named(shelf, "fresh", "orphan", "expired")

    def test_by_state_is_judged_by_the_live_document(self, server, shelf):
        cells = [{"id": "c1", "source": "%%cacheable\ny = 2", "type": "code"}]
        body = {"scope": "filter", "state": "fresh", "notebook": shelf["path"], "cells": cells}
        assert server.ask("POST", "clear", body).json["ids"] == [shelf["stale"]]

    def test_with_null_for_what_is_not_meant(self, server, store: Store, shelf):
        body = {"scope": "all", "notebook": None, "cells": None, "tag": None, "dry_run": True}
        assert server.ask("POST", "clear", body).json["removed"] == len(ALL)

    def test_leaves_a_blob_that_another_entry_names(self, server, store: Store, publish, save):
        state = b"7" * 5000
        notebook = save(("c1", "%%cacheable\ny = 1"))
        stale = publish("y = 0", notebook=notebook, state=state)
        fresh = publish("y = 1", notebook=notebook, state=state)
        size = store.folder.entry(stale.id).stat().st_size
        counted = server.ask("POST", "clear", {"scope": "stale", "dry_run": True}).json
        removed = server.ask("POST", "clear", {"scope": "stale"}).json
        assert counted == removed == {"removed": 1, "bytes": size, "ids": [stale.id]}
        assert bytes(store.read_blob(fresh, "state")) == state
        assert server.ask("POST", "clear", {"scope": "all"}).json["bytes"] > 5000

    def test_without_store_removes_nothing(self, server, places: Path):
        answer = server.ask("POST", "clear", {"scope": "all"})
        assert answer.json == {"removed": 0, "bytes": 0, "ids": []}
        assert not places.exists()

    def test_of_a_folder_that_is_no_store_is_refused(self, server, places: Path):
        places.mkdir(mode=0o700)
        (places / "thesis.tex").write_text("years of work")
        answer = server.ask("POST", "clear", {"scope": "all"})
        assert answer.status == 422
        assert "holds other things" in answer.json["message"]
        assert (places / "thesis.tex").read_text() == "years of work"

    def test_leaves_foreign_files_in_the_store_alone(self, server, store: Store, publish):
        entry = publish()
        foreign = [
            store.path / "notes.txt",
            store.folder.entry(entry.id).with_name("readme.json"),
            store.folder.blobs / "ab" / "x",
        ]
        for path in foreign:
            path.parent.mkdir(exist_ok=True)
            path.write_text("mine")
        server.ask("POST", "clear", {"scope": "all"})
        assert left(store) == set()
        assert [path.read_text() for path in foreign] == ["mine"] * 3


class TestDelete:
    def test_removes_one_entry(self, server, store: Store, shelf):
        size = store.folder.entry(shelf["fresh"]).stat().st_size
        answer = server.ask("DELETE", f"entries/{shelf['fresh']}")
        assert (answer.status, answer.json) == (200, {"removed": 1, "bytes": size})
        assert left(store) == named(shelf, *ALL) - named(shelf, "fresh")

    def test_of_what_is_gone_is_not_found(self, server, shelf):
        assert server.ask("DELETE", f"entries/{shelf['fresh']}").status == 200
        assert server.ask("DELETE", f"entries/{shelf['fresh']}").status == 404
        listed = server.ask("GET", "entries").json["entries"]
        assert shelf["fresh"] not in {entry["id"] for entry in listed}

    @pytest.mark.parametrize("name", ["untrusted", "damaged"])
    def test_removes_what_cannot_be_read(self, server, store: Store, shelf, name):
        assert server.ask("DELETE", f"entries/{shelf[name]}").json["removed"] == 1
        assert shelf[name] not in left(store)
