import { test as base } from '@playwright/test';
import { JupyterServer } from './server';

export { expect } from '@playwright/test';

/** Playwright's `test` with a Jupyter server that all tests of a worker share. */
export const test = base.extend<object, { server: JupyterServer }>({
  server: [
    async ({}, use) => {
      const server = await JupyterServer.start();
      await use(server);
      await server.stop();
    },
    { scope: 'worker', timeout: 90_000 }
  ]
});
