import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { prebuiltDirectoryPlugin } from './ops/prebuilt-directory.mjs';
import { findQuickTests, findTests } from './ops/quick-tests.mjs';
import { modulePathPlugin } from './src-main/database/testing/module-path-plugin.ts';

const root = import.meta.dirname;
const quick = findQuickTests(root);

/** A minute or two each. They come first, so that at the end no worker is left alone with one of them. */
const LONG = ['ops/torture/torture.test.ts', 'ops/bench.test.ts'];

/** Without times of earlier runs, as in a fresh clone, files go by their size, and these are small. */
class LongOnesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) => LONG.some((path) => moduleId.endsWith(path));
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  plugins: [prebuiltDirectoryPlugin({ emit: false }), modulePathPlugin(root)],
  resolve: {
    // Electron's runtime is a program of its own, which a test cannot load.
    alias: [
      {
        find: /^electron$/,
        replacement: resolve(root, 'src-main/shells/electron/testing/fake-electron.ts'),
      },
    ],
  },
  test: {
    // Generous: a bound that catches a hang, never one that measures the machine.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // Its default, one second, is too short beside other work. What passes costs nothing.
    expect: { poll: { timeout: 60_000 } },
    pool: 'forks',
    // Every database of a file is its own, on the embedded one and on the server.
    maxWorkers: 2,
    sequence: { sequencer: LongOnesFirst },
    // Databases here live for seconds: compiling PGlite well would take as much processor time as using it.
    execArgv: ['--liftoff-only', '--wasm-lazy-validation'],
    projects: [
      // They leave nothing behind in their process: one process runs many of them.
      { extends: true, test: { name: 'quick', include: quick, isolate: false } },
      {
        extends: true,
        test: {
          name: 'whole',
          include: findTests(root).filter((test) => !quick.includes(test)),
          globalSetup: [
            'src-main/database/testing/global-setup.ts',
            'src-main/shells/cli/testing/build-once.ts',
          ],
        },
      },
    ],
  },
});
