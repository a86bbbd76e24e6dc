import type { Page } from '@playwright/test';

import { expect, test } from './fixtures';
import { Notebook } from './notebook';
import { Panel } from './panel';

const IMAGE = '<img src=x onerror=window.pwned=1>';
const SCRIPT = '"><script>window.pwned=1';
/** Shows what follows it from right to left. */
const REVERSED = '\u202e';
const BELL = '\u0007';

const HOSTILE = `${IMAGE}${SCRIPT}${REVERSED}${BELL}`;
/** No control character: the server would not find the name in a query. */
const FILE = `${IMAGE}${SCRIPT}${REVERSED}`;
const FILE_SHOWN = `${IMAGE}${SCRIPT}[U+202E]`;
const SHOWN = `${IMAGE}${SCRIPT}[U+202E][U+0007]`;

declare global {
  interface Window {
    pwned?: number;
  }
}

/** Fails as soon as a text has become markup anywhere in what the extension shows. */
class Guard {
  constructor(private readonly page: Page) {
    page.on('request', request => {
      if (new URL(request.url()).pathname.endsWith('/x')) {
        this.requests.push(request.url());
      }
    });
    page.on('dialog', dialog => {
      this.requests.push(dialog.message());
      void dialog.dismiss();
    });
  }

  async check(): Promise<void> {
    const own = this.page.locator(
      '.jp-Cacheable-panel, .jp-Cacheable-footer, .jp-Dialog, .Toastify, .jp-Cacheable-announcer'
    );
    await expect(own.locator('img, script, iframe, object')).toHaveCount(0);
    expect(await this.page.evaluate(() => window.pwned)).toBeUndefined();
    expect(this.requests).toEqual([]);
  }

  private readonly requests: string[] = [];
}

test('hostile texts are shown as texts', async ({ page, server, folder }) => {
  const guard = new Guard(page);
  const path = await folder.write(`${FILE}.ipynb`, [
    `limit = 1000  # ${HOSTILE}`,
    `%%cacheable --name '${HOSTILE}' --tag '${HOSTILE}'\n` +
      `text = '''${HOSTILE}'''\n` +
      'total = sum(range(limit))\n' +
      'print(text)'
  ]);
  const notebook = await Notebook.open(page, server, path);
  const [limit, total] = [notebook.cell(0), notebook.cell(1)];
  const panel = new Panel(page);
  const row = panel.row('');

  await test.step('row and badge', async () => {
    await panel.open();
    await limit.run();
    await total.run();
    await expect(total.badge).toHaveText(/^Computed in .* and stored/);
    await expect(row.label).toHaveText(SHOWN);
    await expect(row.button).toHaveAttribute(
      'title',
      new RegExp('^<img src=x')
    );
    await expect(panel.node.locator('h3')).toContainText(`${FILE_SHOWN}.ipynb`);
    await guard.check();
  });

  await test.step('details', async () => {
    await row.button.click();
    await expect(row.details).toContainText(`text = '''${SHOWN}'''`);
    await expect(row.details.locator('dl')).toContainText(SHOWN);
    await expect(row.details.locator('.jp-Cacheable-output')).toContainText(
      IMAGE
    );
    await guard.check();
  });

  await test.step('reason', async () => {
    await limit.type(`limit = 2000  # ${HOSTILE}`);
    await expect(total.badge).toHaveText(/^Stale: upstream cell 'limit = 2000/);
    await expect(total.badge).toContainText('<img');
    await expect(row.details.locator('ins')).toContainText('<img');
    await guard.check();
  });

  await test.step('dialogs', async () => {
    const dialog = page.getByRole('dialog');
    await panel.clear.click();
    await expect(dialog).toContainText(FILE_SHOWN);
    await guard.check();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await page.evaluate(async () => {
      const { commands, serviceManager } = window.jupyterapp;
      const { baseUrl } = serviceManager.serverSettings;
      const answer = await fetch(`${baseUrl}jupyterlab-cacheable/entries`);
      const { entries } = (await answer.json()) as {
        entries: { id: string }[];
      };
      void commands.execute('jupyterlab-cacheable:invalidate', entries[0]);
    });
    await expect(dialog).toContainText(SHOWN);
    await guard.check();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
  });

  await test.step('removal', async () => {
    await row.invalidate.click();
    await expect(panel.rows).toHaveCount(0);
    await expect(page.locator('.jp-Cacheable-announcer')).toContainText(SHOWN);
    await guard.check();
  });
});

test('a stored output is shown as untrusted', async ({
  page,
  server,
  folder
}) => {
  const html =
    '<b>shown</b><script>window.pwned = 1</script>' +
    '<svg onload="window.pwned = 1"></svg><a href="javascript:window.pwned=1">link</a>';
  const path = await folder.write('output.ipynb', [
    'from IPython.display import HTML, Javascript, display',
    `%%cacheable\ndisplay(HTML('${html}'))`,
    `%%cacheable\ndisplay(Javascript('window.pwned = 1'))`
  ]);
  const notebook = await Notebook.open(page, server, path);
  await notebook.runAll();
  for (const index of [1, 2]) {
    await expect(notebook.cell(index).badge).toHaveText(
      /^Computed in .* and stored/
    );
  }
  // The notebook itself has run the scripts, as it does for its own live outputs.
  expect(await page.evaluate(() => window.pwned)).toBe(1);
  await page.reload();
  await notebook.ready();
  const guard = new Guard(page);
  const panel = new Panel(page);
  await panel.open();
  for (const label of ['display(HTML', 'display(Javascript']) {
    const row = panel.row(label);
    await row.button.click();
    await expect(row.details).toContainText('Outputs (1)');
  }
  const output = panel
    .row('display(HTML')
    .details.locator('.jp-Cacheable-output');
  await panel.row('display(HTML').button.click();
  await expect(output.locator('b')).toHaveText('shown');
  await expect(output.locator('[onload], [href^=javascript]')).toHaveCount(0);
  await guard.check();
});
