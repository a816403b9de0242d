import type { Clock } from '../../src-main/time/clock';
import type { Schedule } from './schedule';
import type { WorkloadReader } from './workload';

/** Where updates go. */
export interface Sink {
  /** Takes bytes; gives null, or what to wait for until there is room for more. */
  write(bytes: Uint8Array): Promise<void> | null;
}

/** At most so much is written at once, as far as it is due. */
const LARGEST_WRITE_BYTES = 64 * 1024;
const TICK_MS = 1;

/**
 * Writes every update at its instant, or as soon after it as the pipe has room. Nothing waits for an answer,
 * and what comes late leaves the instants of all others as they are. The opening update was sent before.
 */
export async function sendOnSchedule(
  reader: WorkloadReader,
  { schedule, sink, clock }: { schedule: Schedule; sink: Sink; clock: Clock },
): Promise<void> {
  while (reader.taken < schedule.records) {
    const due = schedule.dueBy(clock.monotonicMs());
    if (due <= reader.taken) {
      await clock.waitUntil(clock.now() + TICK_MS);
      continue;
    }
    const room = sink.write(await reader.take(due - reader.taken, LARGEST_WRITE_BYTES));
    if (room) await room;
  }
}
