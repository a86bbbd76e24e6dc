import { expect, test } from './fixtures';
import { Notebook } from './notebook';
import { Panel } from './panel';

/** Enough lines to push what is above them out of sight. */
const LONG = '# a line\n'.repeat(60);

test('Notebook 7 has the three jobs of JupyterLab', async ({
  page,
  server,
  folder
}) => {
  const path = await folder.write('seven.ipynb', [
    'limit = 1000',
    'total = sum(range(limit))\nprint(total)',
    LONG
  ]);
  const notebook = await Notebook.open(page, server, path, 'notebooks');
  const [limit, total] = [notebook.cell(0), notebook.cell(1)];
  const panel = new Panel(page);
  const row = panel.row('total = sum(range(limit))');

  await test.step('mark a cell', async () => {
    await limit.run();
    await total.select();
    await total.toggle.click();
    await page.keyboard.press('Control+Enter');
    await expect(total.badge).toHaveText(/^Computed in .* and stored/);
  });

  await test.step('browse the panel', async () => {
    await notebook.menu('View', 'Left Sidebar', 'Show Cacheable');
    await expect(row.state).toHaveText('Fresh');
    await row.button.click();
    await expect(row.details).toContainText('%%cacheable');
    await expect(row.details).toContainText('499500');
  });

  await test.step('go to the cell', async () => {
    await notebook.cell(2).node.evaluate(node => node.scrollIntoView(false));
    await expect(total.editor).not.toBeInViewport();
    await row.details.getByRole('button', { name: 'Go to cell' }).click();
    await expect(total.editor).toBeInViewport();
  });

  await test.step('clear stale entries with one click', async () => {
    await limit.type('limit = 2000');
    await expect(row.state).toHaveText('Stale');
    await panel.clearStale.click();
    await expect(panel.rows).toHaveCount(0);
    await expect(total.badge).toHaveText(/^Not stored yet/);
  });

  await test.step('a reloaded page knows what it would do', async () => {
    await limit.run();
    await total.run();
    await expect(row.state).toHaveText('Fresh');
    await notebook.save();
    await page.reload();
    await notebook.ready();
    await expect(total.badge).toHaveText(/will be instant$/);
  });
});
