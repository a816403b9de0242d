import type { CallbackState, Outcome } from '../../../src-shared/update';
import type { CallbacksQuery, HistoryQuery, HistoryRow, VersionRow } from '../../../src-shared/views';
import { epochMsFromText } from '../../database/epoch-ms';
import { epochMsOf } from '../../database/time-sql';
import { callbackStateIsOneOf, idStartsWith, isOneOf } from './filters';
import { landInHistory } from './land-in-history';
import { type Conditions, countOf, nullableTextOf, type RawRow, type RowSet, textOf } from './row-set';

const COLUMNS = `u.seq, u.run_id, u.record_index, u.account_id, u.account_type, u.version, u.tokens, u.outcome,
  u.ingested_at, u.callback_time_ms, u.callback_state, u.callback_due_at, u.callback_settled_at, u.superseded_by`;

const SELECT = `win.seq, win.run_id, win.record_index, win.account_id, win.account_type, win.version, win.tokens,
  win.tokens - lower.tokens AS tokens_change, win.outcome, ${epochMsOf('win.ingested_at')} AS ingested_ms,
  win.callback_time_ms, win.callback_state, ${epochMsOf('win.callback_due_at')} AS due_ms,
  ${epochMsOf('win.callback_settled_at')} AS settled_ms, win.superseded_by`;

/** The next lower version kept, looked up for the rows of the window only. */
const NEXT_LOWER_VERSION = `
  LEFT JOIN LATERAL (
    SELECT l.tokens
    FROM account_updates AS l
    WHERE l.account_id = win.account_id AND l.version < win.version
    ORDER BY l.version DESC
    LIMIT 1
  ) AS lower ON true`;

const base = {
  relation: 'account_updates',
  from: (sample: string) => `account_updates AS u${sample}`,
  columns: COLUMNS,
  select: SELECT,
  joins: NEXT_LOWER_VERSION,
  toRow: toHistoryRow,
} as const;

/** Every unique update in the order of arrival, which is that of the sequence: a run may be resumed after others. */
export function historyRows({
  direction,
  filter,
}: Pick<HistoryQuery, 'direction' | 'filter'>): RowSet<HistoryRow> {
  return {
    ...base,
    name: 'history_page',
    order: `history ${direction}`,
    where: (bind) => [
      ...(filter.runId === undefined ? [] : [`u.run_id = ${bind(filter.runId)}::int8`]),
      ...idStartsWith(bind, 'u.account_id', filter.idPrefix),
      ...isOneOf(bind, 'u.account_type', filter.accountTypes),
      ...isOfOutcome(filter.outcomes),
      ...callbackStateIsOneOf('u.callback_state', filter.callbackStates),
    ],
    keys: [{ expression: 'u.seq', type: 'int8', direction }],
    land: (db, fraction) => landInHistory(db, filter.runId, direction === 'asc' ? fraction : 1 - fraction),
  };
}

/** Pending callbacks by due time, earliest first; settled ones by when, latest first. */
export function callbackRows({
  state,
  idPrefix,
}: Pick<CallbacksQuery, 'state' | 'idPrefix'>): RowSet<HistoryRow> {
  const waits = state === 'pending';
  const direction = waits ? 'asc' : 'desc';
  const where: Conditions = (bind) => [
    ...callbackStateIsOneOf('u.callback_state', [state]),
    // Said once more for the planner: the index over settled callbacks holds only rows that have the time.
    ...(waits ? [] : ['u.callback_settled_at IS NOT NULL']),
    ...idStartsWith(bind, 'u.account_id', idPrefix),
  ];
  return {
    ...base,
    name: 'callbacks_page',
    order: `callbacks ${state}`,
    where,
    keys: [
      { expression: waits ? 'u.callback_due_at' : 'u.callback_settled_at', type: 'timestamptz', direction },
      { expression: 'u.seq', type: 'int8', direction },
    ],
  };
}

/** All versions kept of one account, highest first, with their JSON. */
export function versionRows(id: string): RowSet<VersionRow> {
  return {
    ...base,
    name: 'versions_page',
    order: 'versions',
    where: (bind) => [`u.account_id = ${bind(id)}::text`],
    keys: [{ expression: 'u.version', type: 'numeric', direction: 'desc' }],
    columns: `${COLUMNS}, u.data`,
    select: `${SELECT}, win.data`,
    bytes: 'octet_length(data::text)',
    toRow: (raw) => ({ ...toHistoryRow(raw), data: textOf(raw, 'data') }),
  };
}

function isOfOutcome(outcomes: readonly Outcome[] | undefined): readonly string[] {
  if (!outcomes || outcomes.length === 0) return [];
  const kept = (['indexed', 'stale'] as const).filter((outcome) => outcomes.includes(outcome));
  if (kept.length === 2) return [];
  // The history holds unique updates only: no duplicate, conflict or reject is ever in it.
  return kept[0] ? [`u.outcome = '${kept[0]}'`] : ['false'];
}

function toHistoryRow(raw: RawRow): HistoryRow {
  const due = nullableTextOf(raw, 'due_ms');
  const settled = nullableTextOf(raw, 'settled_ms');
  return {
    seq: textOf(raw, 'seq'),
    runId: textOf(raw, 'run_id'),
    record: countOf(raw, 'record_index'),
    id: textOf(raw, 'account_id'),
    accountType: textOf(raw, 'account_type'),
    version: textOf(raw, 'version'),
    tokens: textOf(raw, 'tokens'),
    tokensChange: nullableTextOf(raw, 'tokens_change'),
    outcome: textOf(raw, 'outcome') as HistoryRow['outcome'],
    ingestedAtMs: epochMsFromText(textOf(raw, 'ingested_ms')),
    callbackTimeMs: countOf(raw, 'callback_time_ms'),
    callbackState: nullableTextOf(raw, 'callback_state') as CallbackState | null,
    callbackDueAtMs: due === null ? null : epochMsFromText(due),
    callbackSettledAtMs: settled === null ? null : epochMsFromText(settled),
    supersededBy: nullableTextOf(raw, 'superseded_by'),
  };
}
