import { z } from 'zod';
import type { EpochMs } from './update';

/** An instant on the clock of a run. */
export interface Moment {
  readonly runId: string;
  /** Milliseconds of the run's clock since its start: virtual when simulated, scaled by the speed. */
  readonly at: number;
  /** The same instant by the wall clock; null on a virtual clock, and where a stopped clock never comes to it. */
  readonly wallMs: EpochMs | null;
}

const segmentSchema = z.object({
  /** On the run's clock, where the segment begins. */
  atMs: z.number().min(0),
  /** The same by the wall clock. */
  wallMs: z.number(),
  /** Milliseconds of the run's clock in one of the wall's: 0 while it stands still. */
  rate: z.number().min(0),
});
type Segment = z.infer<typeof segmentSchema>;

/**
 * A run's clock, as it is kept: it counts milliseconds since the run's start and never goes back. A real one moves with the
 * wall's, at the rate of its last segment; a virtual one jumps to whatever comes next and stands still in between.
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

/** What the clock shows at the wall's `nowMs`, which is not before its last change: the last whole millisecond whose instant has come. */
export function clockAt(clock: ClockRecord, nowMs: EpochMs): number {
  if (clock.kind === 'virtual') return clock.atMs;
  const { atMs, wallMs, rate } = clock.segments.at(-1) as Segment;
  // The wall's clock may have been put back while no process ran.
  const elapsedMs = Math.max(0, nowMs - wallMs);
  const near = Math.floor(elapsedMs * rate);
  if (rate === 0) return atMs;
  // The product is rounded as the quotient is not: 100 * 0.29 is below 29, whose instant has come.
  const passed = [near + 1, near].find((ms) => Math.ceil(ms / rate) <= elapsedMs) ?? near - 1;
  return atMs + passed;
}

/**
 * The first instant of the wall at which the clock shows `at` or more, rounded up: never before. Null if it will not, as it
 * stands now: it is virtual, or its last rate is 0.
 */
export function wallOf(clock: ClockRecord, at: number): EpochMs | null {
  if (clock.kind === 'virtual') return null;
  const { segments } = clock;
  // Most questions are about what is to come.
  const last = segments.length - 1;
  let index = last;
  while (index > 0 && at <= (segments[index] as Segment).atMs) index -= 1;
  const segment = segments[index] as Segment;
  const next = segments[index + 1];
  const reachedMs = reach(segment, at);
  const wallMs = next && at <= next.atMs ? Math.min(reachedMs, next.wallMs) : reachedMs;
  return wallMs === Number.POSITIVE_INFINITY ? null : wallMs;
}

function reach({ atMs, wallMs, rate }: Segment, at: number): EpochMs {
  if (at <= atMs) return wallMs;
  return rate === 0 ? Number.POSITIVE_INFINITY : addMs(wallMs, Math.ceil((at - atMs) / rate));
}

/** How fast the clock goes now; 0 for a virtual one. */
export const rateOf = (clock: ClockRecord): number =>
  clock.kind === 'virtual' ? 0 : (clock.segments.at(-1)?.rate ?? 0);

/** The clock goes at `rate` from the wall's `nowMs` on; with `jumpTo`, it shows that first, if it is ahead. */
export function changeRate(clock: ClockRecord, nowMs: EpochMs, rate: number, jumpTo = 0): ClockRecord {
  const atMs = Math.max(clockAt(clock, nowMs), jumpTo);
  if (clock.kind === 'virtual') return { kind: 'virtual', atMs };
  const { segments } = clock;
  const last = segments.at(-1) as Segment;
  const changed = { atMs, wallMs: Math.max(nowMs, last.wallMs), rate };
  // A segment that lasted no time says nothing.
  const lasted = last.wallMs < changed.wallMs || last.atMs < atMs;
  return { kind: 'real', segments: [...(lasted ? segments : segments.slice(0, -1)), changed] };
}

/** A time of a run's clock: `00:01.500`, `2:00:01.500` from an hour on. */
export function formatRunTime(at: number): string {
  const ms = Math.floor(at);
  const seconds = Math.floor(ms / 1000);
  const hours = Math.floor(seconds / 3600);
  const pad = (value: number, digits: number) => String(value).padStart(digits, '0');
  const clock = `${pad(Math.floor(seconds / 60) % 60, 2)}:${pad(seconds % 60, 2)}.${pad(ms % 1000, 3)}`;
  return hours > 0 ? `${hours}:${clock}` : clock;
}

/**
 * The sum as a number that is never below the true one: above 2^53, which a delay of 2^53-1 ms reaches, the nearest double
 * could lie a millisecond before it.
 */
export function addMs(instantMs: number, delayMs: number): number {
  const sum = instantMs + delayMs;
  if (sum <= Number.MAX_SAFE_INTEGER) return sum;
  return BigInt(sum) < BigInt(instantMs) + BigInt(delayMs) ? sum + 2 : sum;
}
