"""What counts beside the code: files, environment variables and options, by the ids of features.

Each test runs in a folder of its own; `cell` makes the code of a test unlike that of the others.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import pytest

from jupyterlab_cacheable.store import Manifest, Store
from tests.kernel.conftest import Kernels
from tests.kernel.kernels import Kernel, Ran

Start = Callable[..., Kernel]

LINKS = pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege")


@dataclass
class Place:
    """A kernel in a folder, and the store it uses."""

    kernel: Kernel
    folder: Path
    store: Store
    name: str

    def run(self, options: str = "", body: str = "print('ran')") -> Ran:
        return self.kernel.run(f"%%cacheable {options}\n{body} or {self.name!r}")

    def words(self, *options: str) -> list[str]:
        return [self.run(each).word for each in options]

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def manifests(self) -> list[Manifest]:
        """The manifests of this test's entries, newest first."""
        known = self.store.manifests(self.store.ids()).values()
        found = [m for m in known if isinstance(m, Manifest) and self.name in m.source]
        return sorted(found, key=lambda manifest: manifest.created_at, reverse=True)


@pytest.fixture
def place(kernels: Kernels, tmp_path: Path, request: pytest.FixtureRequest) -> Place:
    kernel, name = kernels.storing, request.node.name
    kernel.run(f"import os; os.chdir({str(tmp_path)!r})")
    return Place(kernel, tmp_path, Store.open(), name)


def test_A05_the_key_is_the_same_in_any_kernel_and_folder(start: Start, isolated: Path) -> None:
    keys = set()
    for number, name in enumerate(("here", "there")):
        (isolated / name).mkdir()
        (isolated / name / "data.csv").write_text("1")
        kernel = start()
        kernel.run(f"import os; os.chdir({str(isolated / name)!r}); os.environ['TOKEN'] = 'x'")
        kernel.run("vintage = {'a', 'b', 'c'}")
        ran = kernel.run("%%cacheable --file data.csv --env TOKEN --var vintage\nx = 1")
        assert ran.word == ("HIT" if number else "MISS")
        keys.add(ran.outcome["key"])
    (key,) = keys
    assert len(key.rpartition(":")[2]) == 64


def test_A06_the_version_is_in_the_prefix_of_the_key(place: Place) -> None:
    assert place.run("--version 2").outcome["key"].startswith("v2:")
    assert place.words("--version 3", "--version 2", "--version 3") == ["MISS", "HIT", "HIT"]


def test_A17_order_and_quotes_of_options_do_not_count(place: Place) -> None:
    place.write("a b.csv", "1")
    place.kernel.run("import os; os.environ['TOKEN'] = 'x'; vintage = 1")
    spellings = [
        "--file 'a b.csv' --env TOKEN --var vintage --version 2 --name fit",
        '--name "fit" --version=2 --var vintage --env=TOKEN --file "a b.csv"',
        "--var 'vintage' --name fit --env TOKEN --file a\\ b.csv --version '2'",
    ]
    assert place.words(*spellings) == ["MISS", "HIT", "HIT"]
    comment = "#| cacheable: version=2 env=TOKEN var=vintage file='a b.csv' name=fit"
    assert place.kernel.run(f"{comment}\nprint('ran') or '{place.name}'").word == "HIT"


def test_A18_a_new_version_a_removed_entry_and_force_run_the_cell(place: Place) -> None:
    first = place.run()
    assert place.words("--version 2", "--force", "") == ["MISS", "FORCED", "HIT"]
    assert place.store.remove([first.outcome["entry"]]).count == 1
    assert place.words("", "") == ["MISS", "HIT"]


def test_A19_the_version_of_data_counts_as_a_parameter(place: Place) -> None:
    assert place.words("--var HITRAN=2020", "--var HITRAN=2024") == ["MISS", "MISS"]
    assert place.words("--var HITRAN=2020") == ["HIT"]
    place.kernel.run("hitran_ver = 2020")
    assert place.words("--var hitran_ver", "--var hitran_ver") == ["MISS", "HIT"]
    place.kernel.run("hitran_ver = 2024")
    ran = place.run("--var hitran_ver")
    assert ran.word == "MISS"
    assert ran.why == "the variable 'hitran_ver' went from 2020 to 2024"
    assert ("vars", "hitran_ver") in ran.parts


def test_B03_a_file_counts_by_content_and_path(place: Place) -> None:
    place.write("one.csv", "1")
    place.write("two.csv", "1")
    assert place.words("--file one.csv", "--file ./one.csv", "--file two.csv") == [
        "MISS",
        "HIT",
        "MISS",
    ]
    place.write("one.csv", "2")
    ran = place.run("--file one.csv")
    assert ran.why == "the file 'one.csv' was changed since it was stored"
    assert ran.parts == {("files", "one.csv")}
    place.write("one.csv", "1")
    assert place.words("--file one.csv") == ["HIT"]


def test_B03_a_missing_file_is_a_value_of_its_own(place: Place) -> None:
    first = place.run("--file none.csv")
    assert first.word == "MISS"
    assert first.outcome["notes"] == ["there is no file 'none.csv', which --file names"]
    assert place.words("--file none.csv") == ["HIT"]
    place.write("none.csv", "")
    ran = place.run("--file none.csv")
    assert (ran.word, ran.why) == ("MISS", "the file 'none.csv' now exists")
    (place.folder / "none.csv").unlink()
    assert place.words("--file none.csv") == ["HIT"]


def test_B03_a_pattern_counts_what_fits(place: Place) -> None:
    place.write("data/a.csv", "1")
    place.write("data/deep/b.csv", "2")
    place.write("data/c.txt", "3")
    option = "--file 'data/**/*.csv'"
    assert place.words(option, option) == ["MISS", "HIT"]
    place.write("data/c.txt", "new")
    assert place.words(option) == ["HIT"]
    place.write("data/deep/b.csv", "new")
    assert place.run(option).why == "the file 'data/deep/b.csv' was changed since it was stored"
    place.write("data/new.csv", "")
    assert place.run(option).why == "the file 'data/new.csv' now counts"
    empty = place.run("--file '*.none'")
    assert empty.outcome["notes"] == ["no file fits '*.none', which --file names"]


def test_B03_paths_with_any_characters_are_files(place: Place) -> None:
    name = "a [1]*? 'é\" $x;#.csv" if sys.platform != "win32" else "a [1] é $x;#.csv"
    place.write(name, "1")
    quoted = '"' + name.replace('"', '\\"').replace("$", "$") + '"'
    assert place.words(f"--file {quoted}", f"--file {quoted}") == ["MISS", "HIT"]
    place.write(name, "2")
    assert place.run(f"--file {quoted}").parts == {("files", name)}


def test_B04_a_text_that_is_no_opened_file_is_just_a_text(place: Place) -> None:
    place.write("data.csv", "1")
    place.kernel.run("from pathlib import Path\nlabel, path = 'data.csv', Path('data.csv')")
    body = "print('data.csv', label, path.name)"
    assert [place.run("", body).word for _ in range(2)] == ["MISS", "HIT"]
    place.write("data.csv", "2")
    assert place.run("", body).word == "HIT"


def test_B04_a_text_counts_where_native_code_could_open_it(place: Place) -> None:
    place.write("data.csv", "1")
    place.kernel.run("import yaml, polars")
    body = "print(polars.Series(['data.csv'])[0])"
    assert [place.run("", body).word for _ in range(2)] == ["MISS", "HIT"]
    place.write("data.csv", "2")
    assert place.run("", body).why == "the file 'data.csv' was changed since it was stored"


FILES = """
import gzip, json, pickle, sqlite3
import joblib, networkx as nx, numpy as np, pandas as pd, sklearn.datasets as datasets
import matplotlib.pyplot as plt
def make(n):
    np.full(9, n, dtype='u1').tofile('raw.bin')
    np.save('a.npy', np.full(3, n)); np.savez('a.npz', x=np.full(3, n)); np.savetxt('a.txt', [n, n])
    table = pd.DataFrame({'a': [n], 'b': ['x']})
    table.to_csv('p.csv', index=False); table.to_json('p.json', orient='records', lines=True)
    table.to_pickle('p.pkl'); table.to_stata('p.dta'); table.to_feather('p.feather')
    table.to_orc('p.orc'); table.to_parquet('p.parquet')
    open('p.xml', 'w').write(f"<data><row><a>{n}</a></row></data>")
    open('s.svm', 'w').write(f"{n} 1:{n}\\n")
    os.makedirs('texts/k', exist_ok=True); open('texts/k/t.txt', 'w').write(str(n))
    joblib.dump(np.full(3, n), 'j.joblib'); joblib.dump([n], 'j.gz', compress=3)
    plt.imsave('i.png', np.full((2, 2), n / 10), vmin=0, vmax=1)
    graph = nx.path_graph(n + 1)
    nx.write_gml(graph, 'g.gml'); nx.write_graphml(graph, 'g.graphml'); nx.write_gexf(graph, 'g.gexf')
    pickle.dump(n, gzip.open('q.gz', 'wb'))
"""
READERS = [
    "np.fromfile('raw.bin', dtype='u1')",
    "np.load('a.npy')",
    "np.load('a.npy', mmap_mode='r').sum()",
    "np.load('a.npz')['x']",
    "np.loadtxt('a.txt')",
    "np.genfromtxt('a.txt')",
    "np.memmap('raw.bin', dtype='u1', mode='r').sum()",
    "pd.read_csv('p.csv')",
    "pd.read_csv('p.csv', memory_map=True)",
    "pd.read_csv('p.csv', engine='pyarrow')",
    "pd.read_fwf('p.csv')",
    "pd.read_json('p.json', lines=True)",
    "pd.read_json('p.json', lines=True, engine='pyarrow')",
    "pd.read_pickle('p.pkl')",
    "pd.read_stata('p.dta')",
    "pd.read_feather('p.feather')",
    "pd.read_orc('p.orc')",
    "pd.read_parquet('p.parquet')",
    "pd.read_xml('p.xml', parser='etree')",
    "datasets.load_svmlight_file('s.svm')[1]",
    "datasets.load_files('texts', encoding='utf8').data",
    "joblib.load('j.joblib')",
    "joblib.load('j.joblib', mmap_mode='r').sum()",
    "joblib.load('j.gz')",
    "plt.imread('i.png').tolist()",
    "len(nx.read_gml('g.gml', label=None))",
    "len(nx.read_graphml('g.graphml'))",
    "len(nx.read_gexf('g.gexf'))",
    "pickle.load(gzip.open('q.gz'))",
]


def test_B04_libraries_that_are_trusted_to_open_files_where_it_is_seen(place: Place) -> None:
    place.kernel.run(f"{FILES}\nmake(1)")
    first = {reader: place.run("", f"print({reader})") for reader in READERS}
    assert {reader: ran.word for reader, ran in first.items()} == dict.fromkeys(READERS, "MISS")
    place.kernel.run("make(3)")
    for reader, ran in first.items():
        again, truth = place.run("", f"print({reader})"), place.kernel.run(f"print({reader})")
        assert again.text.startswith(truth.text), reader
        assert again.text != ran.text, reader
        assert "files" in {part for part, _ in again.parts}, again.why


def test_B05_with_content_only_a_moved_file_is_the_same(place: Place) -> None:
    place.write("one.csv", "1")
    assert place.words("--file one.csv --file-content-only") == ["MISS"]
    place.write("moved/two.csv", "1")
    assert place.words("--file moved/two.csv --file-content-only") == ["HIT"]
    place.write("moved/two.csv", "2")
    assert place.words("--file moved/two.csv --file-content-only") == ["MISS"]


def test_B05_with_content_only_the_order_of_contents_counts(place: Place) -> None:
    place.write("one", "1")
    place.write("two", "2")
    option = "--file one --file two --file-content-only"
    assert place.words(option) == ["MISS"]
    place.write("one", "2")
    place.write("two", "1")
    assert place.words(option) == ["MISS"]


def test_B06_a_pattern_for_names_below_folders(place: Place) -> None:
    place.write("data/a.csv", "1")
    place.write("data/notes.txt", "1")
    option = "--file data --file-pattern '[.]csv$'"
    assert place.words(option) == ["MISS"]
    place.write("data/notes.txt", "2")
    place.write("data/more.txt", "2")
    assert place.words(option) == ["HIT"]
    place.write("data/a.csv", "2")
    assert place.words(option) == ["MISS"]
    single = "--file data/notes.txt --file-pattern '[.]csv$'"
    assert place.words(single) == ["MISS"]
    place.write("data/notes.txt", "3")
    assert place.words(single) == ["MISS"]


def test_B06_a_wrong_pattern_is_an_error_before_anything_runs(place: Place) -> None:
    ran = place.run("--file data --file-pattern '['")
    assert ran.reply["ename"] == "UsageError"
    assert "--file-pattern must be a regular expression" in ran.reply["evalue"]
    assert not ran.text.startswith("ran")


def test_B07_a_folder_counts_with_names_and_contents(place: Place) -> None:
    (place.folder / "data").mkdir()
    option, data = "--file data", place.folder / "data"
    assert place.words(option, option) == ["MISS", "HIT"]
    place.write("data/deep/a", "1")
    ran = place.run(option)
    assert (ran.word, ran.parts) == ("MISS", {("files", "data/deep/a")})
    (data / "deep" / "a").rename(data / "deep" / "b")
    assert place.words(option, option) == ["MISS", "HIT"]
    place.write("data/.ipynb_checkpoints/b", "of Jupyter")
    assert place.words(option) == ["HIT"]
    (data / "deep" / "b").unlink()
    assert place.words(option) == ["HIT"]  # as it was when it was empty
    (data / ".ipynb_checkpoints" / "b").unlink()
    (data / ".ipynb_checkpoints").rmdir()
    (data / "deep").rmdir()
    data.rmdir()
    assert place.run(option).why == "the file 'data' is gone"


def test_B07_a_folder_of_very_many_files_is_one_row(place: Place) -> None:
    for number in range(1001):
        place.write(f"data/{number}", "1")
    first = place.run("--file data")
    assert first.outcome["notes"] == ["--file 'data' stands for 1002 files"]
    place.write("data/500", "2")
    ran = place.run("--file data")
    assert (ran.word, ran.parts) == ("MISS", {("files", "data")})
    assert [list(each.parts["files"]) for each in place.manifests()] == [["data"], ["data"]]


@LINKS
def test_B07_loops_of_links_end(place: Place) -> None:
    place.write("data/a", "1")
    (place.folder / "data" / "back").symlink_to(place.folder / "data")
    assert place.words("--file data", "--file data") == ["MISS", "HIT"]
    (place.folder / "data" / "back").unlink()
    assert place.words("--file data") == ["MISS"]


@LINKS
def test_B08_a_link_and_its_target_share_an_entry(place: Place) -> None:
    place.write("target", "1")
    (place.folder / "link").symlink_to("target")
    assert place.words("--file link", "--file target") == ["MISS", "HIT"]
    place.write("target", "2")
    assert place.words("--file link") == ["MISS"]


def test_B09_every_byte_of_a_large_file_counts(place: Place) -> None:
    content = bytearray(6 << 20)
    path = place.write("big", bytes(content))
    os.utime(path, ns=(10**18, 10**18))
    assert place.words("--file big", "--file big") == ["MISS", "HIT"]
    content[3_333_333] = 1
    path.write_bytes(content)
    os.utime(path, ns=(10**18, 10**18))
    assert place.words("--file big") == ["MISS"]


def test_B10_a_touched_file_is_the_same(place: Place) -> None:
    path = place.write("data.csv", "1")
    assert place.words("--file data.csv") == ["MISS"]
    os.utime(path, (1, 1))
    assert place.words("--file data.csv") == ["HIT"]


@pytest.mark.parametrize("content", ["2", "1"], ids=["another", "the same"])
def test_B11_an_input_that_is_written_meanwhile_is_not_stored(place: Place, content: str) -> None:
    place.write("data.csv", "1")
    path = place.folder / "data.csv"
    request = place.kernel.send(
        "%%cacheable --file data.csv\nimport time, os\nprint('runs', flush=True)\n"
        "while not os.path.exists('go' + str(1)): time.sleep(0.01)"
    )
    place.kernel.until_printed(request, "runs")
    path.write_text(content)
    (place.folder / "go1").touch()
    ran = place.kernel.finish(request)
    assert (ran.word, ran.why) == ("UNCACHED", "the file 'data.csv' changed while the cell ran")


def test_B11_a_declared_file_that_the_cell_itself_writes(place: Place) -> None:
    place.write("out.csv", "1")
    writes = "open('out.csv', 'w').write('2') and None"
    ran = place.run("--file out.csv", writes)
    assert (ran.word, ran.why) == ("UNCACHED", "the file 'out.csv' changed while the cell ran")
    assert place.run("--file out.csv", writes).word == "MISS"
    assert place.run("--file out.csv", writes).word == "HIT"


def test_B12_listings_of_folders_count_without_being_declared(place: Place) -> None:
    place.write("data/a", "1")
    body = "print(sorted(os.listdir('data')))"
    assert [place.run("", body).word for _ in range(2)] == ["MISS", "HIT"]
    place.write("data/b", "1")
    assert place.run("", body).why == "the listing of the folder 'data' changed since it was stored"


def test_B13_options_that_do_not_change_the_result_do_not_count(place: Place) -> None:
    others = ["--verbose", "--tag fit", "--ttl 2h", "--always", "--no-save", "--tag a --tag b"]
    assert place.words("", *others) == ["MISS"] + ["HIT"] * len(others)


def test_B17_versions_are_texts(place: Place) -> None:
    assert place.words("--version 1", "--version '1'", "", "--version 1.0") == [
        "MISS",
        "HIT",
        "HIT",
        "MISS",
    ]


def test_B18_force_replaces_only_on_success(place: Place) -> None:
    place.kernel.run("fails = False")
    body = "print(1 / 0 if os.path.exists('fail') else 'fine')"
    first = place.run("--file data", body)
    entry = first.outcome["entry"]
    forced = place.run("--file data --force", body)
    assert (forced.word, forced.outcome["entry"]) == ("FORCED", entry)
    place.write("fail", "")
    failed = place.run("--file data --force", body)
    assert (failed.reply["status"], failed.word) == ("error", "UNCACHED")
    (place.folder / "fail").unlink()
    assert place.run("--file data", body).outcome["entry"] == entry


def test_B19_B20_no_save_uses_but_does_not_store(place: Place) -> None:
    assert place.words("--no-save", "--no-save", "") == ["MISS", "MISS", "MISS"]
    before = place.manifests()
    assert place.words("--no-save", "--force --no-save") == ["HIT", "FORCED"]
    assert place.manifests() == before


def test_B22_files_of_the_line_and_of_the_project_are_united(place: Place) -> None:
    place.write("cacheable.yml", "files: [shared.csv, 'more/*.csv']\n")
    place.write("deep/own.csv", "1")
    place.write("shared.csv", "1")
    place.write("more/a.csv", "1")
    place.kernel.run("os.chdir('deep')")
    assert place.words("--file own.csv", "--file own.csv") == ["MISS", "HIT"]
    for name in ("deep/own.csv", "shared.csv", "more/a.csv"):
        place.write(name, "2")
        spelled = "own.csv" if "own" in name else f"../{name}"
        assert place.run("--file own.csv").parts == {("files", spelled)}
    place.write("cacheable.yml", "files: shared.csv\n")
    ran = place.run("--file own.csv")
    assert ran.word == "UNCACHED"
    assert "line 1: files is not a list of texts" in ran.why


def test_B23_variables_count_at_the_time_of_the_run(place: Place) -> None:
    place.kernel.run("settings = {'a': 1}\ndef scale(x): return x * factor\nfactor = 2")
    option = "--var settings --var scale --var limit=3"
    assert place.words(option, option) == ["MISS", "HIT"]
    place.kernel.run("settings['a'] = 2")
    assert place.run(option).parts >= {("vars", "settings")}
    place.kernel.run("settings['a'] = 1")
    assert place.words(option) == ["HIT"]
    place.kernel.run("factor = 3")
    assert place.run(option).parts >= {("inputs", "factor")}
    place.kernel.run("factor = 2\ndef scale(x): return x + factor")
    assert place.run(option).parts >= {("vars", "scale")}
    assert place.run("--var settings --var scale --var limit=4").parts >= {("vars", "limit")}


def test_B23_a_variable_that_the_cell_reads_counts_once(place: Place) -> None:
    place.kernel.run("known = 1")
    assert place.run("", "print(known)").word == "MISS"
    assert place.run("--var known", "print(known)").word == "HIT"


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        ("--var zzqx", "--var names 'zzqx', which is not defined"),
        ("--var hitrann", "--var names 'hitrann', which is not defined; did you mean 'hitran'?"),
        ("--var os", "--var names the module 'os'; only values can count"),
        ("--var 'a b'", "--var must be the name of a variable, or name=text, not 'a b'"),
        ("--var a=1 --var a=2", "--var gives 'a' two values"),
        ("--env A=B", "--env must be the name of an environment variable, not 'A=B'"),
        ("--env ''", "--env must be the name of an environment variable, not ''"),
        ("--file ''", "--file must be the path of a file or folder, or a pattern, not ''"),
    ],
)
def test_B23_B24_a_wrong_name_is_an_error_before_anything_runs(
    place: Place, option: str, sentence: str
) -> None:
    place.kernel.run("hitran = 1")
    ran = place.run(option)
    assert ran.reply["ename"] == "UsageError"
    assert ran.reply["evalue"] == f"%%cacheable: {sentence}"
    assert not ran.text.startswith("ran")


def test_B23_variables_of_the_project_may_be_absent(place: Place) -> None:
    place.write("cacheable.yml", "vars: [vintage_of_project, 'survey=2020']\n")
    assert place.words("", "") == ["MISS", "HIT"]
    place.kernel.run("vintage_of_project = 1")
    ran = place.run()
    assert ran.word == "MISS"
    assert ("vars", "vintage_of_project") in ran.parts
    place.write("cacheable.yml", "vars: [vintage_of_project, 'survey=2024']\n")
    assert place.run().parts >= {("vars", "survey")}
    assert place.run("--var survey=2020").outcome["entry"] == ran.outcome["entry"]
    place.kernel.run("del vintage_of_project")
    place.write("cacheable.yml", "vars: ['not a name']\n")
    assert "must be the name of a variable" in place.run().why


def test_B24_environment_variables_count_and_are_not_told(place: Place) -> None:
    option = "--env TOKEN_OF_TEST"
    change = "os.environ['TOKEN_OF_TEST'] = {!r}"
    unset = place.run(option)
    place.kernel.run(change.format(""))
    empty = place.run(option)
    place.kernel.run(change.format("hunter2-and-more"))
    first = place.run(f"{option} --verbose")
    assert [unset.word, empty.word, first.word] == ["MISS", "MISS", "MISS"]
    assert place.words(option) == ["HIT"]
    place.kernel.run("os.environ['OTHER_OF_TEST'] = 'x'")
    assert place.words(option) == ["HIT"]
    place.kernel.run(change.format("hunter3-and-more"))
    ran = place.run(f"{option} --verbose")
    assert ran.why == "the environment variable 'TOKEN_OF_TEST' changed since it was stored"
    (change_told,) = ran.outcome["reason"]["changes"]
    assert (change_told["old"], change_told["new"]) == (None, None)
    assert "hunter" not in json.dumps([first.messages, ran.messages, ran.outcome], default=str)
    for path in place.store.path.rglob("*"):
        assert not path.is_file() or b"hunter" not in path.read_bytes()


def test_B24_environment_variables_of_the_project(place: Place) -> None:
    place.write("pyproject.toml", '[tool.cacheable]\nenv = ["STAGE_OF_TEST"]\n')
    assert place.words("", "--env STAGE_OF_TEST") == ["MISS", "HIT"]
    place.kernel.run("os.environ['STAGE_OF_TEST'] = 'production'")
    assert place.run().parts == {("env", "STAGE_OF_TEST")}


def test_B25_verbose_says_what_was_decided(place: Place) -> None:
    place.write("data.csv", "1")
    option = "--file data.csv --verbose"
    assert "computing... (it has not been stored before)" in place.run(option).text
    assert "[HIT] key=" in place.run(option).text
    place.write("data.csv", "2")
    assert "(the file 'data.csv' was changed since it was stored)" in place.run(option).text
    assert place.run("--file data.csv").text == "ran\n" + repr(place.name)


def test_B26_a_miss_names_the_parts_against_the_nearest_entry(place: Place) -> None:
    place.write("a.csv", "1")
    place.kernel.run("vintage = 1; os.environ['TOKEN'] = '1'")
    option = "--file a.csv --var vintage --env TOKEN --name near"
    assert place.words(option) == ["MISS"]
    place.kernel.run("vintage = 2; os.environ['TOKEN'] = '2'")
    assert place.words(option) == ["MISS"]
    place.write("a.csv", "2")
    # The second entry differs in the file alone, the first in everything.
    assert place.run(option).parts == {("files", "a.csv")}


def test_D13_links_and_ways_to_write_a_path_are_one_file(place: Place) -> None:
    place.write("deep/a.csv", "1")
    spellings = ["deep/a.csv", "./deep//a.csv", "deep/../deep/a.csv", "'deep/[a].csv'"]
    assert place.words(*(f"--file {each}" for each in spellings)) == ["MISS"] + ["HIT"] * 3


# -- several entries under one key -------------------------------------------------------------


def test_entries_with_other_conditions_stand_side_by_side(place: Place) -> None:
    place.kernel.run("os.environ['STAGE'] = 'one'")
    place.write("data.csv", "one")
    body = "print(os.environ['STAGE'], open('data' + '.csv').read())"
    seen = {}
    for stage, text in (("one", "one"), ("one", "two"), ("two", "two"), ("two", "one")):
        place.kernel.run(f"os.environ['STAGE'] = {stage!r}")
        place.write("data.csv", text)
        ran = place.run("", body)
        assert ran.word == "MISS"
        seen[stage, text] = ran
    assert len({ran.outcome["key"] for ran in seen.values()}) == 1
    for (stage, text), ran in seen.items():
        place.kernel.run(f"os.environ['STAGE'] = {stage!r}")
        place.write("data.csv", text)
        again = place.run("", body)
        assert (again.word, again.text) == ("HIT", ran.text)
        assert again.outcome["entry"] == ran.outcome["entry"]


def test_a_miss_keeps_the_reasons_of_all_entries(place: Place) -> None:
    body = "print([os.path.exists('a' + str(n)) for n in range(3)])"
    place.run("", body)
    place.write("a0", "")
    place.run("", body)
    (place.folder / "a0").unlink()
    place.write("a1", "")
    ran = place.run("--verbose", body)
    assert ran.why == "the file 'a0' is gone and the file 'a1' now exists"
    assert ran.outcome["notes"] == ["another entry does not fit: the file 'a1' now exists"]
    (place.folder / "a1").unlink()
    hit = place.run("--verbose", body)
    assert hit.word == "HIT"
    assert "another entry does not fit: the file 'a1' is gone; another entry" in hit.text


def test_of_entries_under_one_key_the_newest_are_kept(place: Place) -> None:
    body = "print(open('data' + '.csv').read())"
    for number in range(23):
        place.write("data.csv", str(number))
        assert place.run("", body).word == "MISS"
    assert len(place.manifests()) == 20
    words = []
    for number in (22, 3, 2):
        place.write("data.csv", str(number))
        words.append(place.run("", body).word)
    assert words == ["HIT", "HIT", "MISS"]


# -- arguments ---------------------------------------------------------------------------------


def test_A16_functions_of_one_name_in_two_modules_are_two(place: Place) -> None:
    for name in ("first_of_two", "second_of_two"):
        place.write(f"{name}.py", f"def load():\n    return '{name}'\n")
    place.kernel.run("import sys; sys.path.insert(0, os.getcwd())")
    for name in ("first_of_two", "second_of_two"):
        place.kernel.run(f"from {name} import load")
        ran = place.run("", "print(load())")
        assert (ran.word, ran.text.splitlines()[0]) == ("MISS", name)
    place.kernel.run("from first_of_two import load; sys.path.pop(0)")
    assert place.run("", "print(load())").word == "HIT"


def test_B01_a_wrong_call_raises_its_own_error_and_stores_nothing(place: Place) -> None:
    place.kernel.run("def scale(x, factor=2): return x * factor")
    for call in ("scale()", "scale(1, 2, 3)", "scale(1, other=2)"):
        ran = place.run("", call)
        assert (ran.reply["ename"], ran.word) == ("TypeError", "UNCACHED")
    assert place.manifests() == []


def test_B02_the_order_of_a_dict_counts(place: Place) -> None:
    body, orders = "print(options)", ("dict(a=1, b=2)", "dict(b=2, a=1)", "dict(a=1, b=2, c=3)")
    for order in orders:
        place.kernel.run(f"options = {order}")
        assert place.run("", body).word == "MISS"
    place.kernel.run("options = dict(a=1, b=2)")
    assert place.run("", body).word == "HIT"


def test_B15_a_value_that_was_changed_in_place_is_another_value(place: Place) -> None:
    place.kernel.run("limits = {'low': [1]}\ndef show(): print(limits)")
    assert place.run("", "show()").word == "MISS"
    place.kernel.run("limits['low'].append(2)")
    ran = place.run("", "show()")
    assert (ran.word, ("inputs", "limits") in ran.parts) == ("MISS", True)
    place.kernel.run("limits['low'].pop()")
    assert place.run("", "show()").word == "HIT"


def test_B16_packages_count_by_version_and_modules_of_the_project_by_code(place: Place) -> None:
    place.write("module_of_project.py", "A = 1\n")
    place.kernel.run(
        "import sys; sys.path.insert(0, os.getcwd()); import numpy, module_of_project\n"
    )
    place.run("", "print(numpy.sum([module_of_project.A]))")
    place.kernel.run("sys.path.pop(0)")
    (manifest,) = place.manifests()
    assert manifest.parts["packages"] == {"numpy": version("numpy")}
    assert "module_of_project.A" in manifest.parts["inputs"]


def test_C10_what_cannot_be_compared_is_named_and_never_left_out(place: Place) -> None:
    place.kernel.run("lines = (line for line in 'ab')")
    ran = place.run("--var lines")
    assert ran.word == "UNCACHED"
    assert ran.why.startswith("its input 'lines' (generator) cannot be compared")
    assert ran.text.startswith("ran")


def test_C11_C20_instances_count_by_state_and_code(place: Place) -> None:
    define = "class Model:\n    __hash__ = None\n    def __init__(self, n): self.n = n\n"
    method = "    def predict(self): return self.n * {}\n"
    place.kernel.run(define + method.format(2) + "model = Model(1)")
    body = "print(model.predict())"
    assert [place.run("", body).word for _ in range(2)] == ["MISS", "HIT"]
    place.kernel.run("model.n = 5")
    assert place.run("", body).text.startswith("10")
    place.kernel.run(define + method.format(3) + "model = Model(5)")
    assert place.run("", body).text.startswith("15")
    # Classes of cells are known by what was executed.
    place.kernel.run(define + method.format(2) + "model = Model(1)")
    assert place.run("", body).word == "HIT"


def test_D34_values_of_many_types_can_be_declared(place: Place) -> None:
    place.kernel.run("import datetime, decimal, enum, pathlib\nclass Kind(enum.Enum): A = 1; B = 2")
    pairs = [
        ("{1, 2}", "{1, 3}"),
        ("pathlib.Path('a')", "pathlib.Path('b')"),
        ("datetime.date(2020, 1, 1)", "datetime.datetime(2020, 1, 1)"),
        ("1j", "2j"),
        ("1", "1.0"),
        ("True", "1"),
        ("lambda: 1", "lambda: 2"),
        ("Kind.A", "Kind.B"),
        ("range(3)", "range(4)"),
        ("decimal.Decimal('1')", "decimal.Decimal('1.0')"),
        ("None", "..."),
    ]
    for number, (one, other) in enumerate(pairs):
        option = f"--var value --name pair{number}"
        words = []
        for value in (one, one, other):
            place.kernel.run(f"value = {value}")
            words += place.words(option)
        assert words == ["MISS", "HIT", "MISS"], (one, other)
