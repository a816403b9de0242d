import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { BETTER, compareResults } from '../bench/compare.mjs';
import { ROOT } from './ensure-built.mjs';

const worse = (bench: string, before: number, after: number | null) =>
  compareResults([{ bench, ratio: before }], [{ bench, ratio: after }], 0.25).worse;

it.each([
  // Higher is better.
  ['ingest', 1, 0.79, true],
  ['ingest', 1, 0.81, false],
  ['ingest', 1, 0.8, false],
  ['ingest', 1, 3, false],
  // Lower is better.
  ['start', 2, 2.5, false],
  ['start', 2, 2.51, true],
  ['start', 2, 0.5, false],
  ['start', 2, Number.NaN, true],
  ['start', 2, null, true],
  ['ingest', 1, 0, true],
] as const)('the ratio of %s from %s to %s', (bench, before, after, isWorse) => {
  expect(worse(bench, before, after)).toEqual(isWorse ? [bench] : []);
});

it('a bench that gave no result is worse, a new one is not', () => {
  const kept = [{ bench: 'views', ratio: 1 }];
  expect(compareResults(kept, [{ bench: 'burst', ratio: 9 }], 0.25)).toEqual({
    worse: ['views'],
    lines: ['WORSE  views: 1 to nothing, lower is better: missing'],
  });
});

it('every bench says which ratio is better', () => {
  const names = readdirSync(join(ROOT, 'bench'))
    .filter((name) => name.endsWith('.ts'))
    .map((name) => name.replace('.ts', ''));
  expect(Object.keys(BETTER).sort()).toEqual(names.sort());
});
