import { expect, test } from './fixtures';
import { Notebook } from './notebook';
import { Panel } from './panel';

/** Takes seconds to store. */
const STORED = `%%cacheable --always --name stored
items = [(i, str(i), [i]) for i in range(80_000)]
print('made')`;
const REFUSED = `%%cacheable --always --name refused
items = [(i, str(i), [i]) for i in range(20_000)]
items.append(i for i in items)
print('made')`;

test('a result is there before it is stored, and what became of it is told', async ({
  page,
  server,
  folder
}) => {
  test.setTimeout(120_000);
  const path = await folder.write('saving.ipynb', [
    STORED,
    'len(items)',
    REFUSED
  ]);
  const notebook = await Notebook.open(page, server, path);
  const panel = new Panel(page);
  await panel.open();
  const stored = notebook.cell(0);
  const waiting = notebook.cell(1);
  const refused = notebook.cell(2);

  await test.step('the cell ends, its badge says that it is being saved', async () => {
    await stored.run();
    await expect(stored.badge).toHaveText(/^Computed in .*, saving…$/);
    await expect(stored.outputs).toContainText('made');
  });

  await test.step('the next cell waits for the save', async () => {
    await waiting.run();
    await expect(waiting.outputs).toContainText('80000');
    await expect(stored.badge).toHaveText(/^Computed in .* stored/);
    await expect(panel.rows).toHaveCount(1);
  });

  await test.step('a refusal that is found late is told', async () => {
    await refused.run();
    await expect(refused.badge).toHaveText(
      /^Not cached: the variable 'items' \(list\) cannot be stored/
    );
  });

  await test.step('the next run is a hit', async () => {
    await stored.run();
    await expect(stored.badge).toHaveText(/^From cache/);
  });
});
