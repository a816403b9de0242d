import { REPORT_LIMITS, type TypeLeaders, versionText } from '../../../src-shared/update';
import type { RankedTypes } from '../sql/rank-leaders';
import { compareIds } from './column-parts';
import type { Row, StateAt } from './state-columns';

/** How many accounts of a type have the most tokens, and which. */
interface Tied {
  tokens: bigint;
  rows: Row[];
}

/** The leaders of each type at an instant, as `rankLeaders` gives those of now: within `REPORT_LIMITS`. */
export function leadersAt(state: StateAt, afterType: string | null, most: number): RankedTypes {
  const { columns } = state;
  const tied = tiedByType(state);
  const names = [...tied.keys()]
    .map((number) => columns.typeName(number))
    .filter((name) => afterType === null || compareIds(name, afterType) > 0)
    .sort(compareIds);
  const types: TypeLeaders[] = [];
  let bytes = 0;
  for (const name of names.slice(0, most)) {
    const leaders = nameLeaders(
      state,
      name,
      tied.get(columns.typeNumber(name) ?? -1),
      null,
      REPORT_LIMITS.leaders,
    );
    if (leaders === undefined) continue;
    types.push(leaders);
    bytes += leaders.leaders.reduce(
      (sum, { id, version }) => sum + Buffer.byteLength(id) + version.length + 8,
      0,
    );
    if (bytes >= REPORT_LIMITS.bytes) break;
  }
  return { types, moreTypes: names.length > types.length };
}

/** The leaders of one type by id; undefined if it had no account. */
export function leadersOfTypeAt(
  state: StateAt,
  accountType: string,
  afterId: string | null,
  most: number,
): TypeLeaders | undefined {
  const number = state.columns.typeNumber(accountType);
  return number === undefined
    ? undefined
    : nameLeaders(state, accountType, tiedByType(state).get(number), afterId, most);
}

function tiedByType(state: StateAt): ReadonlyMap<number, Tied> {
  const { columns } = state;
  const tied: Tied[] = [];
  for (let account = 0; account < state.accounts; account += 1) {
    const row = state.rowOf(account);
    if (row < 0) continue;
    const type = columns.typeNumberOf(row);
    const tokens = columns.tokensOf(row);
    const best = tied[type];
    if (best === undefined || tokens > best.tokens) tied[type] = { tokens, rows: [row] };
    else if (tokens === best.tokens) best.rows.push(row);
  }
  return new Map(tied.flatMap((best, type) => (best ? [[type, best]] : [])));
}

function nameLeaders(
  { columns }: StateAt,
  accountType: string,
  tied: Tied | undefined,
  afterId: string | null,
  most: number,
): TypeLeaders | undefined {
  if (tied === undefined) return undefined;
  const leaders = tied.rows
    .map((row) => ({
      id: columns.idOf(row),
      version: versionText(String(columns.slotOf(row)), String(columns.versionOf(row))),
    }))
    .filter(({ id }) => afterId === null || compareIds(id, afterId) > 0)
    .sort((a, b) => compareIds(a.id, b.id))
    .slice(0, most);
  return { accountType, tokens: String(tied.tokens), tied: tied.rows.length, leaders };
}
