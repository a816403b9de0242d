import type { Database } from '../database/database';
import { clearDueTimes, clearLeftDueTimes, type SettledOfAccount } from './sql/clear-due-times';

/** Fewer are left as they are. */
const WORTH_CLEARING = 2_000;
/** With more than these nobody is waited for. */
const MOST_LEFT = 100_000;
/** So many are cleared by one statement, which others wait for. */
const CLEARED_AT_ONCE = 500;

/**
 * Due times of accounts whose callback was settled. They would be taken back along with the claim, but a burst is
 * over sooner without; and where a newer version has come meanwhile there is nothing left to do.
 */
export interface Leftovers {
  /** Those of an earlier process. */
  clearEarlier(): Promise<void>;
  add(settled: readonly SettledOfAccount[]): void;
  /** Clears while there are many and `mayGoOn`; nobody needs to wait for it. Not twice at once. */
  clear(mayGoOn: () => boolean): Promise<void>;
}

export function createLeftovers(db: Database): Leftovers {
  let left: SettledOfAccount[] = [];
  let clearing = false;
  return {
    clearEarlier: () => clearLeftDueTimes(db),
    add(settled) {
      left.push(...settled);
    },
    async clear(mayGoOn) {
      if (clearing) return;
      clearing = true;
      try {
        while (left.length >= WORTH_CLEARING && (mayGoOn() || left.length > MOST_LEFT)) {
          const some = left.slice(0, CLEARED_AT_ONCE);
          await clearDueTimes(db, some);
          left = left.slice(CLEARED_AT_ONCE);
        }
      } finally {
        clearing = false;
      }
    },
  };
}
