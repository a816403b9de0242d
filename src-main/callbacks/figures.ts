import { z } from 'zod';
import type { RunCounts } from '../../src-shared/events';
import {
  addToBin,
  binMsFor,
  FIRST_BIN_MS,
  mapKinds,
  type TimelineBins,
  type TimelineKind,
  widenBins,
} from '../../src-shared/timeline';
import { count } from '../../src-shared/totals';

/** What a run counts, and when it happened on its clock. */
export interface Figures {
  readonly counts: RunCounts;
  readonly timeline: TimelineBins;
}

const lineSchema = z.array(z.int().min(0));
const binsSchema = z.object({
  binMs: z.number().min(FIRST_BIN_MS),
  bins: z.object(mapKinds(() => lineSchema)),
});

export const NO_BINS: TimelineBins = { binMs: FIRST_BIN_MS, bins: mapKinds(() => []) };

/** Of a run on record; nothing was counted yet where there is no text. */
export const timelineFrom = (text: string | null): TimelineBins =>
  text === null ? NO_BINS : binsSchema.parse(JSON.parse(text));

/** Figures that grow. Those they began with stay as they are, so a batch that does not commit leaves no mark. */
export interface FiguresDraft {
  /** @param at on the clock of the run */
  add(kind: TimelineKind, at: number): void;
  readonly figures: Figures;
}

/** Copies only the lines of the timeline that change: at most 1,024 numbers each. */
export function draftFigures(before: Figures): FiguresDraft {
  const counts = { ...before.counts };
  let { binMs } = before.timeline;
  const lines: Record<TimelineKind, readonly number[]> = { ...before.timeline.bins };
  const own: Partial<Record<TimelineKind, number[]>> = {};
  const widen = (wideMs: number) => {
    for (const kind of Object.keys(lines) as TimelineKind[]) {
      const wide = widenBins(lines[kind], binMs, wideMs);
      lines[kind] = wide;
      own[kind] = wide;
    }
    binMs = wideMs;
  };
  return {
    add(kind, at) {
      count(counts, kind);
      const wideMs = binMsFor(at, binMs);
      if (wideMs > binMs) widen(wideMs);
      const line = own[kind] ?? [...lines[kind]];
      lines[kind] = line;
      own[kind] = line;
      addToBin(line, Math.floor(at / binMs), 1);
    },
    get figures() {
      return { counts, timeline: { binMs, bins: lines } };
    },
  };
}
