import type { Views } from '../accounts/views/create-views';
import { whyNotResumable } from '../engine/run-on-record';
import { originOf } from './source-origin';

/** No more uploads than this are ever kept, so older runs have none. */
const LATEST_RUNS = 100;

/** Uploads that a run which has not come to its end can still be taken up from. */
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
