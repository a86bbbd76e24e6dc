import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';

import { expect, test } from './fixtures';
import { Notebook } from './notebook';
import { Panel } from './panel';

const SOURCES = [
  'limit = 1000',
  '%%cacheable --name alpha --tag first\ntotal = sum(range(limit))\ntotal',
  '%%cacheable --name beta\nsquares = [n * n for n in range(limit)]',
  '%%cacheable --name gamma\nfour = 4'
];

const STORED = /^Computed in .* and stored/;

test('entries are listed, filtered and removed', async ({
  page,
  server,
  folder
}) => {
  const other = await folder.write('other.ipynb', [
    'x = 0',
    '%%cacheable\ny = 1'
  ]);
  let notebook = await Notebook.open(page, server, other);
  await notebook.runAll();
  await expect(notebook.cell(1).badge).toHaveText(STORED);
  notebook = await Notebook.open(
    page,
    server,
    await folder.write('these.ipynb', SOURCES)
  );
  const panel = new Panel(page);
  await panel.open();
  await notebook.runAll();
  await expect(panel.rows).toHaveCount(3);

  await test.step('of this notebook or of all', async () => {
    await expect(panel.node.locator('h3')).toHaveCount(1);
    await panel.scope('All').click();
    await expect(panel.node.locator('h3')).toContainText([
      'these.ipynb',
      'other.ipynb'
    ]);
    await expect(panel.rows).toHaveCount(4);
    await panel.scope('This notebook').click();
    await expect(panel.rows).toHaveCount(3);
    await expect(panel.summary).toHaveText(/^3 entries · [\d.]+ kB/);
  });

  await test.step('by a filter', async () => {
    await panel.filter.fill('first fresh');
    await expect(panel.rows).toHaveCount(1);
    await expect(panel.row('alpha').node).toBeVisible();
    await expect(panel.summary).toHaveText(/^1 of 3 entries/);
    await panel.filter.fill('nothing has this name');
    await expect(panel.rows).toHaveCount(0);
    await panel.node.getByRole('button', { name: 'Show all' }).click();
    await expect(panel.rows).toHaveCount(3);
  });

  await test.step('invalidated by its button', async () => {
    await panel.row('alpha').invalidate.click();
    await expect(panel.rows).toHaveCount(2);
    await expect(panel.row('alpha').node).toHaveCount(0);
    await expect(notebook.cell(1).badge).toHaveText(/^Not stored yet/);
  });

  await test.step('also while all are listed', async () => {
    await notebook.save();
    await panel.scope('All').click();
    await expect(panel.rows).toHaveCount(3);
    await panel.row('gamma').invalidate.click();
    await expect(panel.rows).toHaveCount(2);
    await expect(notebook.cell(3).badge).toHaveText(/^Not stored yet/);
    await notebook.cell(3).run();
    await expect(panel.rows).toHaveCount(3);
    await panel.scope('This notebook').click();
    await expect(panel.rows).toHaveCount(2);
  });

  await test.step('cleared only after asking', async () => {
    const dialog = page.getByRole('dialog');
    await panel.clear.click();
    await expect(dialog).toContainText(/2 entries \([\d.]+ kB\)/);
    await expect(dialog).toContainText('these.ipynb');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await expect(dialog).toHaveCount(0);
    await panel.node.getByRole('button', { name: 'Refresh' }).click();
    await expect(panel.rows).toHaveCount(2);
    await panel.clear.click();
    await dialog.getByRole('button', { name: 'Clear 2 entries' }).click();
    await expect(panel.rows).toHaveCount(0);
    await panel.scope('All').click();
    await expect(panel.rows).toHaveCount(1);
  });
});

test('the keyboard alone is enough', async ({ page, server, folder }) => {
  const path = await folder.write('keys.ipynb', SOURCES);
  const notebook = await Notebook.open(page, server, path);
  const panel = new Panel(page);
  const { keyboard } = page;
  await notebook.runAll();
  await expect(notebook.cell(3).badge).toHaveText(STORED);
  // Newest first.
  const [gamma, beta, alpha] = ['gamma', 'beta', 'alpha'].map(label =>
    panel.row(label)
  );

  await test.step('from the side bar to the list', async () => {
    await panel.tab.focus();
    await keyboard.press('Enter');
    await expect(panel.rows).toHaveCount(3);
    await panel.filter.focus();
    await keyboard.press('Tab');
    await expect(panel.clear).toBeFocused();
    await keyboard.press('Tab');
    await expect(gamma.button).toBeFocused();
    await keyboard.press('ArrowDown');
    await expect(beta.button).toBeFocused();
    await keyboard.press('End');
    await expect(alpha.button).toBeFocused();
    await keyboard.press('Home');
    await expect(gamma.button).toBeFocused();
  });

  await test.step('details', async () => {
    await keyboard.press('ArrowDown');
    await keyboard.press('Enter');
    await expect(beta.button).toHaveAttribute('aria-expanded', 'true');
    await expect(beta.details).toContainText('squares');
    await keyboard.press('Escape');
    await expect(beta.details).toHaveCount(0);
    await expect(beta.button).toBeFocused();
  });

  await test.step('Delete removes and keeps the place', async () => {
    await keyboard.press('Delete');
    await expect(panel.rows).toHaveCount(2);
    await expect(beta.node).toHaveCount(0);
    await expect(alpha.button).toBeFocused();
  });

  await test.step('a badge leads to its entry', async () => {
    const { badge } = notebook.cell(3);
    await badge.focus();
    await keyboard.press('Enter');
    await expect(gamma.details).toBeVisible();
    await expect(gamma.button).toBeFocused();
    expect(await notebook.cell(3).source()).toBe(SOURCES[3]);
  });
});

test('a cell is marked and unmarked in every way', async ({
  page,
  server,
  folder
}) => {
  const plain = 'four = 4';
  const marked = `%%cacheable\n${plain}`;
  const path = await folder.write('marks.ipynb', [
    plain,
    '#| cacheable: ttl=1h\nfive = 5'
  ]);
  const notebook = await Notebook.open(page, server, path);
  const [cell, comment] = [notebook.cell(0), notebook.cell(1)];
  const source = () => cell.source();
  const { keyboard } = page;

  await test.step('by the shortcut in command mode', async () => {
    await cell.select();
    await keyboard.press('Control+Shift+Y');
    await expect.poll(source).toBe(marked);
    await expect(cell.badge).toHaveText(/^Not stored yet/);
    await keyboard.press('Control+Shift+Y');
    await expect.poll(source).toBe(plain);
    await expect(cell.badge).toHaveCount(0);
  });

  await test.step('by the shortcut while editing', async () => {
    await cell.editor.click();
    await keyboard.press('Control+Shift+Y');
    await expect.poll(source).toBe(marked);
    await expect(cell.editor).toBeFocused();
    await keyboard.press('Control+Z');
    await expect.poll(source).toBe(plain);
    await keyboard.press('Control+Shift+Z');
    await expect.poll(source).toBe(marked);
    await keyboard.press('Control+Shift+Y');
    await expect.poll(source).toBe(plain);
  });

  await test.step('by the command palette', async () => {
    await cell.select();
    await notebook.palette('Cacheable cell');
    await expect.poll(source).toBe(marked);
    await notebook.palette('Cacheable cell');
    await expect.poll(source).toBe(plain);
  });

  await test.step('by the context menu', async () => {
    const item = page
      .locator('.lm-Menu-item')
      .filter({ hasText: 'Cacheable cell' });
    await cell.prompt.click({ button: 'right' });
    await item.click();
    await expect.poll(source).toBe(marked);
    await cell.prompt.click({ button: 'right' });
    await item.click();
    await expect.poll(source).toBe(plain);
  });

  await test.step('by the button in the panel', async () => {
    const panel = new Panel(page);
    await panel.open();
    await panel.node
      .getByRole('button', { name: 'Mark the selected cell' })
      .click();
    await expect.poll(source).toBe(marked);
  });

  await test.step('in the other spelling', async () => {
    await comment.select();
    await expect(comment.toggle).toHaveAttribute('aria-pressed', 'true');
    await comment.run();
    await expect(comment.badge).toHaveText(STORED);
    await comment.run();
    await expect(comment.badge).toHaveText(/^From cache/);
    await comment.toggle.click();
    await expect.poll(() => comment.source()).toBe('five = 5');
  });
});

test('badges tell what was not stored', async ({ page, server, folder }) => {
  const path = await folder.write('outcomes.ipynb', [
    '%%cacheable\nsquares = (n * n for n in range(3))',
    '%%cacheable\n1 / 0',
    '%%cacheable\nfour = = 4',
    '%%cacheable --tll 1h\nfour = 4',
    '%%cacheable\nfour = 4'
  ]);
  const notebook = await Notebook.open(page, server, path);
  const panel = new Panel(page);
  await panel.open();

  await test.step('a variable that cannot be stored', async () => {
    const cell = notebook.cell(0);
    await cell.run();
    await expect(cell.badge).toHaveText(/^Not cached: .*squares.*generator/);
  });

  await test.step('an error', async () => {
    const cell = notebook.cell(1);
    await cell.run();
    await expect(cell.outputs).toContainText('ZeroDivisionError');
    await expect(cell.badge).toHaveText(/^Not cached: /);
  });

  await test.step('a syntax error', async () => {
    const cell = notebook.cell(2);
    await cell.run();
    await expect(cell.outputs).toContainText('SyntaxError');
    await expect(cell.badge).toHaveText(/^Not cached: /);
  });

  await test.step('a wrong option', async () => {
    const cell = notebook.cell(3);
    await cell.run();
    await expect(cell.outputs).toContainText('--ttl');
    await expect(cell.badge).toContainText('unknown option --tll');
  });

  await test.step('only the last one is stored', async () => {
    await notebook.cell(4).run();
    await expect(notebook.cell(4).badge).toHaveText(STORED);
    await expect(panel.rows).toHaveCount(1);
  });

  await test.step('a reloaded page knows what it would do', async () => {
    await notebook.save();
    await page.reload();
    await notebook.ready();
    await expect(notebook.cell(4).badge).toHaveText(/will be instant$/);
    await expect(notebook.cell(0).badge).not.toHaveText(/instant/);
  });
});

test('one message tells that the kernel lacks the package', async ({
  page,
  server,
  folder
}) => {
  const kernel = await server.addKernelWithoutPackage();
  const path = await folder.write('bare.ipynb', ['a = 1', 'b = 2'], kernel);
  const notebook = await Notebook.open(page, server, path);
  const messages = page.locator('.Toastify__toast');
  await notebook.cell(0).run();
  await expect(messages).toHaveCount(0);
  for (const index of [0, 1]) {
    await notebook.cell(index).select();
    await notebook.cell(index).toggle.click();
    await expect(messages).toHaveCount(1);
  }
  await expect(messages).toContainText('pip install jupyterlab-cacheable');
  await notebook.cell(1).run();
  await expect(messages).toHaveCount(1);
});

for (const theme of ['JupyterLab Light', 'JupyterLab Dark']) {
  test(`axe finds nothing in ${theme}`, async ({ page, server, folder }) => {
    const path = await folder.write('axe.ipynb', SOURCES);
    const notebook = await Notebook.open(page, server, path);
    const panel = new Panel(page);
    await notebook.chooseTheme(theme);
    await panel.open();
    expect(await violations(page)).toEqual([]);
    await notebook.runAll();
    await expect(panel.rows).toHaveCount(3);
    await notebook.cell(0).type('limit = 2000');
    await expect(panel.row('alpha').state).toHaveText('Stale');
    for (const label of ['beta', 'alpha']) {
      await panel.row(label).button.click();
      await expect(panel.row(label).details).toContainText('Variables');
      expect(await violations(page)).toEqual([]);
    }
  });
}

/** What axe finds in the panel and in the badges. */
async function violations(page: Page): Promise<string[]> {
  // JupyterLab's body has no height, so that axe takes all of its texts for hidden.
  await page.addStyleTag({ content: 'body { height: 100vh }' });
  const { violations, passes } = await new AxeBuilder({ page })
    .include('.jp-Cacheable-panel')
    .include('.jp-Cacheable-badge')
    .analyze();
  const contrast = passes.find(({ id }) => id === 'color-contrast');
  expect(contrast?.nodes.length).toBeGreaterThan(5);
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(node => `${id}: ${node.html}: ${node.failureSummary ?? ''}`)
  );
}
