"""What requests must look like, and what is said to those that do not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jupyterlab_cacheable.server import requests
from jupyterlab_cacheable.server.requests import (
    BadRequestError,
    ClearRequest,
    Filter,
    ForecastRequest,
    ListRequest,
)

CELL = {"id": "c1", "source": "x = 1", "type": "code"}


def body(**fields: Any) -> bytes:
    return json.dumps(fields).encode()


def refusal(parse: Any, data: Any) -> str:
    with pytest.raises(BadRequestError) as caught:
        parse(data)
    return str(caught.value)


class TestListRequest:
    def test_has_defaults(self):
        assert ListRequest.parse({}) == ListRequest(Filter(), "created", True, 0, 500)
        assert not ListRequest.parse({"sort": "label"}).descending

    def test_reads_every_field_and_ignores_a_number_against_caches(self):
        query = {
            "notebook": "a.ipynb",
            "state": "stale",
            "q": "fit",
            "sort": "size",
            "order": "asc",
            "cursor": "500",
            "limit": "5000",
            "1763715600000": "",
        }
        wanted = Filter("a.ipynb", "stale", "fit")
        assert ListRequest.parse(query) == ListRequest(wanted, "size", False, 500, 5000)

    def test_takes_an_empty_filter_for_none(self):
        assert ListRequest.parse({"notebook": "", "q": "", "state": ""}).filter == Filter()

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ({"state": "Fresh"}, "state"),
            ({"state": "fresh\n"}, "state"),
            ({"sort": "name"}, "sort"),
            ({"order": ""}, "order"),
            ({"limit": "0"}, "limit"),
            ({"limit": "5001"}, "limit"),
            ({"limit": "-1"}, "limit"),
            ({"limit": "٣"}, "limit"),
            ({"limit": "1\n"}, "limit"),
            ({"limit": "1e3"}, "limit"),
            ({"cursor": "x"}, "cursor"),
            ({"cursor": "9" * 10}, "cursor"),
            ({"q": "x" * 5000}, "q"),
            ({"notebook": "x" * 5000}, "notebook"),
        ],
    )
    def test_refuses_what_it_does_not_know(self, query, field):
        assert f"'{field}'" in refusal(ListRequest.parse, query)


class TestForecastRequest:
    def test_is_read(self):
        found = ForecastRequest.parse(body(notebook="a.ipynb", cells=[CELL]))
        assert found.notebook == "a.ipynb"
        assert found.cells == [requests.Cell("c1", "x = 1", "code")]

    @pytest.mark.parametrize(
        ("fields", "sentence"),
        [
            ({"cells": []}, "the field 'notebook' is missing"),
            ({"notebook": "a"}, "the field 'cells' is missing"),
            ({"notebook": None, "cells": []}, "the field 'notebook' is missing"),
            ({"notebook": "a", "cells": [], "path": 1}, "unknown field 'path'"),
            ({"notebook": 1, "cells": []}, "the field 'notebook' must be a text"),
            ({"notebook": "", "cells": []}, "the field 'notebook' must be a text"),
            ({"notebook": "a", "cells": {}}, "the field 'cells' must be a list"),
            ({"notebook": "a", "cells": [1]}, "a cell is not an object"),
            ({"notebook": "a", "cells": [{**CELL, "x": 1}]}, "unknown field 'x'"),
            ({"notebook": "a", "cells": [{**CELL, "id": 1}]}, "the field 'id' of a cell"),
            ({"notebook": "a", "cells": [{**CELL, "id": ""}]}, "the field 'id' of a cell"),
            ({"notebook": "a", "cells": [{**CELL, "id": "x" * 257}]}, "the field 'id' of a cell"),
            ({"notebook": "a", "cells": [{**CELL, "source": ["x"]}]}, "the field 'source'"),
            ({"notebook": "a", "cells": [{**CELL, "type": "heading"}]}, "the field 'type'"),
            ({"notebook": "a", "cells": [{**CELL, "type": []}]}, "the field 'type'"),
            ({"notebook": "a", "cells": [{"id": "c"}]}, "the field 'source'"),
            ({"notebook": "a", "cells": [CELL, CELL]}, "two cells have the same id"),
        ],
    )
    def test_refuses_a_wrong_shape(self, fields, sentence):
        assert refusal(ForecastRequest.parse, body(**fields)).startswith(sentence)

    @pytest.mark.parametrize(
        "text", [b"", b"{", b"\xff", b"1", b"[]", b"null", b"[" * 100_000, b'{"a":1,"a":2}']
    )
    def test_refuses_what_is_no_object(self, text):
        assert refusal(ForecastRequest.parse, text)

    def test_names_an_unknown_field_in_part_only(self):
        assert len(refusal(ForecastRequest.parse, body(**{"x" * 10_000: 1}))) < 200

    def test_refuses_too_many_cells(self):
        cells = [{**CELL, "id": str(n)} for n in range(5001)]
        assert "5000" in refusal(ForecastRequest.parse, body(notebook="a", cells=cells))
        assert ForecastRequest.parse(body(notebook="a", cells=cells[:5000]))

    def test_refuses_too_much_source(self, monkeypatch):
        monkeypatch.setattr(requests, "MAX_SOURCE", 9)
        cells = [{**CELL, "id": str(n)} for n in range(2)]
        assert "too large" in refusal(ForecastRequest.parse, body(notebook="a", cells=cells))

    def test_refuses_a_huge_body(self, monkeypatch):
        monkeypatch.setattr(requests, "MAX_BODY", 9)
        assert "too large" in refusal(ForecastRequest.parse, body(notebook="a", cells=[]))


class TestClearRequest:
    def test_is_read(self):
        fields = {"scope": "stale", "notebook": "a", "cells": [CELL], "dry_run": True}
        found = ClearRequest.parse(body(**fields))
        assert (found.scope, found.filter, found.dry_run) == ("stale", Filter("a"), True)
        assert found.cells is not None

    @pytest.mark.parametrize(
        ("fields", "sentence"),
        [
            ({}, "the field 'scope' must be one of"),
            ({"scope": "everything"}, "the field 'scope' must be one of"),
            ({"scope": ["all"]}, "the field 'scope' must be one of"),
            ({"scope": "all", "dry_run": 1}, "the field 'dry_run' must be"),
            ({"scope": "all", "dry_run": None}, "the field 'dry_run' must be"),
            ({"scope": "all", "dryrun": True}, "unknown field 'dryrun'"),
            ({"scope": "all", "notebook": "a"}, "the field 'notebook' does not belong"),
            ({"scope": "all", "tag": "a"}, "the field 'tag' does not belong"),
            ({"scope": "all", "q": ""}, "the field 'q' does not belong"),
            ({"scope": "notebook"}, "the scope 'notebook' needs the field 'notebook'"),
            ({"scope": "notebook", "notebook": "a", "state": "stale"}, "the field 'state' does"),
            ({"scope": "tag"}, "the scope 'tag' needs the field 'tag'"),
            ({"scope": "tag", "tag": ""}, "the field 'tag' must be a text"),
            ({"scope": "stale", "cells": []}, "the field 'cells' needs the field 'notebook'"),
            ({"scope": "stale", "state": "fresh"}, "the field 'state' does not belong"),
            ({"scope": "filter"}, "the scope 'filter' needs"),
            ({"scope": "filter", "q": None}, "the scope 'filter' needs"),
            ({"scope": "filter", "q": ""}, "the field 'q' must be a text"),
            ({"scope": "filter", "state": "old"}, "the field 'state' must be one of"),
            ({"scope": "filter", "notebook": 7}, "the field 'notebook' must be a text"),
        ],
    )
    def test_refuses_what_could_remove_more_than_was_meant(self, fields, sentence):
        assert refusal(ClearRequest.parse, body(**fields)).startswith(sentence)

    def test_refuses_a_field_written_twice(self):
        text = b'{"scope": "stale", "scope": "all"}'
        assert refusal(ClearRequest.parse, text) == "a field is written twice"
