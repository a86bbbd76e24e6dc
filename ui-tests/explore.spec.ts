import { expect, test } from './fixtures';
import { Notebook } from './notebook';
for (const key of ['Shift+Enter', 'Control+Enter'])
for (const how of ['direct', 'prompt', 'editor'])
test(`explore ${key} ${how}`, async ({ page, server, folder }) => {
  test.setTimeout(40000);
  const nb = await Notebook.open(page, server, await folder.write('a.ipynb', ['x = 1\nprint(x)', 'y = 2']));
  const cell = nb.cell(0);
  await cell.select();
  await page.evaluate(() => { (window as any).log = []; for (const t of ['keydown','keyup','keypress','click']) document.addEventListener(t, e => (window as any).log.push([t, (e as any).key, (e.target as any).tagName + '.' + (e.target as any).className, e.isTrusted, (e as any).detail]), true); });
  await cell.toggle.click();
  if (how == 'prompt') await cell.prompt.click();
  if (how == 'editor') await cell.editor.click();
  console.log('active', await page.evaluate(() => document.activeElement!.tagName + ' ' + document.activeElement!.className));
  await page.keyboard.press(key);
  await expect(cell.prompt).toHaveText(/\d/);
  await page.waitForTimeout(500);
  console.log(key, how, JSON.stringify(await cell.source()), await cell.badge.allTextContents());
  console.log(JSON.stringify(await page.evaluate(() => (window as any).log)));
});
