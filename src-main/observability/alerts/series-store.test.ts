import { describe, expect, it } from 'vitest';
import { createSeriesStore } from './series-store';

const reading = (metric: string, value: number, labels: Record<string, string> = {}) => ({
  metric,
  labels,
  value,
});

describe('what was read of late', () => {
  it('holds no more than the longest window reaches', () => {
    const store = createSeriesStore(60_000);
    for (let second = 0; second <= 3_600; second += 15) {
      store.note(second * 1000, [reading('a', second), reading('b', second, { of: String(second % 45) })]);
    }
    expect(store.within({ metric: 'a' }, 3_600_000)).toEqual([
      {
        labels: {},
        points: [3540, 3555, 3570, 3585, 3600].map((second) => ({ atMs: second * 1000, value: second })),
      },
    ]);
    expect(store.within({ metric: 'b' }, 3_600_000).flatMap(({ points }) => points)).toHaveLength(5);
  });

  it('finds series by those labels that are asked for, in whatever order they were given', () => {
    const store = createSeriesStore(60_000);
    store.note(0, [
      reading('a', 1, { x: '1', y: '1' }),
      reading('a', 2, { x: '1', y: '2' }),
      reading('b', 3),
    ]);
    store.note(15_000, [reading('a', 4, { y: '1', x: '1' })]);
    const valuesOf = (labels: Record<string, string>) =>
      store.within({ metric: 'a', labels }, 60_000).map(({ points }) => points.map(({ value }) => value));
    expect(valuesOf({ x: '1' })).toEqual([[1, 4], [2]]);
    expect(valuesOf({ y: '2' })).toEqual([[2]]);
    expect(valuesOf({ x: '2' })).toEqual([]);
  });

  it('has no latest value of a series that was not there at the last reading', () => {
    const store = createSeriesStore(60_000);
    store.note(0, [reading('gone', 1), reading('here', 2)]);
    store.note(15_000, [reading('here', 3)]);
    expect(store.latest({ metric: 'gone' })).toEqual([]);
    expect(store.latest({ metric: 'here' })).toEqual([reading('here', 3)]);
  });
});
