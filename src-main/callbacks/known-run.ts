import type { RunCounts } from '../../src-shared/events';
import {
  type ClockRecord,
  changeRate,
  clockAt,
  type Moment,
  rateOf,
  wallOf,
} from '../../src-shared/run-clock';
import type { TimelineBins } from '../../src-shared/timeline';
import { type CountedEvent, countedBy } from '../../src-shared/totals';
import type { EpochMs } from '../../src-shared/update';
import { createDueQueue, type DueQueue } from './due-queue';
import { draftFigures, type Figures, type FiguresDraft } from './figures';

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

/**
 * The figures of the runs that count these events of one commit, `run` among them in any case. A callback that another run's
 * update cancelled is counted at the time that its own run's clock shows at `nowMs`.
 */
export function figuresAfter(
  run: KnownRun,
  events: readonly CountedEvent[],
  runOf: (runId: string) => KnownRun,
  nowMs: EpochMs,
): ReadonlyMap<KnownRun, Figures> {
  const own = draftFigures(run);
  const others = new Map<KnownRun, FiguresDraft>();
  for (const event of events) {
    const runId = countedBy(event);
    if (runId === run.runId) {
      own.add(event.event, event.at);
      continue;
    }
    const other = runOf(runId);
    const draft = others.get(other) ?? draftFigures(other);
    others.set(other, draft);
    draft.add(event.event, clockAt(other.clock, nowMs));
  }
  return new Map([[run, own.figures], ...[...others].map(([of, { figures }]) => [of, figures] as const)]);
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

/** With nothing that waits. */
export function knownRun(run: Pick<KnownRun, 'runId' | 'speed' | 'clock' | 'counts' | 'timeline'>): KnownRun {
  return {
    ...run,
    queue: createDueQueue(),
    nextArrivalAt: null,
    timelineSavedMs: Number.NEGATIVE_INFINITY,
  };
}

/** The clock of a run that stood still goes on; one that moves, or is virtual, stays as it is. */
export const movingClock = ({ clock, speed }: KnownRun, nowMs: EpochMs): ClockRecord =>
  clock.kind === 'real' && rateOf(clock) === 0 ? changeRate(clock, nowMs, speed) : clock;

/** The callbacks that wait, as the holder of the database knows them. */
export interface PendingCallbacks {
  count(): number;
  /** When the next one is due by the wall clock; null if none will be, as things stand. */
  earliestMs(): EpochMs | null;
  /**
   * Calls `visit` for each, in no order: the number of its update, when it is due by the wall clock (infinity while
   * its run's clock stands still), and when by the clock of its run.
   */
  each(visit: (seq: bigint, wallMs: number, dueMs: number, runId: string) => void): void;
}

/** What waits, as it stands whenever it is asked. */
export const pendingOf = (runs: () => ReadonlyMap<string, KnownRun>): PendingCallbacks => ({
  count: () => [...runs().values()].reduce((sum, { queue }) => sum + queue.size(), 0),
  earliestMs() {
    let earliest: EpochMs | null = null;
    for (const { clock, queue } of runs().values()) {
      const dueMs = queue.earliestMs();
      const wallMs = dueMs === null ? null : wallOf(clock, dueMs);
      if (wallMs !== null && (earliest === null || wallMs < earliest)) earliest = wallMs;
    }
    return earliest;
  },
  each(visit) {
    for (const { runId, clock, queue } of runs().values()) {
      queue.each((seq, dueMs) => visit(seq, wallOf(clock, dueMs) ?? Number.POSITIVE_INFINITY, dueMs, runId));
    }
  },
});
