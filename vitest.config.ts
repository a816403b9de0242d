import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';
import { prebuiltDirectoryPlugin } from './ops/prebuilt-directory.mjs';
import { modulePathPlugin } from './src-main/database/testing/module-path-plugin.ts';

export default defineConfig({
  plugins: [prebuiltDirectoryPlugin({ emit: false }), modulePathPlugin(import.meta.dirname)],
  resolve: {
    // Electron's runtime is a program of its own, which a test cannot load.
    alias: [
      {
        find: /^electron$/,
        replacement: resolve(import.meta.dirname, 'src-main/shells/electron/testing/fake-electron.ts'),
      },
    ],
  },
  test: {
    include: [
      'src-shared/**/*.test.ts',
      'src-main/**/*.test.ts',
      'src-renderer/**/*.test.{ts,tsx}',
      'ops/**/*.test.ts',
    ],
    // Generous: a bound that catches a hang, never one that measures the machine.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: 'forks',
    // Every database of a file is its own, on the embedded one and on the server.
    maxWorkers: 2,
    // Databases here live for seconds: compiling PGlite well would take as much processor time as using it.
    execArgv: ['--liftoff-only'],
    globalSetup: ['src-main/database/testing/global-setup.ts', 'src-main/shells/cli/testing/build-once.ts'],
  },
});
