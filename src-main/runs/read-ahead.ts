import type { PlannedRecord } from '../ingestion/arrival-plan';
import { createBatchRoom, dataLength, MOST_DATA_AT_ONCE } from '../ingestion/batch-room';
import type { Clock } from '../time/clock';

/** So many records go into one batch at most: beyond it the rate no longer rises, and a batch holds the database up. */
export const LARGEST_BATCH_RECORDS = 5_000;
/** A batch grows and shrinks so that it takes no longer than this, and never below `LEAST_BATCH_RECORDS`. */
const LONGEST_BATCH_MS = 250;
const LEAST_BATCH_RECORDS = 1_000;
/** Groups that may wait to be taken: what they were cut out of stays in memory for as long. */
const LARGEST_BACKLOG_GROUPS = 32;

/**
 * Reads on while the database is at work, and hands out all that has come by then as one batch: as large as the
 * backlog, and never waiting for more. For records that may enter as soon as they can, in real time.
 *
 * An error of `groups` comes after everything that was read before it.
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
          // What was taken is on its way to the database first.
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
