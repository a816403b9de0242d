import { IngotError } from '../../src-shared/errors';
import type { RunStatus } from '../../src-shared/events';
import { isActive } from '../../src-shared/run-actions';
import { clockAt, rateOf } from '../../src-shared/run-clock';
import type { WhyQuery } from '../../src-shared/views';
import type { WaitingClock, Why } from '../../src-shared/why';
import type { Views } from '../accounts/views/create-views';
import type { Queryable } from '../database/database';
import { findRun } from '../runs/sql/runs';
import { sumRemoved } from '../storage/retention';
import type { Clock } from '../time/clock';

interface Around {
  readonly database: Queryable;
  readonly views: Views;
  readonly clock: Pick<Clock, 'now'>;
  /** Of the current run, or the last one. */
  readonly status: RunStatus | null;
  /** All callbacks are paused. */
  readonly held: boolean;
}

/** Why a version is what it is: what is stored of it, and where the clock of its callback stands. @throws IngotError `not_found` */
export async function explainUpdate(query: WhyQuery, around: Around): Promise<Why> {
  const stored = await around.views.why(query);
  if (!stored) {
    const { indexed, stale } = await sumRemoved(around.database);
    throw new IngotError(
      'not_found',
      `There is no version ${query.version} of this account.`,
      indexed + stale === 0 ? {} : { hint: 'Retention has removed older versions: see "ingot retention".' },
    );
  }
  const { runId, callbackState } = stored.row;
  // Where a clock stood then is not told.
  if (query.asOf !== undefined) return { ...stored, clock: null, held: false };
  const clock = callbackState === 'pending' ? await readClock(runId, around) : null;
  return { ...stored, clock, held: around.held };
}

/** Null if the run is gone. */
async function readClock(runId: string, { database, clock, status }: Around): Promise<WaitingClock | null> {
  if (status?.runId === runId && isActive(status.state)) {
    return { at: status.at, rate: status.rate, state: status.state === 'paused' ? 'paused' : 'moves' };
  }
  const run = await findRun(database, runId);
  if (!run) return null;
  const rate = rateOf(run.clock);
  const state = run.clock.kind === 'virtual' ? 'ended' : rate === 0 ? 'still' : 'moves';
  return { at: clockAt(run.clock, clock.now()), rate, state };
}
