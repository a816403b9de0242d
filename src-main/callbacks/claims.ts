import type { RunEvent } from '../../src-shared/events';
import type { EpochMs } from '../../src-shared/update';
import type { Database } from '../database/database';
import type { Clock } from '../engine/clock';
import type { CallbackKey } from '../engine/interface';
import type { Logger } from '../observability/logger';
import type { Observer } from '../observability/observer';
import { MOST_CLAIMED_DATA } from './claim-size';
import type { Leftovers } from './leftovers';
import { type ClaimedCallback, claimCallbacks } from './sql/claim-callbacks';
import { skipCallbacks } from './sql/skip-callbacks';
import type { WaitingCallbacks } from './waiting';

export interface ClaimsDeps {
  readonly db: Database;
  readonly clock: Clock;
  /** Of no room yet. */
  readonly logger: Logger;
  readonly observer: Observer;
  /** Gets what was claimed, after the commit, in order of due time. */
  readonly publish: (events: readonly RunEvent[], firedAtMs: EpochMs) => void;
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

  /** Gives what the database did settle, and whether more may be due. */
  const settleDue = async <Settled>(
    { dueMs, limit, mostData }: { dueMs: EpochMs; limit: number; mostData: number },
    settle: (seqs: readonly string[]) => Promise<readonly Settled[]>,
  ) => {
    const { due, mayBeMore } = await waiting.takeDue(dueMs, limit, mostData);
    if (due.length === 0) return { settled: [], mayBeMore };
    const settled = await settle(due.map(({ seq }) => seq)).catch((error: unknown) => {
      waiting.giveBack(due);
      throw error;
    });
    waiting.settled(due);
    return { settled, mayBeMore };
  };

  const wereSettled = async (settled: readonly { readonly seq: string }[]) => {
    leftovers.add(settled.map(({ seq }) => seq));
    if (settled.length > 0) await deps.settled(settled.length);
  };

  /** Cancels what is due at `dueMs` or before, at most `limit`; gives whether more may be. */
  const skip = async (
    dueMs: EpochMs,
    limit: number,
    tell: (skipped: readonly CallbackKey[], nowMs: EpochMs) => void,
  ): Promise<boolean> => {
    const nowMs = clock.now();
    const { settled, mayBeMore } = await settleDue(
      { dueMs, limit, mostData: Number.POSITIVE_INFINITY },
      (seqs) => skipCallbacks(db, seqs, nowMs),
    );
    if (settled.length > 0) {
      tell(
        settled.map(({ id, version }) => ({ id, version })),
        nowMs,
      );
    }
    await wereSettled(settled);
    return mayBeMore;
  };

  /**
   * `answered` gives whether more may be due than a claim took, as soon as the database has done it: then the next one is on
   * its way before these are told, so that neither thread waits for the other. `told` ends when they are, after those of `before`.
   */
  const startClaim = (limit: number, before: Promise<unknown>) => {
    let answer: (mayBeMore: boolean) => void = () => {};
    const answered = new Promise<boolean>((resolve) => {
      answer = resolve;
    });
    const claim = async () => {
      const nowMs = clock.now();
      const { settled, mayBeMore } = await settleDue(
        { dueMs: nowMs, limit, mostData: MOST_CLAIMED_DATA },
        (seqs) => claimCallbacks(db, seqs, nowMs),
      );
      answer(mayBeMore);
      if (mayBeMore) await clock.breathe();
      // Committed are these, whatever became of the others.
      await before.catch(() => {});
      if (settled.length > 0) {
        publish(
          settled.map((callback) => describe(callback, nowMs)),
          nowMs,
        );
        logger.debug({ claimed: settled.length }, 'due callbacks claimed');
      }
      await wereSettled(settled);
    };
    const told = observer.around('claim', { limit }, claim);
    told.catch(() => {}).finally(() => answer(false));
    return { answered, told };
  };

  return { skip, start: startClaim };
}
