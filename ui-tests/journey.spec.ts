import { expect, test } from './fixtures';
import { bytesIn } from './folder';
import { Notebook } from './notebook';
import { Panel } from './panel';

/** The cells of the example, by their place. */
const SETUP = [1, 3, 4, 6, 7];
const PARAMETERS = 7;
const SLOW = 9;
const DOWNSTREAM = [11, 12, 13];
const SHOWING = [4, SLOW, ...DOWNSTREAM];

const COMPUTED = /^Computed in .* and stored/;
const FROM_CACHE = /^From cache/;

test('a slow cell from its mark to a stale entry and back', async ({
  page,
  server,
  folder
}) => {
  test.setTimeout(180_000);
  const errors: string[] = [];
  page.on('pageerror', error => errors.push(error.message));
  const path = await folder.copy('1-monte-carlo.ipynb');
  const notebook = await Notebook.open(page, server, path);
  const panel = new Panel(page);
  const slow = notebook.cell(SLOW);
  const row = panel.row('results = {}');

  await test.step('run what comes before', async () => {
    await panel.open();
    await expect(panel.node).toContainText('has stored nothing yet');
    for (const index of SETUP) {
      await notebook.cell(index).run();
    }
  });

  await test.step('mark the slow cell in its toolbar', async () => {
    await slow.select();
    await slow.toggle.click();
    await expect(slow.toggle).toHaveAttribute('aria-pressed', 'true');
    expect(await slow.source()).toMatch(/^%%cacheable\nresults = \{\}\n/);
    await expect(slow.badge).toHaveText(/^Not stored yet/);
  });

  await test.step('the first run shows its output live', async () => {
    await page.keyboard.press('Control+Enter');
    await expect(slow.outputs).toContainText('2000 of 8000 scenes');
    expect(await slow.prompt.textContent()).toBe('[*]:');
    expect(await slow.outputs.textContent()).not.toContain('snr 500');
  });

  await test.step('its entry is listed', async () => {
    await expect(slow.badge).toHaveText(COMPUTED, { timeout: 60_000 });
    await expect(row.node).toBeVisible();
    await expect(row.state).toHaveText('Fresh');
    await expect(panel.rows).toHaveCount(1);
  });

  await test.step('the second run is a hit', async () => {
    await slow.run();
    await expect(slow.badge).toHaveText(FROM_CACHE);
  });

  await test.step('a new kernel gives what was there before', async () => {
    for (const index of DOWNSTREAM) {
      await notebook.cell(index).run();
    }
    const shown = () =>
      Promise.all(SHOWING.map(index => notebook.cell(index).shown()));
    const before = await shown();
    await notebook.restartAndRunAll();
    // The counts start anew, so this is not the number that was there before.
    const last = SETUP.length + 1 + DOWNSTREAM.length;
    await expect(notebook.cell(DOWNSTREAM.at(-1)!).prompt).toHaveText(
      `[${last}]:`,
      { timeout: 60_000 }
    );
    await expect(slow.badge).toHaveText(FROM_CACHE);
    expect(await shown()).toEqual(before);
  });

  const parameters = notebook.cell(PARAMETERS);
  const original = await parameters.source();

  await test.step('an edit upstream makes the entry stale', async () => {
    await parameters.type(original.replace('(100, 8000', '(120, 8000'));
    await expect(row.state).toHaveText('Stale');
    await expect(row.button).toHaveAttribute(
      'title',
      /upstream cell 'parameter_sets = \[.*' was edited/
    );
    await expect(slow.badge).toHaveText(
      /^Stale: upstream cell 'parameter_sets = \[.*' was edited — will run again$/
    );
    await row.button.click();
    await expect(row.details.locator('del')).toContainText('(100, 8000, 42),');
    await expect(row.details.locator('ins')).toContainText('(120, 8000, 42),');
  });

  await test.step('one click removes it', async () => {
    const before = await bytesIn(server.storeDir);
    await expect(panel.clearStale).toHaveText('Clear stale (1)');
    await panel.clearStale.click();
    await expect(panel.rows).toHaveCount(0);
    expect(await bytesIn(server.storeDir)).toBeLessThan(before);
  });

  await test.step('without the edit it is stored again', async () => {
    await parameters.editor.click();
    await page.keyboard.press('Control+Z');
    expect(await parameters.source()).toBe(original);
    await slow.run();
    await expect(slow.badge).toHaveText(COMPUTED);
    await expect(row.node).toBeVisible();
    await slow.run();
    await expect(slow.badge).toHaveText(FROM_CACHE);
  });

  expect(errors).toEqual([]);
});
