import type { RunCounts, RunStatus } from '../../src-shared/events';
import type { Queryable } from '../database/database';
import { countKeptByOthers } from './sql/runs';

/**
 * Whether a run that has ended brought next to nothing, since earlier runs had brought it already: who ran it may have
 * meant to start afresh. False if the database is lost by now: then there is worse to tell.
 */
export async function knewNearlyAll(db: Queryable, { runId, counts }: RunStatus): Promise<boolean> {
  const keptByOthers = await countKeptByOthers(db, runId).catch(() => 0);
  return wasNearlyAllKnown(counts, keptByOthers);
}

/**
 * More than nine in ten valid records were known, and earlier runs kept at least as much as this one: a source
 * that repeats itself knows its records from itself.
 */
export function wasNearlyAllKnown(counts: RunCounts, keptByOthers: number): boolean {
  const { records, rejected, indexed, stale, duplicate, conflict } = counts;
  return duplicate + conflict > 0.9 * (records - rejected) && keptByOthers >= indexed + stale;
}
