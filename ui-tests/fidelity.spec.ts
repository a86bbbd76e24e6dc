import { expect, test } from './fixtures';
import type { Cell } from './notebook';
import { Notebook } from './notebook';

const SETUP = `
import io, logging, os, sys, warnings
import numpy as np, pandas as pd
import ipywidgets, tqdm, tqdm.notebook
import matplotlib.pyplot as plt
from IPython.core import page
from IPython.display import *
from IPython.display import display, clear_output, update_display
handle = display('of the first cell', display_id='elsewhere')
class Rich:
    def _repr_mimebundle_(self, include=None, exclude=None):
        return {'text/plain': 'plain', 'text/html': '<b>rich</b>', 'text/latex': '$x$'}
`.trim();

/** Kinds of output that look the same each time. */
const CELLS: Record<string, string> = {
  print: "print('a'); print('b', end=''); print('ü 世界 🎉')",
  streams:
    "for i in range(3):\n    print('out', i)\n    print('err', i, file=sys.stderr)",
  colours: "print('\\x1b[31mred\\x1b[0m \\x1b[1;42mbold\\x1b[0m')",
  carriageReturns:
    "for i in range(50):\n    print(f'\\rstep {i}', end='', flush=True)\nprint('\\rab\\bX')",
  muchOverwritten:
    "for i in range(60_000):\n    print(f'\\r{i:>20}', end='')\nprint(' done')",
  textProgress:
    "for i in tqdm.tqdm(range(200), bar_format='{bar}|{n_fmt}', ncols=40): pass",
  raw: "os.write(1, b'raw\\n');",
  logging: "logging.getLogger('x').warning('logged')",
  result: 'Rich()',
  numbers: 'np.arange(12).reshape(3, 4)',
  html: "display(HTML('<table><tr><td>cell</td></tr></table>'), Markdown('# *title*'))",
  latex: "display(Latex('$x^2$'), Math('y_1'))",
  json: "display(JSON({'a': [1, {'b': None}]}, expanded=True))",
  script: 'display(Javascript(\'element.textContent = "from the script"\'))',
  svg: 'display(SVG(\'<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"><rect width="9" height="9"/></svg>\'))',
  picture:
    "data = io.BytesIO()\nplt.imsave(data, np.eye(8), format='png')\ndisplay(Image(data.getvalue(), width=64))\ndel data",
  audio: 'display(Audio(np.sin(np.arange(400) / 9), rate=8000))',
  frame:
    "pd.DataFrame({'a': [1, 2.5], 'b': ['x', None]}, index=pd.Index(['p', 'q'], name='i'))",
  wideFrame: 'pd.DataFrame(np.arange(4000).reshape(100, 40))',
  styledFrame:
    "HTML(pd.DataFrame({'a': [1.5, -2]}).style.set_uuid('s').highlight_max(color='red').to_html())",
  figure: "plt.plot([1, 3, 2]); plt.title('figure');",
  severalFigures:
    'for i in range(3):\n    plt.figure(figsize=(2, 1)); plt.plot([i, 1])',
  figureBetween:
    "print('before'); plt.plot([1, 2]); plt.show(); print('after')",
  unknownMime:
    "display({'text/plain': 'fallback', 'application/vnd.acme.v1+json': {'x': 1}}, raw=True)",
  handle:
    "h = display('one', display_id='own')\nprint('between')\nh.update('two')\nh = None",
  randomHandle: "h = display('one', display_id=True)\nh.update('two')",
  elsewhere: "handle.update('changed by a later cell')",
  clear: "print('gone'); display('gone')\nclear_output()\nprint('kept')",
  clearWait:
    "for i in range(3):\n    clear_output(wait=True)\n    print('step', i); display(i)",
  pager: "page.page('text in the pager')",
  progress:
    "def run():\n    bar = ipywidgets.IntProgress(max=4, description='n')\n    display(bar)\n    for i in range(4):\n        bar.value = i\n    bar.bar_style = 'success'\nrun()",
  notebookProgress:
    "for i in tqdm.notebook.tqdm(range(5), bar_format='{l_bar}{bar}|{n_fmt}'): pass",
  boxes:
    "def show():\n    w = ipywidgets\n    label = w.Label('a')\n    display(w.HBox([label, w.HTML('<i>b</i>'), w.VBox([w.FloatProgress(0.5, max=1.0), w.Valid(True)])]))\n    label.value = 'z'\nshow()",
  pictureWidget:
    "def show():\n    data = io.BytesIO()\n    plt.imsave(data, np.eye(8), format='png')\n    display(ipywidgets.Image(value=data.getvalue()))\nshow()"
};

const NAMES = Object.keys(CELLS);
const FIRST = 1;
/** An unmarked cell whose update goes through the handle that a marked cell left. */
const LAST = NAMES.length + FIRST;

test('a hit is rendered as the run was', async ({ page, server, folder }) => {
  test.setTimeout(240_000);
  const marked = NAMES.map(
    name => `%%cacheable --name ${name}\n${CELLS[name]}`
  );
  const path = await folder.write('fidelity.ipynb', [
    SETUP,
    ...marked,
    "h.update('three')"
  ]);
  const notebook = await Notebook.open(page, server, path);

  await notebook.runAll();
  const run = await rendered(notebook, /^Computed in .* and stored/);
  for (const [index, name] of NAMES.entries()) {
    const shows = run[index + FIRST].length > 0;
    expect(shows, name).toBe(name !== 'elsewhere');
  }

  await test.step('in a new kernel', async () => {
    await notebook.restartAndRunAll();
    expect(await rendered(notebook, /^From cache/)).toEqual(run);
  });

  await test.step('in the same kernel once more', async () => {
    await notebook.runAll();
    await expect(notebook.cell(LAST).prompt).toHaveText(
      `[${2 * (LAST + 1)}]:`,
      {
        timeout: 60_000
      }
    );
    expect(await rendered(notebook, /^From cache/)).toEqual(run);
  });
});

/** What all cells show, once each marked one has a badge with this text. */
async function rendered(
  notebook: Notebook,
  badge: RegExp
): Promise<string[][]> {
  const shown: string[][] = [];
  for (let index = LAST; index >= 0; index--) {
    const cell = notebook.cell(index);
    await cell.node.scrollIntoViewIfNeeded();
    if (index >= FIRST && index < LAST) {
      await expect(cell.badge, NAMES[index - FIRST]).toHaveText(badge, {
        timeout: 60_000
      });
    }
    shown.unshift(await settled(cell));
  }
  return shown;
}

/** What a cell shows when it no longer changes: widgets and formulas take their time. */
async function settled(cell: Cell): Promise<string[]> {
  let before: string[] | undefined;
  let now = await content(cell);
  await expect
    .poll(async () => {
      before = now;
      now = await content(cell);
      return JSON.stringify(now) === JSON.stringify(before);
    })
    .toBe(true);
  return now;
}

/** Texts, pictures and the looks of progress bars, in the order of the document. */
function content(cell: Cell): Promise<string[]> {
  return cell.outputs.evaluateAll(outputs =>
    outputs.flatMap(output => {
      const parts = [`text: ${output.textContent}`];
      for (const node of output.querySelectorAll('*')) {
        if (node instanceof HTMLImageElement) {
          const { src, width, height } = node;
          const fixed = src.startsWith('blob:') ? 'blob' : src;
          parts.push(`image: ${width} x ${height} ${fixed}`);
        } else if (node instanceof HTMLCanvasElement) {
          parts.push(`canvas: ${node.toDataURL()}`);
        } else if (node instanceof SVGSVGElement) {
          parts.push(`svg: ${node.outerHTML}`);
        } else if (node instanceof HTMLMediaElement) {
          parts.push(`media: ${node.currentSrc}`);
        } else if (node.classList.contains('progress-bar')) {
          parts.push(`bar: ${node.className} ${node.getAttribute('style')}`);
        } else if (/^(b|i|em|h1|strong|td|th)$/i.test(node.tagName)) {
          const { color, backgroundColor } = getComputedStyle(node);
          parts.push(`${node.tagName}: ${color} ${backgroundColor}`);
        }
      }
      return parts;
    })
  );
}
