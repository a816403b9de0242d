import type { RunCounts } from '../../../src-shared/events';
import type { TimelineBins } from '../../../src-shared/timeline';
import { numberArray, textArray } from '../../database/array-literal';
import type { Queryable, Statement } from '../../database/database';

/** What a run counts, as it is to be kept. */
export interface RunFigures {
  readonly runId: string;
  readonly counts: RunCounts;
  /** Null: as it is kept already. */
  readonly timeline: TimelineBins | null;
}

/** Writes the figures of several runs, with their ids, counts and timelines in the parameters from `first` on. */
export const SAVE_FIGURES = (first: number): string => `
  UPDATE runs AS r SET counts = f.counts::jsonb, timeline = coalesce(f.timeline::jsonb, r.timeline)
  FROM unnest($${first}::int8[], $${first + 1}::text[], $${first + 2}::text[]) AS f (id, counts, timeline)
  WHERE r.id = f.id`;

const statement: Statement = { name: 'save_figures', deadline: 'write', text: SAVE_FIGURES(1) };

export async function saveFigures(db: Queryable, figures: readonly RunFigures[]): Promise<void> {
  if (figures.length === 0) return;
  await db.query(statement, [
    numberArray(figures.map(({ runId }) => runId)),
    textArray(figures.map(({ counts }) => JSON.stringify(counts))),
    textArray(figures.map(({ timeline }) => timeline && JSON.stringify(timeline))),
  ]);
}
