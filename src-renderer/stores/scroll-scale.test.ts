import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jump, listRows, MAX_LIST_ROWS, reach, resize, slide } from './scroll-scale';

const PAGE = 30;
const MILLION = 1_000_000;

test('a table that fits is its own list', () => {
  expect(listRows(500)).toBe(500);
  expect(jump({ count: 500, base: 0 }, 470, PAGE)).toEqual({ count: 500, base: 0 });
  expect(slide({ count: 500, base: 0 }, 470, PAGE)).toBe(0);
});

test('the ends of the scroll bar are the ends of the table', () => {
  expect(jump({ count: MILLION, base: 400_000 }, 0, PAGE).base).toBe(0);
  const end = jump({ count: MILLION, base: 0 }, MAX_LIST_ROWS - PAGE, PAGE);
  expect(end.base + MAX_LIST_ROWS).toBe(MILLION);
});

test('a jump lands at the same fraction of the table as of the list', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.integer({ min: 200_000, max: 50_000_000 }),
      (at, count) => {
        const top = at * (MAX_LIST_ROWS - PAGE);
        const { base } = jump({ count, base: 0 }, top, PAGE);
        expect(Math.abs(base + top - at * (count - PAGE))).toBeLessThanOrEqual(1);
      },
    ),
  );
});

test('walking row by row reaches both ends of the table', () => {
  let scale = { count: 350_000, base: 0 };
  let top = 0;
  const walk = (step: number) => {
    top = Math.max(0, Math.min(MAX_LIST_ROWS - PAGE, top + step));
    const by = slide(scale, top, PAGE);
    const shown = scale.base + top;
    scale = { ...scale, base: scale.base + by };
    top -= by;
    expect(scale.base + top).toBe(shown);
  };
  for (let steps = 0; steps < 4_000; steps += 1) walk(100);
  expect(scale.base + top).toBe(350_000 - PAGE);
  for (let steps = 0; steps < 4_000; steps += 1) walk(-100);
  expect(scale.base + top).toBe(0);
});

test('a table that shrinks takes its list along', () => {
  expect(resize({ count: MILLION, base: 900_000 }, 150_000)).toEqual({ count: 150_000, base: 50_000 });
  expect(resize({ count: MILLION, base: 900_000 }, 10)).toEqual({ count: 10, base: 0 });
});

test('any row of the table can be reached', () => {
  for (const index of [0, 49_999, 500_000, MILLION - 1]) {
    const { scale, row } = reach({ count: MILLION, base: 0 }, index);
    expect(scale.base + row).toBe(index);
    expect(row).toBeGreaterThanOrEqual(0);
    expect(row).toBeLessThan(MAX_LIST_ROWS);
  }
});
