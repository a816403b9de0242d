import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** The tests of the command line run the built program: it is built once for all of them, if it is stale. */
export default function setup(): void {
  const launcher = join(import.meta.dirname, '../../../../ops/ensure-built.mjs');
  execFileSync(process.execPath, [launcher, 'main'], { stdio: ['ignore', 'inherit', 'inherit'] });
}
