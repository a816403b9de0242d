import { defineConfig } from '@playwright/test';

/** The packaged app, run by `npm run test:package`. */
export default defineConfig({
  testDir: '.',
  outputDir: '../../test-results/package',
  workers: 1,
  forbidOnly: Boolean(process.env.CI),
  retries: 0,
  timeout: 240_000,
  expect: { timeout: 60_000 },
  reporter: 'list',
});
