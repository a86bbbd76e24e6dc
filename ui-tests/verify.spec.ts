import { expect, test } from './fixtures';
import { Notebook } from './notebook';
import { Panel } from './panel';

/** What each cell does, by the name of its entry. */
const CELLS = {
  steady: 'square = 6 * 7',
  varying: 'import time\nstamp = time.time_ns()',
  broken: 'six = 6'
};
const NAMES = Object.keys(CELLS) as (keyof typeof CELLS)[];

/** Makes an entry say something that no run gives. */
const TAMPER = `
from dataclasses import replace
from jupyterlab_cacheable.store import Store
store = Store.open()
for entry in map(store.get, store.ids()):
    if entry.label == 'broken':
        rows = [{**row, 'digest': 'xxh3-128:0'} for row in entry.variables]
        _ = store.publish_again(replace(entry, variables=rows))
`.trim();

function source(name: keyof typeof CELLS, option = ''): string {
  return `%%cacheable --name ${name}${option}\n${CELLS[name]}`;
}

test('a verification is shown below the cell and in the panel', async ({
  page,
  server,
  folder
}) => {
  const path = await folder.write('verify.ipynb', [
    ...NAMES.map(name => source(name)),
    TAMPER
  ]);
  const notebook = await Notebook.open(page, server, path);
  const panel = new Panel(page);
  await panel.open();
  const [steady, varying, broken] = NAMES.map((_, at) => notebook.cell(at));

  await test.step('store three results and spoil one', async () => {
    await notebook.runAll();
    await expect(panel.rows).toHaveCount(NAMES.length);
    await notebook.cell(NAMES.length).run();
  });

  await test.step('verify each', async () => {
    for (const [at, name] of NAMES.entries()) {
      await notebook.cell(at).type(source(name, ' --verify'));
      await notebook.cell(at).run();
    }
    await expect(steady.badge).toHaveText(/^Verified in .*what is stored$/);
    await expect(varying.badge).toHaveText(
      /^Compared in .*: runs differ in the variable 'stamp' \(reads the clock/
    );
    await expect(broken.badge).toHaveText(
      /^Found wrong in .* differs in the variable 'six' and is not used again$/
    );
    await expect(broken.outputs).toContainText('the stored result was found');
  });

  await test.step('the panel tells the verdicts', async () => {
    await expect(panel.row('steady').button).toContainText('verified');
    await expect(panel.row('varying').button).toContainText('runs differ');
    await expect(panel.row('broken').state).toHaveText('Wrong');
    const { button, details } = panel.row('varying');
    await button.click();
    await expect(details).toContainText('Runs of this cell differ');
    await panel.row('broken').button.click();
    await expect(panel.row('broken').details).toContainText(
      'was found wrong by --verify at 20'
    );
  });

  await test.step('a wrong entry is not used until it is removed', async () => {
    await broken.type(source('broken'));
    await expect(broken.badge).toHaveText(/^Stale: its entry was found wrong/);
    await broken.run();
    await expect(broken.badge).toHaveText(/^Not cached: its entry was found/);
    await panel.row('broken').details.getByText('Invalidate').click();
    await expect(panel.row('broken').node).toHaveCount(0);
    await broken.run();
    await expect(broken.badge).toHaveText(/^Computed in .* stored/);
    await broken.run();
    await expect(broken.badge).toHaveText(/^From cache/);
  });
});
