import type { RunCounts, RunStatus } from '../../../src-shared/events';
import type { RejectRow } from '../../../src-shared/views';
import { findFirstReject } from '../../accounts/sql/rejects';
import type { Queryable } from '../../database/database';
import { formatCount } from './durations';

/** Why nearly nothing of a run was taken, for a person; null if that is not so, or cannot be known any more. */
export async function explainRejection(db: Queryable, status: RunStatus): Promise<string | null> {
  const { runId, state, counts } = status;
  if (!rejectedNearlyAll(counts)) return null;
  // What ended the run may have taken the database with it, and has words of its own.
  if (state === 'failed' || state === 'interrupted') return null;
  const first = await findFirstReject(db, runId);
  return first ? describeRejection(counts, first) : null;
}

/** More than nine in ten records were rejected. */
export function rejectedNearlyAll({ records, rejected }: RunCounts): boolean {
  return rejected > 0.9 * records;
}

/** A run that read its source to the end and took nothing of it. An empty source has nothing to reject. */
export function rejectedAll({ state, counts: { records, rejected } }: RunStatus): boolean {
  return state === 'completed' && records > 0 && rejected === records;
}

export function describeRejection({ records, rejected }: RunCounts, first: RejectRow): string {
  const all = rejected === records ? 'Every record' : 'Nearly every record';
  return `${all} was rejected, the first of them, record ${formatCount(first.record)}, for "${first.reason}".`;
}
