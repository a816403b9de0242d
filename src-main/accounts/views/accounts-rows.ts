import { parseDuring } from '../../../src-shared/table-filters';
import {
  CALLBACK_STATES,
  type CallbackState,
  slotOf,
  type VersionText,
  writeVersionOf,
} from '../../../src-shared/update';
import type { AccountDetail, AccountRow, AccountsQuery, TiedLeader } from '../../../src-shared/views';
import { joinCallback, latestCallbackStateOf } from '../../callbacks/sql/callback-state';
import { numberArray } from '../../database/array-literal';
import { shownData } from '../../storage/account-bytes';
import { updateByNumber } from '../../storage/update-by-number';
import { versionTextOf } from '../../storage/version-sql';
import { leadersOfTypeAt } from '../as-of/leaders-at';
import { type SelectedAccounts, selectAccount, type UpdateSpan } from '../as-of/select-accounts';
import { hasDeadSlots } from '../sql/dead-slots';
import { hasData, hasTokens, hasVersion, isNoneOf, scanOf } from './filter-sql';
import { jsonLength, jsonOf } from './history-rows';
import type { RowsDeps } from './pending-list';
import { spanOf } from './resolve-instant';
import {
  countOf,
  indexRows,
  type MomentOf,
  nullableTextOf,
  type Part,
  type RawRow,
  type RowSet,
  type SortKey,
  textOf,
} from './row-set';
import { AS_OF, findFew, idStartsWith, isOneOf, joinUpdate, type Sql, sql, upTo } from './sql-pieces';

type Sort = AccountsQuery['sort'];

const BY_ID: Sort = { by: 'id', direction: 'asc' };
const ID: SortKey = { expression: 'a.id', type: 'text', direction: 'asc' };

/** The history has the times of the first and the latest update, and the state of the callback. */
const base = (asOf: string | null) => ({
  asOf,
  columns: 'a.id, a.account_type, a.tokens, a.slot, a.version, a.update_seq, a.created_seq',
  select: `${versionTextOf('win')} AS version_text,
    CASE WHEN win.created_seq IS NULL THEN latest.run_id ELSE first.run_id END AS created_run_id,
    CASE WHEN win.created_seq IS NULL THEN latest.at_ms ELSE first.at_ms END AS created_ms,
    latest.run_id, latest.at_ms, latest.due_ms, callback.*`,
  joins: `
    ${joinUpdate('win.update_seq', 'latest')}
    ${joinUpdate('win.created_seq', 'first')}
    ${joinCallback('latest', asOf === null ? null : AS_OF)}`,
  toRow: toAccountRow,
});

/**
 * Accounts as of an earlier instant: the columns find their updates, and the rest is read as it is now.
 * @param filter What the columns do not know, of the update `u`.
 */
function pastRows(
  asOf: string,
  order: string,
  selected: SelectedAccounts,
  filter: readonly Sql[] = [],
): Pick<RowSet<never>, 'asOf' | 'order' | 'parts' | 'keys' | 'all' | 'total' | 'land'> {
  return {
    asOf,
    order,
    parts: [
      {
        number: 0,
        alias: 'e',
        from: sql(''),
        range: [],
        lookup: `
          ${joinUpdate('e.key_0::int8', 'u')}
          LEFT JOIN LATERAL (
            SELECT u.account_id AS id, u.account_type, u.tokens, u.slot, u.version, u.seq AS update_seq,
              (SELECT least(c.created_seq, u.seq) FROM accounts AS c WHERE c.id = u.account_id LIMIT 1) AS created_seq
          ) AS a ON true`,
        filter,
        isRare: true,
        list: (beside, limit) => selected.beside(beside, limit),
      },
    ],
    keys: [{ expression: 'e.key_0', type: 'text', direction: 'asc' }],
    // Never read: the total and the places are known.
    all: { relation: 'accounts', from: sql('accounts AS a'), where: [] },
    total: () => selected.count(),
    async land(fraction) {
      const keys = await selected.near(fraction);
      return keys && { part: 0, keys };
    },
  };
}

/**
 * Latest states in the requested order. Ties are ordered by id; those of `accountType` by tokens, most first, as in the index of
 * the report. `callback` is by state (pending, fired, cancelled), then id.
 */
export async function accountsRows(
  deps: RowsDeps,
  sort: Sort,
  filter: AccountsQuery['filter'],
): Promise<RowSet<AccountRow>> {
  const { by, direction } = sort;
  const name = 'accounts_page';
  const order = `accounts ${by} ${direction}`;
  const during = filter.during === undefined ? null : parseDuring(filter.during);
  const span = during && { runId: during.runId, ...(await spanOf(deps.database, during)) };
  if (deps.asOf !== null) {
    const { data, ...known } = filter;
    const selected = await deps.select(
      BigInt(deps.asOf),
      sort,
      { ...known, ...(span && { span }) },
      deps.cut,
    );
    const ofData = hasData('u', data);
    const past = { ...base(deps.asOf), ...pastRows(deps.asOf, order, selected, ofData), name };
    if (ofData.length === 0) return past;
    const { total: _, ...uncounted } = past;
    return { ...uncounted, ...scanOf(data), all: await sampleOf(deps, selected, ofData) };
  }
  const { callbackStates = [] } = filter;
  const states = CALLBACK_STATES.filter(
    (state) => callbackStates.length === 0 || callbackStates.includes(state),
  );
  const filters = filtersOf(filter, span);
  const range = filters.flatMap(({ orders, conditions }) => (orders.includes(by) ? conditions : []));
  const rest = filters.flatMap(({ orders, conditions }) => (orders.includes(by) ? [] : conditions));

  // A filter with few matches is looked up by its own index, if the order has another one.
  let few: Sql | null = null;
  for (const { index, orders, conditions } of filters) {
    if (few || !index || conditions.length === 0 || orders.includes(by)) continue;
    few = await findFew(deps, 'accounts AS a', index, conditions);
  }
  const from = few ?? sql('accounts AS a');
  const partOf = async (of: readonly CallbackState[], number: number): Promise<Part> => ({
    number,
    alias: 'a',
    from: (await fewInState(deps, of)) ?? from,
    range,
    filter: [...rest, ...isInState(of)],
  });
  const byState = () => states.map((state) => partOf([state], CALLBACK_STATES.indexOf(state)));
  const parts = await Promise.all(by === 'callback' ? byState() : [partOf(states, 0)]);
  return {
    ...base(null),
    ...scanOf(filter.data),
    name,
    order,
    parts: direction === 'desc' ? parts.toReversed() : parts,
    keys: sortKeys(sort),
    all: {
      relation: 'accounts',
      from,
      where: [...range, ...rest, ...isInState(states)],
      few: few !== null,
      lookUps: states.length < CALLBACK_STATES.length || filters.some(({ looksUp }) => looksUp) ? 1 : 0,
      ...(by === 'callback' && {
        part: `array_position(ARRAY['${CALLBACK_STATES.join("', '")}'], ${latestCallbackStateOf('a')}) - 1`,
      }),
    },
    ...(isOnlyPending(states) && range.length + rest.length === 0 && { total: () => deps.pending.count() }),
  };
}

/** The selected ones, or as many of them as one statement may read: to count how many match. */
async function sampleOf(
  { scanRows, asOf }: RowsDeps,
  selected: SelectedAccounts,
  where: readonly Sql[],
): Promise<RowSet<never>['all']> {
  const count = await selected.count();
  const size = Math.min(count, scanRows);
  const keys = await Promise.all(Array.from({ length: size }, (_, at) => selected.near((at + 0.5) / size)));
  const seqs = numberArray(keys.flatMap((key) => key ?? []));
  return {
    relation: 'accounts',
    from: sql(`unnest(?::int8[]) AS p (seq) ${joinUpdate('p.seq', 'u')}`, seqs),
    // All of them are: a statement has to use each of its values.
    where: [...where, ...upTo('p.seq', asOf)],
    few: true,
    standsFor: size === 0 ? 1 : count / size,
  };
}

/** The same rows with the JSON of their latest updates. */
export function accountsWithData(
  rows: RowSet<AccountRow>,
): RowSet<AccountRow & Pick<AccountDetail, 'data' | 'decoded'>> {
  const length = `(SELECT ${jsonLength('l')} FROM ${updateByNumber('update_seq')} AS l)`;
  const isNow = rows.asOf === null;
  return {
    ...rows,
    select: `${rows.select}, latest.data, latest.decoded`,
    // Only latest states have a length, and not those of an older version.
    columns: isNow ? `${rows.columns}, a.data_length` : rows.columns,
    bytes: isNow ? `coalesce(data_length, ${length})` : length,
    toRow: (raw, moment) => ({ ...rows.toRow(raw, moment), ...jsonOf(raw) }),
  };
}

export async function accountRow(deps: RowsDeps, id: string): Promise<RowSet<AccountDetail>> {
  const { asOf, cut } = deps;
  const order = 'account';
  const found =
    asOf === null
      ? { ...indexRows('accounts', 'a', [sql('a.id = ?::text', id)]), order, keys: [ID] }
      : pastRows(asOf, order, await selectAccount((await deps.states())(), id));
  return {
    ...base(asOf),
    ...found,
    name: 'find_account',
    select: `${base(asOf).select}, ${shownData('latest')} AS data, latest.decoded,
      (SELECT count(*) FROM account_updates AS v
        WHERE v.account_id = win.id ${asOf === null ? '' : `AND v.seq <= ${AS_OF}`} ${andUpToCut('v', cut)}) AS versions`,
    toRow: (raw, moment) => ({
      ...toAccountRow(raw, moment),
      ...jsonOf(raw),
      versions: countOf(raw, 'versions'),
    }),
  };
}

/** Where no value can be bound. */
const andUpToCut = (alias: string, cut: VersionText | null): string =>
  cut === null
    ? ''
    : `AND (${alias}.slot, ${alias}.version) <= (${BigInt(slotOf(cut))}, ${BigInt(writeVersionOf(cut))})`;

/** All leaders of one type, by id; the report names only the first of them. */
export async function leaderRows(deps: RowsDeps, accountType: string): Promise<RowSet<TiedLeader>> {
  return {
    ...(await leadersOf(deps, accountType)),
    name: 'leaders_page',
    columns: `a.id, a.tokens, ${versionTextOf('a')} AS version_text`,
    toRow: (raw) => ({
      id: textOf(raw, 'id'),
      tokens: textOf(raw, 'tokens'),
      version: textOf(raw, 'version_text'),
    }),
  };
}

async function leadersOf({ asOf, cut, states, select }: RowsDeps, accountType: string) {
  const order = 'leaders';
  if (asOf === null) {
    const most = '(SELECT max(b.tokens) FROM accounts AS b WHERE b.account_type = ?::text)';
    const range = [sql('a.account_type = ?::text', accountType), sql(`a.tokens = ${most}`, accountType)];
    return { ...indexRows('accounts', 'a', range), order, keys: [ID] };
  }
  const most = leadersOfTypeAt((await states())(), accountType, null, 0)?.tokens;
  const tokens = most === undefined ? {} : { tokensFrom: most, tokensTo: most };
  const leaders = await select(BigInt(asOf), BY_ID, { accountTypes: [accountType], ...tokens }, cut);
  // Their statement has nothing that depends on the instant.
  return { ...pastRows(asOf, order, leaders), asOf: null };
}

function toAccountRow(raw: RawRow, moment: MomentOf): AccountRow {
  return {
    id: textOf(raw, 'id'),
    accountType: textOf(raw, 'account_type'),
    tokens: textOf(raw, 'tokens'),
    version: textOf(raw, 'version_text'),
    callbackState: (nullableTextOf(raw, 'state') ?? 'cancelled') as CallbackState,
    callbackDue: raw.due_ms === null ? null : moment(raw, 'run_id', 'due_ms'),
    callbackSettled: raw.settled_at_ms === null ? null : moment(raw, 'settled_run_id', 'settled_at_ms'),
    created: raw.created_ms === null ? null : moment(raw, 'created_run_id', 'created_ms'),
    updated: moment(raw, 'run_id', 'at_ms'),
  };
}

function sortKeys({ by, direction }: Sort): readonly SortKey[] {
  const key = (column: string, type: SortKey['type']) => ({ expression: `a.${column}`, type, direction });
  const tokens = key('tokens', 'numeric');
  const id = key('id', 'text');
  return {
    id: [id],
    callback: [id],
    accountType: [
      key('account_type', 'text'),
      { ...tokens, direction: direction === 'asc' ? ('desc' as const) : ('asc' as const) },
      id,
    ],
    tokens: [tokens, id],
    version: [key('slot', 'numeric'), key('version', 'numeric'), id],
    updatedAt: [key('update_seq', 'int8')],
  }[by];
}

interface AccountFilter {
  readonly conditions: readonly Sql[];
  /** The orders whose index serves these filters. */
  readonly orders: readonly Sort['by'][];
  /** The first column of an index that finds their matches, where these may be few. */
  readonly index?: string;
  /** They look at the account's latest update. */
  readonly looksUp?: boolean;
}

function filtersOf(filter: AccountsQuery['filter'], span: UpdateSpan | null): readonly AccountFilter[] {
  const { idPrefix, accountTypes } = filter;
  const latest = (condition: string, ...values: string[]) =>
    sql(`(SELECT ${condition} FROM ${updateByNumber('a.update_seq')} AS d)`, ...values);
  return [
    { conditions: idStartsWith('a.id', idPrefix), orders: ['id', 'callback'], index: 'a.id' },
    {
      conditions: isOneOf('a.account_type', accountTypes),
      ...(accountTypes?.length === 1 ? { orders: ['accountType'], index: 'a.account_type' } : { orders: [] }),
    },
    { conditions: hasTokens('a', filter), orders: ['tokens'] },
    { conditions: hasVersion('a', filter), orders: ['version'] },
    {
      conditions: span
        ? [sql('a.update_seq > ?::int8', span.after), sql('a.update_seq <= ?::int8', span.upTo)]
        : [],
      orders: ['updatedAt'],
      index: 'a.update_seq',
    },
    {
      conditions: [...isNoneOf('a.id', filter.exceptIds), ...isNoneOf('a.account_type', filter.exceptTypes)],
      orders: [],
    },
    ...[filter.runId, span?.runId]
      .filter((runId) => runId !== undefined)
      .map((runId) => ({ conditions: [latest('d.run_id = ?::int8', runId)], orders: [], looksUp: true })),
    ...hasData('d', filter.data).map(({ text, values }) => ({
      conditions: [latest(text, ...values.map(String))],
      orders: [],
      looksUp: true,
    })),
  ];
}

const isOnlyPending = (states: readonly CallbackState[]) => states.length === 1 && states[0] === 'pending';

function isInState(states: readonly CallbackState[]): readonly Sql[] {
  if (states.length === CALLBACK_STATES.length) return [];
  // Pending needs no look-up in another table.
  if (isOnlyPending(states)) return [sql('a.due_ms IS NOT NULL')];
  return isOneOf(latestCallbackStateOf('a'), states);
}

/** The accounts that may be in a state, if they are few; a walk along an order would pass all others. Null if they are not few. */
async function fewInState(deps: RowsDeps, states: readonly CallbackState[]): Promise<Sql | null> {
  if (states.length !== 1 || deps.asOf !== null) return null;
  const lookUp = ({ text, values }: Sql, id: string, seq: string) =>
    sql(
      `(SELECT b.* FROM ${text}
      CROSS JOIN LATERAL (SELECT * FROM accounts WHERE id = ${id} AND update_seq = ${seq} LIMIT 1) AS b
      OFFSET 0) AS a`,
      ...values,
    );
  if (isOnlyPending(states)) {
    if ((await deps.pending.count()) > deps.scanRows) return null;
    const all = { place: null, inclusive: false, backward: false };
    const seqs = numberArray((await deps.pending.beside('arrival', all, deps.scanRows)).flat());
    const waiting = sql(`unnest(?::int8[]) AS p (seq) ${joinUpdate('p.seq', 'u')}`, seqs);
    return lookUp(waiting, 'u.account_id', 'u.seq');
  }
  // Few have fired only if few were settled at all; those that did not fire have an index.
  const range = states[0] === 'fired' ? [] : [sql(`s.how IN ('cancelled by hand', 'skipped', 'dead slot')`)];
  // A version that an account fell back to was cancelled by a newer one.
  if (states[0] === 'cancelled' && (await hasDeadSlots(deps.database))) return null;
  const settled = await findFew(deps, 'settled_callbacks AS s', 's.seq', range);
  return settled && lookUp(settled, 's.account_id', 's.update_seq');
}
