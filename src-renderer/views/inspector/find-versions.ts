import { IngotError } from '../../../src-shared/errors';
import { type HistoryRow, MAX_WINDOW_ROWS, type RowWindow, type VersionRow } from '../../../src-shared/views';
import { formatVersion } from '../../format/integers';
import type { Reads } from '../../stores/instant';

export interface TwoVersions {
  readonly after: VersionRow;
  readonly before: VersionRow | null;
}

/** The version `shown`, and `against` or else the latest before it. */
export async function findVersions(
  reads: Reads,
  id: string,
  shown: string,
  against: string | null,
): Promise<TwoVersions> {
  const before = against ?? (await findBefore(reads, id, shown));
  const read = (version: string) => reads.call('updates.get', { id, version });
  const [one, other] = await Promise.all([read(shown), before === null ? null : read(before)]);
  if (one === null)
    throw new IngotError('not_found', `There is no version ${formatVersion(shown)} of this account.`);
  return { after: one, before: other };
}

/**
 * The next lower version that is not stale; null: there is none. There is no query for it, so pages are read from the highest;
 * the first one usually has it.
 */
async function findBefore(reads: Reads, id: string, shown: string): Promise<string | null> {
  let isBelow = false;
  let cursor: string | null = null;
  for (;;) {
    const from = cursor === null ? ({ edge: 'start' } as const) : { after: cursor };
    const page: RowWindow<HistoryRow> = await reads.call('accounts.versionList', {
      id,
      window: { from, limit: MAX_WINDOW_ROWS },
    });
    for (const { version, outcome } of page.rows) {
      if (isBelow && outcome === 'indexed') return version;
      if (version === shown) isBelow = true;
    }
    cursor = page.next ?? page.rows.at(-1)?.cursor ?? null;
    if (page.atEnd || cursor === null) return null;
  }
}
