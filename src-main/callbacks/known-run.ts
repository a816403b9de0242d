import type { RunCounts } from '../../src-shared/events';
import { type ClockRecord, type Moment, wallOf } from '../../src-shared/run-clock';
import type { TimelineBins } from '../../src-shared/timeline';
import type { DueQueue } from './due-queue';

/** A run whose callbacks wait, or that is under way, as the engine holds it in memory. */
export interface KnownRun {
  readonly runId: string;
  /** How fast its clock goes while it is not paused. */
  speed: number;
  clock: ClockRecord;
  /** Those of the last commit. */
  counts: RunCounts;
  /** Its callbacks that wait. */
  readonly queue: DueQueue;
  readonly bins: Bins;
  /** By the stopwatch, when its timeline was last saved. */
  binsSavedMs: number;
}

/** What happened over the run's clock. */
export interface Bins {
  add(kind: keyof TimelineBins['bins'], at: number): void;
  toJSON(): TimelineBins;
}

export const isVirtual = ({ clock }: KnownRun): boolean => clock.kind === 'virtual';

export const momentOf = ({ runId, clock }: KnownRun, at: number): Moment => ({
  runId,
  at,
  wallMs: wallOf(clock, at),
});

/** Numbers arrivals and settled callbacks in one order. */
export interface Sequence {
  /** The first of `count` numbers that are taken from now on. What is not committed stays a gap. */
  take(count: number): bigint;
}
