import type { Clock } from '../../src-main/time/clock';
import { median } from '../drive/figures';
import type { Hearing } from '../drive/hearing';
import { readMemory } from '../drive/program';
import type { Schedule } from '../drive/schedule';

/** What is sampled from outside during a run. */
export interface Watch {
  stop(): Watched;
}

export interface Watched {
  readonly peakBytes: number;
  readonly endBytes: number;
  readonly backlog: Backlog;
}

/** Updates that were due and not yet answered. */
export interface Backlog {
  readonly most: number;
  /** How much its median grew from the second quarter of the schedule to the last. */
  readonly grownBy: number;
  /** The same as a share of the updates in between. */
  readonly growth: number;
}

const LOOK_EVERY_MS = 50;

export function startWatch({
  pid,
  hearing,
  schedule,
  clock,
}: {
  readonly pid: number | undefined;
  readonly hearing: Hearing;
  readonly schedule: Schedule;
  readonly clock: Clock;
}): Watch {
  const stopping = new AbortController();
  const samples: BacklogSample[] = [];
  const measuredFromMs = schedule.intendedMs(schedule.measuredFrom);
  let peakBytes = 0;
  let endBytes = 0;
  const look = async () => {
    while (!stopping.signal.aborted) {
      const nowMs = clock.monotonicMs();
      samples.push({ atMs: nowMs - measuredFromMs, waiting: schedule.dueBy(nowMs) - hearing.answered });
      const memory = readMemory(pid);
      peakBytes = Math.max(peakBytes, memory.peakBytes);
      // An ended program has none: keep the last value.
      if (memory.nowBytes > 0) endBytes = memory.nowBytes;
      await clock.waitUntil(clock.now() + LOOK_EVERY_MS, stopping.signal);
    }
  };
  void look();
  return {
    stop() {
      stopping.abort();
      return { peakBytes, endBytes, backlog: summarizeBacklog(samples, schedule) };
    },
  };
}

export interface BacklogSample {
  readonly atMs: number;
  readonly waiting: number;
}

export function summarizeBacklog(
  samples: readonly BacklogSample[],
  { durationMs, perSecond }: Pick<Schedule, 'durationMs' | 'perSecond'>,
): Backlog {
  const inQuarter = (quarter: number) =>
    samples
      .filter(({ atMs }) => atMs >= (durationMs * (quarter - 1)) / 4 && atMs < (durationMs * quarter) / 4)
      .map(({ waiting }) => waiting);
  const askedMeanwhile = (perSecond * durationMs) / 2 / 1000;
  const middleOf = (quarter: number) => {
    const waiting = inQuarter(quarter);
    return waiting.length === 0 ? 0 : median(waiting);
  };
  const grownBy = middleOf(4) - middleOf(2);
  return {
    most: samples.reduce((most, { waiting }) => Math.max(most, waiting), 0),
    grownBy,
    growth: grownBy / askedMeanwhile,
  };
}
