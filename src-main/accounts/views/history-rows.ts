import type { Removed } from '../../../src-shared/retention';
import { parseDuring } from '../../../src-shared/table-filters';
import {
  type CallbackState,
  compareVersions,
  type Outcome,
  type VersionText,
} from '../../../src-shared/update';
import type { HistoryQuery, HistoryRow, SettledHow, VersionRow } from '../../../src-shared/views';
import { type Bound, callbackStateOf, joinCallback } from '../../callbacks/sql/callback-state';
import type { Queryable, Statement } from '../../database/database';
import { shownData } from '../../storage/account-bytes';
import { sumRemoved } from '../../storage/retention';
import { attemptsFrom } from '../../storage/run-on-record';
import { updateByNumber } from '../../storage/update-by-number';
import { versionTextOf } from '../../storage/version-sql';
import { sumRunCounts } from './describe-database';
import { hasVersion, scanOf, updateConditions } from './filter-sql';
import type { PendingList, PendingOrder, RowsDeps } from './pending-list';
import { spanOf } from './resolve-instant';
import {
  countOf,
  indexRows,
  type MomentOf,
  nullableTextOf,
  type Part,
  type Place,
  type RawRow,
  type RowSet,
  textOf,
} from './row-set';
import {
  AS_OF,
  deathOf,
  findFew,
  idStartsWith,
  isOneOf,
  joinUpdate,
  latestBefore,
  type Sql,
  sql,
  upTo,
} from './sql-pieces';

/** With the callback's state, and the version that was the latest before. */
const base = (asOf: string | null) => ({
  asOf,
  columns: `u.seq, u.run_id, u.record_index, u.position, u.account_id, u.account_type, u.slot, u.version, u.tokens,
    u.at_ms, u.callback_time_ms, u.due_ms`,
  select: `${versionTextOf('win')} AS version_text, win.tokens - lower.tokens AS tokens_change, callback.*,
    dead.run_id AS dead_run_id, dead.at_ms AS dead_at_ms`,
  joins: `
    LEFT JOIN LATERAL (${deathOf('d.run_id, d.at_ms', 'win', boundOf(asOf))}) AS dead ON true
    LEFT JOIN LATERAL (${latestBefore('l.tokens', 'win')}
    ) AS lower ON true
    ${joinCallback('win', boundOf(asOf))}`,
  toRow: toHistoryRow,
});

/**
 * Every unique update in order of arrival. Where a walk would seldom find a match, rows are found otherwise: by the engine's
 * memory, an index over ids, a run's numbers.
 */
export async function historyRows(
  deps: RowsDeps,
  { direction, filter: asked }: Pick<HistoryQuery, 'direction' | 'filter'>,
): Promise<RowSet<HistoryRow>> {
  const filter = deps.cut === null ? asked : { ...asked, versionTo: lower(asked.versionTo, deps.cut) };
  const {
    idPrefix,
    accountTypes,
    callbackStates: states = [],
    retracted,
    changeFrom,
    changeTo,
    lateFrom,
    data,
  } = filter;
  const { database, pending, asOf } = deps;
  const during = filter.during === undefined ? null : parseDuring(filter.during);
  const span = during && (await spanOf(database, during));
  const ofSpan = span ? [sql('u.seq > ?::int8', span.after), sql('u.seq <= ?::int8', span.upTo)] : [];
  const ofRun = [filter.runId, during?.runId].filter((id) => id !== undefined);
  const outcomes = keptOutcomes(filter.outcomes);
  const ofPrefix = idStartsWith('u.account_id', idPrefix);
  const conditions = [
    ...ofPrefix,
    ...isOneOf('u.account_type', accountTypes),
    ...updateConditions(filter, boundOf(asOf)),
    ...(during ? [sql('u.run_id = ?::int8', during.runId), ...ofSpan] : []),
    ...isOfOutcome(outcomes),
    ...isOneOf(callbackStateOf('u', boundOf(asOf)), states),
  ];
  const few =
    (idPrefix ? await findFew(deps, 'account_updates AS u', 'u.account_id', ofPrefix) : null) ??
    (span ? await findFew(deps, 'account_updates AS u', 'u.seq', ofSpan) : null);
  const [runId] = ofRun;
  const whole = runId === undefined ? null : await readAttempts(database, runId);
  const attempts = whole && span ? clip(whole, span) : whole;

  const from = few ?? sql('account_updates AS u');
  const stale = outcomes.length === 1 && outcomes[0] === 'stale' ? isOfOutcome(outcomes) : [];
  const ranges = attempts && !few ? attempts.map(isWithin) : [[]];
  const parts = ranges.map(
    (range): Part => ({
      number: 0,
      alias: 'u',
      from,
      range: [...stale, ...range, ...upTo('u.seq', asOf)],
      filter: conditions,
    }),
  );
  return {
    ...base(asOf),
    ...scanOf(data),
    name: 'history_page',
    order: `history ${direction}`,
    parts: direction === 'desc' ? parts.toReversed() : parts,
    keys: [{ expression: 'u.seq', type: 'int8', direction }],
    all: {
      relation: 'account_updates',
      from,
      where: [...conditions, ...upTo('u.seq', asOf)],
      few: few !== null,
      // The JSON of a large row lies outside of it.
      lookUps:
        states.length > 0 ||
        (data ?? []).length > 0 ||
        `${retracted ?? ''}${changeFrom ?? ''}${changeTo ?? ''}${lateFrom ?? ''}` !== ''
          ? 1
          : 0,
    },
    ...totalOf(deps, filter),
    land: (fraction) => landInHistory(deps, attempts, direction === 'asc' ? fraction : 1 - fraction),
    ...(states.length === 1 &&
      states[0] === 'pending' &&
      waitingRows(pending, 'arrival', direction, conditions)),
  };
}

/** The same rows with their JSON. */
export function withData(rows: RowSet<HistoryRow>): RowSet<VersionRow> {
  return {
    ...rows,
    columns: `${rows.columns}, u.data, u.decoded`,
    bytes: jsonLength(),
    toRow: (raw, moment) => ({ ...rows.toRow(raw, moment), ...jsonOf(raw) }),
  };
}

/** The same rows with JSON for a window: see `shownData`. */
export function withShownData(rows: RowSet<HistoryRow>): RowSet<VersionRow> {
  return {
    ...rows,
    select: `${rows.select}, ${shownData('own')} AS data, own.decoded`,
    joins: `${rows.joins} ${joinUpdate('win.seq', 'own')}`,
    toRow: (raw, moment) => ({ ...rows.toRow(raw, moment), ...jsonOf(raw) }),
  };
}

/** All stored versions of one account, highest first, with their JSON. */
export function versionRows(
  id: string,
  then: Pick<RowsDeps, 'asOf' | 'cut'>,
  whole = false,
): RowSet<VersionRow> {
  const rows = { ...versionList(id, then), name: 'versions_page' };
  if (whole) return withData(rows);
  return {
    ...withShownData(rows),
    bytes: `(SELECT ${jsonLength('l')} FROM ${updateByNumber('seq')} AS l)`,
  };
}

/** The same without JSON: an account may have 10 MiB of it at each version. */
export function versionList(id: string, { asOf, cut }: Pick<RowsDeps, 'asOf' | 'cut'>): RowSet<HistoryRow> {
  const range = [
    sql('u.account_id = ?::text', id),
    ...hasVersion('u', cut === null ? {} : { versionTo: cut }),
  ];
  const { parts, all } = indexRows('account_updates', 'u', range);
  const filter = upTo('u.seq', asOf);
  return {
    ...base(asOf),
    name: 'version_list',
    order: 'versions',
    parts: parts.map((part) => ({ ...part, filter })),
    keys: [
      { expression: 'u.slot', type: 'numeric', direction: 'desc' },
      { expression: 'u.version', type: 'numeric', direction: 'desc' },
    ],
    all: { ...all, where: [...all.where, ...filter], few: true },
  };
}

/** Pending callbacks from the engine's memory. Some may have been settled a moment ago. */
export function waitingRows(
  pending: PendingList,
  order: PendingOrder,
  direction: HistoryQuery['direction'],
  filter: readonly Sql[],
): Pick<RowSet<HistoryRow>, 'parts' | 'keys' | 'land'> {
  const isDescending = direction === 'desc';
  const names = order === 'due' ? ['key_0', 'key_1', 'key_2'] : ['key_0'];
  const part: Part = {
    number: 0,
    alias: 'e',
    from: sql(''),
    range: [],
    lookup: joinUpdate(`e.${names.at(-1)}::int8`, 'u'),
    filter,
    // One condition is the state.
    isRare: filter.length > 1,
    list: (beside, limit) =>
      pending.beside(order, { ...beside, backward: beside.backward !== isDescending }, limit),
  };
  return {
    parts: [part],
    keys: names.map((name) => ({ expression: `e.${name}`, type: 'text', direction })),
    async land(fraction) {
      const keys = await pending.at(order, isDescending ? 1 - fraction : fraction);
      return keys && { part: part.number, keys };
    },
  };
}

/** The range of numbers of one attempt's updates; null: it is active. */
type Attempt = readonly [from: string, to: string | null];

const findAttempts: Statement = {
  name: 'read_attempts',
  deadline: 'read',
  text: `SELECT attempts, state IN ('running', 'paused', 'draining') AS is_active FROM runs WHERE id = $1::int8`,
};

/** Earliest first. */
async function readAttempts(db: Queryable, runId: string): Promise<readonly Attempt[]> {
  const { rows } = await db.query<{ attempts: string; is_active: boolean }>(findAttempts, [runId]);
  return rows.flatMap(({ attempts, is_active: isActive }) =>
    attemptsFrom(attempts).map(
      ([from, to], at, all) => [from, isActive && at === all.length - 1 ? null : to] as const,
    ),
  );
}

/** What of them lies within a span. */
const clip = (
  attempts: readonly Attempt[],
  { after, upTo }: { readonly after: string; readonly upTo: string },
): readonly Attempt[] =>
  attempts
    .map(
      ([from, to]) =>
        [greatest(BigInt(from), BigInt(after) + 1n), least(BigInt(to ?? upTo), BigInt(upTo))] as const,
    )
    .filter(([from, to]) => from <= to)
    .map(([from, to]) => [String(from), String(to)]);

const isWithin = ([from, to]: Attempt) => [
  sql('u.seq >= ?::int8', from),
  ...(to === null ? [] : [sql('u.seq <= ?::int8', to)]),
];

/** First and last number of all updates: two index look-ups. */
const findSpan: Statement = {
  name: 'history_span',
  deadline: 'read',
  text: `
    SELECT (SELECT seq FROM account_updates ORDER BY seq LIMIT 1) AS first,
      (SELECT seq FROM account_updates ORDER BY seq DESC LIMIT 1) AS last`,
};

/**
 * The place at a fraction of the history, or of these attempts. Numbers have few gaps; settled callbacks are numbered among them.
 * Null if it is empty.
 */
async function landInHistory(
  { database, asOf }: RowsDeps,
  attempts: readonly Attempt[] | null,
  fraction: number,
): Promise<Place | null> {
  const { rows } = await database.query<{ first: string | null; last: string | null }>(findSpan);
  const { first, last } = rows[0] ?? {};
  if (!first || !last) return null;
  const until = least(BigInt(last), BigInt(asOf ?? last));
  const stretches = (attempts ?? [[first, last]])
    .map(([from, to]) => [BigInt(from), least(BigInt(to ?? last), until) - BigInt(from) + 1n] as const)
    .filter(([, length]) => length > 0n);
  const whole = stretches.reduce((sum, [, length]) => sum + length, 0n);
  let offset = (whole * BigInt(Math.min(Math.floor(fraction * 1_000_000), 999_999))) / 1_000_000n;
  for (const [from, length] of stretches) {
    if (offset < length) return { part: 0, keys: [String(from + offset)] };
    offset -= length;
  }
  return null;
}

const least = (a: bigint, b: bigint) => (a < b ? a : b);
const greatest = (a: bigint, b: bigint) => (a < b ? b : a);
const lower = (version: VersionText | undefined, cut: VersionText) =>
  version === undefined || compareVersions(cut, version) < 0 ? cut : version;
export const boundOf = (asOf: string | null): Bound => (asOf === null ? null : AS_OF);

/** The history holds unique updates only: no duplicate, conflict or reject. */
const keptOutcomes = (outcomes: readonly Outcome[] = []) =>
  (['indexed', 'stale'] as const).filter((outcome) => outcomes.length === 0 || outcomes.includes(outcome));

function isOfOutcome(kept: ReturnType<typeof keptOutcomes>): readonly Sql[] {
  if (kept.length === 2) return [];
  return [sql(kept[0] ? `u.due_ms IS ${kept[0] === 'stale' ? '' : 'NOT '}NULL` : 'false')];
}

/** Known from the runs' counts and the pending callbacks, or from the columns, unless the filter has more than outcomes. */
function totalOf(
  { database, pending, asOf, states: statesAt }: RowsDeps,
  { runId, outcomes, callbackStates: states = [], ...more }: HistoryQuery['filter'],
): Pick<RowSet<HistoryRow>, 'total'> {
  if (Object.values(more).some((part) => part !== undefined && part.length > 0)) return {};
  if (asOf !== null && runId !== undefined) return {};
  const kept = keptOutcomes(outcomes);
  /** Of those that are listed. */
  const sumOf = (counts: Readonly<Record<(typeof counted)[number], number>>, removed: Removed) => {
    const { indexed, fired } = removed;
    const gone = { ...removed, cancelled: indexed - fired, pending: 0 };
    return counted.reduce((sum, kind) => sum + counts[kind] - gone[kind], 0);
  };
  const counted = states.length === 0 ? kept : kept.includes('indexed') ? [...new Set(states)] : [];
  return {
    async total() {
      if (asOf !== null) {
        const state = (await statesAt())();
        const counts = { indexed: state.indexed, stale: state.stale, ...state.countCallbacks() };
        return sumOf(counts, await sumRemoved(database));
      }
      const counts = await sumRunCounts(database, runId ?? null);
      if (runId === undefined) counts.pending = await pending.count();
      return sumOf(counts, await sumRemoved(database, runId ?? null));
    },
  };
}

/** Of the columns `data` and `decoded`, as they are printed. */
export function jsonLength(alias?: string): string {
  const of = alias === undefined ? '' : `${alias}.`;
  return `octet_length(${of}data::text) + coalesce(octet_length(${of}decoded::text), 0)`;
}

/** What an update says, as the columns `data` and `decoded` have it. */
export const jsonOf = (raw: RawRow) => ({
  data: textOf(raw, 'data'),
  decoded: nullableTextOf(raw, 'decoded'),
});

function toHistoryRow(raw: RawRow, moment: MomentOf): HistoryRow {
  const isStale = raw.due_ms === null;
  return {
    seq: textOf(raw, 'seq'),
    runId: textOf(raw, 'run_id'),
    record: countOf(raw, 'record_index'),
    position: countOf(raw, 'position'),
    id: textOf(raw, 'account_id'),
    accountType: textOf(raw, 'account_type'),
    version: textOf(raw, 'version_text'),
    tokens: textOf(raw, 'tokens'),
    tokensChange: nullableTextOf(raw, 'tokens_change'),
    outcome: isStale ? 'stale' : 'indexed',
    retracted: raw.dead_at_ms === null ? null : moment(raw, 'dead_run_id', 'dead_at_ms'),
    arrived: moment(raw, 'run_id', 'at_ms'),
    callbackTimeMs: countOf(raw, 'callback_time_ms'),
    callbackState: nullableTextOf(raw, 'state') as CallbackState | null,
    callbackDue: isStale ? null : moment(raw, 'run_id', 'due_ms'),
    callbackSettled: raw.settled_at_ms === null ? null : moment(raw, 'settled_run_id', 'settled_at_ms'),
    settledHow: nullableTextOf(raw, 'how') as SettledHow | null,
    supersededBy: nullableTextOf(raw, 'superseded_by'),
  };
}
