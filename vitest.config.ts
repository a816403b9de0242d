import { defineConfig } from 'vitest/config';
import { modulePathPlugin } from './src-main/database/testing/module-path-plugin';

export default defineConfig({
  plugins: [modulePathPlugin(import.meta.dirname)],
  test: {
    include: ['src-shared/**/*.test.ts', 'src-main/**/*.test.ts', 'src-renderer/**/*.test.{ts,tsx}'],
    // Generous: a bound that catches a hang, never one that measures the machine.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: 'forks',
    globalSetup: ['src-main/database/testing/global-setup.ts', 'src-main/shells/cli/testing/build-once.ts'],
  },
});
