from __future__ import annotations

import json
import os
import stat

import pytest

from jupyterlab_cacheable.store import Store, files
from jupyterlab_cacheable.store.runlog import read_lines, run_logs

LINE = {"at": "2026-01-01T00:00:00.000Z", "outcome": "HIT", "saved": 1.5}


def test_lines_of_one_process_go_to_one_private_file(store):
    store.log_run(LINE)
    store.log_run({**LINE, "outcome": "MISS"})
    (name,) = run_logs(store.folder)
    lines, offset = read_lines(store.folder, name, 0)
    assert [line["outcome"] for line in lines] == ["HIT", "MISS"]
    path = store.folder.runs / name
    assert offset == path.stat().st_size
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert str(os.getpid()) in name


def test_two_stores_never_share_a_file(store):
    store.log_run(LINE)
    Store.open().log_run(LINE)
    assert len(run_logs(store.folder)) == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_forked_child_writes_its_own_file(store):
    store.log_run(LINE)
    child = os.fork()
    if child == 0:
        store.log_run(LINE)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    store.log_run(LINE)
    counts = [len(read_lines(store.folder, name, 0)[0]) for name in run_logs(store.folder)]
    assert sorted(counts) == [1, 2]


@pytest.mark.parametrize("operation", ["create", "open_append", "write"])
def test_errors_are_ignored(store, monkeypatch, operation):
    fired = []

    def fail(*arguments):
        fired.append(arguments)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, operation, fail)
    store.log_run(LINE)
    assert fired


@pytest.mark.parametrize("line", [{"x": object()}, {"x": float("nan")}, {(1, 2): 3}])
def test_what_is_not_json_is_dropped(store, line):
    store.log_run(line)
    store.log_run(LINE)
    (name,) = run_logs(store.folder)
    assert read_lines(store.folder, name, 0)[0] == [LINE]


def test_reading_goes_on_where_it_stopped_and_waits_for_whole_lines(store):
    path = store.folder.runs / "x.jsonl"
    text = json.dumps(LINE).encode() + b"\n"
    path.write_bytes(text + text[:10])
    lines, offset = read_lines(store.folder, "x.jsonl", 0)
    assert (lines, offset) == ([LINE], len(text))
    assert read_lines(store.folder, "x.jsonl", offset) == ([], offset)
    path.write_bytes(text * 2)
    assert read_lines(store.folder, "x.jsonl", offset) == ([LINE], 2 * len(text))
    assert read_lines(store.folder, "x.jsonl", 10_000) == ([], 10_000)


def test_broken_lines_are_passed_over(store):
    good = json.dumps(LINE).encode()
    bad = [b"", b"[]", b"\xff", b"{", b"[" * 100_000, b"1"]
    (store.folder.runs / "x.jsonl").write_bytes(b"\n".join([*bad, good, *bad]) + b"\n")
    lines, _ = read_lines(store.folder, "x.jsonl", 0)
    assert lines == [LINE]


def test_endless_line_is_passed_over(store):
    (store.folder.runs / "x.jsonl").write_bytes(
        b"x" * 9_000_000 + b"\n" + json.dumps(LINE).encode()
    )
    offset, seen = 0, []
    while True:
        lines, end = read_lines(store.folder, "x.jsonl", offset)
        seen += lines
        if end == offset:
            break
        offset = end
    assert seen == []
    assert offset == 9_000_001
