import fc from 'fast-check';
import { expect, test } from 'vitest';
import { axisOver, columnAt, fitAxis, ticksOf, timeAt, zoomed } from './axis';

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
  expect(ticksOf({ fromMs: 0, columnMs: 200, columns: COLUMNS }, 6)).toEqual([
    0, 10_000, 20_000, 30_000, 40_000, 50_000, 60_000,
  ]);
  expect(ticksOf({ fromMs: 0, columnMs: 10 ** 9, columns: COLUMNS }, 6).length).toBeLessThanOrEqual(7);
});

test('a zoom leaves what is under the pointer in its place, stays within the run, and ends at the whole', () => {
  const end = 60_000;
  fc.assert(
    fc.property(
      fc.nat(end),
      fc.array(fc.tuple(fc.double({ min: 0.1, max: 4, noNaN: true }), fc.nat(end))),
      (about, steps) => {
        let part = zoomed({ from: 0, to: end }, 0.5, about, end);
        for (const [factor, at] of steps) {
          const now = part ?? { from: 0, to: end };
          part = zoomed(now, factor, Math.max(now.from, Math.min(now.to, at)), end);
          if (part === null) continue;
          expect(part.from).toBeGreaterThanOrEqual(0);
          expect(part.to).toBeLessThanOrEqual(end);
          expect(part.to).toBeGreaterThan(part.from);
        }
      },
    ),
  );
  const part = zoomed({ from: 10_000, to: 20_000 }, 0.5, 12_000, end) ?? { from: 0, to: 0 };
  expect(columnAt(axisOver(part, COLUMNS), 12_000)).toBeCloseTo(
    columnAt(axisOver({ from: 10_000, to: 20_000 }, COLUMNS), 12_000),
  );
  expect(zoomed(part, 100, 12_000, end)).toBeNull();
});

test('ticks of a part are round times of the run', () => {
  expect(ticksOf(axisOver({ from: 12_345, to: 15_345 }, COLUMNS), 6)).toEqual([
    12_500, 13_000, 13_500, 14_000, 14_500, 15_000,
  ]);
});
