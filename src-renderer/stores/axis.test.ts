import fc from 'fast-check';
import { expect, test } from 'vitest';
import { columnAt, fitAxis, ticksOf, timeAt } from './axis';

const COLUMNS = 300;
const running = (nowAt: number, lastDueAt: number | null = null) =>
  fitAxis({ nowAt, ended: false, lastDueAt }, COLUMNS);

test('now is always on the axis while a run goes on', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10 ** 10 }), fc.option(fc.nat(10 ** 14)), (nowMs, ahead) => {
      const axis = running(nowMs, ahead === null ? null : nowMs + ahead);
      expect(columnAt(axis, nowMs)).toBeLessThanOrEqual(COLUMNS);
    }),
  );
});

test('what lies ahead leaves most of the axis to what has happened', () => {
  const axis = running(60_000, 60_000 + 86_400_000 * 365);
  expect(columnAt(axis, 60_000)).toBeGreaterThan(COLUMNS * 0.45);
});

test('the axis stands still between two steps', () => {
  expect(running(61_000)).toEqual(running(61_050));
});

test('an ended run fits the axis', () => {
  const axis = fitAxis({ nowAt: 4_000, ended: true, lastDueAt: 9_000 }, COLUMNS);
  expect(columnAt(axis, 4_000)).toBeCloseTo(COLUMNS);
  expect(timeAt(axis, COLUMNS)).toBeCloseTo(4_000);
});

test('ticks are round and few', () => {
  expect(ticksOf({ columnMs: 200, columns: COLUMNS }, 6)).toEqual([
    0, 10_000, 20_000, 30_000, 40_000, 50_000, 60_000,
  ]);
  expect(ticksOf({ columnMs: 10 ** 9, columns: COLUMNS }, 6).length).toBeLessThanOrEqual(7);
});
