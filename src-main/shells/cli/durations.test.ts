import { expect, it } from 'vitest';
import { formatDuration } from './durations';

it.each([
  [0, '0.0 s'],
  [2_200, '2.2 s'],
  [42_000, '42 s'],
  [59_600, '1 min 0 s'],
  [200_000, '3 min 20 s'],
  [7_500_000, '2 h 5 min'],
])('writes a duration of %i ms as %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});
