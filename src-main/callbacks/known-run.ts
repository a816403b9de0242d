import type { RunCounts } from '../../src-shared/events';
import {
  type ClockRecord,
  changeRate,
  clockAt,
  happensAt,
  type Moment,
  momentAt,
  rateOf,
  wallOf,
} from '../../src-shared/run-clock';
import type { TimelineBins } from '../../src-shared/timeline';
import { type CountedEvent, countedBy } from '../../src-shared/totals';
import type { EpochMs } from '../../src-shared/update';
import { createDueQueue, type DueQueue } from './due-queue';
import { draftFigures, type Figures, type FiguresDraft } from './figures';

/** A run with pending callbacks, or the active one, in the engine's memory. */
export interface KnownRun {
  readonly runId: string;
  /** The clock's speed when not paused. */
  speed: number;
  clock: ClockRecord;
  /** As of the last commit. */
  counts: RunCounts;
  /** Its pending callbacks. */
  readonly queue: DueQueue;
  /** When the next record arrives, in run time, while the run waits for it. */
  nextArrivalAt: number | null;
  /** That record is of the same instant as the one before it: no callback fires in between. */
  arrivesTogether: boolean;
  /** Nothing of the run happens after this, in run time, until a person says so; null: no such limit. */
  stopsAt: number | null;
  /** Set while the run is to pause at its next callback: called, within `alone`, once what is due at `at` fired and was published. */
  stopsAtFiring: ((at: number) => Promise<void>) | null;
  timeline: TimelineBins;
  /** By the stopwatch. */
  timelineSavedMs: number;
}

/**
 * The new figures of the runs that count these events of one commit, always including `run`. A callback that another run's update
 * cancelled counts at its own run's time at `nowMs`.
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

/** As `happensAt`, but what comes late still happens by the time at which the run is to stop. */
export const happensIn = ({ clock, stopsAt }: KnownRun, plannedAt: number, nowMs: EpochMs): number =>
  Math.min(happensAt(clock, plannedAt, nowMs), stopsAt ?? Number.POSITIVE_INFINITY);

export const momentOf = ({ runId, clock }: KnownRun, at: number): Moment => momentAt(runId, clock, at);

/** Numbers arrivals and settled callbacks in one order. */
export interface Sequence {
  /** Reserves `count` numbers and returns the first. Uncommitted ones remain gaps. */
  take(count: number): bigint;
}

/** Without pending callbacks. */
export function knownRun(run: Pick<KnownRun, 'runId' | 'speed' | 'clock' | 'counts' | 'timeline'>): KnownRun {
  return {
    ...run,
    queue: createDueQueue(),
    nextArrivalAt: null,
    arrivesTogether: false,
    stopsAt: null,
    stopsAtFiring: null,
    timelineSavedMs: Number.NEGATIVE_INFINITY,
  };
}

/** Restarts a clock that stands still; a moving or virtual clock stays the same. */
export const movingClock = ({ clock, speed }: KnownRun, nowMs: EpochMs): ClockRecord =>
  clock.kind === 'real' && rateOf(clock) === 0 ? changeRate(clock, nowMs, speed) : clock;

/** The pending callbacks, as the database's holder knows them. */
export interface PendingCallbacks {
  count(): number;
  /** When the next one is due by the wall clock; null if none will be. */
  earliestMs(): EpochMs | null;
  /**
   * Calls `visit` for each, in no order: the number of its update, its due time by the wall clock (infinity while its run's clock
   * stands still), and in run time.
   */
  each(visit: (seq: bigint, wallMs: number, dueMs: number, runId: string) => void): void;
}

/** A live view of the pending callbacks. */
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
