import { IngotError } from '../../src-shared/errors';
import type { RunEvent, RunStatus } from '../../src-shared/events';
import { foldEvents, NO_TOTALS } from '../../src-shared/totals';
import type { RunState } from '../../src-shared/update';
import type { PlannedRecord } from '../ingestion/arrival-plan';
import type { Logger } from '../observability/logger';
import type { Clock } from '../time/clock';

/** What one attempt of a run logs. */
export interface RunLog {
  /** For entries without a method here. */
  readonly logger: Logger;
  began(about: Readonly<Record<string, unknown>>, resumed: boolean): void;
  /** Logged: paused, resumed, end of the source. */
  entered(state: RunState): void;
  /** A batch has committed, after `tookMs` of the stopwatch. Costs nothing below its level. */
  applied(planned: readonly PlannedRecord[], events: readonly RunEvent[], tookMs: number): void;
  failed(error: unknown): void;
  ended(status: RunStatus): RunStatus;
}

/** Limit for the characters of a record's data that are shown: a record may have megabytes. */
const LONGEST_DATA = 500;

export function createRunLog(root: Logger, clock: Clock, runId: string): RunLog {
  const logger = root.child({ component: 'engine', runId });
  const batches = root.child({ component: 'accounts', runId });
  const records = root.child({ component: 'ingestion', runId });
  const startedMs = clock.monotonicMs();

  return {
    logger,
    began: (about, resumed) => logger.info(about, resumed ? 'run resumed' : 'run started'),
    entered(state) {
      const sentence = SENTENCES[state];
      if (sentence) logger.info(sentence);
    },
    applied(planned, events, tookMs) {
      if (!batches.isLevelEnabled('debug')) return;
      const { sinceRun, latestRun, pending, ...counts } = foldEvents(NO_TOTALS, events);
      batches.debug({ ...counts, durationMs: inMs(tookMs) }, 'batch applied');
      if (records.isLevelEnabled('trace')) traceRecords(records, planned, events);
    },
    failed(error) {
      // Every shell reports a fault of the source to the person, so the log is quieter.
      if (error instanceof IngotError) logger.info({ err: error }, 'the run failed');
      else logger.error({ err: error }, 'the run failed');
    },
    ended(status) {
      const { state, counts, failure } = status;
      const durationMs = inMs(clock.monotonicMs() - startedMs);
      logger.info({ state, ...counts, durationMs, ...(failure !== null && { failure }) }, 'run ended');
      // Every shell shows conflicts as they come, and counts them at the end.
      if (counts.conflict > 0) {
        logger.info(
          { conflicts: counts.conflict },
          'updates came again with other content: the first of each was kept',
        );
      }
      return status;
    },
  };
}

const SENTENCES: Partial<Record<RunState, string>> = {
  running: 'run goes on',
  paused: 'run paused',
  draining: 'all records are read; the run waits for callbacks',
};

const inMs = (ms: number) => Math.round(ms * 10) / 10;

/** One line per record of the batch, with the beginning of its data: the only place where data is logged. */
function traceRecords(logger: Logger, planned: readonly PlannedRecord[], events: readonly RunEvent[]): void {
  const told = new Map(
    events.flatMap((event) => ('record' in event ? [[event.record, event] as const] : [])),
  );
  for (const { source } of planned) {
    const { record } = source;
    const event = told.get(record);
    const outcome = event?.event;
    if (source.kind === 'reject') {
      logger.trace({ record, outcome, reason: source.reason }, 'record taken');
      continue;
    }
    const { id, accountType, tokens, callbackTimeMs, data } = source.update;
    const version = event && 'version' in event ? event.version : null;
    const excerpt = data.length > LONGEST_DATA ? `${data.slice(0, LONGEST_DATA)}…` : data;
    logger.trace(
      { record, outcome, accountId: id, version, accountType, tokens, callbackTimeMs, data: excerpt },
      'record taken',
    );
  }
}

/** Why a run ended early, for a person. */
export function describeFailure(error: unknown): string {
  if (error instanceof IngotError && error.code === 'disk_full') {
    return `${error.message} Everything acknowledged is kept. Make room, then resume the run.`;
  }
  if (!(error instanceof IngotError)) return 'Something went wrong inside Ingot. The log has the details.';
  const { hint } = error.details;
  return hint === undefined ? error.message : `${error.message} ${hint}`;
}

export function isDatabaseLost(error: unknown): boolean {
  return error instanceof IngotError && error.code === 'database_unavailable';
}
