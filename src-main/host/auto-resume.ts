import { toWireError } from '../../src-shared/errors';
import type { RunStatus } from '../../src-shared/events';
import type { Logger } from '../observability/logger';

/** What became of the run that a lost database cut off, in words for a person. */
export type Resumed =
  | { readonly outcome: 'none' }
  | { readonly outcome: 'resumed'; readonly message: string }
  | { readonly outcome: 'left'; readonly message: string };

/**
 * Takes up the run that a lost database cut off, once for each batch: one that is cut off again before it
 * got any further would go on so for ever, and is left to a person.
 */
export interface AutoResume {
  /** The database is lost while this run is under way; null: none was. */
  noteLost(status: RunStatus | null): void;
  /** To be called once the database is open again. Never rejects. */
  resume(): Promise<Resumed>;
}

export interface AutoResumeDeps {
  readonly resumeRun: (runId: string) => Promise<RunStatus>;
  readonly pauseRun: () => Promise<unknown>;
  readonly logger: Logger;
}

export function createAutoResume({ resumeRun, pauseRun, logger }: AutoResumeDeps): AutoResume {
  let cutOff: RunStatus | null = null;
  /** Where the last attempt began. */
  let tried: { readonly runId: string; readonly records: number } | null = null;

  return {
    noteLost(status) {
      cutOff = status;
    },
    async resume() {
      if (cutOff === null) return { outcome: 'none' };
      const { runId, source, state, counts } = cutOff;
      cutOff = null;
      if (tried?.runId === runId && counts.records <= tried.records) {
        return {
          outcome: 'left',
          message: `The run of ${source} was cut off twice at record ${counts.records}, so it was not taken up again. Resume it when the cause is mended.`,
        };
      }
      tried = { runId, records: counts.records };
      try {
        const status = await resumeRun(runId);
        if (state === 'paused') await pauseRun();
        logger.info({ runId, records: status.counts.records }, 'the run goes on after the loss');
        return {
          outcome: 'resumed',
          message: `The run of ${source} goes on from record ${status.counts.records}.`,
        };
      } catch (error) {
        logger.warn({ err: error, runId }, 'the run could not be taken up again');
        const { message, details } = toWireError(error);
        const why = details.hint === undefined ? message : `${message} ${details.hint}`;
        return { outcome: 'left', message: `The run of ${source} could not be taken up again: ${why}` };
      }
    },
  };
}
