import fc from 'fast-check';
import { expect, it } from 'vitest';
import { estimateQuantile } from './histogram';

const BOUNDS = [1, 2, 5, 10];

it('spreads values evenly within their bucket, as Prometheus does', () => {
  expect(estimateQuantile(BOUNDS, [0, 4, 0, 0, 0], 0.5)).toBe(1.5);
  expect(estimateQuantile(BOUNDS, [2, 0, 2, 0, 0], 0.75)).toBe(3.5);
});

it('gives the last bound for what lies beyond it, and nothing for nothing', () => {
  expect(estimateQuantile(BOUNDS, [0, 0, 0, 0, 3], 0.5)).toBe(10);
  expect(estimateQuantile(BOUNDS, [0, 0, 0, 0, 0], 0.5)).toBeNull();
});

it('lies in the bucket of the true quantile', () => {
  const values = fc.array(fc.double({ min: 0, max: 9.99, noNaN: true }), { minLength: 1 });
  fc.assert(
    fc.property(values, fc.double({ min: 0.01, max: 1, noNaN: true }), (some, share) => {
      const bucketOf = (value: number) => BOUNDS.findIndex((bound) => value <= bound);
      const counts = BOUNDS.map((_, at) => some.filter((value) => bucketOf(value) === at).length);
      const exact = [...some].sort((a, b) => a - b)[Math.ceil(share * some.length) - 1] ?? 0;
      const estimate = estimateQuantile(BOUNDS, [...counts, 0], share) ?? Number.NaN;
      const bucket = bucketOf(exact);
      expect(estimate).toBeGreaterThanOrEqual(BOUNDS[bucket - 1] ?? 0);
      expect(estimate).toBeLessThanOrEqual((BOUNDS[bucket] ?? 0) + 1e-9);
    }),
  );
});
