import { IngotError } from '../../src-shared/errors';
import type { RunStatus } from '../../src-shared/events';
import type { KnownRun } from '../callbacks/known-run';
import { describeHolder } from '../database/lock';
import type { OpenedDatabase } from '../database/open-database';
import { findLastStatus, findWaitingRuns } from '../engine/attempt';
import type { Clock } from '../engine/clock';
import type { Logger } from '../observability/logger';

/** What a database holds at the moment. */
export interface Seen {
  /** Of the run that began last; null if there is none. */
  readonly status: RunStatus | null;
  /** Who holds it, if it was opened read-only and another process does. */
  readonly heldBy: string | null;
  /** The runs whose callbacks wait, where it was opened read-only: no engine keeps them there. */
  readonly runs: ReadonlyMap<string, KnownRun>;
}

/** How often a database that was opened read-only is looked at: its holder does not say what it does. */
const LOOK_EVERY_MS = 1_000;

export async function lookAt(database: OpenedDatabase): Promise<Seen> {
  const holder = (await database.findHolder?.()) ?? null;
  return {
    heldBy: holder && describeHolder(holder),
    status: await findLastStatus(database, holder !== null),
    runs: database.findHolder ? await findWaitingRuns(database) : new Map(),
  };
}

export interface LookOnDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ends the looking. */
  readonly signal: AbortSignal;
  /** What was seen has changed. */
  readonly onChange: (seen: Seen, pending: number) => void;
}

/** Looks at a database that another process writes to, until `signal` aborts. Never rejects. */
export async function lookOn(
  database: OpenedDatabase,
  { clock, logger, signal, onChange }: LookOnDeps,
): Promise<void> {
  let before = '';
  while (!signal.aborted) {
    const beganMs = clock.monotonicMs();
    try {
      const seen = await lookAt(database);
      const pending = [...seen.runs.values()].reduce((sum, { queue }) => sum + queue.size(), 0);
      const found = JSON.stringify([seen.heldBy, seen.status, pending]);
      if (found !== before) {
        before = found;
        onChange(seen, pending);
      }
    } catch (error) {
      logger.debug({ err: error }, 'the database could not be looked at');
    }
    // A large database takes longer: a tenth of the time at most.
    const tookMs = clock.monotonicMs() - beganMs;
    await clock.waitUntil(clock.now() + Math.max(LOOK_EVERY_MS, 10 * tookMs), signal);
  }
}

export const readOnlyRefusal = (): IngotError =>
  new IngotError('conflict', 'This window only looks on: the database was opened read-only.', {
    hint: 'Close the Ingot that holds the database, then start this one without --read-only.',
  });
