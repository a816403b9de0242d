import type { Holder } from '../../src-shared/database-state';
import type { RunStatus } from '../../src-shared/events';
import type { EpochMs } from '../../src-shared/update';
import type { KnownRun } from '../callbacks/known-run';
import { describeHolder } from '../database/lock';
import type { Logger } from '../observability/logger';
import { findLastStatus, findWaitingRuns } from '../runs/attempt';
import type { OpenedDatabase } from '../storage/open-database';
import type { Clock } from '../time/clock';

/** A snapshot of a database. */
export interface Seen {
  /** The run that started last; null if there is none. */
  readonly status: RunStatus | null;
  /** The holder, if the database is open read-only and another process holds it. */
  readonly heldBy: Holder | null;
  /** The runs with pending callbacks, if it is open read-only: then no engine has them. */
  readonly runs: ReadonlyMap<string, KnownRun>;
}

/** How often a read-only database is checked: its holder sends no notice. */
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
  /** Ends the checks. */
  readonly signal: AbortSignal;
  /** After each check; `isNews`: more than the time has changed. */
  readonly onLook: (seen: Seen, pending: number, isNews: boolean) => void;
}

/** Watches a database that another process writes to, until `signal` aborts. Never rejects. */
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
    // For a large database: a tenth of the time at most.
    const tookMs = clock.monotonicMs() - beganMs;
    await clock.waitUntil(clock.now() + Math.max(LOOK_EVERY_MS, 10 * tookMs), signal);
  }
}
