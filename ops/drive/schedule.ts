import type { Clock } from '../../src-main/time/clock';
import type { WorkloadReader } from './workload';

/**
 * The intended arrival of each update, independent of the program. The first one opens the source and is not scheduled: opening
 * databases and runs is not measured.
 */
export interface Schedule {
  /** The instant of the first scheduled update, by the stopwatch. */
  readonly beginMs: number;
  /** In the whole source, including the opening one. */
  readonly records: number;
  readonly perSecond: number;
  /** The first measured record: earlier ones warm up and are only checked. */
  readonly measuredFrom: number;
  /** From the first measured update to one interval after the last. */
  readonly durationMs: number;
  /** @param record from 1. */
  intendedMs(record: number): number;
  /** How many records, including the opening one, were due by then. */
  dueBy(nowMs: number): number;
}

export interface ScheduleOptions {
  readonly perSecond: number;
  readonly records: number;
  readonly beginMs: number;
  /** How many scheduled updates warm up; default none. */
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
      // Fractions of a millisecond are inexact: never one too early.
      return due > 1 && intendedMs(due - 1) > nowMs ? due - 1 : due;
    },
  };
}

/** Where updates go. */
export interface Sink {
  /** Returns null, or a promise to wait for until there is room. */
  write(bytes: Uint8Array): Promise<void> | null;
}

/** Limit for one write of due updates. */
const LARGEST_WRITE_BYTES = 64 * 1024;
const TICK_MS = 1;

/**
 * Writes every update at its instant, or as soon after as the pipe has room. Nothing waits for an answer, and a late update does
 * not move the others. The opening update was sent before.
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
