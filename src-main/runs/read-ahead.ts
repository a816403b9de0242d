import type { PlannedRecord } from '../ingestion/arrival-plan';
import { createBatchRoom, dataLength, MOST_DATA_AT_ONCE } from '../ingestion/batch-room';
import type { Clock } from '../time/clock';

/** Batch limit: beyond it the rate no longer rises, and the database is busy for too long. */
export const LARGEST_BATCH_RECORDS = 5_000;
/** Batches grow and shrink to take at most this long, and never below `LEAST_BATCH_RECORDS`. */
const LONGEST_BATCH_MS = 250;
const LEAST_BATCH_RECORDS = 1_000;
/** How many groups may wait: their chunks stay in memory meanwhile. */
const LARGEST_BACKLOG_GROUPS = 32;

/**
 * Reads ahead while the database works, and returns the whole backlog as one batch without waiting for more. For real-time runs
 * without gaps.
 *
 * An error of `groups` comes after everything read before it.
 */
export async function* readAhead(
  groups: AsyncGenerator<readonly PlannedRecord[]>,
  clock: Pick<Clock, 'monotonicMs' | 'breathe'>,
): AsyncGenerator<readonly PlannedRecord[]> {
  const backlog: (readonly PlannedRecord[])[] = [];
  let waiting = 0;
  let waitingData = 0;
  let limit = LEAST_BATCH_RECORDS;
  let isAtEnd = false;
  let fault: { readonly cause: unknown } | undefined;
  let wakeReader = () => {};
  let wakeTaker = () => {};
  let isLeft = false;

  const isAheadEnough = () =>
    waiting >= LARGEST_BATCH_RECORDS ||
    waitingData >= MOST_DATA_AT_ONCE ||
    backlog.length >= LARGEST_BACKLOG_GROUPS;
  const count = (records: readonly PlannedRecord[], sign: 1 | -1) => {
    waiting += sign * records.length;
    for (const { source } of records) waitingData += sign * dataLength(source);
  };

  const read = async () => {
    try {
      while (!isLeft) {
        const next = await groups.next();
        if (next.done) break;
        backlog.push(next.value);
        count(next.value, 1);
        wakeTaker();
        while (!isLeft && isAheadEnough()) {
          await new Promise<void>((resolve) => {
            wakeReader = resolve;
          });
          // First let the previous batch reach the database.
          await clock.breathe();
        }
      }
    } catch (cause) {
      fault = { cause };
    }
    isAtEnd = true;
    wakeTaker();
  };
  const take = () => {
    const batch: PlannedRecord[] = [];
    const room = createBatchRoom(limit);
    for (let group = backlog.shift(); group; group = backlog.shift()) {
      let taken = 0;
      for (const record of group) {
        if (room.isFull()) break;
        room.add(record.source);
        batch.push(record);
        taken += 1;
      }
      if (taken === group.length) continue;
      backlog.unshift(group.slice(taken));
      break;
    }
    count(batch, -1);
    wakeReader();
    return batch;
  };

  void read();
  try {
    for (;;) {
      if (waiting > 0) {
        const batch = take();
        const before = clock.monotonicMs();
        yield batch;
        const tookMs = clock.monotonicMs() - before;
        if (tookMs > LONGEST_BATCH_MS) limit = Math.max(LEAST_BATCH_RECORDS, Math.floor(limit / 2));
        else if (batch.length === limit) limit = Math.min(LARGEST_BATCH_RECORDS, limit * 2);
      } else if (isAtEnd) {
        if (fault) throw fault.cause;
        return;
      } else {
        await new Promise<void>((resolve) => {
          wakeTaker = resolve;
        });
      }
    }
  } finally {
    isLeft = true;
    wakeReader();
  }
}
