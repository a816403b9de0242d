// `npm run test:package`: packages the app's directory, inspects it, and drives it as it is shipped. With INGOT_PACKAGED it tests
// the package in that directory instead.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureBuilt, ROOT } from './ensure-built.mjs';

function run(script, args) {
  const { status } = spawnSync(process.execPath, [join(ROOT, script), ...args], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}

ensureBuilt(['main', 'window']);
if (!process.env.INGOT_PACKAGED) run('ops/package.mjs', ['--dir']);
run('node_modules/vitest/vitest.mjs', ['run', 'ops/package.test.ts']);
run('node_modules/@playwright/test/cli.js', ['test', '--config', 'ops/smoke', ...process.argv.slice(2)]);
