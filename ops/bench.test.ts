import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { ROOT } from './ensure-built.mjs';

/** Those without a browser; their figures here mean nothing. */
const NAMES = [
  'reading',
  'ingest',
  'mapped',
  'profile',
  'memory',
  'burst',
  'lateness',
  'views',
  'growth',
  'quit',
];

it('every bench without a window runs, and ends with its result as one line of JSON', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    // Like the tests: optimizing short-lived databases is not worth it.
    '--liftoff-only',
    '--wasm-lazy-validation',
    join(ROOT, 'bench/main.mjs'),
    ...NAMES,
    '--short',
    '--json',
  ]);
  const results = stdout
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
  expect(results).toEqual(
    NAMES.map((bench) =>
      expect.objectContaining({ bench, reference: expect.any(String), ratio: expect.any(Number) }),
    ),
  );
  // Ten programs in turn: generous, to catch a hang.
}, 600_000);
