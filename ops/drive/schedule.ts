import type { Clock } from '../../src-main/time/clock';
import type { WorkloadReader } from './workload';

/**
 * When each update is meant to arrive, whatever the program does meanwhile. The first one opens the source
 * and is not of the schedule: databases and runs take their time to open, which is not what is measured.
 */
export interface Schedule {
  /** The instant of the first update of the schedule, by the stopwatch of the clock. */
  readonly beginMs: number;
  /** Of the whole source, the opening one included. */
  readonly records: number;
  readonly perSecond: number;
  /** The first record that is measured: those before it warm the program up, and are only checked. */
  readonly measuredFrom: number;
  /** From the instant of the first measured update to one interval after that of the last. */
  readonly durationMs: number;
  /** @param record From 1 on. */
  intendedMs(record: number): number;
  /** How many records, the opening one included, were meant to arrive by then. */
  dueBy(nowMs: number): number;
}

export interface ScheduleOptions {
  readonly perSecond: number;
  readonly records: number;
  readonly beginMs: number;
  /** How many updates of the schedule warm up; none if left out. */
  readonly warmUp?: number;
}

export function createSchedule({ perSecond, records, beginMs, warmUp = 0 }: ScheduleOptions): Schedule {
  const intendedMs = (record: number) => beginMs + ((record - 1) * 1000) / perSecond;
  return {
    beginMs,
    records,
    perSecond,
    measuredFrom: warmUp + 1,
    durationMs: ((records - 1 - warmUp) * 1000) / perSecond,
    intendedMs,
    dueBy(nowMs) {
      if (nowMs < beginMs) return 1;
      const due = Math.min(records, Math.floor(((nowMs - beginMs) * perSecond) / 1000) + 2);
      // Fractions of a millisecond are not exact: never one too early.
      return due > 1 && intendedMs(due - 1) > nowMs ? due - 1 : due;
    },
  };
}

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
