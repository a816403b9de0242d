import type { Holder } from '../../src-shared/database-state';
import type { RunStatus } from '../../src-shared/events';
import type { EpochMs } from '../../src-shared/update';
import type { KnownRun } from '../callbacks/known-run';
import { describeHolder } from '../database/lock';
import type { Logger } from '../observability/logger';
import { findLastStatus, findWaitingRuns } from '../runs/attempt';
import type { OpenedDatabase } from '../storage/open-database';
import type { Clock } from '../time/clock';

/** What a database holds at the moment. */
export interface Seen {
  /** Of the run that began last; null if there is none. */
  readonly status: RunStatus | null;
  /** Who holds it, if it was opened read-only and another process does. */
  readonly heldBy: Holder | null;
  /** The runs whose callbacks wait, where it was opened read-only: no engine keeps them there. */
  readonly runs: ReadonlyMap<string, KnownRun>;
}

/** How often a database that was opened read-only is looked at: its holder does not say what it does. */
const LOOK_EVERY_MS = 1_000;

export async function lookAt(database: OpenedDatabase, nowMs: EpochMs): Promise<Seen> {
  const holder = (await database.findHolder?.()) ?? null;
  return {
    heldBy: holder && { name: describeHolder(holder), sinceMs: Date.parse(holder.since) },
    status: await findLastStatus(database, holder && nowMs),
    runs: database.findHolder ? await findWaitingRuns(database) : new Map(),
  };
}

export interface LookOnDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ends the looking. */
  readonly signal: AbortSignal;
  /** After each look; `isNews`: more has changed than the time. */
  readonly onLook: (seen: Seen, pending: number, isNews: boolean) => void;
}

/** Looks at a database that another process writes to, until `signal` aborts. Never rejects. */
export async function lookOn(
  database: OpenedDatabase,
  { clock, logger, signal, onLook }: LookOnDeps,
): Promise<void> {
  let before = '';
  while (!signal.aborted) {
    const beganMs = clock.monotonicMs();
    try {
      const seen = await lookAt(database, clock.now());
      const pending = [...seen.runs.values()].reduce((sum, { queue }) => sum + queue.size(), 0);
      const found = JSON.stringify([seen.heldBy, { ...seen.status, at: 0 }, pending]);
      onLook(seen, pending, found !== before);
      before = found;
    } catch (error) {
      logger.debug({ err: error }, 'the database could not be looked at');
    }
    // A large database takes longer: a tenth of the time at most.
    const tookMs = clock.monotonicMs() - beganMs;
    await clock.waitUntil(clock.now() + Math.max(LOOK_EVERY_MS, 10 * tookMs), signal);
  }
}
