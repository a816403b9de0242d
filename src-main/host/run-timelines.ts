import { IngotError } from '../../src-shared/errors';
import type { RunCounts, RunStatus } from '../../src-shared/events';
import {
  addToBin,
  binMsFor,
  FIRST_BIN_MS,
  mapKinds,
  TIMELINE_KINDS,
  type TimelineBins,
  type TimelineKind,
  widenBins,
} from '../../src-shared/timeline';
import type { EpochMs } from '../../src-shared/update';
import type { Timeline } from '../../src-shared/views';
import type { Views } from '../accounts/views/create-views';
import type { EngineEvent } from '../engine/interface';

/**
 * The timelines of the latest runs, kept in memory by the events that windows hear too. A window that joins a run
 * gets its timeline without a read of the run's rows, which would hold up its batches.
 */
export interface RunTimelines {
  /** Takes the events of one commit, in order. */
  hear(events: readonly EngineEvent[]): void;
  /** The whole content changed. */
  forget(): void;
  /**
   * Reads from the database only what happened before this host heard of the run.
   * @throws IngotError `not_found`, or why the database could not be read. The next call tries again.
   */
  read(runId: string): Promise<Timeline>;
}

export interface RunTimelinesDeps {
  /** The run under way, or the last one. */
  readonly status: () => RunStatus | null;
  readonly views: () => Pick<Views, 'run' | 'timeline'>;
}

interface KeptTimeline {
  readonly startMs: EpochMs;
  readonly speed: number;
  binMs: number;
  bins: Record<TimelineKind, number[]>;
  /** Until when the database has to be asked; null: the bins are complete. */
  missingBeforeMs: EpochMs | null;
  /** The read of what is missing, while it is under way. */
  reading: Promise<void> | null;
}

/** Some 60 kB each at most. */
const KEPT_RUNS = 4;

const isKind = (name: EngineEvent['event']): name is TimelineKind =>
  TIMELINE_KINDS.some((kind) => kind === name);

export function createRunTimelines({ status, views }: RunTimelinesDeps): RunTimelines {
  let kept = new Map<string, KeptTimeline>();
  /** The run whose counts grow; from its summary on none does. */
  let counting: { readonly runId: string; readonly timeline: KeptTimeline } | null = null;

  const keep = (runId: string, timeline: KeptTimeline) => {
    kept.delete(runId);
    kept.set(runId, timeline);
    const [oldest] = kept.keys();
    if (kept.size > KEPT_RUNS && oldest !== undefined) kept.delete(oldest);
  };

  const widenTo = (timeline: KeptTimeline, binMs: number) => {
    if (binMs <= timeline.binMs) return;
    const { bins, binMs: narrowMs } = timeline;
    timeline.bins = mapKinds((kind) => widenBins(bins[kind], narrowMs, binMs));
    timeline.binMs = binMs;
  };

  const add = (timeline: KeptTimeline, kind: TimelineKind, timeMs: EpochMs) => {
    const { startMs } = timeline;
    widenTo(timeline, binMsFor(startMs, timeMs, timeline.binMs));
    const index = Math.max(0, Math.floor((timeMs - startMs) / timeline.binMs));
    addToBin(timeline.bins[kind], index, 1);
  };

  const addAll = (timeline: KeptTimeline, earlier: TimelineBins) => {
    widenTo(timeline, earlier.binMs);
    for (const kind of TIMELINE_KINDS) {
      const line = widenBins(earlier.bins[kind], earlier.binMs, timeline.binMs);
      line.forEach((count, index) => {
        addToBin(timeline.bins[kind], index, count);
      });
    }
  };

  /** A run begins, or is resumed. What it did before is in the database, but for what is never stored. */
  const begin = ({ runId, startedAtMs, counts, at, speed }: RunStatus) => {
    const before = kept.get(runId);
    const isNew = counts.records === 0 && counts.fired === 0 && counts.cancelled === 0;
    const timeline: KeptTimeline = {
      startMs: startedAtMs,
      speed,
      binMs: before?.binMs ?? FIRST_BIN_MS,
      bins: {
        ...mapKinds((): number[] => []),
        duplicate: before?.bins.duplicate ?? [],
        conflict: before?.bins.conflict ?? [],
      },
      missingBeforeMs: isNew ? null : Math.ceil(startedAtMs + at / speed),
      reading: null,
    };
    keep(runId, timeline);
    counting = { runId, timeline };
  };

  const complete = async (runId: string, timeline: KeptTimeline, beforeMs: EpochMs) => {
    const earlier = await views().timeline({ runId, beforeMs });
    if (!earlier) throw notFound(runId);
    addAll(timeline, earlier);
    timeline.missingBeforeMs = null;
  };

  /** Of a run that this host has not heard of: all of it is in the database. */
  const load = async (runId: string): Promise<KeptTimeline> => {
    const keptNow = kept;
    const read = await views().timeline({ runId, beforeMs: null });
    if (!read) throw notFound(runId);
    const { startMs, binMs } = read;
    const bins = mapKinds((kind) => [...read.bins[kind]]);
    const timeline = { startMs, speed: 1, binMs, bins, missingBeforeMs: null, reading: null };
    const known = kept.get(runId);
    if (known) return known;
    if (kept === keptNow) keep(runId, timeline);
    return timeline;
  };
  const loading = new Map<string, Promise<KeptTimeline>>();
  const loadOnce = (runId: string) => {
    const underWay = loading.get(runId);
    if (underWay) return underWay;
    const begun = load(runId).finally(() => loading.delete(runId));
    loading.set(runId, begun);
    return begun;
  };

  const countsNow = (runId: string): RunCounts | undefined => {
    const now = status();
    return now?.runId === runId ? now.counts : undefined;
  };

  return {
    hear(events) {
      for (const event of events) {
        if (event.event === 'run') {
          const { runId, endedAtMs } = event.status;
          if (endedAtMs !== null) counting = null;
          else if (counting?.runId !== runId) begin(event.status);
        } else if (event.event === 'summary') {
          counting = null;
        } else if (counting !== null && isKind(event.event) && 'at' in event) {
          const { timeline } = counting;
          add(timeline, event.event, timeline.startMs + event.at / timeline.speed);
        }
      }
    },
    forget() {
      kept = new Map();
      counting = null;
    },
    async read(runId) {
      const timeline = kept.get(runId) ?? (await loadOnce(runId));
      if (timeline.missingBeforeMs !== null) {
        timeline.reading ??= complete(runId, timeline, timeline.missingBeforeMs).finally(() => {
          timeline.reading = null;
        });
        await timeline.reading;
      }
      const stored = countsNow(runId) ?? (await views().run(runId))?.counts;
      // Bins and counts of one instant.
      const counts = countsNow(runId) ?? stored;
      if (!counts) throw notFound(runId);
      const { startMs, binMs, bins } = timeline;
      return {
        runId,
        startMs,
        binMs,
        bins: mapKinds((kind) => [...bins[kind]]),
        counted: mapKinds((kind) => counts[kind]),
      };
    },
  };
}

const notFound = (runId: string) => new IngotError('not_found', `There is no run ${runId}.`);
