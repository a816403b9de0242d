import { NO_COUNTS, type RunCounts, type RunEvent } from './events';
import type { EngineEvent, FeedStats } from './feed';
import type { TimelineKind } from './timeline';

/** What happened since the program started, in all runs, and how many callbacks wait in the database. */
export interface Totals extends RunCounts {
  /** Callbacks settled that the counts of the latest run leave out: those of other runs, and all after its last counts. */
  readonly sinceRun: FeedStats['sinceRun'];
  readonly latestRun: {
    readonly runId: string | null;
    /** Until its summary, which has its last counts. A run that is broken off has none, and counts until it has ended. */
    readonly counts: boolean;
  };
}

const NONE_SETTLED: FeedStats['sinceRun'] = { fired: 0, cancelled: 0 };

export const NO_TOTALS: Totals = {
  ...NO_COUNTS,
  sinceRun: NONE_SETTLED,
  latestRun: { runId: null, counts: false },
};

type CountsDraft = { -readonly [Name in keyof RunCounts]: number };

/** An event that is counted. The others are the report, the summary and what the host says. */
export type CountedEvent = Extract<RunEvent, { event: TimelineKind }>;

/** The run that counts an event: a cancelled callback's own, not the one whose update cancelled it. */
export const countedBy = (event: CountedEvent): string =>
  event.event === 'cancelled' ? event.callbackRunId : event.runId;

/** The only place that says what counts as what. Never fewer than none wait: another program may settle one. */
export function count(draft: CountsDraft, kind: TimelineKind): void {
  draft[kind] += 1;
  if (kind === 'fired' || kind === 'cancelled') draft.pending = Math.max(0, draft.pending - 1);
  else draft.records += 1;
  if (kind === 'indexed') draft.pending += 1;
}

/** The totals after these events. */
export function foldEvents(before: Totals, events: readonly EngineEvent[]): Totals {
  let { sinceRun, latestRun, ...counts }: { -readonly [Name in keyof Totals]: Totals[Name] } = before;
  for (const event of events) {
    switch (event.event) {
      case 'run': {
        const { runId, endedAtMs } = event.status;
        const isUnderWay = endedAtMs === null;
        if (isUnderWay && !(latestRun.counts && runId === latestRun.runId)) sinceRun = NONE_SETTLED;
        latestRun = { runId, counts: isUnderWay };
        break;
      }
      case 'summary':
        if (event.runId === latestRun.runId) latestRun = { ...latestRun, counts: false };
        break;
      case 'report':
      case 'retracted':
      case 'database':
      case 'connection':
      case 'gap':
      case 'retention':
      case 'notice':
        break;
      default:
        count(counts, event.event);
        if (event.event !== 'fired' && event.event !== 'cancelled') break;
        if (latestRun.counts && countedBy(event) === latestRun.runId) break;
        sinceRun = { ...sinceRun, [event.event]: sinceRun[event.event] + 1 };
    }
  }
  return { ...counts, sinceRun, latestRun };
}

/** The content of the database is another one. What happened still did; nothing was settled since its run. */
export const withNewContent = (before: Totals, pending: number): Totals => ({
  ...before,
  pending,
  sinceRun: NONE_SETTLED,
});
