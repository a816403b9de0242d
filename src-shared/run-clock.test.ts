import { expect, it } from 'vitest';
import { formatRunTime } from './run-clock';

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
