import { IngotError } from '../../../src-shared/errors';
import { MAX_WINDOW_ROWS, type VersionRow } from '../../../src-shared/views';
import { formatVersion } from '../../format/integers';
import type { Reads } from '../../stores/instant';

export interface TwoVersions {
  readonly after: VersionRow;
  readonly before: VersionRow | null;
}

/**
 * The version `shown`, and `against` or else the latest before it: the next lower one that is not stale. There is no query for
 * one version, so pages are read from the highest; the first one usually has it.
 */
export async function findVersions(
  reads: Reads,
  id: string,
  shown: string,
  against: string | null,
): Promise<TwoVersions> {
  let after: VersionRow | null = null;
  let before: VersionRow | null = null;
  let cursor: string | null = null;
  for (;;) {
    const page: Awaited<ReturnType<typeof reads.call<'accounts.versions'>>> = await reads.call(
      'accounts.versions',
      {
        id,
        window: { from: cursor === null ? { edge: 'start' } : { after: cursor }, limit: MAX_WINDOW_ROWS },
      },
    );
    for (const row of page.rows) {
      if (against === null && after !== null && before === null && row.outcome === 'indexed') before = row;
      if (row.version === against) before = row;
      if (row.version === shown) after = row;
    }
    const found = after !== null && (before !== null || page.atEnd);
    cursor = page.next ?? page.rows.at(-1)?.cursor ?? null;
    if (found || page.atEnd || cursor === null) break;
  }
  if (after === null)
    throw new IngotError('not_found', `There is no version ${formatVersion(shown)} of this account.`);
  return { after, before };
}
