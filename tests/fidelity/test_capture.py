"""Which output belongs to a cell: none is lost, none is shown twice, none comes too late."""

from __future__ import annotations

import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fidelity.screen import Screen
from tests.kernel.conftest import Kernels
from tests.kernel.kernels import Kernel

Start = Callable[..., Kernel]

WRITERS = (
    "import os\nos.write(1, b'raw {n}\\n');",
    (
        "def call():\n    import ctypes\n    libc = ctypes.CDLL(None)\n"
        "    libc.printf(b'raw {n}\\n')\n    libc.fflush(None)\ncall()"
    ),
    (
        "import os, threading\nt = threading.Thread(target=os.write, args=(2, b'raw {n}\\n'))\n"
        "t.start(); t.join(); del t"
    ),
)


def test_no_raw_output_is_lost(kernels: Kernels) -> None:
    lost = []
    for n in range(60):
        cell = "%%cacheable\n" + WRITERS[n % 3].format(n=n)
        assert kernels.storing.run(cell).word == "MISS"
        hit = kernels.hitting.run(cell)
        assert hit.word == "HIT"
        if f"raw {n}\n" not in hit.text:
            lost.append(n)
    assert lost == []


@pytest.mark.parametrize(
    "cell",
    [
        "import os\nif os.fork() == 0:\n    print('child')\n    os._exit(0)\nos.wait();",
        (
            "import multiprocessing\np = multiprocessing.get_context('fork').Process(target=print)\n"
            "p.start(); p.join(); del p"
        ),
        (
            "from concurrent.futures import ProcessPoolExecutor\nwith ProcessPoolExecutor(1) as e:\n"
            "    n = list(e.map(abs, [-1]))\ndel e"
        ),
    ],
)
def test_children_are_refused_by_name(kernels: Kernels, cell: str) -> None:
    ran = kernels.storing.run("%%cacheable\n" + cell)
    assert ran.word == "UNCACHED"
    # From Python 3.14 on, processes of a pool are asked for through a socket.
    assert ran.why.startswith(("it starts a process", "it uses the network"))


LATE = """%%cacheable
import asyncio
asyncio.get_running_loop().call_later(0.05, print, 'late')
x = 1"""


def test_late_output_takes_the_entry_back(start: Start, isolated: Path) -> None:
    kernel = start()
    assert kernel.run(LATE).word == "MISS"
    kernel.run(
        "import asyncio, glob, os\n"
        "while glob.glob(os.environ['CACHEABLE_DIR'] + '/**/*-*.json', recursive=True):\n"
        "    await asyncio.sleep(0.02)"
    )
    assert list((isolated.parent / "store").rglob("*-*.json")) == []
    again = kernel.run(LATE)
    assert (again.word, again.why) == (
        "UNCACHED",
        "it showed something after it had ended when it ran before",
    )


HOOKS = """
from IPython import get_ipython
ip = get_ipython()
ip.events.register('{event}', lambda *_: print('the hook'))
"""


@pytest.mark.parametrize("event", ["pre_run_cell", "post_execute", "post_run_cell"])
@pytest.mark.parametrize("first", [True, False])
def test_what_hooks_print_is_no_output_of_the_cell(start: Start, event: str, first: bool) -> None:
    shown = []
    for kernel in (start(load=False), start(load=False)):
        if first:
            kernel.run(HOOKS.format(event=event))
        kernel.run("%load_ext jupyterlab_cacheable")
        kernel.run("%matplotlib inline")
        if not first:
            kernel.run(HOOKS.format(event=event))
        ran = kernel.run(
            "%%cacheable\nimport matplotlib.pyplot as plt\nprint('cell'); plt.plot([1]);"
        )
        assert ran.text.count("the hook") == 1
        pictures = [o["content"]["data"] for o in ran.outputs if o["type"] == "display_data"]
        shown.append((ran.word, ran.text.replace("the hook\n", ""), pictures))
    assert [word for word, *_shown in shown] == ["MISS", "HIT"]
    assert shown[0][1:] == shown[1][1:]
    assert len(shown[1][2]) == 1


NOISY = """
import logging, os, sys, warnings
from IPython.display import display, HTML
print('printed at import')
os.write(1, b'written at import\\n')
warnings.warn('warned at import')
logging.getLogger('noisy').warning('logged at import')
display(HTML('shown at import'))
stream = sys.stdout
"""


def test_an_import_that_a_hit_repeats_is_silent_and_keeps_the_real_streams(
    start: Start, tmp_path: Path, isolated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONUSERBASE", str(tmp_path / "user"))
    packages = Path(sysconfig.get_path("purelib", "posix_user", {"userbase": tmp_path / "user"}))
    packages.mkdir(parents=True)
    (packages / "noisy_package.py").write_text(NOISY)
    monkeypatch.setenv("PYTHONPATH", str(packages))
    cell = "%%cacheable\nimport noisy_package\nprint('cell')"
    ran, second = start().run(cell), start()
    assert (ran.word, ran.why) == ("MISS", "it has not been stored before")
    hit = second.run(cell)
    assert hit.word == "HIT"
    for one in (ran, hit):
        for word in ("printed", "written", "warned", "logged"):
            assert one.text.count(f"{word} at import") == (2 if word == "warned" else 1)
    assert Screen.of(hit.messages).visible == Screen.of(ran.messages).visible
    assert second.run("n = noisy_package.stream.write('heard')").text == "heard"


INTERACTIVE = {
    "all": ("a = 1\na + 1\nprint('x')\n'two'\n[a]", "(_, __, ___, Out)"),
    "last": ("1\nfor i in range(3):\n    i", "(_, __, Out)"),
    "last_expr_or_assign": ("1\nb = 41 + 1", "(_, b, Out)"),
    "none": ("1\n2", "(_, Out)"),
}


@pytest.mark.parametrize("mode", INTERACTIVE)
def test_every_mode_of_showing_results(start: Start, mode: str) -> None:
    cell, check = INTERACTIVE[mode]
    seen = []
    for kernel, mark in ((start(), "%%cacheable"), (start(), "%%cacheable"), (start(), "#")):
        kernel.run(f"%config InteractiveShell.ast_node_interactivity = {mode!r}")
        ran = kernel.run(f"{mark}\n{cell}")
        kernel.run("%config InteractiveShell.ast_node_interactivity = 'last_expr'")
        seen.append((Screen.of(ran.messages).visible, ran.reply, kernel.value(check)))
        if mark == "%%cacheable":
            assert ran.word == ("MISS" if len(seen) == 1 else "HIT"), ran.why
    assert seen[0] == seen[2]
    assert seen[1] == seen[2]


def test_the_history_knows_the_result_of_a_hit(start: Start) -> None:
    for word in ("MISS", "HIT"):
        kernel = start()
        assert kernel.run("%%cacheable\n40 + 2").word == word
        assert "42" in kernel.run("%history -o").text


def test_a_restored_handle_still_changes_its_display(start: Start) -> None:
    cell = "%%cacheable\nfrom IPython.display import display\nh = display('one', display_id=True)"
    screens = []
    for word in ("MISS", "HIT"):
        kernel = start()
        ran = kernel.run(cell)
        assert ran.word == word
        update = kernel.run("h.update('two')")
        screens.append(Screen.of(ran.messages + update.messages).visible)
    assert screens[0] == screens[1]
    assert screens[1]["outputs"][0]["data"] == {"text/plain": "'two'"}


REFUSED = {
    "slider": (
        "import ipywidgets\ndisplay(ipywidgets.IntSlider())",
        "it shows a widget (IntSlider) that needs the running kernel",
    ),
    "button in a box": (
        "import ipywidgets\ndisplay(ipywidgets.HBox([ipywidgets.Button()]))",
        "it shows a widget (Button) that needs the running kernel",
    ),
    "interact": (
        "import ipywidgets\nipywidgets.interact(lambda x: None, x=['a', 'b']);",
        "it shows a widget (Dropdown) that needs the running kernel",
    ),
    "output": (
        "import ipywidgets\nout = ipywidgets.Output()\nwith out:\n    print('inside')\ndel out",
        "it shows a widget (Output) that needs the running kernel",
    ),
    "other comm": (
        "from comm import create_comm\nc = create_comm(target_name='plot')\ndel c",
        "it opens a comm ('plot')",
    ),
    "variable": (
        "import ipywidgets\nbar = ipywidgets.IntProgress()",
        "the variable 'bar' (IntProgress) cannot be stored",
    ),
    "traceback as an output": (
        "class R:\n    def _repr_html_(self):\n        raise ValueError\ndisplay(R())",
        "one of its outputs is a traceback",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_a_hit_could_not_show_is_refused_by_name(kernels: Kernels, name: str) -> None:
    cell, why = REFUSED[name]
    ran = kernels.storing.run("%%cacheable\n" + cell)
    assert ran.word == "UNCACHED"
    assert ran.why.startswith(why)


def test_a_widget_of_another_cell_is_refused(kernels: Kernels) -> None:
    kernels.storing.run(
        "import ipywidgets\nown = ipywidgets.Label('x')\n"
        "def show():\n    display(own)\ndef change():\n    own.value += 'y'"
    )
    for cell in ("show()", "change()"):
        ran = kernels.storing.run(f"%%cacheable\n{cell}")
        assert ran.word == "UNCACHED"
        assert "own" in ran.why
