import { expect, test } from './fixtures';
import { Notebook } from './notebook';
for (const key of ['Shift+Enter', 'Control+Enter'])
test(`explore ${key}`, async ({ page, server, folder }) => {
  test.setTimeout(40000);
  const nb = await Notebook.open(page, server, await folder.write('a.ipynb', ['x = 1\nprint(x)', 'y = 2']));
  const cell = nb.cell(0);
  await cell.select();
  await cell.toggle.click();
  console.log('active', await page.evaluate(() => document.activeElement!.tagName + ' ' + document.activeElement!.className));
  await page.keyboard.press(key);
  await expect(cell.prompt).toHaveText(/\d/);
  await page.waitForTimeout(500);
  console.log(key, JSON.stringify(await cell.source()), await cell.badge.allTextContents());
  await cell.node.click({ button: 'right', position: {x: 30, y: 10} });
  await page.locator('.lm-Menu').screenshot({path: '/tmp/w/menu.png'});
  await page.keyboard.press('Escape');
  await nb.palette('Cacheable cell');
  await page.waitForTimeout(500);
  console.log(key, JSON.stringify(await cell.source()), await cell.badge.allTextContents());
  console.log('active', await page.evaluate(() => document.activeElement!.tagName + ' ' + document.activeElement!.className));
});
