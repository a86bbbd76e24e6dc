import { expect, test } from './fixtures';

const PLUGIN = 'jupyterlab-cacheable:plugin';

for (const [host, page] of [
  ['JupyterLab', 'lab?reset'],
  ['Notebook', 'notebooks/3-tour.ipynb']
] as const) {
  test(`${host} opens with the extension activated`, async ({
    page: tab,
    server
  }) => {
    await tab.goto(server.url(page));
    await tab.waitForFunction(() => 'jupyterapp' in window);
    await tab.evaluate(() => window.jupyterapp.started);

    await expect
      .poll(() =>
        tab.evaluate(id => window.jupyterapp.isPluginActivated(id), PLUGIN)
      )
      .toBe(true);
  });
}
