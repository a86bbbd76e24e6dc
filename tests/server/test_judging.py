"""What the route ``forecast`` answers."""

from __future__ import annotations

from pathlib import Path

from jupyterlab_cacheable.outcome import Change
from tests.manifests import upstream


def cell(id: str, source: str, type: str = "code") -> dict[str, str]:
    return {"id": id, "source": source, "type": type}


def test_judges_entries_and_marked_cells_by_the_live_document(server, publish, save):
    notebook = save(("u", "x = 0"))
    path = Path(notebook).relative_to(server.root).as_posix()
    rows = [upstream("x = 1", "x", cell="u")]
    fresh = publish("y = x", notebook=notebook, rows=rows, state=b"0" * 98)
    stale = publish("y = x", notebook=notebook, cell="c2", rows=rows, seed=2)
    publish("y = x", notebook="/elsewhere/a.ipynb", rows=rows, seed=3)
    cells = [
        cell("u", "x = 1"),
        cell("c1", "%%cacheable\ny = x # the same"),
        cell("c2", "#| cacheable: version=2\ny = x"),
        cell("c3", "%%cacheable\nnew = 1"),
        cell("c4", "%%cacheable --tll 3\nnew = 1"),
        cell("t", "%%cacheable", "markdown"),
    ]
    answer = server.ask("POST", "forecast", {"notebook": path, "cells": cells}).json
    assert answer["entries"].keys() == {fresh.id, stale.id}
    assert answer["entries"][fresh.id] == {"state": "fresh", "reason": None, "verdict": None}
    assert answer["entries"][stale.id]["reason"] == {
        "sentence": "the option --version went from 1 to 2",
        "changes": [Change("options", "version", "c2", "1", "2").to_json()],
    }
    assert answer["cells"]["c1"] == {
        "forecast": "hit",
        "reason": None,
        "entry": fresh.id,
        "saved": 12.5,
        "size": 100,
        "computed_at": "2025-06-01T11:00:00.000Z",
    }
    told = {id: (one["forecast"], one["reason"]) for id, one in answer["cells"].items()}
    assert told["c2"] == ("run", answer["entries"][stale.id]["reason"])
    assert told["c3"] == ("run", {"sentence": "it will be stored when it runs", "changes": []})
    assert told["c4"][0] == "unknown"
    assert told.keys() == {"c1", "c2", "c3", "c4"}


def test_without_store_nothing_has_been_run(server, places: Path):
    cells = [cell("c1", "%%cacheable\ny = 1")]
    answer = server.ask("POST", "forecast", {"notebook": "a.ipynb", "cells": cells}).json
    assert answer["entries"] == {}
    assert answer["cells"]["c1"]["reason"]["sentence"] == "it will be stored when it runs"
    assert not places.exists()


def test_with_a_store_out_of_order_nothing_is_known(server, places: Path):
    places.mkdir(mode=0o700)
    (places / "thesis.tex").write_text("years of work")
    cells = [cell("c1", "%%cacheable\ny = 1"), cell("c2", "z = 1")]
    answer = server.ask("POST", "forecast", {"notebook": "a.ipynb", "cells": cells}).json
    assert answer["entries"] == {}
    assert answer["cells"].keys() == {"c1"}
    assert answer["cells"]["c1"]["forecast"] == "unknown"
    assert "holds other things" in answer["cells"]["c1"]["reason"]["sentence"]
