import { test as base } from '@playwright/test';
import { Folder } from './folder';
import { JupyterServer } from './server';

export { expect } from '@playwright/test';

/**
 * Playwright's `test` with a Jupyter server that all tests of a worker share, and a folder
 * for each test. A test that has a folder leaves no kernels, entries and settings behind.
 */
export const test = base.extend<{ folder: Folder }, { server: JupyterServer }>({
  server: [
    async ({}, use) => {
      const server = await JupyterServer.start();
      await use(server);
      await server.stop();
    },
    { scope: 'worker', timeout: 90_000 }
  ],
  folder: async ({ server }, use, testInfo) => {
    await use(await Folder.make(server));
    if (testInfo.status !== testInfo.expectedStatus) {
      await testInfo.attach('server.log', { path: server.log });
    }
    await server.shutDownKernels();
    await server.clearStore();
    await server.resetSettings();
  }
});
