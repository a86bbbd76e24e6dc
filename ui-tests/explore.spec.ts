import { test } from './fixtures';
import { Notebook } from './notebook';
for (const what of ['Show Cacheable Panel', 'Show File Browser', 'Show Table of Contents'])
test('focus ' + what, async ({ page, server, folder }) => {
  const nb = await Notebook.open(page, server, await folder.write(`a.ipynb`, ['%%cacheable\nx = 1\nprint(x)']));
  await nb.cell(0).run();
  await page.evaluate(() => { (window as any).log = []; for (const t of ['focusin','focusout']) document.addEventListener(t, e => (window as any).log.push([t, (e.target as any).tagName + '.' + (e.target as any).className, new Error().stack!.split('\n').slice(2,5).map(s => s.split('/').pop()).join('|').slice(0,300)]), true); });
  await page.keyboard.press('Control+Shift+C');
  await page.locator('.lm-CommandPalette:visible input').fill(what);
  await page.keyboard.press('Enter');
  await page.waitForTimeout(1000);
  for (const l of await page.evaluate(() => (window as any).log)) console.log(JSON.stringify(l));
  console.log('active', await page.evaluate(() => document.activeElement!.tagName + ' ' + document.activeElement!.className));
});
