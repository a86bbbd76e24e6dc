import { expect, test } from './fixtures';
import { Notebook } from './notebook';
import { Panel } from './panel';
test(`explore`, async ({ page, server, folder }) => {
  test.setTimeout(60000);
  const nb = await Notebook.open(page, server, await folder.write('a.ipynb', ['x = 1\nprint(x)', 'y = 2']), 'notebooks');
  await page.screenshot({path: '/tmp/w/nb1.png'});
  await page.locator('.lm-MenuBar-item').filter({ hasText: /^View$/ }).click();
  console.log(await page.locator('.lm-Menu').first().count());
  await page.locator('.lm-Menu').locator('.lm-Menu-item').filter({hasText: 'Left Sidebar'}).click();
  console.log(await page.locator('.lm-Menu').nth(1).ariaSnapshot());
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await nb.palette('Show Cacheable Panel');
  await expect(new Panel(page).node).toBeVisible();
  await page.screenshot({path: '/tmp/w/nb2.png'});
});
