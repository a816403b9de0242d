import type { PlannedRecord } from '../ingestion/arrival-plan';
import { createBatchRoom } from '../ingestion/batch-room';
import type { ArrivalGate } from './arrival-gate';

export type Ingested = 'exhausted' | 'stopped';

/**
 * So many records that are due already go in with one transaction at most: a run that is behind its plan must not
 * keep everything back, callbacks too, until it has caught up. One that has no plan gets the batches it asks for.
 */
export const LARGEST_PACED_BATCH = 1_000;

/** Lets arrivals in as their plan says, and applies them batch by batch. */
export async function ingest(
  arrivals: AsyncGenerator<readonly PlannedRecord[]>,
  gate: ArrivalGate,
  stopping: AbortSignal,
  apply: (planned: readonly PlannedRecord[]) => Promise<void>,
): Promise<Ingested> {
  for (;;) {
    const next = await orStopped(arrivals.next(), stopping);
    if (next === 'stopped') return 'stopped';
    if (next.done) return 'exhausted';
    const planned = next.value;
    for (let begin = 0; begin < planned.length; ) {
      const first = planned[begin];
      if (!first || !(await gate.admit(first.at))) return 'stopped';
      const room = createBatchRoom(first.at === null ? planned.length : LARGEST_PACED_BATCH);
      room.add(first.source);
      let end = begin + 1;
      for (; end < planned.length; end += 1) {
        const other = planned[end];
        if (!other || room.isFull() || !gate.isOpenFor(other.at)) break;
        room.add(other.source);
      }
      await apply(planned.slice(begin, end));
      begin = end;
    }
  }
}

/**
 * A source may be silent for as long as it likes (a pipe): stopping must not wait for its next record. Not by
 * `Promise.race` with one promise of stopping, which would hold on to everything that was ever read.
 */
function orStopped<T>(work: Promise<T>, stopping: AbortSignal): Promise<T | 'stopped'> {
  return new Promise((resolve, reject) => {
    const stop = () => resolve('stopped');
    if (stopping.aborted) stop();
    stopping.addEventListener('abort', stop, { once: true });
    void work.then(resolve, reject).finally(() => stopping.removeEventListener('abort', stop));
  });
}
