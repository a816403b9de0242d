import { expect, it } from 'vitest';
import { addReading, paceOf, type Reading } from './pace';

const readAt = (...all: readonly [atMs: number, count: number][]) =>
  all.reduce<readonly Reading[]>(
    (readings, [atMs, count]) => addReading(readings, { atMs, count }, 5_000),
    [],
  );

it('measures over the last seconds', () => {
  expect(paceOf(readAt([0, 0]))).toBeNull();
  expect(paceOf(readAt([0, 0], [1_000, 100]))).toBe(100);
  expect(paceOf(readAt([0, 0], [1_000, 100], [2_000, 100]))).toBe(50);
  expect(paceOf(readAt([0, 0], [1_000, 100], [2_000, 100], [60_000, 100]))).toBe(0);
});

it('has no pace for an instant', () => {
  expect(paceOf(readAt([0, 0], [0, 10]))).toBeNull();
});
