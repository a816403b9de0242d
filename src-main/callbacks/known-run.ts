import type { RunCounts } from '../../src-shared/events';
import { type ClockRecord, type Moment, wallOf } from '../../src-shared/run-clock';
import type { TimelineBins } from '../../src-shared/timeline';
import type { DueQueue } from './due-queue';
import { addMarks, type TimelineMark } from './timeline-bins';

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
  /** When the next record arrives, on its clock, while it is waited for. */
  nextArrivalAt: number | null;
  /** What happened over its clock. */
  timeline: TimelineBins;
  /** By the stopwatch, when the timeline was last saved. */
  timelineSavedMs: number;
}

/** What a run counts. */
export type Figures = Pick<KnownRun, 'counts' | 'timeline'>;

/** What its figures are after these moments of its own. */
export function addToFigures({ counts, timeline }: Figures, marks: readonly TimelineMark[]): Figures {
  const sum = { ...counts };
  for (const [kind] of marks) {
    sum[kind] += 1;
    if (kind === 'fired' || kind === 'cancelled') sum.pending -= 1;
    else sum.records += 1;
    if (kind === 'indexed') sum.pending += 1;
  }
  return { counts: sum, timeline: addMarks(timeline, marks) };
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
