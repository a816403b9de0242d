import { toPrintable } from '../../../src-shared/printable';
import { type RunOnRecord, whyNotResumable } from '../../engine/run-on-record';
import { originOf, whyGone } from '../../host/source-origin';
import { outputColors } from '../process/terminal';
import { formatCount } from './durations';
import { formatTable } from './report-text';

export type UnfinishedRun = RunOnRecord & { readonly notResumable: string | null };

/** Why a run cannot be resumed on the command line; null if it can. Uploads are kept by the window's program alone. */
export async function whyNotResumed(run: RunOnRecord): Promise<string | null> {
  return whyNotResumable(run) ?? (await whyGone(originOf(run.origin), () => false));
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
