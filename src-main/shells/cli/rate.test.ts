import { expect, it } from 'vitest';
import { createRate } from './progress';

it('measures over the last seconds', () => {
  let nowMs = 0;
  const rate = createRate(() => nowMs);
  expect(rate.measure(0)).toBeNull();
  nowMs = 1000;
  expect(rate.measure(100)).toBe(100);
  nowMs = 2000;
  expect(rate.measure(100)).toBe(50);
  nowMs = 60_000;
  expect(rate.measure(100)).toBe(0);
});

it('has no rate for an instant', () => {
  const rate = createRate(() => 0);
  rate.measure(0);
  expect(rate.measure(10)).toBeNull();
});
