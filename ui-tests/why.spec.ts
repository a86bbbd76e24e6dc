import { AxeBuilder } from '@axe-core/playwright';

import { ASKING, MODEL, SETUP } from './edited';
import { expect, test } from './fixtures';
import { Notebook } from './notebook';
import { Panel, Row } from './panel';

test('why a cell ran, and why it would run again', async ({
  page,
  server,
  folder
}) => {
  test.setTimeout(120_000);
  const path = await folder.write('why.ipynb', [SETUP, MODEL, ...ASKING]);
  const notebook = await Notebook.open(page, server, path);
  const panel = new Panel(page);
  const [setup, model, last, named] = [0, 1, 2, 3].map(at => notebook.cell(at));
  await notebook.runAll();
  await expect(last.outputs).toContainText('it has not been stored before');

  await test.step('an edited function: the badge, its entry, the magic', async () => {
    await setup.type(SETUP.replace('* rate', '* rate + 1'));
    await setup.run();
    await model.run();
    const why = "the definition of 'scaled' was edited";
    await expect(model.badge).toHaveText(
      new RegExp(`^Computed in .* and stored: ${why}$`)
    );
    await model.badge.click();
    const { details } = new Row(panel.rows.first());
    await expect(details).toContainText(`When it ran: ${why}.`);
    await expect(details.locator('del')).toContainText(
      '    return [value * rate for value in values]'
    );
    await expect(details.locator('ins')).toContainText('* rate + 1');
    const diff = details.getByRole('group', {
      name: 'Difference: Definition scaled'
    });
    await expect(diff).toContainText('added: +    return');
    await last.run();
    await expect(last.outputs).toContainText(`: ${why}`);
    await expect(last.outputs).toContainText(
      '+    return [value * rate + 1 for value in values]'
    );
    await expect(last.outputs).toContainText('now: it would be instant');
  });

  await test.step('an edited value: before the cell runs', async () => {
    await setup.type(SETUP.replace('rate = 3', 'rate = 5'));
    await setup.run();
    await named.run();
    await expect(named.outputs).toContainText(
      "now: it would run: the input 'rate' went from 3 to 5"
    );
  });

  await test.step('an edited cell: the stale entry, in both themes', async () => {
    await model.type(
      MODEL.replace('range(10)', 'range(20)').replace('print', 'display')
    );
    const row = new Row(panel.rows.first());
    await expect(row.state).toHaveText('Stale');
    const now = row.details.getByRole('list').first();
    await expect(now.locator('del')).toContainText([
      'values = list(range(10))',
      'print(total)',
      'rate = 3',
      '* rate + 1'
    ]);
    for (const theme of ['JupyterLab Dark', 'JupyterLab Light']) {
      await notebook.chooseTheme(theme);
      const { violations } = await new AxeBuilder({ page })
        .include('.jp-Cacheable-diff')
        .analyze();
      expect(violations).toEqual([]);
    }
  });
});
