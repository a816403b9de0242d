import { MAX_WINDOW_ROWS } from '../../src-shared/views';
import type { Views } from '../accounts/views/create-views';
import { whyNotResumable } from '../storage/run-on-record';
import { originOf } from './source-origin';

/** The upload of an older run may go, though that run could be resumed. */
const LATEST_RUNS = MAX_WINDOW_ROWS;

/** Uploads that one of the latest runs is of, which can still be resumed. */
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
