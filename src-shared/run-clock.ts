import { z } from 'zod';
import type { EpochMs } from './update';

export interface Moment {
  readonly runId: string;
  /** Milliseconds of run time since the start: virtual when simulated, scaled by the speed. */
  readonly at: number;
  /** The same instant on the wall clock; null on a virtual clock, and if a stopped clock never reaches it. */
  readonly wallMs: EpochMs | null;
  /** When its run started, on the wall clock. Absent where `wallMs` is null. */
  readonly startMs?: EpochMs;
}

const segmentSchema = z.object({
  /** Start of the segment in run time. */
  atMs: z.number().min(0),
  /** Start of the segment in wall time. */
  wallMs: z.number(),
  /** Run milliseconds per wall-clock millisecond: 0 while paused. */
  rate: z.number().min(0),
});
type Segment = z.infer<typeof segmentSchema>;

/**
 * A run's clock as it is stored. It counts milliseconds from the run's start and never goes back. A real clock moves at the rate
 * of its last segment; a virtual one jumps from one event to the next.
 */
export const clockRecordSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('real'), segments: z.array(segmentSchema).min(1) }),
  z.object({ kind: z.literal('virtual'), atMs: z.number().min(0) }),
]);
export type ClockRecord = z.infer<typeof clockRecordSchema>;

export const startClock = (wallMs: EpochMs, rate: number): ClockRecord => ({
  kind: 'real',
  segments: [{ atMs: 0, wallMs, rate }],
});

/** The instant `at` of a run, on its clock and on the wall clock. The one place that makes them: an event and its row are the same. */
export function momentAt(runId: string, clock: ClockRecord, at: number): Moment {
  const wallMs = wallOf(clock, at);
  return wallMs === null || clock.kind === 'virtual'
    ? { runId, at, wallMs: null }
    : { runId, at, wallMs, startMs: (clock.segments[0] as Segment).wallMs };
}

/** Run time at the wall clock's `nowMs`, rounded down to a whole millisecond. `nowMs` must not precede the clock's last change. */
export function clockAt(clock: ClockRecord, nowMs: EpochMs): number {
  if (clock.kind === 'virtual') return clock.atMs;
  const { atMs, wallMs, rate } = clock.segments.at(-1) as Segment;
  // The wall clock may have been set back while no process ran.
  const elapsedMs = Math.max(0, nowMs - wallMs);
  const near = Math.floor(elapsedMs * rate);
  if (rate === 0) return atMs;
  // Correct for rounding: 100 * 0.29 comes out below 29, though that instant has passed.
  const passed = [near + 1, near].find((ms) => Math.ceil(ms / rate) <= elapsedMs) ?? near - 1;
  return atMs + passed;
}

/**
 * The first wall-clock millisecond at which the clock shows `at` or more, rounded up so that nothing is early. Null for a virtual
 * clock, and if the clock stands still before `at`.
 */
export function wallOf(clock: ClockRecord, at: number): EpochMs | null {
  if (clock.kind === 'virtual') return null;
  const { segments } = clock;
  // Most questions concern the future, so start at the last segment.
  const last = segments.length - 1;
  let index = last;
  while (index > 0 && at <= (segments[index] as Segment).atMs) index -= 1;
  const segment = segments[index] as Segment;
  const next = segments[index + 1];
  const reachedMs = reach(segment, at);
  const wallMs = next && at <= next.atMs ? Math.min(reachedMs, next.wallMs) : reachedMs;
  return wallMs === Number.POSITIVE_INFINITY ? null : wallMs;
}

/**
 * The run time of what was planned for `plannedAt` and happens at the wall clock's `nowMs`: the planned instant if no run time has
 * passed since the wall clock reached it, otherwise the present. A millisecond of the wall clock can be a second of a fast run, and a
 * pause can begin within it.
 */
export function happensAt(clock: ClockRecord, plannedAt: number, nowMs: EpochMs): number {
  if (clock.kind === 'virtual') return plannedAt;
  const presentAt = Math.max(plannedAt, clockAt(clock, nowMs));
  const dueMs = wallOf(clock, plannedAt);
  if (dueMs === null) return presentAt;
  const until = clock.segments.findLastIndex(({ wallMs }) => wallMs <= dueMs);
  const reachedAt = clockAt({ kind: 'real', segments: clock.segments.slice(0, until + 1) }, dueMs);
  return reachedAt === presentAt ? plannedAt : presentAt;
}

function reach({ atMs, wallMs, rate }: Segment, at: number): EpochMs {
  if (at <= atMs) return wallMs;
  return rate === 0 ? Number.POSITIVE_INFINITY : addMs(wallMs, Math.ceil((at - atMs) / rate));
}

/** Current rate; 0 for a virtual clock. */
export const rateOf = (clock: ClockRecord): number =>
  clock.kind === 'virtual' ? 0 : (clock.segments.at(-1)?.rate ?? 0);

/** Sets the rate from `nowMs` on. With `jumpTo`, the clock first jumps there if that is ahead. */
export function changeRate(clock: ClockRecord, nowMs: EpochMs, rate: number, jumpTo = 0): ClockRecord {
  const atMs = Math.max(clockAt(clock, nowMs), jumpTo);
  if (clock.kind === 'virtual') return { kind: 'virtual', atMs };
  return withSegment(clock.segments, { atMs, wallMs: nowMs, rate });
}

/**
 * Stops the clock at `at`: it jumps there, or if it has just passed it, it goes back there. The latter only where nothing of the
 * run has happened after `at`. It never goes back beyond its last change.
 */
export function stopClock(clock: ClockRecord, nowMs: EpochMs, at: number): ClockRecord {
  const showsMs = clockAt(clock, nowMs);
  if (showsMs === at && rateOf(clock) === 0) return clock;
  if (clock.kind === 'virtual' || showsMs <= at) return changeRate(clock, nowMs, 0, at);
  const { atMs } = clock.segments.at(-1) as Segment;
  return withSegment(clock.segments, {
    atMs: Math.max(atMs, at),
    wallMs: wallOf(clock, at) ?? nowMs,
    rate: 0,
  });
}

function withSegment(segments: readonly Segment[], next: Segment): ClockRecord {
  const last = segments.at(-1) as Segment;
  const changed = { ...next, wallMs: Math.max(next.wallMs, last.wallMs) };
  // Drop a segment that lasted no time. A jump from it is then one from the segment before.
  const lasted = last.wallMs < changed.wallMs;
  return { kind: 'real', segments: [...(lasted ? segments : segments.slice(0, -1)), changed] };
}

/** `00:01.500`, or `2:00:01.500` from an hour on. */
export function formatRunTime(at: number): string {
  const ms = Math.floor(at);
  const seconds = Math.floor(ms / 1000);
  const hours = Math.floor(seconds / 3600);
  const pad = (value: number, digits: number) => String(value).padStart(digits, '0');
  const clock = `${pad(Math.floor(seconds / 60) % 60, 2)}:${pad(seconds % 60, 2)}.${pad(ms % 1000, 3)}`;
  return hours > 0 ? `${hours}:${clock}` : clock;
}

/**
 * The sum, never below the true one. Above 2^53, which a delay of 2^53-1 ms reaches, the nearest double could be a millisecond
 * too low.
 */
export function addMs(instantMs: number, delayMs: number): number {
  const sum = instantMs + delayMs;
  if (sum <= Number.MAX_SAFE_INTEGER) return sum;
  return BigInt(sum) < BigInt(instantMs) + BigInt(delayMs) ? sum + 2 : sum;
}
