import type { RunEvent } from '../../src-shared/events';
import type { EpochMs } from '../../src-shared/update';
import type { Database } from '../database/database';
import type { Clock } from '../engine/clock';
import type { Logger } from '../observability/logger';
import type { Observer } from '../observability/observer';
import type { Leftovers } from './leftovers';
import { type ClaimedCallback, claimCallbacks } from './sql/claim-callbacks';
import type { WaitingCallbacks } from './waiting';

export interface ClaimsDeps {
  readonly db: Database;
  readonly clock: Clock;
  /** Of no room yet. */
  readonly logger: Logger;
  readonly observer: Observer;
  /** Gets what was claimed, after the commit, in order of due time. */
  readonly publish: (events: readonly RunEvent[]) => void;
  readonly describe: (claimed: ClaimedCallback, firedAtMs: EpochMs) => RunEvent;
  /** Is told how many a claim, or a skip, has settled, once they are published. */
  readonly settled: (callbacks: number) => Promise<void>;
  readonly waiting: WaitingCallbacks;
  readonly leftovers: Leftovers;
}

/** Takes what is due, has the database settle it, and tells what it did settle. */
export function createClaims(deps: ClaimsDeps) {
  const { db, clock, observer, publish, describe, waiting, leftovers } = deps;
  const logger = deps.logger.child({ component: 'callbacks' });

  /** Settles what is due at `dueMs` or before, at most `limit`; gives how many it tried to. */
  const settle = async (
    state: 'fired' | 'cancelled',
    dueMs: EpochMs,
    limit: number,
    tell: (settled: readonly ClaimedCallback[], nowMs: EpochMs) => void,
    mayTell: (tried: number) => Promise<void> = async () => {},
  ): Promise<number> => {
    const nowMs = clock.now();
    const due = await waiting.takeDue(dueMs, limit);
    if (due.length === 0) return 0;
    const seqs = due.map(({ seq }) => seq);
    const settled = await claimCallbacks(db, seqs, state, nowMs).catch((error: unknown) => {
      waiting.giveBack(due);
      throw error;
    });
    waiting.settled(due);
    await mayTell(due.length);
    if (settled.length > 0) tell(settled, nowMs);
    leftovers.add(settled.map(({ seq }) => seq));
    if (settled.length > 0) await deps.settled(settled.length);
    return due.length;
  };

  /**
   * `answered` gives how many a claim tried, as soon as the database has done it: where there may be more, the next one is on
   * its way before these are told, so that neither thread waits for the other. `told` ends when they are, after those of `before`.
   */
  const startClaim = (limit: number, before: Promise<unknown>) => {
    let answer: (tried: number) => void = () => {};
    const answered = new Promise<number>((resolve) => {
      answer = resolve;
    });
    const tell = (claimed: readonly ClaimedCallback[], nowMs: EpochMs) => {
      publish(claimed.map((callback) => describe(callback, nowMs)));
      logger.debug({ claimed: claimed.length }, 'due callbacks claimed');
    };
    const mayTell = async (tried: number) => {
      answer(tried);
      if (tried === limit) await clock.breathe();
      // Committed are these, whatever became of the others.
      await before.catch(() => {});
    };
    const told = observer.around('claim', { limit }, () =>
      settle('fired', clock.now(), limit, tell, mayTell),
    );
    told.catch(() => {}).finally(() => answer(0));
    return { answered, told };
  };

  return { settle, start: startClaim };
}
