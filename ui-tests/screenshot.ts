import path from 'node:path';

import type { Page } from '@playwright/test';

import { ASKING, MODEL, SETUP } from './edited';
import { expect, test } from './fixtures';
import { Notebook } from './notebook';
import { Panel, Row } from './panel';

const docs = path.resolve(__dirname, '..', 'docs');

/** Cells of the example, by their place. */
const QUESTION = 8;
const SCORES = 9;
const IMPORTANCE = 13;
const LAST = 17;

test('pictures of the documentation', async ({ page, server }) => {
  test.setTimeout(180_000);
  const notebook = await Notebook.open(page, server, '2-wine-analysis.ipynb');
  const panel = new Panel(page);
  await panel.open();
  await widenSideBar(page, 90);

  await notebook.runAll();
  const last = notebook.cell(LAST);
  await expect(last.prompt).toHaveText(/\d/, { timeout: 120_000 });
  await notebook.restartAndRunAll();
  await expect(notebook.cell(SCORES).badge).toHaveText(/^From cache/);
  await expect(last.prompt).toHaveText(/\d/, { timeout: 120_000 });

  const importance = notebook.cell(IMPORTANCE);
  const source = await importance.source();
  await importance.type(source.replace('repeats=20', 'repeats=10'));
  await expect(panel.clearStale).toHaveText('Clear stale (1)');

  const row = panel.row('scores = {}');
  await row.button.click();
  await expect(row.details).toContainText('Outputs');
  const question = notebook.cell(QUESTION).node;
  // What is above gets its height when it comes into sight.
  await expect(async () => {
    await question.evaluate(node => node.scrollIntoView({ block: 'start' }));
    expect((await question.boundingBox())!.y).toBeLessThan(110);
  }).toPass();

  for (const [theme, file] of [
    ['JupyterLab Light', 'screenshot.png'],
    ['JupyterLab Dark', 'screenshot-dark.png']
  ] as const) {
    await notebook.chooseTheme(theme);
    await expect(page.locator('.Toastify__toast')).toHaveCount(0);
    await page.screenshot({ path: path.join(docs, file) });
  }
});

test('picture of why a cell ran', async ({ page, server, folder }) => {
  test.setTimeout(180_000);
  const file = await folder.write('why.ipynb', [SETUP, MODEL, ...ASKING]);
  const notebook = await Notebook.open(page, server, file);
  const panel = new Panel(page);
  const [setup, model, last, named] = [0, 1, 2, 3].map(at => notebook.cell(at));
  await notebook.runAll();
  await expect(named.prompt).toHaveText(/\d/);
  await setup.type(SETUP.replace('* rate', '* rate + 1'));
  for (const cell of [setup, model, last]) {
    await cell.run();
  }
  await model.badge.click();
  await setup.type(SETUP.replace('rate = 3', 'rate = 5'));
  await setup.run();
  await named.run();
  await model.type(MODEL.replace('(10)', '(20)').replace('print', 'display'));
  await expect(new Row(panel.rows.first()).details).toContainText('display');
  await page.screenshot({ path: path.join(docs, 'why.png') });
});

async function widenSideBar(page: Page, pixels: number): Promise<void> {
  const handle = page.locator(
    '#jp-main-split-panel > .lm-SplitPanel-handle:visible'
  );
  const box = (await handle.first().boundingBox())!;
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + 2, y);
  await page.mouse.down();
  await page.mouse.move(box.x + 2 + pixels, y, { steps: 5 });
  await page.mouse.up();
}
