import type { SourceRef } from '../../../src-shared/contract';
import { whyReadOnly } from '../../../src-shared/database-state';
import { IngotError } from '../../../src-shared/errors';
import type { RunStatus } from '../../../src-shared/events';
import type { RunSettings } from '../../../src-shared/run-settings';
import type { RunRow } from '../../../src-shared/views';
import type { KeptRun } from '../../accounts/views/run-rows';
import type { Database } from '../../database/database';
import { openSource } from '../../ingestion/open-source';
import type { RecordSource } from '../../ingestion/record';
import type { Logger } from '../../observability/logger';
import { knewNearlyAll, notResumable } from '../../runs/attempt';
import type { Run } from '../../runs/interface';
import { findRun } from '../../runs/sql/runs';
import { type RunOnRecord, whyNotResumable } from '../../storage/run-on-record';
import type { SomeHandlers } from '../dispatch';
import type { RecentSources } from '../recent-sources';
import type { Session } from '../session';
import type { SourceAccess } from '../source-access';
import { composeOrigin, originOf, SOURCE_NOT_KEPT, whyGone } from '../source-origin';
import type { Uploads } from '../uploads';
import { discardingRefused } from './source-handlers';

export interface RunDeps {
  readonly session: Session;
  readonly access: SourceAccess;
  readonly uploads: Uploads;
  readonly recent: RecentSources;
  readonly logger: Logger;
  /** Tells every window what a person should have a look at. */
  readonly warn: (message: string) => void;
}

/** `name` is what an earlier run of the same source was called. */
export type StartRun = (source: SourceRef, settings: RunSettings, name?: string) => Promise<RunStatus>;
export type ResumeRun = (runId: string) => Promise<RunStatus>;

/**
 * Begins a run of the source, or resumes one, and closes the source if that cannot be. `name` is what an earlier run
 * of it was called: an upload may have come under another one since.
 */
async function beginOn(
  { session, access, uploads, warn }: RunDeps,
  { source, settings, name }: { source: SourceRef; settings: RunSettings; name?: string | undefined },
  begin: (opened: RecordSource) => Promise<Run>,
): Promise<Run> {
  const { database } = session.current();
  const opened = await discardingRefused(uploads, source, async () => {
    const spec = await access.specOf(source);
    const named = source.kind === 'upload' && name !== undefined ? { ...spec, name } : spec;
    return openSource(named, settings);
  });
  try {
    const told = opened.notes;
    const run = await begin(opened);
    void run.ended.then(async (status) => {
      for (const note of opened.notes) if (!told.includes(note)) warn(note);
      if (await knewNearlyAll(database, status)) warn(describeKnown(database));
    });
    if (source.kind === 'upload') uploads.keepUntil(source.uploadId, run.ended);
    return run;
  } catch (error) {
    await opened.close();
    throw error;
  }
}

function describeKnown({ location }: Pick<Database, 'location'>): string {
  const place = location === 'memory' ? 'the database in memory' : location;
  return `Nearly every record was known already: ${place} keeps what earlier runs brought. "Reset database" starts afresh.`;
}

/** Opens a source and begins a run of it; where it came from is kept with the run, so that it can be repeated. */
export function createRunStarter(deps: RunDeps): StartRun {
  return async (source, settings, name) => {
    const run = await beginOn(deps, { source, settings, name }, (opened) =>
      deps.session.engine().startRun(opened, settings, composeOrigin(source)),
    );
    await deps.recent.note({ source, name: run.status().source });
    return run.status();
  };
}

/**
 * Takes a run up at its checkpoint.
 * @throws IngotError `not_found`; `conflict` with the reason why it cannot be resumed; what `SourceAccess`
 *   says of its source.
 */
function createRunResumer(deps: RunDeps): ResumeRun {
  return async (runId) => {
    const { session } = deps;
    // Refuses where nothing can run, before anything is looked up.
    session.engine();
    const kept = await findRun(session.current().database, runId);
    if (!kept) throw new IngotError('not_found', `There is no run ${runId}.`);
    const source = originOf(kept.origin);
    const reason = await whyNot(deps, kept);
    if (reason !== null || !source) throw notResumable(runId, reason ?? SOURCE_NOT_KEPT);
    const run = await beginOn(deps, { source, settings: kept.settings, name: kept.source }, (opened) =>
      session.engine().resumeRun(opened, runId),
    );
    return run.status();
  };
}

export function createRunHandlers(deps: RunDeps, start: StartRun): SomeHandlers {
  const { session } = deps;
  const resume = createRunResumer(deps);
  const runUnderWay = (): Run => {
    const run = session.engine().currentRun();
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
    'run.setSpeed': ({ speed }) => after((run) => run.setSpeed(speed)),
    async 'run.stop'() {
      const run = runUnderWay();
      run.stop();
      return run.ended;
    },
    'run.status': async () => session.status(),
    'runs.resume': ({ runId }) => resume(runId),
    async 'runs.resumeClock'({ runId }) {
      await session.engine().resumeClock(runId);
      return null;
    },
    async 'runs.page'(query) {
      const window = await session.current().views.runs(query);
      const rows = await Promise.all(window.rows.map((row) => toRunRow(deps, row)));
      return { ...window, rows };
    },
    async 'runs.again'({ runId }) {
      session.engine();
      const run = await findRun(session.current().database, runId);
      if (!run) throw new IngotError('not_found', `There is no run ${runId}.`);
      const source = originOf(run.origin);
      const gone = await goneFor(deps, run);
      if (gone !== null || !source) {
        throw new IngotError('source_unreadable', `Run ${runId} cannot be repeated. ${gone}`, {
          hint: 'Open the file again.',
        });
      }
      return start(source, run.settings, run.source);
    },
  };
}

async function toRunRow<Row extends KeptRun>(
  deps: RunDeps,
  row: Row,
): Promise<Omit<Row, 'origin' | 'identity'> & RunRow> {
  const { origin: _origin, identity: _identity, ...run } = row;
  const notResumable = await whyNot(deps, row);
  return {
    ...run,
    notRepeatable: await goneFor(deps, row),
    resumable: notResumable === null,
    notResumable,
  };
}

/** Why a run cannot be resumed, as far as that shows without reading its source; null if it can. */
async function whyNot(
  deps: RunDeps,
  run: Pick<RunOnRecord, 'state' | 'identity' | 'origin'>,
): Promise<string | null> {
  return whyLookingOn(deps) ?? whyNotResumable(run) ?? (await goneFor(deps, run));
}

/** Why its source cannot be played again; null if it can. */
async function goneFor(deps: RunDeps, { origin }: Pick<RunOnRecord, 'origin'>): Promise<string | null> {
  return (
    whyLookingOn(deps) ?? whyGone(originOf(origin), (uploadId) => deps.uploads.sizeOf(uploadId) !== null)
  );
}

function whyLookingOn({ session }: RunDeps): string | null {
  const reason = whyReadOnly(session.state());
  return reason && `${reason}.`;
}
