import type { CallbackState, Outcome } from '../../../src-shared/update';
import type {
  CallbacksQuery,
  HistoryQuery,
  HistoryRow,
  SettledHow,
  VersionRow,
} from '../../../src-shared/views';
import { callbackStateOf, joinCallback, settledStateOf } from '../../callbacks/sql/callback-state';
import type { Queryable } from '../../database/database';
import { versionTextOf } from '../../database/version-sql';
import { updateByNumber } from '../sql/update-by-number';
import { sumRunCounts } from './describe-database';
import { areFew, idStartsWith, isOneOf } from './filters';
import { type Attempt, landInHistory, readAttempts } from './land-in-history';
import type { PendingList, PendingOrder } from './pending-list';
import {
  type Conditions,
  countOf,
  joinUpdate,
  type MomentOf,
  nullableTextOf,
  type Part,
  type RawRow,
  type RowSet,
  textOf,
} from './row-set';
import { whereOf } from './window-sql';

const COLUMNS = `u.seq, u.run_id, u.record_index, u.position, u.account_id, u.account_type, u.slot, u.version, u.tokens,
  u.at_ms, u.callback_time_ms, u.due_ms`;

const SELECT = `win.seq, win.run_id, win.record_index, win.position, win.account_id, win.account_type,
  ${versionTextOf('win')} AS version, win.tokens, win.tokens - lower.tokens AS tokens_change, win.at_ms,
  win.callback_time_ms, win.due_ms, callback.*`;

/** What became of the callback, and the version that was the latest before: the next lower one that is not stale. */
const JOINS = `
  LEFT JOIN LATERAL (
    SELECT l.tokens
    FROM account_updates AS l
    WHERE win.due_ms IS NOT NULL AND l.account_id = win.account_id AND (l.slot, l.version) < (win.slot, win.version)
      AND l.due_ms IS NOT NULL
    ORDER BY l.slot DESC, l.version DESC
    LIMIT 1
  ) AS lower ON true
  ${joinCallback('win')}`;

const base = {
  columns: COLUMNS,
  select: SELECT,
  joins: JOINS,
  toRow: toHistoryRow,
} as const;

const NONE: Conditions = () => [];

export interface HistoryDeps {
  readonly database: Queryable;
  readonly pending: PendingList;
  readonly scanRows: number;
}

type Filter = HistoryQuery['filter'];

/**
 * Every unique update in the order of arrival. What a walk along the order would find seldom, and what has an order of
 * its own, is walked along that.
 */
export async function historyRows(
  deps: HistoryDeps,
  { direction, filter }: Pick<HistoryQuery, 'direction' | 'filter'>,
): Promise<RowSet<HistoryRow>> {
  const { runId, idPrefix, accountTypes, outcomes, callbackStates: states } = filter;
  const attempts = runId === undefined ? null : await readAttempts(deps.database, runId);
  const ofRun: Conditions = (bind) => (runId === undefined ? [] : [`u.run_id = ${bind(runId)}::int8`]);
  const ofUpdate: Conditions = (bind) => [
    ...ofRun(bind),
    ...idStartsWith(bind, 'u.account_id', idPrefix),
    ...isOneOf(bind, 'u.account_type', accountTypes),
    ...isOfOutcome(outcomes),
  ];
  const inState: Conditions = () => isInState(states);
  const filters: Conditions = (bind) => [...ofUpdate(bind), ...inState(bind)];
  const ofPrefix: Conditions = (bind) => idStartsWith(bind, 'account_id', idPrefix);
  const few = Boolean(idPrefix) && (await areFew(deps, 'account_updates', 'account_id', ofPrefix));
  const only = states?.length === 1 ? states[0] : null;

  let parts: readonly Part[];
  if (only === 'pending') {
    parts = [waiting(deps.pending, 'arrival', filters, direction)];
  } else if (few) {
    const from: Part['from'] = (bind) =>
      `(SELECT * FROM account_updates ${whereOf(ofPrefix(bind))} OFFSET 0) AS u`;
    parts = [{ number: 0, from, alias: 'u', range: NONE, filter: filters }];
  } else {
    const stale = outcomes?.length === 1 && outcomes[0] === 'stale';
    const part: Part = {
      number: 0,
      from: () => 'account_updates AS u',
      alias: 'u',
      range: () => (stale ? ['u.due_ms IS NULL'] : []),
      filter: filters,
    };
    parts = attempts === null ? [part] : attempts.map((attempt) => within(part, attempt));
    if (direction === 'desc') parts = parts.toReversed();
  }
  const land: RowSet<HistoryRow>['land'] = async (db, fraction) => {
    const wanted = direction === 'asc' ? fraction : 1 - fraction;
    if (only !== 'pending') return landInHistory(db, attempts, wanted);
    const keys = deps.pending.at('arrival', wanted);
    return keys && { part: 0, keys };
  };
  return {
    ...base,
    name: 'history_page',
    order: `history ${direction}`,
    parts,
    keys: [{ expression: 'u.seq', type: 'int8', direction }],
    all: {
      relation: 'account_updates',
      from: (_, sample) => `account_updates AS u${sample}`,
      where: filters,
      few,
      dear: isInState(states).length > 0,
    },
    ...totalOf(deps, filter),
    land,
  };
}

/** Pending callbacks by due time, earliest first; settled ones by when, latest first. */
export async function callbackRows(
  deps: HistoryDeps,
  { state, idPrefix }: Pick<CallbacksQuery, 'state' | 'idPrefix'>,
): Promise<RowSet<HistoryRow>> {
  const ofState = { callbackStates: [state], ...(idPrefix && { idPrefix }) };
  const { all, total } = await historyRows(deps, { direction: 'desc', filter: ofState });
  const set = { ...base, name: 'callbacks_page', order: `callbacks ${state}`, all, ...(total && { total }) };
  if (state === 'pending') {
    const filter: Conditions = (bind) => [
      ...idStartsWith(bind, 'u.account_id', idPrefix),
      ...isInState([state]),
    ];
    return {
      ...set,
      parts: [waiting(deps.pending, 'due', filter)],
      keys: (['key_0', 'key_1', 'key_2'] as const).map((key) => ({
        expression: `e.${key}`,
        type: 'text',
        direction: 'asc',
      })),
      land: async (_, fraction) => {
        const keys = deps.pending.at('due', fraction);
        return keys && { part: 0, keys };
      },
    };
  }
  const part = state === 'fired' ? FIRED : CANCELLED;
  return {
    ...set,
    parts: [
      {
        ...part,
        filter: (bind) => [...part.filter(bind), ...idStartsWith(bind, `${part.alias}.account_id`, idPrefix)],
      },
    ],
    keys: [{ expression: `${part.alias}.seq`, type: 'int8', direction: 'desc' }],
    land: (db, fraction) => landInHistory(db, null, 1 - fraction),
  };
}

/** All versions kept of one account, highest first, with their JSON. */
export function versionRows(id: string): RowSet<VersionRow> {
  const ofAccount: Conditions = (bind) => [`u.account_id = ${bind(id)}::text`];
  return {
    ...base,
    name: 'versions_page',
    order: 'versions',
    parts: [{ number: 0, from: () => 'account_updates AS u', alias: 'u', range: ofAccount, filter: NONE }],
    keys: [
      { expression: 'u.slot', type: 'numeric', direction: 'desc' },
      { expression: 'u.version', type: 'numeric', direction: 'desc' },
    ],
    all: {
      relation: 'account_updates',
      from: () => 'account_updates AS u',
      where: ofAccount,
      few: true,
    },
    columns: `${COLUMNS}, u.data`,
    select: `${SELECT}, win.data`,
    bytes: 'octet_length(data::text)',
    toRow: (raw, moment) => ({ ...toHistoryRow(raw, moment), data: textOf(raw, 'data') }),
  };
}

/** Settled callbacks in the order in which they were. */
const FIRED: Part = {
  number: 0,
  from: () => 'settled_callbacks AS s',
  alias: 's',
  range: NONE,
  lookup: joinUpdate('s.update_seq', 'u'),
  filter: () => [`${settledStateOf('s')} = 'fired'`],
};

/**
 * What cancelled callbacks, in the order in which it did: a newer version, which names the one whose callback waited, or a
 * settlement. Both are numbered in one order, so one walk merges two indexes.
 */
const CANCELLED: Part = {
  number: 0,
  from: () => `(
    SELECT seq, account_id, cancels_slot AS slot, cancels_version AS version, NULL::int8 AS update_seq, NULL::text AS how
    FROM account_updates
    UNION ALL
    SELECT seq, account_id, NULL::numeric, NULL::numeric, update_seq, how FROM settled_callbacks
  ) AS e`,
  alias: 'e',
  range: NONE,
  lookup: `
    LEFT JOIN LATERAL (
      (SELECT * FROM account_updates AS o
        WHERE e.update_seq IS NULL AND o.account_id = e.account_id AND o.slot = e.slot AND o.version = e.version LIMIT 1)
      UNION ALL
      ${updateByNumber('e.update_seq')}
    ) AS u ON true`,
  filter: () => [
    `(e.version IS NOT NULL OR (e.update_seq IS NOT NULL AND ${settledStateOf('e')} = 'cancelled'))`,
  ],
};

/** A list out of the engine's memory, of which some may have been settled a moment ago. */
function waiting(
  pending: PendingList,
  order: PendingOrder,
  filter: Conditions,
  direction: 'asc' | 'desc' = 'asc',
): Part {
  return {
    number: 0,
    from: () => '',
    alias: 'e',
    range: NONE,
    lookup: joinUpdate(order === 'due' ? 'e.key_2::int8' : 'e.key_0::int8', 'u'),
    filter,
    list: (place) => pending.beside(order, { ...place, backward: place.backward !== (direction === 'desc') }),
  };
}

/** The updates of one attempt of a run lie together. */
function within(part: Part, [from, to]: Attempt): Part {
  return {
    ...part,
    range: (bind) => [
      ...part.range(bind),
      `u.seq >= ${bind(from)}::int8`,
      ...(to === null ? [] : [`u.seq <= ${bind(to)}::int8`]),
    ],
  };
}

function isInState(states: readonly CallbackState[] | undefined): readonly string[] {
  return states && states.length > 0
    ? [`${callbackStateOf('u')} IN (${states.map((state) => `'${state}'`).join(', ')})`]
    : [];
}

function isOfOutcome(outcomes: readonly Outcome[] | undefined): readonly string[] {
  if (!outcomes || outcomes.length === 0) return [];
  const kept = keptOutcomes(outcomes);
  if (kept.length === 2) return [];
  // The history holds unique updates only: no duplicate, conflict or reject is ever in it.
  return kept[0] ? [`u.due_ms IS ${kept[0] === 'stale' ? '' : 'NOT '}NULL`] : ['false'];
}

const keptOutcomes = (outcomes: readonly Outcome[] = []) =>
  (['indexed', 'stale'] as const).filter((outcome) => outcomes.length === 0 || outcomes.includes(outcome));

/** Known by the counts of the runs, and by what waits, unless updates are asked for more than their outcome. */
function totalOf(
  { pending }: HistoryDeps,
  { runId, idPrefix, accountTypes, outcomes, callbackStates: states = [] }: Filter,
): Pick<RowSet<HistoryRow>, 'total'> {
  if (idPrefix || (accountTypes && accountTypes.length > 0)) return {};
  const kept = keptOutcomes(outcomes);
  return {
    async total(db) {
      const counts = await sumRunCounts(db, runId ?? null);
      if (runId === undefined) counts.pending = pending.count();
      const counted = states.length === 0 ? kept : kept.includes('indexed') ? new Set(states) : [];
      return { total: [...counted].reduce((sum, kind) => sum + counts[kind], 0), totalIs: 'exact' };
    },
  };
}

function toHistoryRow(raw: RawRow, moment: MomentOf): HistoryRow {
  const isStale = raw.due_ms === null;
  return {
    seq: textOf(raw, 'seq'),
    runId: textOf(raw, 'run_id'),
    record: countOf(raw, 'record_index'),
    position: countOf(raw, 'position'),
    id: textOf(raw, 'account_id'),
    accountType: textOf(raw, 'account_type'),
    version: textOf(raw, 'version'),
    tokens: textOf(raw, 'tokens'),
    tokensChange: nullableTextOf(raw, 'tokens_change'),
    outcome: isStale ? 'stale' : 'indexed',
    arrived: moment(raw, 'run_id', 'at_ms'),
    callbackTimeMs: countOf(raw, 'callback_time_ms'),
    callbackState: nullableTextOf(raw, 'state') as CallbackState | null,
    callbackDue: isStale ? null : moment(raw, 'run_id', 'due_ms'),
    callbackSettled: raw.settled_at_ms === null ? null : moment(raw, 'settled_run_id', 'settled_at_ms'),
    settledHow: nullableTextOf(raw, 'how') as SettledHow | null,
    supersededBy: nullableTextOf(raw, 'superseded_by'),
  };
}
