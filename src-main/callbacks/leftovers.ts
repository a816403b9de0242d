import type { Database } from '../database/database';
import { clearDueTimes, clearLeftDueTimes } from './sql/clear-due-times';

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
  /** Numbers of the updates whose callback was settled. */
  add(seqs: readonly string[]): void;
  /** Clears while there are many and `mayGoOn`; nobody needs to wait for it. Not twice at once. */
  clear(mayGoOn: () => boolean): Promise<void>;
}

export function createLeftovers(db: Database): Leftovers {
  /** Numbers by themselves: a burst leaves as many behind, and nothing for the garbage collector to look at. */
  let left = new BigInt64Array(WORTH_CLEARING);
  let count = 0;
  let clearing = false;
  return {
    clearEarlier: () => clearLeftDueTimes(db),
    add(seqs) {
      if (count + seqs.length > left.length) {
        const more = new BigInt64Array(2 * (count + seqs.length));
        more.set(left.subarray(0, count));
        left = more;
      }
      for (const seq of seqs) left[count++] = BigInt(seq);
    },
    async clear(mayGoOn) {
      if (clearing) return;
      clearing = true;
      try {
        while (count >= WORTH_CLEARING && (mayGoOn() || count > MOST_LEFT)) {
          await clearDueTimes(db, [...left.subarray(0, CLEARED_AT_ONCE)]);
          left.copyWithin(0, CLEARED_AT_ONCE, count);
          count -= CLEARED_AT_ONCE;
        }
      } finally {
        clearing = false;
      }
    },
  };
}
