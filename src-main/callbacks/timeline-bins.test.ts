import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MAX_BINS, mapKinds, TIMELINE_KINDS } from '../../src-shared/timeline';
import { addMarks, NO_BINS, type TimelineMark, timelineFrom } from './timeline-bins';

const marks = fc.array(
  fc.tuple(
    fc.constantFrom(...TIMELINE_KINDS),
    fc.oneof(fc.nat(100), fc.nat(1_000_000), fc.maxSafeNat(), fc.constant(2 ** 53 + 2)),
  ),
);

it('counts every mark in the bin of its time, in bins just wide enough, whatever the order', () => {
  fc.assert(
    fc.property(marks, marks, (first: TimelineMark[], second: TimelineMark[]) => {
      const timeline = addMarks(addMarks(NO_BINS, first), second);
      const { binMs, bins } = timeline;
      const all = [...first, ...second];
      const last = Math.max(0, ...all.map(([, at]) => at));
      expect(last / binMs).toBeLessThan(MAX_BINS);
      if (binMs > NO_BINS.binMs) expect(last / (binMs / 2)).toBeGreaterThanOrEqual(MAX_BINS);
      const expected = mapKinds((kind) => {
        const line: number[] = [];
        for (const [of, at] of all) {
          const bin = Math.floor(at / binMs);
          while (of === kind && line.length <= bin) line.push(0);
          if (of === kind) line[bin] = (line[bin] ?? 0) + 1;
        }
        return line;
      });
      expect(bins).toEqual(expected);
      expect(timelineFrom(JSON.stringify(timeline))).toEqual(timeline);
    }),
  );
});

it('leaves the timeline before as it is, for a batch that does not commit', () => {
  const before = addMarks(NO_BINS, [['fired', 10]]);
  const copy = structuredClone(before);
  addMarks(before, [
    ['fired', 10],
    ['stale', 100_000],
  ]);
  expect(before).toEqual(copy);
});

it('is empty where nothing was kept, and refuses what is no timeline', () => {
  expect(timelineFrom(null)).toEqual(NO_BINS);
  expect(() => timelineFrom('{"binMs":25,"bins":{}}')).toThrow();
});
