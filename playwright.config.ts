import { defineConfig, type PlaywrightTestConfig } from '@playwright/test';
import type { ShellOptions } from './e2e/fixtures/shell';
import { findElectron } from './ops/electron-runtime.mjs';

// Workers read this file too: the line is printed once.
if (findElectron() === undefined && process.env.TEST_WORKER_INDEX === undefined) {
  process.stderr.write("The specs of the Electron shell are skipped: Electron's runtime is not installed\n");
}

const config: PlaywrightTestConfig<ShellOptions> = {
  testDir: 'e2e',
  outputDir: 'test-results/e2e',
  globalSetup: './e2e/fixtures/build-once.ts',
  // Two cores are enough for one window with its host; a second would only make both slower.
  workers: 1,
  fullyParallel: false,
  forbidOnly: Boolean(process.env.CI),
  // A test that passes the second time is not a test that passes.
  retries: 0,
  // Generous: bounds that catch a hang, never ones that measure the machine. A reset and its restore sync a thousand times to the
  // disk, which takes minutes beside unit tests that write much.
  timeout: 600_000,
  expect: { timeout: 90_000 },
  reporter: 'list',
  use: {
    actionTimeout: 90_000,
    viewport: { width: 1440, height: 900 },
    colorScheme: 'dark',
    locale: 'en-GB',
    timezoneId: 'UTC',
    // Recording one takes time: `npx playwright test --trace on` where one is wanted.
    trace: 'off',
    screenshot: 'only-on-failure',
  },
  projects: [
    { name: 'web', testIgnore: 'desktop/**', use: { shell: 'web' } },
    { name: 'electron', use: { shell: 'electron' } },
  ],
};

export default defineConfig<ShellOptions>(config);
