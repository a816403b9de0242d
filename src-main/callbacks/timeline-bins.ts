import { z } from 'zod';
import {
  addToBin,
  binMsFor,
  FIRST_BIN_MS,
  mapKinds,
  type TimelineBins,
  type TimelineKind,
  widenBins,
} from '../../src-shared/timeline';

const lineSchema = z.array(z.int().min(0));
const binsSchema = z.object({
  binMs: z.number().min(FIRST_BIN_MS),
  bins: z.object(mapKinds(() => lineSchema)),
});

export const NO_BINS: TimelineBins = { binMs: FIRST_BIN_MS, bins: mapKinds(() => []) };

/** Of a run on record; nothing was counted yet where there is no text. */
export const timelineFrom = (text: string | null): TimelineBins =>
  text === null ? NO_BINS : binsSchema.parse(JSON.parse(text));

/** One thing that a run's timeline counts, at a time of the run's clock. */
export type TimelineMark = readonly [kind: TimelineKind, at: number];

/**
 * The timeline with `marks` added. The one before stays as it is, so a batch that does not commit leaves no mark. Copies
 * only the lines that change: at most 1,024 numbers each.
 */
export function addMarks(before: TimelineBins, marks: Iterable<TimelineMark>): TimelineBins {
  let binMs = before.binMs;
  const lines: Record<TimelineKind, readonly number[]> = { ...before.bins };
  const own: Partial<Record<TimelineKind, number[]>> = {};
  for (const [kind, at] of marks) {
    const wideMs = binMsFor(at, binMs);
    if (wideMs > binMs) {
      for (const each of Object.keys(lines) as TimelineKind[]) {
        const wide = widenBins(lines[each], binMs, wideMs);
        lines[each] = wide;
        own[each] = wide;
      }
      binMs = wideMs;
    }
    const line = own[kind] ?? [...lines[kind]];
    lines[kind] = line;
    own[kind] = line;
    addToBin(line, Math.floor(at / binMs), 1);
  }
  return { binMs, bins: lines };
}
