import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { ROOT } from './ensure-built.mjs';

/** Those that open no browser; what they measure here means nothing. */
const NAMES = ['reading', 'ingest', 'profile', 'memory', 'burst', 'lateness', 'views', 'growth'];

it('every bench without a window runs, and ends with its result as one line of JSON', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    // As the tests themselves: databases that live for a moment are not worth compiling well.
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
  // Eight programs, one after the other: generous, to catch a hang.
}, 600_000);
