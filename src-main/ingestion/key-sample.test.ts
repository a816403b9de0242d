import { expect, test } from 'vitest';
import { createKeySample } from './key-sample';

test('counts exactly up to its limit', () => {
  const sample = createKeySample(1000);
  for (let at = 0; at < 3000; at += 1) sample.add(`key ${at % 1000}`);
  expect(sample.kept.size * sample.factor()).toBe(1000);
  expect([...sample.kept.values()].every((times) => times === 3)).toBe(true);
});

test('estimates beyond it within some percent, and holds no more than its limit', () => {
  for (const count of [5_000, 50_000, 200_000]) {
    const sample = createKeySample(4096);
    for (let at = 0; at < count; at += 1) {
      sample.add(`So1anaAccount${at}`);
      sample.add(`So1anaAccount${at}`);
      if (sample.kept.size > 4096) throw new Error('too many kept');
    }
    expect(sample.factor()).toBeGreaterThan(1);
    expect(Math.abs((sample.kept.size * sample.factor()) / count - 1)).toBeLessThan(0.06);
    expect([...sample.kept.values()].every((times) => times === 2)).toBe(true);
  }
});
