import type { RunCounts } from '../../src-shared/events';
import { type ClockRecord, clockAt, type Moment, wallOf } from '../../src-shared/run-clock';
import type { TimelineBins } from '../../src-shared/timeline';
import { type CountedEvent, countedBy } from '../../src-shared/totals';
import type { EpochMs } from '../../src-shared/update';
import type { DueQueue } from './due-queue';
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
