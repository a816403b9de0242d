import type { EpochMs, U64Text, Update } from '../../src-shared/update';
import { compareU64 } from './u64';

/** A callback that waits in the database. */
export interface PendingCallback {
  readonly version: U64Text;
  /** Of its update in the history. */
  readonly seq: string;
  readonly dueAtMs: EpochMs;
}

/** What is known of an account before the batch. */
export interface KnownAccount {
  readonly latest: U64Text;
  readonly pending: PendingCallback | null;
}

/** How an update compares with one of the same id and version that is kept already. */
export type Resemblance = 'same' | 'different' | 'unseen';

export interface BatchFacts {
  /** When the batch arrived, by the wall clock. */
  readonly arrivalMs: EpochMs;
  readonly known: ReadonlyMap<string, KnownAccount>;
  /** Asked only for updates at or below the latest version that was known before the batch. */
  readonly resembles: (index: number) => Resemblance;
  /** Asked only for two updates of the batch with the same id and version: is their content the same? */
  readonly sameInBatch: (first: number, second: number) => boolean;
  readonly dueAtMs: (callbackTimeMs: number) => EpochMs;
  /** While callbacks are paused, one that is due is cancelled all the same: it was not claimed. */
  readonly firingHeld: boolean;
}

export type SettledState = 'fired' | 'cancelled';

/** How the newer version leaves the callback of the older one. */
export interface Settlement {
  readonly id: string;
  readonly version: U64Text;
  readonly state: SettledState;
  readonly supersededBy: U64Text | null;
  readonly dueAtMs: EpochMs;
  /** The older update: its index, if it is of this batch, or its number in the history. */
  readonly older: { readonly index: number } | { readonly seq: string };
}

export type Classified =
  | { readonly outcome: 'indexed'; readonly dueAtMs: EpochMs; readonly settles: Settlement | null }
  | { readonly outcome: 'stale'; readonly latest: U64Text }
  | { readonly outcome: 'duplicate' | 'conflict' };

/** A callback that waits in the database, or that of an update before in the batch. */
type Waiting = PendingCallback | (Omit<PendingCallback, 'seq'> & { readonly index: number });

/**
 * The law (DESIGN, section 2, rules 2 to 6) for one batch of valid updates that arrive at one instant,
 * one after the other. Pure: it gives the same answers however a stream is cut into batches.
 */
export function classifyBatch(updates: readonly Update[], facts: BatchFacts): readonly Classified[] {
  const firstByKey = new Map<string, number>();
  const current = new Map<string, { latest: U64Text; pending: Waiting | null }>();

  return updates.map((update, index): Classified => {
    const key = `${update.id}\u0000${update.version}`;
    const first = firstByKey.get(key);
    if (first !== undefined) {
      return { outcome: facts.sameInBatch(first, index) ? 'duplicate' : 'conflict' };
    }
    const before = facts.known.get(update.id);
    if (before && compareU64(update.version, before.latest) <= 0) {
      const resemblance = facts.resembles(index);
      if (resemblance !== 'unseen') return { outcome: resemblance === 'same' ? 'duplicate' : 'conflict' };
    }
    firstByKey.set(key, index);

    const account = current.get(update.id) ?? before;
    if (account && compareU64(update.version, account.latest) < 0) {
      return { outcome: 'stale', latest: account.latest };
    }
    const settles = account?.pending ? settle(update, account.pending, facts) : null;
    const dueAtMs = facts.dueAtMs(update.callbackTimeMs);
    current.set(update.id, { latest: update.version, pending: { version: update.version, dueAtMs, index } });
    return { outcome: 'indexed', dueAtMs, settles };
  });
}

/** One due at the very instant of the arrival, or before it, fires first; any other is cancelled. */
function settle(newer: Update, older: Waiting, { arrivalMs, firingHeld }: BatchFacts): Settlement {
  const fires = older.dueAtMs <= arrivalMs && !firingHeld;
  return {
    id: newer.id,
    version: older.version,
    state: fires ? 'fired' : 'cancelled',
    supersededBy: fires ? null : newer.version,
    dueAtMs: older.dueAtMs,
    older: 'index' in older ? { index: older.index } : { seq: older.seq },
  };
}
