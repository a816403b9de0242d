import { expect, it } from 'vitest';
import { formatDuration, formatRunTime } from './durations';

it.each([
  [0, '00:00.000'],
  [500, '00:00.500'],
  [66_600, '01:06.600'],
  [3_599_999, '59:59.999'],
  [3_600_000, '1:00:00.000'],
  [360_000_001, '100:00:00.001'],
])('writes %i ms of the run as %s', (ms, text) => {
  expect(formatRunTime(ms)).toBe(text);
});

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
