import { defineConfig } from '@playwright/test';

import tests from './playwright.config';

/** Takes the pictures of the documentation: `npm run screenshot`. */
export default defineConfig({
  ...tests,
  testMatch: 'screenshot.ts',
  use: { ...tests.use, viewport: { width: 1280, height: 800 } }
});
