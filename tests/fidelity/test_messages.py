"""What a person sees after a hit in a fresh kernel is what they see after a run."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.fidelity.screen import Screen
from tests.kernel.conftest import Kernels
from tests.kernel.kernels import Kernel, Ran

Start = Callable[..., Kernel]

SETUP = """
import io, json, logging, os, sys, threading, warnings
import numpy as np, pandas as pd
import matplotlib, matplotlib.pyplot as plt
from IPython.core import page
from IPython.display import *
from IPython.display import display, clear_output, update_display
from matplotlib_inline.backend_inline import set_matplotlib_formats
from tqdm import tqdm
import tqdm.notebook, tqdm.auto
import ipywidgets
tqdm_text = tqdm.tqdm
handle = display('first', display_id='of another cell')
class Rich:
    def __init__(self, n):
        self.n = n
    def __repr__(self):
        return f'Rich {self.n}'
    def _repr_html_(self):
        return f'<b>{self.n}</b>'
    def _repr_latex_(self):
        return f'${self.n}$'
class Bundle:
    def _repr_mimebundle_(self, include=None, exclude=None):
        data = {'text/plain': 'bundle', 'application/vnd.acme.chart.v1+json': {'x': [1, 2]}}
        return data, {'application/vnd.acme.chart.v1+json': {'height': 7}}
class Itself:
    def _ipython_display_(self):
        print('shows itself')
"""

CELLS = {
    # text
    "print": "print('a'); print('b', end=''); print(); print('c', 'd', sep='\\n')",
    "error stream": "print('oops', file=sys.stderr)",
    "mixed order": (
        "for i in range(4):\n    print('out', i)\n    print('err', i, file=sys.stderr)\n"
        "    display(HTML(f'<i>{i}</i>'))"
    ),
    "unicode": "print('Grüße, 世界 🎉 \\u202eabc', chr(0x1F469), '\\x07', '\\u2028')",
    "ansi colours": "print('\\x1b[31mred\\x1b[0m \\x1b[1;4mbold\\x1b[0m')",
    "carriage returns": (
        "for i in range(50):\n    print(f'\\rstep {i}', end='', flush=i % 7 == 0)\n"
        "print('\\rdone'); print('abc\\b\\bX'); print('first\\nsecond\\rSEC')"
    ),
    "text progress": (
        "n = 0\nfor i in tqdm_text(range(200), bar_format='{l_bar}{bar}|{n_fmt}/{total_fmt}', ncols=60):\n"
        "    n += i"
    ),
    "nested text progress": (
        "with tqdm_text(total=3, bar_format='{desc}{n_fmt}', file=sys.stdout) as outer_bar:\n"
        "    outer_bar.update(3)\ndel outer_bar"
    ),
    "logging": "logging.getLogger('x').warning('logged %s', 1)",
    "warning": "warnings.warn('careful')",
    "user warning of numpy": "values = np.array([1.0, 0.0]) / np.array([0.0, 0.0])",
    "threads": (
        "def work(name):\n    print('thread', name)\n"
        "for name in 'abc':\n    t = threading.Thread(target=work, args=(name,)); t.start(); t.join()\n"
        "del t"
    ),
    "much text": "print('x' * 79 + '\\n', end='')\nprint(('y' * 99 + '\\n') * 4_000)",
    "stream without end": "n = sys.stdout.write('no line end')",
    "nothing": "pass",
    "semicolon": "41 + 1;",
    # displays
    "rich": "display(Rich(1), Rich(2))",
    "result": "Rich(3)",
    "result with metadata": "Bundle()",
    "bundle": "display(Bundle(), metadata={'text/plain': {'own': True}})",
    "shows itself": "Itself()",
    "raw bundle": "display({'text/plain': 'p', 'application/x-a+json': [1, {'b': None}]}, raw=True)",
    "included": "display(Rich(4), include=['text/html'])",
    "html and friends": (
        "display(HTML('<table><tr><td>1</td></tr></table>'), Markdown('# *h*'), Latex('$x^2$'), "
        "Math('y'), JSON({'a': [1, 2.5, None]}, expanded=True), Javascript('window.x = 1'), "
        "Pretty('p'), Code('x = 1', language='python'))"
    ),
    "svg": 'display(SVG(\'<svg xmlns="http://www.w3.org/2000/svg"><rect width="9"/></svg>\'))',
    "image": (
        "buffer = io.BytesIO()\nplt.imsave(buffer, np.eye(8), format='png')\n"
        "display(Image(buffer.getvalue(), width=64, height=64, alt='eye'), "
        "Image(buffer.getvalue(), retina=True))\ndel buffer"
    ),
    "image by address": "display(Image(url='http://127.0.0.1:9/none.png'))",
    "audio": "display(Audio(np.sin(np.arange(400) / 9), rate=8000))",
    "video tag": "display(Video(url='http://127.0.0.1:9/none.mp4', width=10))",
    "frame": "pd.DataFrame({'a': [1, 2.5], 'b': ['x', None]}, index=pd.Index(['p', 'q'], name='i'))",
    "wide frame": "pd.DataFrame(np.arange(4000).reshape(100, 40))",
    "series": "pd.Series([1, 2], name='s')",
    "styled frame": (
        "pd.DataFrame({'a': [1.23456, -2]}).style.format('{:.1f}').set_caption('c')"
        ".set_uuid('fixed').highlight_max(color='red').to_html()"
    ),
    "plotly-like": (
        "figure = {'data': [{'y': [1, 2], 'type': 'bar'}], 'layout': {'title': {'text': 't'}}}\n"
        "display({'application/vnd.plotly.v1+json': {**figure, 'config': {'plotlyServerURL': ''}}, "
        "'text/html': '<div id=\"p\"></div>'}, raw=True, metadata={'application/vnd.plotly.v1+json': {'n': 1}})"
    ),
    "not json": (
        "display({'text/plain': 'p', 'application/json': {'x': float('nan'), 'y': float('inf')}}, raw=True)"
    ),
    "html with links": "display(IFrame('about:blank', 100, 50), FileLink('none.txt'))",
    # figures
    "figure": "plt.plot([1, 3, 2]);",
    "figure and result": "fig, ax = plt.subplots()\nax.bar([1, 2], [3, 4])\nax.set_title('t')\ndel fig, ax\n1",
    "several figures": "for i in range(3):\n    plt.figure(figsize=(2, 1)); plt.plot([i, 1])",
    "shown between": "print('before'); plt.plot([1, 2]); plt.show(); print('after')",
    "transparent figure": "plt.figure(facecolor='none', figsize=(2, 1)); plt.plot([1, 2]);",
    "figure with warning": "plt.figure(figsize=(1, 1)); plt.title('世'); plt.plot([1]);",
    # displays that change
    "update": (
        "h = display('one', display_id='d1')\nprint('between')\nh.update('two')\n"
        "update_display(HTML('<b>three</b>'), display_id='d1')\nh = None"
    ),
    "two with one id": (
        "h = display('one', display_id='d2'); display('two', display_id='d2')\nh.update('both')\nh = None"
    ),
    "random id": "h = display('one', display_id=True)\nh.update('two')\nh = None",
    "update of another cell": "print('a'); handle.update('changed'); print('b')",
    "several updates of another cell": "for i in range(20):\n    handle.update(f'changed {i}')",
    "same id as another cell": "h = display('mine', display_id='of another cell')\nh = None",
    "clear": "print('gone'); display('gone')\nclear_output()\nprint('kept')",
    "clear and wait": (
        "for i in range(3):\n    clear_output(wait=True)\n    print('step', i)\n    display(i)"
    ),
    "clear at the end": "print('stays until the next output')\nclear_output(wait=True)",
    "clear after an update elsewhere": "handle.update('kept')\nprint('gone')\nclear_output()",
    "clear keeps no display": (
        "h = display('gone', display_id='d3')\nclear_output()\nh.update('nowhere')\nh = None\nprint('end')"
    ),
    # magics
    "time": "%time numbers = list(range(3));",
    "capture": "%%capture kept\nprint('captured')\ndisplay(1)",
    # what travels in the reply
    "pager": "page.page('some text\\nfor the pager')",
    "pager after output": "print('first')\npage.page({'text/plain': 'plain', 'text/html': '<b>b</b>'})",
    # widgets that only show something
    "progress bar": (
        "def run():\n    bar = ipywidgets.IntProgress(max=5, description='n')\n    display(bar)\n"
        "    for i in range(6):\n        bar.value = i\n    bar.bar_style = 'success'\nrun()"
    ),
    "notebook progress": (
        "n = 0\nfor i in tqdm.notebook.tqdm(range(5), bar_format='{l_bar}{bar}|{n_fmt}'):\n    n += i"
    ),
    "auto progress": "n = sum(tqdm.auto.tqdm(range(5), bar_format='{desc}{bar}{n_fmt}', desc='d'))",
    "nested progress": (
        "for i in tqdm.notebook.trange(2, bar_format='{bar}{n_fmt}'):\n"
        "    for j in tqdm.notebook.trange(2, leave=False, bar_format='{bar}{n_fmt}'):\n        pass"
    ),
    "boxes": (
        "def show():\n    w = ipywidgets\n    label = w.Label('a')\n"
        "    row = w.HBox([label, w.HTML('<i>b</i>'), w.VBox([w.FloatProgress(0.5, max=1.0), w.Valid(True)])])\n"
        "    display(row)\n    label.value = 'z'\n    row.layout.width = '50%'\nshow()"
    ),
    "picture": (
        "def show():\n    image = ipywidgets.Image(value=b'\\x89PNG', format='png')\n    display(image)\n"
        "    image.value = bytes(range(256))\nshow()"
    ),
    "widget never shown": "def make():\n    ipywidgets.Label('hidden')\nmake()\nprint('x')",
    "widget cleared": "def show():\n    display(ipywidgets.Label('gone'))\nshow(); clear_output(); print('x')",
    "widget closed": (
        "def show():\n    label = ipywidgets.Label('gone')\n    display(label)\n    label.close()\nshow()"
    ),
}


@pytest.fixture(autouse=True, scope="module")
def same_counts(kernels: Kernels) -> None:
    """The kernel without the extension has run one cell less."""
    kernels.plain.run("pass")


@pytest.mark.parametrize("name", CELLS)
def test_a_hit_looks_like_the_run(kernels: Kernels, name: str) -> None:
    ran, hit, plain = three_ways(kernels, f"message-{name.replace(' ', '-')}", CELLS[name])
    assert (ran.word, ran.why) == ("MISS", "it has not been stored before")
    assert (hit.word, hit.why) == ("HIT", "")
    assert Screen.of(ran.messages).visible == Screen.of(plain.messages).visible
    assert Screen.of(hit.messages).visible == Screen.of(plain.messages).visible
    for one in (ran, hit):
        assert answer(one) == answer(plain)


def three_ways(kernels: Kernels, label: str, cell: str) -> tuple[Ran, Ran, Ran]:
    """Run as a miss, as a hit, and without a mark; the line of the mark stays a line."""
    for kernel in (kernels.storing, kernels.hitting, kernels.plain):
        kernel.run(SETUP)
    marked = f"%%cacheable --name {label}\n{cell}"
    unmarked = cell if cell.startswith("%%") else f"# {label}\n{cell}"
    return kernels.storing.run(marked), kernels.hitting.run(marked), kernels.plain.run(unmarked)


def answer(ran: Ran) -> dict:
    """The reply: status, count, payloads, the values of `user_expressions`."""
    return {name: ran.reply[name] for name in ran.reply}
