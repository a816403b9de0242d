import type { EpochMs } from '../../src-shared/update';
import type { ScheduledCallback } from '../accounts/apply-batch';
import type { Database } from '../database/database';
import { createDueQueue, type DueQueue } from './due-queue';
import { countPendingCallbacks } from './sql/count-callbacks';
import { findDue, findEarliestDue } from './sql/find-due';
import { listWaiting } from './sql/list-waiting';

/** Which callbacks wait, in order of due time. Whether one still does is for the database to say, when it is claimed. */
export interface WaitingCallbacks {
  /** Reads what the database says: at the start, and where others write to it as well. */
  look(): Promise<void>;
  /** Says what was committed. */
  changed(scheduled: readonly ScheduledCallback[], settled: readonly string[]): void;
  /** When the first is due; null if none waits. */
  earliestMs(): EpochMs | null;
  /** At most `limit` that are due at `nowMs` or before, the earliest first, to be settled. Must end with one of the next two. */
  takeDue(nowMs: EpochMs, limit: number): Promise<readonly ScheduledCallback[]>;
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
  return {
    async look() {
      if (queue) return;
      const found = createDueQueue();
      for await (const piece of listWaiting(db)) {
        for (const { seq, dueAtMs } of piece) found.add(BigInt(seq), dueAtMs);
      }
      queue = found;
    },
    changed(scheduled, settled) {
      for (const { seq, dueAtMs } of scheduled) known().add(BigInt(seq), dueAtMs);
      for (const seq of settled) if (!taken.delete(seq)) known().remove(BigInt(seq));
    },
    earliestMs: () => queue?.earliestMs() ?? null,
    async takeDue(nowMs, limit) {
      const due: ScheduledCallback[] = [];
      while (due.length < limit) {
        const first = known().take(nowMs);
        if (!first) break;
        const seq = first.seq.toString();
        taken.add(seq);
        due.push({ seq, dueAtMs: first.dueAtMs });
      }
      return due;
    },
    settled(due) {
      for (const { seq } of due) taken.delete(seq);
    },
    giveBack(due) {
      for (const { seq, dueAtMs } of due) if (taken.delete(seq)) known().add(BigInt(seq), dueAtMs);
    },
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
    takeDue: (nowMs, limit) => findDue(db, nowMs, limit),
    settled() {},
    giveBack() {},
    count: () => countPendingCallbacks(db),
  };
}

function earlier(a: EpochMs | null, b: EpochMs | null): EpochMs | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}
