import type { EpochMs } from '../../src-shared/update';
import type { ScheduledCallback } from '../accounts/apply-batch';
import type { Database } from '../database/database';
import { type Fitting, fitIntoClaim } from './claim-size';
import { createDueQueue, type DueQueue } from './due-queue';
import { countPendingCallbacks } from './sql/count-callbacks';
import { findDue, findEarliestDue } from './sql/find-due';
import { listWaiting } from './sql/list-waiting';

export interface DueCallbacks {
  readonly due: readonly ScheduledCallback[];
  /** Whether there may be others that are due as well. */
  readonly mayBeMore: boolean;
}

/** Which callbacks wait, in order of due time. Whether one still does is for the database to say, when it is claimed. */
export interface WaitingCallbacks {
  /** Reads what the database says: at the start, and where others write to it as well. */
  look(): Promise<void>;
  /** Says what was committed. */
  changed(scheduled: readonly ScheduledCallback[], settled: readonly string[]): void;
  /** When the first is due; null if none waits. */
  earliestMs(): EpochMs | null;
  /**
   * Those that are due at `nowMs` or before, the earliest first, to be settled: at most `limit`, and no more than have
   * `mostData` together. Must end with one of the next two.
   */
  takeDue(nowMs: EpochMs, limit: number, mostData: number): Promise<DueCallbacks>;
  /** What was taken waits no longer. */
  settled(taken: readonly ScheduledCallback[]): void;
  /** What was taken could not be settled. */
  giveBack(taken: readonly ScheduledCallback[]): void;
  count(): Promise<number>;
}

/** Nobody but this process writes to an embedded database: it knows all that wait, and needs no index over due times. */
export function waitingOf(db: Database): WaitingCallbacks {
  return db.kind === 'pglite' ? waitingInMemory(db) : waitingInDatabase(db);
}

function waitingInMemory(db: Database): WaitingCallbacks {
  let queue: DueQueue | null = null;
  const known = () => {
    if (!queue) throw new Error('what waits must be looked up first');
    return queue;
  };
  /** A newer version may overtake one before the statement that is to settle it has its turn. */
  const taken = new Set<string>();
  const giveBack = (due: readonly ScheduledCallback[]) => {
    for (const callback of due) if (taken.delete(callback.seq)) add(callback);
  };
  const add = ({ seq, dueAtMs, dataLength }: ScheduledCallback) =>
    known().add(BigInt(seq), dueAtMs, dataLength);
  return {
    async look() {
      if (queue) return;
      const found = createDueQueue();
      for await (const piece of listWaiting(db)) {
        for (const { seq, dueAtMs, dataLength } of piece) found.add(BigInt(seq), dueAtMs, dataLength);
      }
      queue = found;
    },
    changed(scheduled, settled) {
      for (const callback of scheduled) add(callback);
      for (const seq of settled) if (!taken.delete(seq)) known().remove(BigInt(seq));
    },
    earliestMs: () => queue?.earliestMs() ?? null,
    async takeDue(nowMs, limit, mostData) {
      const due: ScheduledCallback[] = [];
      let data = 0;
      while (due.length < limit && data < mostData) {
        const first = known().take(nowMs);
        if (!first) break;
        const { dueAtMs, dataLength } = first;
        const seq = first.seq.toString();
        taken.add(seq);
        due.push({ seq, dueAtMs, dataLength });
        data += dataLength ?? 0;
      }
      const mayBeMore = due.length === limit || data >= mostData;
      try {
        const fitting = await fitIntoClaim(db, due, mostData);
        giveBack(fitting.due.slice(fitting.count));
        return cut(fitting, mayBeMore);
      } catch (error) {
        giveBack(due);
        throw error;
      }
    },
    settled(due) {
      for (const { seq } of due) taken.delete(seq);
    },
    giveBack,
    count: async () => known().size() + taken.size,
  };
}

function waitingInDatabase(db: Database): WaitingCallbacks {
  let earliestMs: EpochMs | null = null;
  let notedMs: EpochMs | null = null;
  return {
    /** A callback committed while the database was asked may be missing in the answer: it was noted. */
    async look() {
      notedMs = null;
      const foundMs = await findEarliestDue(db);
      earliestMs = earlier(foundMs, notedMs);
    },
    changed(scheduled) {
      for (const { dueAtMs } of scheduled) {
        notedMs = earlier(notedMs, dueAtMs);
        earliestMs = earlier(earliestMs, dueAtMs);
      }
    },
    earliestMs: () => earliestMs,
    async takeDue(nowMs, limit, mostData) {
      const due = await findDue(db, nowMs, limit);
      return cut(await fitIntoClaim(db, due, mostData), due.length === limit);
    },
    settled() {},
    giveBack() {},
    count: () => countPendingCallbacks(db),
  };
}

function cut({ due, count }: Fitting, mayBeMore: boolean): DueCallbacks {
  return { due: due.slice(0, count), mayBeMore: mayBeMore || count < due.length };
}

function earlier(a: EpochMs | null, b: EpochMs | null): EpochMs | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}
