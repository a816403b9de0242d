import { expect, test } from 'vitest';
import type { CoverageRange } from '../../src-shared/connections';
import { slotsIn, stripOf } from './slot-strip';

const rangeOf = (
  kind: CoverageRange['kind'],
  fromSlot: string | null,
  toSlot: string | null,
): CoverageRange => ({
  runId: '1',
  number: 0,
  kind,
  fromSlot,
  toSlot,
  reason: null,
  since: { runId: '1', at: 0, wallMs: null },
  until: { runId: '1', at: 0, wallMs: null },
});

test('ranges lie where their slots are, gaps over what is covered, also beyond 2^53', () => {
  const base = 2n ** 64n - 1_001n;
  const at = (slot: number) => String(base + BigInt(slot));
  const strip = stripOf([
    rangeOf('gap', at(500), at(749)),
    rangeOf('covered', at(0), at(499)),
    rangeOf('covered', at(750), at(999)),
  ]);
  expect(strip).toMatchObject({ first: at(0), last: at(999) });
  expect(strip?.parts.map(({ range, from, wide }) => [range.kind, from, wide])).toEqual([
    ['covered', 0, 0.5],
    ['covered', 0.75, 0.25],
    ['gap', 0.5, 0.25],
  ]);
});

test('an open end reaches the last known slot, and what has no slot has no place', () => {
  const strip = stripOf([
    rangeOf('covered', '10', '19'),
    rangeOf('gap', '15', null),
    rangeOf('gap', null, null),
  ]);
  expect(strip?.parts.map(({ from, wide }) => [from, wide])).toEqual([
    [0, 1],
    [0.5, 0.5],
  ]);
  expect(stripOf([rangeOf('gap', null, null)])).toBeNull();
  expect(stripOf([rangeOf('covered', '7', '7')])?.parts).toMatchObject([{ from: 0, wide: 1 }]);
});

test('slots are counted with both ends, or not at all', () => {
  expect(slotsIn(rangeOf('gap', '18446744073709551610', '18446744073709551615'))).toBe('6');
  expect(slotsIn(rangeOf('gap', '5', null))).toBeNull();
});
