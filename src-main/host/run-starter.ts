import { access } from 'node:fs/promises';
import { type RunSource, type SourceRef, sourceRefSchema } from '../../src-shared/contract';
import { whyReadOnly } from '../../src-shared/database-state';
import { IngotError } from '../../src-shared/errors';
import type { RunStatus } from '../../src-shared/events';
import type { SourceReading } from '../../src-shared/mapping';
import type { RunSettings } from '../../src-shared/run-settings';
import { MAX_WINDOW_ROWS, type RunRow, type UnfinishedRun } from '../../src-shared/views';
import { sampleSlots } from '../accounts/sql/sample-slots';
import type { Views } from '../accounts/views/create-views';
import type { KeptRun } from '../accounts/views/run-rows';
import type { Queryable } from '../database/database';
import { openSource } from '../ingestion/open-source';
import type { RecordSource } from '../ingestion/record';
import { knewNearlyAll, notResumable } from '../runs/attempt';
import type { ResumeChanges, Run } from '../runs/interface';
import { findRun, listUnfinishedRuns } from '../runs/sql/runs';
import { type RunOnRecord, whyNotResumable } from '../storage/run-on-record';
import type { DatabaseLife } from './database-life';
import type { Idls } from './idls';
import { discardingRefused, type SourceAccess } from './source-access';
import { UPLOAD_GONE, type Uploads } from './uploads';

const SOURCE_NOT_KEPT = 'Where its source came from was not kept.';

/** Where a run's source can be opened again, as stored with the run. */
export function composeOrigin(source: SourceRef): string {
  return JSON.stringify(source);
}

/** Null if it was not stored. */
export function originOf(origin: string | null): SourceRef | null {
  if (origin === null) return null;
  const parsed = sourceRefSchema.safeParse(JSON.parse(origin));
  return parsed.success ? parsed.data : null;
}

/** Why a source cannot be opened again, for a person; null if it can. */
async function whyGone(
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

/** An older run's upload may be removed, though the run could be resumed. */
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

/** Where runs get their sources from. */
export interface RunSources {
  /** `name` is what an earlier run of it was called: an upload may have come under another name since. */
  open(source: SourceRef, settings: RunSettings, name?: string): Promise<RecordSource>;
  isUploadThere(uploadId: string): boolean | Promise<boolean>;
  /** A run reads it until `ended` settles. */
  keepUntil(source: SourceRef, ended: Promise<unknown>): void;
}

/** What the runs of a window read. */
export function createRunSources(access: SourceAccess, uploads: Uploads, idls: Idls): RunSources {
  return {
    open: (source, settings, name) =>
      discardingRefused(uploads, source, async () => {
        const spec = await access.specOf(source);
        return openSource(source.kind === 'upload' && name !== undefined ? { ...spec, name } : spec, {
          ...settings,
          idls: idls.paths(),
        });
      }),
    isUploadThere: (uploadId) => uploads.sizeOf(uploadId) !== null,
    keepUntil(source, ended) {
      if (source.kind === 'upload') uploads.keepUntil(source.uploadId, ended);
    },
  };
}

/** How a run ended, as far as a person should know of it beside its report. */
export interface RunEnd {
  readonly status: RunStatus;
  /** What showed of the source after its beginning. */
  readonly notes: readonly string[];
  /** Whether earlier runs had brought nearly all of its records. */
  readonly knewNearlyAll: boolean;
  /** Where the database is. */
  readonly location: string;
}

/** Starts, resumes and repeats runs of sources that a client names. */
export interface RunStarter {
  /** Begins a run on a source that is open, and closes the source if that cannot be. */
  begin(opened: RecordSource, begin: () => Promise<Run>): Promise<Run>;
  /**
   * `name` is the source's name in an earlier run.
   * @throws IngotError as `Engine.startRun`.
   */
  start(source: SourceRef, settings: RunSettings, name?: string): Promise<RunStatus>;
  /**
   * Resumes a run at its checkpoint.
   * @throws IngotError `not_found`; `conflict` with the reason why it cannot be resumed; what `RunSources`
   *   says of its source.
   */
  resume(runId: string, changes?: ResumeChanges): Promise<RunStatus>;
  /** What a run read, and how. @throws IngotError `not_found`; `source_unreadable` if it cannot be read again. */
  sourceOf(runId: string): Promise<RunSource>;
  /** Runs that ended before their source did, the latest first. */
  unfinished(): Promise<readonly UnfinishedRun[]>;
  /** A run for clients: with whether it can be resumed and repeated. */
  describe<Row extends KeptRun>(row: Row): Promise<Omit<Row, 'origin' | 'identity'> & RunRow>;
}

export interface RunStarterDeps {
  readonly life: Pick<DatabaseLife, 'engine' | 'state'> & {
    current(): Pick<ReturnType<DatabaseLife['current']>, 'database'>;
  };
  readonly sources: RunSources;
  /** A run of the source has begun. */
  readonly note?: (entry: { readonly source: SourceRef; readonly name: string }) => Promise<void>;
  /** The source of a run that is to be resumed is open. What this rejects with refuses the run. */
  readonly onResume?: (source: RecordSource, run: RunOnRecord) => Promise<void>;
  /** Rejects if even the end of the run failed, at its source for instance. */
  readonly onEnd: (end: Promise<RunEnd>) => void;
}

/** So many unfinished runs are looked at. */
const UNFINISHED_RUNS = 1_000;

/** Sources with slots and sources without, in one database: their versions are not told from each other by their age. */
export async function warnOfMixing(
  database: Queryable,
  reading: Pick<SourceReading, 'hasSlots'> | null,
): Promise<readonly string[]> {
  if (reading === null) return [];
  const { withSlots, withoutSlots } = await sampleSlots(database);
  if (reading.hasSlots && withoutSlots) {
    return [
      'The database also has accounts without slots: of the same account, whatever has a slot counts as newer.',
    ];
  }
  if (!reading.hasSlots && withSlots) {
    return [
      'The database has accounts with slots, and this source has none: of the same account, they count as newer.',
    ];
  }
  return [];
}

/** What a person could take a duplicate for. */
function describeDuplicates(
  { idls, reading }: RecordSource,
  { counts: { duplicate } }: RunStatus,
): readonly string[] {
  if (duplicate === 0) return [];
  const notes: string[] = [];
  // A list has each account once.
  if (reading?.hasSlots && reading.mapping.list === null && reading.mapping.fields.version === undefined) {
    notes.push(
      `The source has no write versions. So if an account returned to an earlier state within a slot, that is among the duplicates (${duplicate}).`,
    );
  }
  if (idls.length > 0) {
    notes.push(
      `Duplicates (${duplicate}) keep the fields that they were first decoded to, whatever the IDLs are now. To decode them again, ` +
        'read the source into another space or database.',
    );
  }
  return notes;
}

export function createRunStarter({ life, sources, note, onResume, onEnd }: RunStarterDeps): RunStarter {
  const beginOn = async (opened: RecordSource, begin: () => Promise<Run>): Promise<Run> => {
    try {
      const { database } = life.current();
      const said = opened.notes;
      const mixing = await warnOfMixing(database, opened.reading);
      const run = await begin();
      onEnd(
        run.ended.then(async (status) => ({
          status,
          notes: [
            ...mixing,
            ...opened.notes.filter((note) => !said.includes(note)),
            ...describeDuplicates(opened, status),
          ],
          knewNearlyAll: await knewNearlyAll(database, status),
          location: database.location,
        })),
      );
      return run;
    } catch (error) {
      await opened.close();
      throw error;
    }
  };

  const start = async (source: SourceRef, settings: RunSettings, name?: string) => {
    life.current();
    const opened = await sources.open(source, settings, name);
    const run = await beginOn(opened, () => life.engine().startRun(opened, settings, composeOrigin(source)));
    sources.keepUntil(source, run.ended);
    await note?.({ source, name: run.status().source });
    return run.status();
  };

  const find = async (runId: string) => {
    // Refuses before any look-up if nothing can run.
    life.engine();
    const run = await findRun(life.current().database, runId);
    if (run) return run;
    throw new IngotError('not_found', `There is no run ${runId}.`);
  };
  const whyLookingOn = () => {
    const reason = whyReadOnly(life.state());
    return reason && `${reason}.`;
  };
  /** Null if its source can be played again. */
  const whyNotRepeatable = async ({ origin }: Pick<RunOnRecord, 'origin'>) =>
    whyLookingOn() ?? whyGone(originOf(origin), sources.isUploadThere);
  /** As far as can be told without reading its source; null if it can be resumed. */
  const whyNot = async (run: Pick<RunOnRecord, 'state' | 'identity' | 'origin'>) =>
    whyLookingOn() ?? whyNotResumable(run) ?? (await whyNotRepeatable(run));

  return {
    begin: beginOn,
    start,
    async resume(runId, changes = {}) {
      const run = await find(runId);
      const source = originOf(run.origin);
      const reason = await whyNot(run);
      if (reason !== null || !source) throw notResumable(runId, reason ?? SOURCE_NOT_KEPT);
      const opened = await sources.open(source, run.settings, run.source);
      const resumed = await beginOn(opened, async () => {
        await onResume?.(opened, run);
        return life.engine().resumeRun(opened, runId, changes);
      });
      sources.keepUntil(source, resumed.ended);
      return resumed.status();
    },
    async sourceOf(runId) {
      const run = await find(runId);
      const source = originOf(run.origin);
      const reason = await whyNotRepeatable(run);
      if (reason === null && source) {
        // A repeated run delivers only if a person says so again.
        return { source, name: run.source, settings: { ...run.settings, deliver: false } };
      }
      throw new IngotError('source_unreadable', `Run ${runId} cannot be repeated. ${reason}`, {
        hint: 'Open the file again.',
      });
    },
    async unfinished() {
      const runs = await listUnfinishedRuns(life.current().database, UNFINISHED_RUNS);
      return Promise.all(
        runs.map(async (run) => {
          const { runId, state, source, startedAtMs, checkpoint } = run;
          const notResumable = await whyNot(run);
          return { runId, state, source, startedAtMs, records: checkpoint.records, notResumable };
        }),
      );
    },
    async describe(row) {
      const { origin: _origin, identity: _identity, ...run } = row;
      const reason = await whyNot(row);
      const notRepeatable = await whyNotRepeatable(row);
      return { ...run, notRepeatable, resumable: reason === null, notResumable: reason };
    },
  };
}
