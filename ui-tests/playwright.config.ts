import { defineConfig } from '@playwright/test';

/** The tests run in the browser that `npm test` found; see scripts/lib/chromium.mjs. */
const executablePath = process.env.CHROMIUM_PATH;

export default defineConfig({
  testDir: '.',
  outputDir: 'test-results',
  // Every worker has a Jupyter server of its own, which is what costs time and memory.
  workers: 1,
  timeout: 60_000,
  globalTimeout: 15 * 60_000,
  forbidOnly: Boolean(process.env.CI),
  expect: { timeout: 15_000 },
  use: {
    viewport: { width: 1440, height: 900 },
    // Playwright would download ffmpeg for videos.
    video: 'off',
    screenshot: 'only-on-failure',
    launchOptions: {
      ...(executablePath === undefined ? {} : { executablePath }),
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync'
      ]
    }
  }
});
