import { type VersionText, versionText } from '../../../src-shared/update';
import type { Clock } from '../../time/clock';
import { compareBigints, inSlices, sortByDigits } from './column-parts';
import { createLeaderLog } from './leader-log';
import type { StateColumns } from './state-columns';

const NONE = -1;

/** `before`: see `LeaderNote`. */
export interface LedOnChain {
  readonly accountType: string;
  readonly seq: bigint;
  readonly version: VersionText;
  readonly before: number;
}

/**
 * Since which update the leaders of these types have been the same in the order of the chain, up to a place on it: of the updates known by
 * `asOf`, each account has its highest version so far.
 */
export async function leadersOnChain(
  columns: StateColumns,
  accountTypes: readonly string[],
  asOf: bigint,
  cut: VersionText,
  clock: Pick<Clock, 'breathe'>,
): Promise<readonly LedOnChain[]> {
  const { upTo, known } = columns.knownBy(asOf);
  const found = await columns.cuts.rowsUpTo(upTo, cut, known, clock.breathe);
  const byVersion = [...columns.digitsOf('versions'), ...columns.digitsOf('slots')];
  const rows = await sortByDigits(found, byVersion, clock);
  const heads = new Int32Array(known.accountCount).fill(NONE);
  const leaders = createLeaderLog({
    compare: (row, other) => compareBigints(columns.tokensOf(row), columns.tokensOf(other)),
    typeOf: columns.typeNumberOf,
    isHead: (row) => heads[columns.accountOf(row)] === row,
  });
  await inSlices(rows.length, clock, (at) => {
    const row = rows[at] as number;
    const account = columns.accountOf(row);
    const before = heads[account] as number;
    heads[account] = row;
    leaders.add(row, before === NONE ? null : before);
  });
  const types = new Set(accountTypes.flatMap((name) => columns.typeNumber(name) ?? []));
  return leaders
    .lastOf(types, () => true)
    .map(({ update, type, before }) => ({
      accountType: columns.typeName(type),
      seq: columns.seqOf(update),
      version: versionText(String(columns.slotOf(update)), String(columns.versionOf(update))),
      before,
    }));
}
