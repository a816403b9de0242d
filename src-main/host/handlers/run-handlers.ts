import { type SourceRef, sourceRefSchema } from '../../../src-shared/contract';
import { IngotError } from '../../../src-shared/errors';
import type { RunStatus } from '../../../src-shared/events';
import type { RunSettings } from '../../../src-shared/run-settings';
import { setRunOrigin } from '../../accounts/views/run-origin';
import type { Run } from '../../engine/interface';
import { openSource } from '../../ingestion/open-source';
import type { Logger } from '../../observability/logger';
import type { SomeHandlers } from '../dispatch';
import type { RecentSources } from '../recent-sources';
import type { Session } from '../session';
import type { SourceAccess } from '../source-access';
import type { Uploads } from '../uploads';

export interface RunDeps {
  readonly session: Session;
  readonly access: SourceAccess;
  readonly uploads: Uploads;
  readonly recent: RecentSources;
  readonly logger: Logger;
}

export type StartRun = (source: SourceRef, settings: RunSettings) => Promise<RunStatus>;

/** Opens a source and begins a run of it; remembers where it came from, so that it can be repeated. */
export function createRunStarter({ session, access, uploads, recent, logger }: RunDeps): StartRun {
  return async (source, settings) => {
    const opened = await openSource(await access.specOf(source));
    const { seat, database } = session.current();
    let run: Run;
    try {
      run = await seat.startRun(opened, settings);
    } catch (error) {
      await opened.close();
      throw error;
    }
    if (source.kind === 'upload') void run.ended.then(() => uploads.discard(source.uploadId));
    else
      await setRunOrigin(database, run.runId, JSON.stringify(source)).catch((error: unknown) => {
        logger.warn({ err: error, runId: run.runId }, 'the source of the run could not be remembered');
      });
    await recent.note({ source, name: opened.name });
    return run.status();
  };
}

export function createRunHandlers({ session }: RunDeps, start: StartRun): SomeHandlers {
  const runUnderWay = (): Run => {
    const run = session.current().seat.currentRun();
    if (!run || run.status().endedAtMs !== null) throw new IngotError('conflict', 'No run is under way.');
    return run;
  };
  const after = async (act: (run: Run) => void | Promise<void>) => {
    const run = runUnderWay();
    await act(run);
    return run.status();
  };
  return {
    'run.start': ({ source, settings }) => start(source, settings),
    'run.pause': () => after((run) => run.pause()),
    'run.resume': () => after((run) => run.resume()),
    'run.step': () => after((run) => run.step()),
    async 'run.stop'() {
      const run = runUnderWay();
      run.stop();
      return run.ended;
    },
    'run.status': async () => session.status(),
    async 'runs.again'({ runId }) {
      const run = await session.current().views.run(runId);
      if (!run) throw new IngotError('not_found', `There is no run ${runId}.`);
      const source = originOf(run.origin);
      if (!source) {
        throw new IngotError('source_unreadable', `The source of run ${runId} was not kept.`, {
          hint: 'Open the file again: uploads and streams are gone after their run.',
        });
      }
      return start(source, run.settings);
    },
  };
}

/** Where a run's source can be opened again; null if it was not kept. */
export function originOf(origin: string | null): SourceRef | null {
  if (origin === null) return null;
  const parsed = sourceRefSchema.safeParse(JSON.parse(origin));
  return parsed.success ? parsed.data : null;
}
