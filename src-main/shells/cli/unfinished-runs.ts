import { toPrintable } from '../../../src-shared/printable';
import { originOf, whyGone } from '../../host/run-starter';
import { findUpload, uploadsIn } from '../../host/uploads';
import type { Settings } from '../../settings/schema';
import { type RunOnRecord, whyNotResumable } from '../../storage/run-on-record';
import { outputColors } from '../process/terminal';
import { formatCount } from './durations';
import { formatTable } from './report-text';

export type UnfinishedRun = RunOnRecord & { readonly notResumable: string | null };

/** Why a run cannot be resumed, as far as that shows without reading its source; null if it can. */
export async function whyNotResumed(run: RunOnRecord, { dataDir }: Settings): Promise<string | null> {
  const isUploadThere = async (uploadId: string) =>
    dataDir !== null && (await findUpload(uploadsIn(dataDir), uploadId)) !== null;
  return whyNotResumable(run) ?? (await whyGone(originOf(run.origin), isUploadThere));
}

/** A table, or one object a line. */
export function formatUnfinishedRuns(runs: readonly UnfinishedRun[], json: boolean): string {
  if (json) return runs.map((run) => `${JSON.stringify(toJson(run))}\n`).join('');
  if (runs.length === 0) return 'No run is unfinished.\n';
  const colors = outputColors();
  const rows = runs.map((run) => [
    run.runId,
    run.state,
    toPrintable(run.source),
    formatCount(run.checkpoint.records),
    run.notResumable ?? 'can be resumed',
  ]);
  return `${formatTable(['Run', 'State', 'Source', 'Records', ''], rows, colors)}\n`;
}

function toJson({ runId, state, source, checkpoint, startedAtMs, notResumable }: UnfinishedRun) {
  const resumable = notResumable === null;
  return { runId, state, source, records: checkpoint.records, startedAtMs, resumable, notResumable };
}
