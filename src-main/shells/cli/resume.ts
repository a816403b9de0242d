import { join } from 'node:path';
import { IngotError } from '../../../src-shared/errors';
import type { Database } from '../../database/database';
import { originOf, SOURCE_NOT_KEPT, whyGone } from '../../host/run-starter';
import { findUpload, UPLOAD_GONE, uploadsIn } from '../../host/uploads';
import { openSource, type SourceSpec } from '../../ingestion/open-source';
import type { RecordSource } from '../../ingestion/record';
import { findResumableRun, notResumable } from '../../runs/attempt';
import { listUnfinishedRuns, markRunsInterrupted } from '../../runs/sql/runs';
import type { LoadedSettings } from '../../settings/load-settings';
import type { Settings } from '../../settings/schema';
import type { RunOnRecord } from '../../storage/run-on-record';
import { createSystemClock } from '../../time/clock';
import { EXIT, type ExitCode } from '../process/failure';
import { requireThere } from './backup-places';
import { formatCount } from './durations';
import { openChosenDatabase } from './open-chosen-database';
import { openCommandLogs } from './open-command-logs';
import { noteStart, onStage, playRun } from './play-run';
import { formatUnfinishedRuns, type UnfinishedRun, whyNotResumed } from './unfinished-runs';
import { writeOut } from './write-out';

/** So many unfinished runs are looked at: who has more has other worries. */
const LOOKED_AT = 1_000;

/**
 * Takes a run up at its checkpoint and shows what happens, as `ingest` does.
 * @param runId null: the latest that can be resumed.
 * @throws IngotError `not_found`, `conflict` with the reason if it cannot be resumed, `source_unreadable`.
 */
export async function resume(runId: string | null, loaded: LoadedSettings): Promise<ExitCode> {
  const { settings } = loaded;
  requireDatabase(settings);
  let source: RecordSource | null = null;
  try {
    return await onStage(settings, (stage) => {
      stage.ending.workBegins();
      return playRun(loaded, stage, async (database) => {
        const run =
          runId === null ? await findLatest(database, settings) : await findResumableRun(database, runId);
        source = await openSource(await specOf(run, settings), run.settings);
        const verb = `Resuming run ${run.runId} after ${formatCount(run.checkpoint.records)} records:`;
        noteStart(stage.output, verb, source, settings);
        return {
          source,
          takenUp: run.runId,
          simulated: run.settings.simulate,
          begin: (engine, held) => engine.resumeRun(held, run.runId, changesOf(loaded)),
        };
      });
    });
  } finally {
    await (source as RecordSource | null)?.close();
  }
}

/** Prints the runs that ended before their source did, and whether they can be resumed. */
export async function listResumable(loaded: LoadedSettings): Promise<ExitCode> {
  const { settings } = loaded;
  requireDatabase(settings);
  const clock = createSystemClock();
  const { logger } = await openCommandLogs(loaded, { clock });
  const database = await openChosenDatabase(settings, { clock, logger });
  try {
    await markRunsInterrupted(database);
    await writeOut(formatUnfinishedRuns(await listUnfinished(database, settings), settings.json));
    return EXIT.done;
  } finally {
    await database.close();
  }
}

/** A run keeps its own settings; only waiting is this sitting's affair, if anything says so. */
function changesOf({ settings, originOf: whence }: LoadedSettings): { wait?: boolean } {
  return whence('wait').source === 'default' ? {} : { wait: settings.wait };
}

function requireDatabase(settings: Settings): void {
  if (settings.memory) {
    throw new IngotError('invalid_input', 'A database in memory keeps no runs: nothing to resume.');
  }
  requireThere(settings);
}

async function listUnfinished(database: Database, settings: Settings): Promise<readonly UnfinishedRun[]> {
  const runs = await listUnfinishedRuns(database, LOOKED_AT);
  return Promise.all(runs.map(async (run) => ({ ...run, notResumable: await whyNotResumed(run, settings) })));
}

async function findLatest(database: Database, settings: Settings): Promise<RunOnRecord> {
  const runs = await listUnfinished(database, settings);
  const latest = runs.find((run) => run.notResumable === null);
  if (latest) return latest;
  const [last] = runs;
  if (last && last.notResumable !== null) throw notResumable(last.runId, last.notResumable);
  throw new IngotError('not_found', 'No run is unfinished: there is nothing to resume.');
}

async function specOf(run: RunOnRecord, { dataDir }: Settings): Promise<SourceSpec> {
  const origin = originOf(run.origin);
  switch (origin?.kind) {
    case undefined:
      throw notResumable(run.runId, SOURCE_NOT_KEPT);
    case 'sample':
      return { kind: 'file', path: join(import.meta.dirname, '../../data/sample.json') };
    case 'upload': {
      const upload = dataDir === null ? null : await findUpload(uploadsIn(dataDir), origin.uploadId);
      if (upload) return { ...upload, name: run.source };
      throw notResumable(run.runId, UPLOAD_GONE);
    }
    case 'path': {
      const gone = await whyGone(origin, () => false);
      if (gone !== null) throw notResumable(run.runId, gone);
      return { kind: 'file', path: origin.path };
    }
  }
}
