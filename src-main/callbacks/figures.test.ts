import fc from 'fast-check';
import { expect, it } from 'vitest';
import { NO_COUNTS } from '../../src-shared/events';
import { MAX_BINS, mapKinds, TIMELINE_KINDS, type TimelineKind } from '../../src-shared/timeline';
import { draftFigures, type Figures, NO_BINS, timelineFrom } from './figures';

type Mark = readonly [kind: TimelineKind, at: number];

const NO_FIGURES = { counts: NO_COUNTS, timeline: NO_BINS };
function add(before: Figures, marks: readonly Mark[]): Figures {
  const draft = draftFigures(before);
  for (const [kind, at] of marks) draft.add(kind, at);
  return draft.figures;
}

const marks = fc.array(
  fc.tuple(
    fc.constantFrom(...TIMELINE_KINDS),
    fc.oneof(fc.nat(100), fc.nat(1_000_000), fc.maxSafeNat(), fc.constant(2 ** 53 + 2)),
  ),
);

it('counts every mark in the bin of its time, in bins just wide enough, whatever the order', () => {
  fc.assert(
    fc.property(marks, marks, (first: Mark[], second: Mark[]) => {
      const { counts, timeline } = add(add(NO_FIGURES, first), second);
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
      for (const kind of TIMELINE_KINDS) {
        expect(counts[kind]).toBe(bins[kind].reduce((sum, inBin) => sum + inBin, 0));
      }
      expect(timelineFrom(JSON.stringify(timeline))).toEqual(timeline);
    }),
  );
});

it('leaves the figures before as they are, for a batch that does not commit', () => {
  const before = add(NO_FIGURES, [['fired', 10]]);
  const copy = structuredClone(before);
  add(before, [
    ['fired', 10],
    ['stale', 100_000],
  ]);
  expect(before).toEqual(copy);
});

it('is empty where nothing was kept, and refuses what is no timeline', () => {
  expect(timelineFrom(null)).toEqual(NO_BINS);
  expect(() => timelineFrom('{"binMs":25,"bins":{}}')).toThrow();
});
