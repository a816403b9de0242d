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
import { numberArray, textArray } from '../database/array-literal';
import type { Queryable, Statement } from '../database/database';

/** A run's counts and timeline. */
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

/** Of a stored run; without text nothing was counted yet. */
export const timelineFrom = (text: string | null): TimelineBins =>
  text === null ? NO_BINS : binsSchema.parse(JSON.parse(text));

/** A copy of figures to add to, so that a batch that does not commit leaves no trace. */
export interface FiguresDraft {
  /** @param at in run time */
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

/** A run's figures as they are stored. */
export interface RunFigures {
  readonly runId: string;
  readonly counts: RunCounts;
  /** Null: unchanged. */
  readonly timeline: TimelineBins | null;
}

/** Writes the figures of several runs, with their ids, counts and timelines in the parameters from `first` on. */
export const SAVE_FIGURES = (first: number): string => `
  UPDATE runs AS r SET counts = f.counts::jsonb, timeline = coalesce(f.timeline::jsonb, r.timeline)
  FROM unnest($${first}::int8[], $${first + 1}::text[], $${first + 2}::text[]) AS f (id, counts, timeline)
  WHERE r.id = f.id`;

const save: Statement = { name: 'save_figures', deadline: 'write', text: SAVE_FIGURES(1) };

export async function saveFigures(db: Queryable, figures: readonly RunFigures[]): Promise<void> {
  if (figures.length === 0) return;
  await db.query(save, [
    numberArray(figures.map(({ runId }) => runId)),
    textArray(figures.map(({ counts }) => JSON.stringify(counts))),
    textArray(figures.map(({ timeline }) => timeline && JSON.stringify(timeline))),
  ]);
}
