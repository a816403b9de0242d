import type { CallbackState, Outcome } from '../../../src-shared/update';
import type { CallbacksQuery, HistoryQuery, HistoryRow, VersionRow } from '../../../src-shared/views';
import { epochMsFromText } from '../../database/epoch-ms';
import { epochMsOf } from '../../database/time-sql';
import { updateByNumber } from '../sql/update-by-number';
import { waits } from '../sql/waits';
import { idStartsWith, isOneOf } from './filters';
import { landInHistory } from './land-in-history';
import {
  type Conditions,
  countOf,
  createBinder,
  nullableTextOf,
  type RawRow,
  type RowSet,
  textOf,
} from './row-set';

const COLUMNS = `u.seq, u.run_id, u.record_index, u.account_id, u.account_type, u.version, u.tokens, u.outcome,
  u.ingested_at, u.callback_time_ms, u.callback_due_at`;

const SELECT = `win.seq, win.run_id, win.record_index, win.account_id, win.account_type, win.version, win.tokens,
  win.tokens - lower.tokens AS tokens_change, win.outcome, ${epochMsOf('win.ingested_at')} AS ingested_ms,
  win.callback_time_ms, ${epochMsOf('win.callback_due_at')} AS due_ms,
  CASE WHEN win.outcome = 'stale' THEN NULL WHEN settled.fired THEN 'fired' WHEN settled.fired IS NULL THEN 'pending'
    ELSE 'cancelled' END AS callback_state,
  ${epochMsOf('settled.settled_at')} AS settled_ms, settled.superseded_by`;

/**
 * What became of the callback, and the version that was the latest before: the next lower one that is not stale. Looked
 * up for the rows of the window only.
 */
const JOINS = `
  LEFT JOIN LATERAL (
    SELECT l.tokens
    FROM account_updates AS l
    WHERE win.outcome = 'indexed' AND l.account_id = win.account_id AND l.version < win.version
      AND l.outcome = 'indexed'
    ORDER BY l.version DESC
    LIMIT 1
  ) AS lower ON true
  LEFT JOIN LATERAL (
    SELECT c.fired, c.settled_at, c.superseded_by FROM settled_callbacks AS c WHERE c.seq = win.seq LIMIT 1
  ) AS settled ON true`;

type Source = Pick<RowSet<HistoryRow>, 'relation' | 'from' | 'narrowed' | 'where'> & { readonly seq: string };

const ALL: Source = {
  relation: 'account_updates',
  from: (sample) => `account_updates AS u${sample}`,
  where: () => [],
  seq: 'u.seq',
};
/** Those whose callback waits: of latest versions only. */
const WAITING: Source = {
  relation: 'accounts',
  from: (sample) => `accounts AS a${sample} JOIN account_updates AS u ON u.seq = a.update_seq`,
  where: () => [waits('a')],
  seq: 'a.update_seq',
};
const settledOnes = (condition: readonly string[]): Source => ({
  relation: 'settled_callbacks',
  from: (sample) => `settled_callbacks AS s${sample} JOIN account_updates AS u ON u.seq = s.seq`,
  where: () => condition,
  seq: 's.seq',
});
/**
 * The same where the update itself is asked for nothing: it is left out of counts and samples, and that of a settled
 * callback looked up by itself. From an edge the planner would merge the settled ones with the history, and read past all whose
 * callback still waits; and a count would look up each of them.
 */
function updateUnasked(source: Source): Source {
  switch (source.relation) {
    case 'settled_callbacks':
      return {
        ...source,
        from: (sample) =>
          `settled_callbacks AS s${sample} CROSS JOIN LATERAL ${updateByNumber('s.seq')} AS u`,
        narrowed: (sample) => `settled_callbacks AS s${sample}`,
      };
    case 'accounts':
      return { ...source, narrowed: (sample) => `accounts AS a${sample}` };
    default:
      return source;
  }
}
const SETTLED = settledOnes([]);
const FIRED = settledOnes(['s.fired']);
const CANCELLED = settledOnes(['NOT s.fired']);

/** The updates whose callback is in one of these states, read from where they are found without reading all. */
function inStates(states: readonly CallbackState[] | undefined): Source {
  if (!states || states.length === 0) return ALL;
  const [waiting, fired, cancelled] = (['pending', 'fired', 'cancelled'] as const).map((state) =>
    states.includes(state),
  );
  if (!waiting) return fired && cancelled ? SETTLED : fired ? FIRED : CANCELLED;
  if (!fired && !cancelled) return WAITING;
  const missing = fired && cancelled ? null : fired ? 'NOT x.fired' : 'x.fired';
  const left =
    missing && `NOT EXISTS (SELECT 1 FROM settled_callbacks AS x WHERE x.seq = u.seq AND ${missing})`;
  return { ...ALL, where: () => ["u.outcome = 'indexed'", ...(left ? [left] : [])] };
}

const base = { columns: COLUMNS, select: SELECT, joins: JOINS, toRow: toHistoryRow } as const;

/** Every unique update in the order of arrival, which is that of the sequence: a run may be resumed after others. */
export function historyRows({
  direction,
  filter,
}: Pick<HistoryQuery, 'direction' | 'filter'>): RowSet<HistoryRow> {
  const ofUpdates: Conditions = (bind) => [
    ...(filter.runId === undefined ? [] : [`u.run_id = ${bind(filter.runId)}::int8`]),
    ...idStartsWith(bind, 'u.account_id', filter.idPrefix),
    ...isOneOf(bind, 'u.account_type', filter.accountTypes),
    ...isOfOutcome(filter.outcomes),
  ];
  const found = inStates(filter.callbackStates);
  const { seq, ...source } = ofUpdates(createBinder().bind).length === 0 ? updateUnasked(found) : found;
  return {
    ...base,
    ...source,
    name: 'history_page',
    order: `history ${direction}`,
    where: (bind) => [...source.where(bind), ...ofUpdates(bind)],
    keys: [{ expression: seq, type: 'int8', direction, ...(seq !== ALL.seq && { twin: ALL.seq }) }],
    land: (db, fraction) => landInHistory(db, filter.runId, direction === 'asc' ? fraction : 1 - fraction),
  };
}

/** Pending callbacks by due time, earliest first; settled ones by when, latest first. */
export function callbackRows({
  state,
  idPrefix,
}: Pick<CallbacksQuery, 'state' | 'idPrefix'>): RowSet<HistoryRow> {
  const isWaiting = state === 'pending';
  const direction = isWaiting ? 'asc' : 'desc';
  const found = inStates([state]);
  const { seq, ...source } = idPrefix ? found : updateUnasked(found);
  return {
    ...base,
    ...source,
    name: 'callbacks_page',
    order: `callbacks ${state}`,
    where: (bind) => [...source.where(bind), ...idStartsWith(bind, 'u.account_id', idPrefix)],
    keys: [
      { expression: isWaiting ? 'a.callback_due_at' : 's.settled_at', type: 'timestamptz', direction },
      { expression: seq, type: 'int8', direction },
    ],
  };
}

/** All versions kept of one account, highest first, with their JSON. */
export function versionRows(id: string): RowSet<VersionRow> {
  return {
    ...base,
    relation: ALL.relation,
    from: ALL.from,
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
