import { access } from 'node:fs/promises';
import { type SourceRef, sourceRefSchema } from '../../src-shared/contract';
import { whyReadOnly } from '../../src-shared/database-state';
import { IngotError } from '../../src-shared/errors';
import type { RunStatus } from '../../src-shared/events';
import type { RunSettings } from '../../src-shared/run-settings';
import { MAX_WINDOW_ROWS, type RunRow } from '../../src-shared/views';
import type { Views } from '../accounts/views/create-views';
import type { KeptRun } from '../accounts/views/run-rows';
import { openSource } from '../ingestion/open-source';
import type { RecordSource } from '../ingestion/record';
import { knewNearlyAll, notResumable } from '../runs/attempt';
import type { Run } from '../runs/interface';
import { findRun } from '../runs/sql/runs';
import { type RunOnRecord, whyNotResumable } from '../storage/run-on-record';
import type { DatabaseLife } from './database-life';
import type { RecentSources } from './recent-sources';
import { discardingRefused, type SourceAccess } from './source-access';
import { UPLOAD_GONE, type Uploads } from './uploads';

export const SOURCE_NOT_KEPT = 'Where its source came from was not kept.';

/** Where a run's source can be opened again, as it is kept with the run. */
export function composeOrigin(source: SourceRef): string {
  return JSON.stringify(source);
}

/** Null if it was not kept. */
export function originOf(origin: string | null): SourceRef | null {
  if (origin === null) return null;
  const parsed = sourceRefSchema.safeParse(JSON.parse(origin));
  return parsed.success ? parsed.data : null;
}

/** Why a source cannot be opened again, a sentence for a person; null if it can. */
export async function whyGone(
  source: SourceRef | null,
  isUploadThere: (uploadId: string) => boolean | Promise<boolean>,
): Promise<string | null> {
  switch (source?.kind) {
    case undefined:
      return SOURCE_NOT_KEPT;
    case 'sample':
      return null;
    case 'upload':
      return (await isUploadThere(source.uploadId)) ? null : UPLOAD_GONE;
    case 'path':
      return access(source.path).then(
        () => null,
        () => 'Its file is not there any more.',
      );
  }
}

/** The upload of an older run may go, though that run could be resumed. */
const LATEST_RUNS = MAX_WINDOW_ROWS;

/** Uploads that one of the latest runs can still be resumed from. */
export async function findNeededUploads(views: Views): Promise<ReadonlySet<string>> {
  const { rows } = await views.runs({ window: { from: { edge: 'start' }, limit: LATEST_RUNS } });
  const needed = new Set<string>();
  for (const run of rows) {
    const source = originOf(run.origin);
    const endsEarly = run.endedAtMs === null || whyNotResumable(run) === null;
    if (source?.kind === 'upload' && endsEarly) needed.add(source.uploadId);
  }
  return needed;
}

/** Starts, resumes and repeats runs of sources that a client names. */
export interface RunStarter {
  /** `name` is what an earlier run of the same source was called. @throws IngotError as `Engine.startRun`. */
  start(source: SourceRef, settings: RunSettings, name?: string): Promise<RunStatus>;
  /**
   * Resumes a run at its checkpoint.
   * @throws IngotError `not_found`; `conflict` with the reason why it cannot be resumed; what `SourceAccess`
   *   says of its source.
   */
  resume(runId: string): Promise<RunStatus>;
  /** Starts another run of the same source with the same settings. @throws IngotError `source_unreadable`. */
  again(runId: string): Promise<RunStatus>;
  /** A run as clients get it: with whether it can be resumed and repeated. */
  describe<Row extends KeptRun>(row: Row): Promise<Omit<Row, 'origin' | 'identity'> & RunRow>;
}

export interface RunStarterDeps {
  readonly life: DatabaseLife;
  readonly access: SourceAccess;
  readonly uploads: Uploads;
  readonly recent: RecentSources;
  /** Every window hears it. */
  readonly warn: (message: string) => void;
}

export function createRunStarter({ life, access, uploads, recent, warn }: RunStarterDeps): RunStarter {
  /** Closes the source if the run cannot begin. An upload may have come under another name since. */
  const beginOn = async (
    { source, settings, name }: { source: SourceRef; settings: RunSettings; name: string | undefined },
    begin: (opened: RecordSource) => Promise<Run>,
  ): Promise<RunStatus> => {
    const { database } = life.current();
    const opened = await discardingRefused(uploads, source, async () => {
      const spec = await access.specOf(source);
      const named = source.kind === 'upload' && name !== undefined ? { ...spec, name } : spec;
      return openSource(named, settings);
    });
    try {
      const said = opened.notes;
      const run = await begin(opened);
      void run.ended.then(async (status) => {
        for (const note of opened.notes) if (!said.includes(note)) warn(note);
        if (await knewNearlyAll(database, status)) warn(nearlyAllKnown(database.location));
      });
      if (source.kind === 'upload') uploads.keepUntil(source.uploadId, run.ended);
      return run.status();
    } catch (error) {
      await opened.close();
      throw error;
    }
  };

  const start = async (source: SourceRef, settings: RunSettings, name?: string) => {
    const status = await beginOn({ source, settings, name }, (opened) =>
      life.engine().startRun(opened, settings, composeOrigin(source)),
    );
    await recent.note({ source, name: status.source });
    return status;
  };

  const find = async (runId: string) => {
    // Refuses where nothing can run, before anything is looked up.
    life.engine();
    const run = await findRun(life.current().database, runId);
    if (run) return run;
    throw new IngotError('not_found', `There is no run ${runId}.`);
  };
  const whyLookingOn = () => {
    const reason = whyReadOnly(life.state());
    return reason && `${reason}.`;
  };
  /** Why its source cannot be played again; null if it can. */
  const whyNotRepeatable = async ({ origin }: Pick<RunOnRecord, 'origin'>) =>
    whyLookingOn() ?? whyGone(originOf(origin), (uploadId) => uploads.sizeOf(uploadId) !== null);
  /** As far as that shows without reading its source; null if it can be resumed. */
  const whyNot = async (run: Pick<RunOnRecord, 'state' | 'identity' | 'origin'>) =>
    whyLookingOn() ?? whyNotResumable(run) ?? (await whyNotRepeatable(run));

  return {
    start,
    async resume(runId) {
      const run = await find(runId);
      const source = originOf(run.origin);
      const reason = await whyNot(run);
      if (reason !== null || !source) throw notResumable(runId, reason ?? SOURCE_NOT_KEPT);
      return beginOn({ source, settings: run.settings, name: run.source }, (opened) =>
        life.engine().resumeRun(opened, runId),
      );
    },
    async again(runId) {
      const run = await find(runId);
      const source = originOf(run.origin);
      const reason = await whyNotRepeatable(run);
      if (reason === null && source) return start(source, run.settings, run.source);
      throw new IngotError('source_unreadable', `Run ${runId} cannot be repeated. ${reason}`, {
        hint: 'Open the file again.',
      });
    },
    async describe(row) {
      const { origin: _origin, identity: _identity, ...run } = row;
      const reason = await whyNot(row);
      const notRepeatable = await whyNotRepeatable(row);
      return { ...run, notRepeatable, resumable: reason === null, notResumable: reason };
    },
  };
}

function nearlyAllKnown(location: string): string {
  const place = location === 'memory' ? 'the database in memory' : location;
  return `Nearly every record was known already: ${place} keeps what earlier runs brought. "Reset database" empties it.`;
}
